//! `curve`: the worst factor between our trace and the paper's points, in each run.

use harness_plan::expr::Axis;
use harness_plan::suite_file::{Aggregate, Figure, FigureKind, Selection, XAxis};
use harness_stats::{Censored, Level, censored};

use super::super::evidence::{Evidence, Gap};
use super::super::{Part, Shown};
use super::factor::factor;
use crate::campaign::{Campaign, Run, TracePoint};
use crate::eval::{EvalError, coordinate, points};
use crate::number::short;
use crate::sample::{Sample, aggregated};

/// Where the paper's points are.
struct Curve<'a> {
    metric: &'a str,
    axis: Axis,
    points: &'a [(f64, f64)],
}

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    figure: Option<&'a Figure>,
    panel: usize,
    series: &str,
    aggregate: Aggregate,
) -> Evidence<'a> {
    // The claims file was checked against the suite file.
    let nothing = || Evidence::none(Gap::NotRun("the figure has no such points".to_owned()));
    let Some(figure) = figure else { return nothing() };
    let (FigureKind::Convergence { x, y, .. }, Some(panel_of), Some(reported)) =
        (&figure.kind, figure.panels.get(panel), figure.points(panel, series))
    else {
        return nothing();
    };
    let axis = match x {
        XAxis::Iteration => Axis::Step,
        XAxis::Seconds => Axis::Time,
        XAxis::Work => Axis::Work,
    };
    let curve = Curve { metric: y, axis, points: &reported.points };
    let cells = campaign.select_where(|place| {
        panel_of.select.matches(place) && select.matches(place) && place.solver_label == series
    });
    let parts = curve.points.iter().map(|point| curve.part(*point, cells.clone())).collect();
    let sample = Sample::with(cells, |run| curve.worst(run));
    let exact = axis != Axis::Time && sample.is_one_exact_cell(campaign);
    let values = sample.values();
    let mut evidence = Evidence::of(
        sample,
        "curve",
        Box::new(move |level| {
            if exact { censored::deterministic(&values) } else { aggregated(&values, aggregate, level) }
        }),
    );
    evidence.parts = parts;
    evidence.widen = reported.error.unwrap_or(0.0);
    evidence
}

impl Curve<'_> {
    /// The worst factor of one run over the paper's points; a lower bound if it ended before one of them.
    fn worst(&self, run: Run<'_>) -> Result<Censored, EvalError> {
        let (mut worst, mut ended) = (1.0_f64, false);
        for (x, y) in self.points {
            match self.at(*x, run)? {
                Some(ours) if ours > 0.0 => worst = worst.max(factor(ours, *y)),
                Some(ours) => {
                    let (ours, x) = (short(ours), short(*x));
                    return Err(EvalError::Trace(format!("is {ours} at {x}, which has no logarithm")));
                }
                None => ended = true,
            }
        }
        Ok(if ended { Censored::AtLeast(worst) } else { Censored::Value(worst) })
    }

    /// Our value at `x`, its logarithm interpolated between recorded points; none if the run ended before.
    fn at(&self, x: f64, run: Run<'_>) -> Result<Option<f64>, EvalError> {
        let points = points(self.metric, run)?;
        let after = points.partition_point(|p| coordinate(p, self.axis) < x);
        let Some(right) = points.get(after) else { return Ok(None) };
        if after == 0 || coordinate(right, self.axis) == x {
            return Ok(Some(right.value));
        }
        Ok(Some(self.between(&points[after - 1], right, x)))
    }

    fn between(&self, left: &TracePoint, right: &TracePoint, x: f64) -> f64 {
        let (a, b) = (coordinate(left, self.axis), coordinate(right, self.axis));
        let share = (x - a) / (b - a);
        if left.value <= 0.0 || right.value <= 0.0 {
            // A logarithm that does not exist cannot be interpolated.
            return left.value.min(right.value);
        }
        (left.value.ln() * (1.0 - share) + right.value.ln() * share).exp()
    }

    /// One of the paper's points beside the median of our runs.
    fn part(&self, (x, y): (f64, f64), cells: Vec<crate::campaign::Picked<'_>>) -> Part {
        let sample = Sample::with(cells, |run| match self.at(x, run)? {
            Some(value) => Ok(Censored::Value(value)),
            None => Err(EvalError::Trace("ended before".to_owned())),
        });
        let estimate = aggregated(&sample.values(), Aggregate::Median, Level::P95).ok();
        Part {
            label: format!("{} = {}", self.axis, short(x)),
            factor: estimate.as_ref().map(|e| factor(e.value, y)),
            estimate: estimate.as_ref().map(Shown::from),
            reported: Some(y),
            remark: sample.explain_missing(),
        }
    }
}
