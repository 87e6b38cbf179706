//! E-divisive means with the changes of Hunter and Apache Otava: overlapping windows, Student's t instead of permutations, and
//! weakest-first removal (Fleming et al., ICPE 2023, section 3; `docs/MATH.md` of Otava).

use super::Settings;
use super::energy::PairSums;
use crate::check;
use crate::descriptive::mean_of;
use crate::error::{Result, StatsError};
use crate::welch;

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// Index of the first value of the new level.
    pub at: usize,
    /// Mean since the change point before.
    pub before: f64,
    /// Mean up to the change point after.
    pub after: f64,
    /// Two-sided p-value of Student's pooled t test between the two. The place was chosen to make it small, so a series of
    /// independent normal values has a false point more often than `p_max` says: at 0.001 and with no smallest change
    /// 1.9 % of series of 50 values, 3.6 % of 100, 6 % of 200, 10 % of 400.
    pub p: f64,
}

/// The change points of a series, each of at least `smallest` in difference of means (a number in the series' own unit; ln 1.02
/// for two percent if it holds logarithms). A series too short for two levels has none.
///
/// 1. In windows that overlap by half, the stretch is split at the largest Q as long as the two sides differ with
///    p < 10 `p_max`: generously, since a change just before or after hides another.
/// 2. Over the whole series, the weakest point is dropped and its neighbours are tested anew, until each has p < `p_max`
///    and the smallest change is large enough.
pub fn divisive(y: &[f64], smallest: f64, settings: &Settings) -> Result<Vec<ChangePoint>> {
    settings.check()?;
    check::finite("the series", y)?;
    if !(smallest >= 0.0 && smallest.is_finite()) {
        return Err(StatsError::OutOfRange {
            what: "the smallest change",
            value: smallest,
            expected: "a finite number, at least 0",
        });
    }
    let mut points: Vec<usize> = windows(y.len(), settings.window)
        .into_iter()
        .flat_map(|start| {
            let window = &y[start..y.len().min(start + settings.window)];
            split(window, settings).into_iter().map(move |at| start + at)
        })
        .collect();
    points.sort_unstable();
    points.dedup();
    Ok(keep_strong(y, points, smallest, settings.p_max))
}

/// Where windows start that cover the series and overlap by about half; read backwards, the same windows.
fn windows(n: usize, window: usize) -> Vec<usize> {
    let Some(spare) = n.checked_sub(window).filter(|spare| *spare > 0) else { return vec![0] };
    // An even number, so that none lies in the middle, which need not be a whole number.
    let count = (spare.div_ceil(window / 2) + 1).next_multiple_of(2);
    let left = (0..count / 2).map(|i| i * spare / (count - 1));
    let mut starts: Vec<usize> = left.clone().chain(left.map(|start| spare - start)).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Weak change points of one window.
fn split(window: &[f64], settings: &Settings) -> Vec<usize> {
    let sums = PairSums::of(window);
    let weak = (10.0 * settings.p_max).min(0.5).max(settings.p_max);
    let mut found = Vec::new();
    let mut stretches = vec![(0, window.len())];
    while let Some((from, to)) = stretches.pop() {
        let Some(at) = sums.best_split(from, to, settings.shortest) else { continue };
        if p_between(&window[from..at], &window[at..to]) < weak {
            found.push(at);
            stretches.extend([(from, at), (at, to)]);
        }
    }
    found
}

/// Drops the weakest point until all are strong.
fn keep_strong(y: &[f64], mut points: Vec<usize>, smallest: f64, p_max: f64) -> Vec<ChangePoint> {
    loop {
        let tested = levels(y, &points);
        let least = tested.iter().enumerate().max_by(|(_, a), (_, b)| a.p.total_cmp(&b.p));
        let Some((mut weakest, point)) = least else { return tested };
        if point.p < p_max {
            let step = |c: &ChangePoint| (c.after - c.before).abs();
            let slightest = tested.iter().enumerate().min_by(|(_, a), (_, b)| step(a).total_cmp(&step(b)));
            match slightest {
                Some((i, c)) if step(c) < smallest => weakest = i,
                _ => return tested,
            }
        }
        points.remove(weakest);
    }
}

/// The points with the levels between them.
pub(super) fn levels(y: &[f64], points: &[usize]) -> Vec<ChangePoint> {
    let mut ends = points.iter().skip(1).copied().chain([y.len()]);
    let mut from = 0;
    points
        .iter()
        .map(|&at| {
            let (left, right) = (&y[from..at], &y[at..ends.next().unwrap_or(y.len())]);
            from = at;
            ChangePoint { at, before: mean_of(left), after: mean_of(right), p: p_between(left, right) }
        })
        .collect()
}

/// The p-value of a difference between two stretches; 1 where nothing can be said.
pub(super) fn p_between(left: &[f64], right: &[f64]) -> f64 {
    welch::pooled_test(right, left).map_or(1.0, |test| test.p)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::oracle::close;

    /// Ten values around 100, ten around 108.
    pub(in crate::change_point) const STEP: [f64; 20] = [
        100.0, 101.0, 99.0, 100.0, 102.0, 98.0, 101.0, 100.0, 99.0, 100.0, 108.0, 109.0, 107.0, 108.0, 110.0,
        107.0, 109.0, 108.0, 107.0, 109.0,
    ];

    fn places(y: &[f64], smallest: f64) -> Vec<usize> {
        divisive(y, smallest, &Settings::default()).unwrap().iter().map(|point| point.at).collect()
    }

    #[test]
    fn oracle_one_step() {
        let got = divisive(&STEP, 0.0, &Settings::default()).unwrap();
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].at, got[0].before), (10, 100.0));
        close(got[0].after, 108.2, 1e-15);
        // SciPy's ttest_ind with equal variances.
        close(got[0].p, 2.031_102_399_189_783e-12, 1e-9);
        let first_half = [&STEP[..10], &STEP[..10]].concat();
        assert!(places(&first_half, 0.0).is_empty());
    }

    #[test]
    fn changes_smaller_than_the_smallest_are_dropped() {
        assert_eq!(places(&STEP, 8.0), [10]);
        assert!(places(&STEP, 8.3).is_empty());
    }

    #[test]
    fn weak_points_go_first_and_leave_the_strong_one() {
        let points = keep_strong(&STEP, vec![4, 10, 16], 0.0, 0.001);
        assert_eq!(points.iter().map(|point| point.at).collect::<Vec<_>>(), [10]);
        close(points[0].p, 2.031_102_399_189_783e-12, 1e-9);
    }

    #[test]
    fn windows_overlap_cover_and_mirror() {
        assert_eq!(windows(49, 50), [0]);
        assert_eq!(windows(50, 50), [0]);
        assert_eq!(windows(51, 50), [0, 1]);
        for window in [4, 7, 50] {
            for n in window + 1..5 * window + 3 {
                let starts = windows(n, window);
                assert_eq!((starts[0], starts[starts.len() - 1]), (0, n - window));
                // Neighbours share at least about half.
                assert!(
                    starts.windows(2).all(|w| w[1] - w[0] <= window / 2 + 1),
                    "{n} in {window}: {starts:?}"
                );
                let mirrored: Vec<usize> = starts.iter().rev().map(|start| n - window - start).collect();
                assert_eq!(starts, mirrored);
            }
        }
    }

    #[test]
    fn bad_input_is_named() {
        let run = |y: &[f64], smallest, settings| divisive(y, smallest, &settings);
        let settings = Settings::default();
        assert!(matches!(run(&[], 0.0, settings), Err(StatsError::Empty { .. })));
        assert!(matches!(run(&[1.0, f64::NAN], 0.0, settings), Err(StatsError::NotFinite { .. })));
        assert!(run(&STEP, -1.0, settings).is_err());
        assert!(run(&STEP, f64::NAN, settings).is_err());
        for bad in [
            Settings { p_max: 0.0, ..settings },
            Settings { p_max: f64::NAN, ..settings },
            Settings { shortest: 1, ..settings },
            Settings { window: 3, ..settings },
            Settings { shortest: usize::MAX, ..settings },
        ] {
            assert!(run(&STEP, 0.0, bad).is_err(), "{bad:?}");
        }
    }
}
