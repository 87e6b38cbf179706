//! `rate`: linear convergence. The factor by which a trace metric shrinks per unit of an axis, from the points inside a window of
//! values.

use harness_plan::claims_file::Window;
use harness_plan::expr::Axis;
use harness_plan::suite_file::Selection;
use harness_stats::{
    Censored, Estimate, Interval, Level, Result as StatsResult, Uncertainty, censored, theil_sen,
};

use super::super::evidence::Evidence;
use crate::campaign::{Campaign, Run, TracePoint};
use crate::eval::{EvalError, coordinate, points};
use crate::number::short;
use crate::sample::Sample;

/// Fewer points than these make no line.
const FEWEST: usize = 3;

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    trace: &'a str,
    per: Axis,
    window: Window,
) -> Evidence<'a> {
    let sample = Sample::with(campaign.select(&[select]), |run| factor(run, trace, per, window));
    let values = sample.values();
    // Runs without randomness are one run: how far its points are from a line is all that is uncertain.
    let only = (per != Axis::Time && sample.is_one_exact_cell(campaign) && sample.censored() == 0)
        .then(|| sample.measured.first().and_then(|m| m.picked.run))
        .flatten()
        .and_then(|run| line(run, trace, per, window));
    let is_one_run = only.is_some();
    let mut evidence = Evidence::of(
        sample,
        "rate",
        Box::new(move |level| match &only {
            Some((xs, ys)) => of_one_run(xs, ys, &values, level),
            None => censored::geometric(&values, level),
        }),
    );
    if is_one_run {
        let why = "the points of the one run leave it open, and nothing is random: replicates would be the same run";
        evidence.open = Some((why.to_owned(), None));
    }
    evidence
}

/// The factor of one run. A run that entered the window and was stopped inside needed at least what it spent there, which bounds
/// its factor from below.
fn factor(run: Run<'_>, trace: &str, per: Axis, window: Window) -> Result<Censored, EvalError> {
    let points = points(trace, run)?;
    let says = |what: String| Err(EvalError::Trace(what));
    let Some(first) = points.iter().position(|p| p.value <= window.from) else {
        return says(format!("never came down to {}, where the window begins", short(window.from)));
    };
    let inside = inside(&points[first..], window);
    let left = points[first..].iter().any(|p| p.value < window.to);
    if !left {
        let (Some(a), Some(b)) = (inside.first(), inside.last()) else {
            return says("has no point inside the window".to_owned());
        };
        let spent = coordinate(b, per) - coordinate(a, per);
        if spent <= 0.0 {
            return says(format!("ended where it entered the window, at {}", short(a.value)));
        }
        return Ok(Censored::AtLeast(((window.to / a.value).ln() / spent).exp()));
    }
    if inside.len() < FEWEST {
        let n = inside.len();
        return says(format!("crosses the window with {n} recorded points, and a line needs {FEWEST}"));
    }
    let (xs, ys) = logarithms(&inside, per);
    let slope = theil_sen::slope(&xs, &ys, Level::P95).map_err(|e| EvalError::Trace(e.to_string()))?;
    Ok(Censored::Value(slope.value.exp()))
}

/// The points from the first entry until the trace falls below the window; it may rise above its upper end in between.
fn inside(points: &[TracePoint], window: Window) -> Vec<TracePoint> {
    points.iter().take_while(|p| p.value >= window.to).copied().collect()
}

fn logarithms(points: &[TracePoint], per: Axis) -> (Vec<f64>, Vec<f64>) {
    points.iter().map(|p| (coordinate(p, per), p.value.ln())).unzip()
}

fn line(run: Run<'_>, trace: &str, per: Axis, window: Window) -> Option<(Vec<f64>, Vec<f64>)> {
    let points = points(trace, run).ok()?;
    let first = points.iter().position(|p| p.value <= window.from)?;
    Some(logarithms(&inside(&points[first..], window), per))
}

/// The slope of one run with Kendall's interval, as a factor. Its replicates have to agree.
fn of_one_run(xs: &[f64], ys: &[f64], values: &[Censored], level: Level) -> StatsResult<Estimate> {
    censored::deterministic(values)?;
    let slope = theil_sen::slope(xs, ys, level)?;
    let uncertainty = match slope.uncertainty {
        Uncertainty::Interval(i) => Uncertainty::Interval(Interval::new(i.lo.exp(), i.hi.exp(), i.level)?),
        other => other,
    };
    Ok(Estimate { value: slope.value.exp(), uncertainty, ..slope })
}
