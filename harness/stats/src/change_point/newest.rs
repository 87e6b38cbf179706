//! What both procedures say together, and where the series stands now.

use super::divisive::{divisive, levels, p_between};
use super::potts::potts;
use super::{ChangePoint, Segment, Settings};
use crate::check;
use crate::descriptive::mean_of;
use crate::error::{Result, StatsError};

/// Change points of the two procedures at most this far apart are the same.
pub const NEAR: usize = 2;

/// Fewest values before the last one that tell whether it is unusual.
const FEWEST_BEFORE_LAST: usize = 4;

/// Who found a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Both E-divisive and the Potts fit: confirmed.
    Both,
    /// E-divisive alone.
    Divisive,
    /// The Potts fit alone.
    Potts,
    /// Neither, but the last value lies outside what those before it predict. One night is no level yet.
    LastValue,
}

/// A change of level, in the unit of the series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Index of the first value of the new level.
    pub at: usize,
    /// Geometric mean since the change before.
    pub before: f64,
    /// Geometric mean up to the change after.
    pub after: f64,
    /// Two-sided p-value of Student's pooled t test on logarithms, for a place that was chosen: see [`ChangePoint::p`].
    pub p: f64,
    /// Who found it.
    pub found: Found,
}

impl Change {
    /// After over before.
    pub fn ratio(&self) -> f64 {
        self.after / self.before
    }
}

/// Which values of a series are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// Small ones: times, errors, counts of work.
    Smallest,
    /// Large ones: rates, scores.
    Largest,
}

/// How far the level has come from the best that it was: many small changes add up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SinceBest {
    /// Index of the first value of the best level.
    pub start: usize,
    /// Index after its last.
    pub end: usize,
    /// Its geometric mean.
    pub level: f64,
    /// The newest level over it.
    pub ratio: f64,
    /// Two-sided p-value of Student's pooled t test on logarithms.
    pub p: f64,
}

/// The verdict on the newest level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Too few values for two levels.
    TooShort {
        /// How many are needed.
        needed: usize,
    },
    /// No change found.
    Steady,
    /// One procedure found a change, the last value is unusual, or small changes add up: measure again.
    Suspected,
    /// Both procedures found the change that began the newest level, however long ago: [`Newest::start`] says when.
    Changed,
}

/// Where a series stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Newest {
    /// The verdict.
    pub standing: Standing,
    /// Index of the first value of the newest level.
    pub start: usize,
    /// Geometric mean of the newest level.
    pub level: f64,
    /// The change that began it, whether for better or worse; none if the level never changed.
    pub change: Option<Change>,
    /// How much worse it is than the best level, if by as much as counts.
    pub since_best: Option<SinceBest>,
}

/// All changes of a series of values above zero, by at least the factor 1 + `least_change` either way, with who found them.
pub fn changes(values: &[f64], least_change: f64, settings: &Settings) -> Result<Vec<Change>> {
    check::positive("the series", values)?;
    let smallest = smallest_step(least_change)?;
    let logs = check::logs(values);
    let mut found =
        merged(&divisive(&logs, smallest, settings)?, &potts(&logs, None, settings.shortest)?, smallest);
    if let Some(at) = unusual_last(&logs, found.last().map_or(0, |(at, _)| *at), smallest, settings.p_max) {
        found.push((at, Found::LastValue));
    }
    let points: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
    let changes = levels(&logs, &points).into_iter().zip(&found).map(|(point, (at, found))| Change {
        at: *at,
        before: point.before.exp(),
        after: point.after.exp(),
        p: point.p,
        found: *found,
    });
    Ok(changes.collect())
}

/// Where the series stands: its newest level, the [`changes()`] that led there, and how far it is from the best.
pub fn newest(values: &[f64], least_change: f64, best: Best, settings: &Settings) -> Result<Newest> {
    let changes = changes(values, least_change, settings)?;
    let logs = check::logs(values);
    let change = changes.last().copied();
    let start = change.map_or(0, |change| change.at);
    let since_best = since_best(&logs, &changes, smallest_step(least_change)?, best, settings.p_max);
    let needed = 2 * settings.shortest;
    let standing = match change.map(|change| change.found) {
        _ if values.len() < needed => Standing::TooShort { needed },
        Some(Found::Both) => Standing::Changed,
        None if since_best.is_none() => Standing::Steady,
        _ => Standing::Suspected,
    };
    Ok(Newest { standing, start, level: mean_of(&logs[start..]).exp(), change, since_best })
}

fn smallest_step(least_change: f64) -> Result<f64> {
    if least_change >= 0.0 && least_change.is_finite() {
        Ok(least_change.ln_1p())
    } else {
        Err(StatsError::OutOfRange {
            what: "the least change",
            value: least_change,
            expected: "a finite number of at least 0, such as 0.02 for two percent",
        })
    }
}

/// The change points of both by their places; of a pair that is the same, that of E-divisive, which was tested.
fn merged(points: &[ChangePoint], segments: &[Segment], smallest: f64) -> Vec<(usize, Found)> {
    let steps = || segments.windows(2).map(|pair| (pair[1].start, pair[1].level - pair[0].level));
    let same = |point: &ChangePoint, at: usize, step: f64| {
        point.at.abs_diff(at) <= NEAR && (point.after > point.before) == (step > 0.0)
    };
    let mut found: Vec<(usize, Found)> = points
        .iter()
        .map(|point| {
            let both = steps().any(|(at, step)| same(point, at, step));
            (point.at, if both { Found::Both } else { Found::Divisive })
        })
        .collect();
    for (at, step) in steps() {
        let near = points.iter().any(|point| point.at.abs_diff(at) <= NEAR);
        if step.abs() >= smallest && !near {
            found.push((at, Found::Potts));
        }
    }
    found.sort_unstable_by_key(|(at, _)| *at);
    found
}

/// The last value's place, if it lies outside what the level before it predicts: the pooled t test of one value is the prediction
/// interval.
fn unusual_last(logs: &[f64], start: usize, smallest: f64, p_max: f64) -> Option<usize> {
    let last = logs.len() - 1;
    let before = logs.get(start..last).filter(|before| before.len() >= FEWEST_BEFORE_LAST)?;
    let far = (logs[last] - mean_of(before)).abs() >= smallest;
    (far && p_between(before, &logs[last..]) < p_max).then_some(last)
}

fn since_best(logs: &[f64], changes: &[Change], smallest: f64, best: Best, p_max: f64) -> Option<SinceBest> {
    let sign = match best {
        Best::Smallest => 1.0,
        Best::Largest => -1.0,
    };
    let now = &logs[changes.last()?.at..];
    let starts = [0].into_iter().chain(changes.iter().map(|change| change.at));
    let earlier = starts.zip(changes.iter().map(|change| change.at));
    let (start, end) = earlier
        .min_by(|a, b| (sign * mean_of(&logs[a.0..a.1])).total_cmp(&(sign * mean_of(&logs[b.0..b.1]))))?;
    let then = &logs[start..end];
    let step = mean_of(now) - mean_of(then);
    let p = p_between(then, now);
    let worse = sign * step >= smallest && step != 0.0 && p < p_max;
    worse.then(|| SinceBest { start, end, level: mean_of(then).exp(), ratio: step.exp(), p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_the_same_if_near_and_in_the_same_direction() {
        let point = |at, after| ChangePoint { at, before: 1.0, after, p: 1e-6 };
        let segments = |levels: &[(usize, f64)]| -> Vec<Segment> {
            let ends = levels.iter().skip(1).map(|(start, _)| *start).chain([100]);
            levels
                .iter()
                .zip(ends)
                .map(|((start, level), end)| Segment { start: *start, end, level: *level })
                .collect()
        };
        let points = [point(20, 2.0), point(60, 0.5)];
        // Found by both two places apart; rising where the other falls; four places apart; too small to count.
        let others = segments(&[(0, 1.0), (22, 2.0), (61, 2.5), (65, 1.5), (90, 1.51)]);
        let want = [(20, Found::Both), (60, Found::Divisive), (65, Found::Potts)];
        assert_eq!(merged(&points, &others, 0.1), want);
        assert_eq!(merged(&[], &segments(&[(0, 1.0)]), 0.1), []);
    }
}
