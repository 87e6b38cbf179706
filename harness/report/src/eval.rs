//! Metric expressions over one run.

use std::collections::BTreeMap;

use harness_core::{MetricInfo, Outcome, Stop, suggest};
use harness_plan::Expr;
use harness_plan::expr::{Axis, Cost, Op, Quantity, Relation};
use harness_stats::Censored;
use serde_json::Value;

use crate::campaign::{Run, TracePoint};

/// The trace metric that holds the solver's CPU time in seconds at each point; `cpu_to` reads it.
pub const CPU_TRACE: &str = "cpu_s";

/// Whether a run that ends by this rule is asked for all that an expression reads: one that ends at 1e-6 is not asked for
/// `cpu_to(gap <= 1e-9)`.
pub(crate) fn is_asked(expr: &Expr, stop: &Stop) -> bool {
    let mut asked = true;
    expr.visit(&mut |e| {
        if let Expr::To { metric, relation: Relation::AtMost | Relation::Below, threshold, .. } = e
            && *metric == stop.metric
        {
            asked &= stop.tol.is_none_or(|tol| tol <= *threshold);
        }
    });
    asked
}

/// Why an expression has no value in a run. The text completes "the run …".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The run ended in a way that leaves nothing to measure.
    #[error("ended with `{outcome}`{}", reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default())]
    Failed {
        /// How.
        outcome: Outcome,
        /// The reason, in one line.
        reason: Option<String>,
    },
    /// A name that the run has no value for.
    #[error("has no {what} `{name}`; {hint}")]
    Missing {
        /// A trace metric, a counter, …
        what: &'static str,
        /// Its name.
        name: String,
        /// The nearest known name, or all of them.
        hint: String,
    },
    /// A quantity that was not recorded.
    #[error("recorded no `{0}`")]
    NotRecorded(Quantity),
    /// The trace starts after the point that was asked for.
    #[error("has no point of `{metric}` at or before {axis} = {at}")]
    TooEarly {
        /// The trace metric.
        metric: String,
        /// The axis.
        axis: Axis,
        /// The point.
        at: f64,
    },
    /// A limit was reached, and the arithmetic turns the lower bound into an upper one.
    #[error("stopped at a limit before it reached its target: `{0}` is not bounded from below")]
    Unbounded(String),
    /// The trace says nothing about what is asked.
    #[error("{0}")]
    Trace(String),
    /// The result is not a finite number.
    #[error("gives {value} for `{expr}`")]
    NotFinite {
        /// The expression.
        expr: String,
        /// The result.
        value: f64,
    },
}

/// The value of `expr` in a run, or the bound that a run leaves that stopped at a limit before it reached its target.
///
/// # Errors
///
/// When the run has no value for it; the error names what is missing.
pub(crate) fn evaluate(expr: &Expr, run: Run<'_>) -> Result<Censored, EvalError> {
    let value = value_of(expr, run)?;
    match value.lower() {
        v if v.is_finite() => Ok(value),
        v => Err(EvalError::NotFinite { expr: expr.to_string(), value: v }),
    }
}

fn value_of(expr: &Expr, run: Run<'_>) -> Result<Censored, EvalError> {
    match expr {
        Expr::Number(value) => Ok(Censored::Value(*value)),
        Expr::Quantity(quantity) => quantity_of(*quantity, run),
        Expr::To { cost, metric, relation, threshold, patience } => {
            let points = points(metric, run)?;
            match reached(points, |p| relation.holds(p.value, *threshold), *patience) {
                Some(Reached::AndHeld(point)) => cost_at(*cost, point, run).map(Censored::Value),
                // Solved runs make no further steps; others might have left it again.
                Some(Reached::AtItsEnd(point)) if is_solved(run) => {
                    cost_at(*cost, point, run).map(Censored::Value)
                }
                Some(Reached::AtItsEnd(point)) => cost_at(*cost, point, run).map(Censored::AtLeast),
                None => spent(*cost, points, run).map(Censored::AtLeast),
            }
        }
        Expr::Final(metric) => finished(run).and_then(|()| last(metric, run)),
        Expr::Best(metric) => {
            finished(run)?;
            let finite = points(metric, run)?.iter().map(|p| p.value).filter(|v| !v.is_nan());
            Ok(Censored::Value(finite.fold(f64::INFINITY, f64::min)))
        }
        Expr::At { metric, axis, at } => {
            let before = |p: &&TracePoint| coordinate(p, *axis) <= *at;
            let point = points(metric, run)?.iter().rfind(before);
            point.map(|p| Censored::Value(p.value)).ok_or_else(|| EvalError::TooEarly {
                metric: metric.clone(),
                axis: *axis,
                at: *at,
            })
        }
        Expr::Auc { metric, axis } => {
            finished(run)?;
            Ok(Censored::Value(area(points(metric, run)?, *axis)))
        }
        Expr::Outcome(outcome) => match run.record.outcome {
            Outcome::Skipped | Outcome::Interrupted => Err(failed(run)),
            own => Ok(Censored::Value(f64::from(u8::from(own == *outcome)))),
        },
        Expr::Counter(name) => {
            finished(run)?;
            named("counter", name, &run.record.counters).map(Censored::Value)
        }
        Expr::Instance(name) => named("instance fact", name, &run.record.instance).map(Censored::Value),
        Expr::Negate(inner) => match value_of(inner, run)? {
            Censored::Value(x) => Ok(Censored::Value(-x)),
            Censored::AtLeast(_) => Err(EvalError::Unbounded(expr.to_string())),
        },
        Expr::Binary { op, left, right } => combine(*op, value_of(left, run)?, value_of(right, run)?)
            .ok_or_else(|| EvalError::Unbounded(expr.to_string())),
    }
}

/// Where a run satisfied a relation for long enough.
pub(crate) enum Reached<'a> {
    /// It held at every later point within the patience.
    AndHeld(&'a TracePoint),
    /// It held to the end of the trace, which came sooner.
    AtItsEnd(&'a TracePoint),
}

/// The first point from which on `holds` is true at every point of the next `patience` steps.
pub(crate) fn reached(
    points: &[TracePoint],
    holds: impl Fn(&TracePoint) -> bool,
    patience: u64,
) -> Option<Reached<'_>> {
    let mut since: Option<&TracePoint> = None;
    for point in points {
        match (holds(point), since) {
            (false, Some(first)) if is_past(first, point, patience) => return Some(Reached::AndHeld(first)),
            (false, _) => since = None,
            (true, None) => since = Some(point),
            (true, Some(_)) => {}
        }
        if let Some(first) = since
            && point.step.abs_diff(first.step) >= patience
        {
            return Some(Reached::AndHeld(first));
        }
    }
    since.map(Reached::AtItsEnd)
}

/// Whether `point` lies beyond the patience that began at `first`.
fn is_past(first: &TracePoint, point: &TracePoint, patience: u64) -> bool {
    point.step.abs_diff(first.step) > patience
}

fn is_solved(run: Run<'_>) -> bool {
    run.record.outcome == Outcome::Ok && run.record.solver_status.as_deref() == Some("solved")
}

/// The area under a trace, by trapezoids.
fn area(points: &[TracePoint], axis: Axis) -> f64 {
    let trapezoid = |pair: &[TracePoint]| {
        0.5 * (pair[0].value + pair[1].value) * (coordinate(&pair[1], axis) - coordinate(&pair[0], axis))
    };
    points.windows(2).map(trapezoid).sum()
}

/// Arithmetic on bounds; none if the result is not bounded from below.
fn combine(op: Op, left: Censored, right: Censored) -> Option<Censored> {
    let (a, b) = (left.lower(), right.lower());
    if !left.is_censored() && !right.is_censored() {
        return Some(Censored::Value(op.apply(a, b)));
    }
    let keeps_lower_bounds = match op {
        Op::Add => true,
        Op::Subtract => !right.is_censored(),
        Op::Multiply => a >= 0.0 && b >= 0.0,
        Op::Divide => !right.is_censored() && b > 0.0,
    };
    keeps_lower_bounds.then(|| Censored::AtLeast(op.apply(a, b)))
}

fn failed(run: Run<'_>) -> EvalError {
    let reason = run.record.reason.as_ref().and_then(|r| r.lines().next()).map(str::to_owned);
    EvalError::Failed { outcome: run.record.outcome, reason }
}

fn finished(run: Run<'_>) -> Result<(), EvalError> {
    if run.record.outcome == Outcome::Ok { Ok(()) } else { Err(failed(run)) }
}

pub(crate) fn points<'a>(metric: &str, run: Run<'a>) -> Result<&'a [TracePoint], EvalError> {
    let trace = run.trace.and_then(|t| t.get(metric)).filter(|points| !points.is_empty());
    match trace {
        Some(points) => Ok(points),
        None if run.record.outcome != Outcome::Ok => Err(failed(run)),
        None => {
            let known: Vec<&str> = run.trace.map(|t| t.keys().copied().collect()).unwrap_or_default();
            Err(missing("trace metric", metric, &known))
        }
    }
}

fn last(metric: &str, run: Run<'_>) -> Result<Censored, EvalError> {
    // A metric that is not traced may still have a final value.
    if run.trace.is_none_or(|t| !t.contains_key(metric)) {
        return named("metric", metric, &run.record.metrics).map(Censored::Value);
    }
    let points = points(metric, run)?;
    Ok(Censored::Value(points[points.len() - 1].value))
}

fn missing(what: &'static str, name: &str, known: &[&str]) -> EvalError {
    EvalError::Missing { what, name: name.to_owned(), hint: suggest::hint(name, known.iter().copied()) }
}

/// A number in a JSON column.
pub(crate) fn named(what: &'static str, name: &str, json: &str) -> Result<f64, EvalError> {
    let map: BTreeMap<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let number = map.get(name).and_then(|value| match value {
        Value::Number(n) => n.as_f64(),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        // Values that JSON cannot hold are written as text.
        Value::String(text) => match text.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    });
    number.ok_or_else(|| missing(what, name, &map.keys().map(String::as_str).collect::<Vec<_>>()))
}

pub(crate) fn coordinate(point: &TracePoint, axis: Axis) -> f64 {
    match axis {
        Axis::Step => point.step as f64,
        Axis::Time => point.t_ns as f64 * 1e-9,
        Axis::Work => point.work as f64,
    }
}

fn cost_at(cost: Cost, point: &TracePoint, run: Run<'_>) -> Result<f64, EvalError> {
    match cost {
        Cost::Iterations => Ok(coordinate(point, Axis::Step)),
        Cost::Wall => Ok(coordinate(point, Axis::Time)),
        Cost::Work => Ok(coordinate(point, Axis::Work)),
        Cost::Cpu => {
            let same_step = points(CPU_TRACE, run)?.iter().find(|p| p.step == point.step);
            same_step.map(|p| p.value).ok_or(EvalError::NotRecorded(Quantity::Cpu))
        }
    }
}

/// What a run spent that never reached its target: at least its last recorded point.
fn spent(cost: Cost, points: &[TracePoint], run: Run<'_>) -> Result<f64, EvalError> {
    let record = run.record;
    let recorded = match cost {
        Cost::Iterations => record.n_iter.map(|n| n as f64),
        Cost::Wall => record.solve_wall_ns.map(|ns| ns as f64 * 1e-9),
        Cost::Cpu => record.solve_cpu_ns.map(|ns| ns as f64 * 1e-9),
        Cost::Work => record.work.map(|w| w as f64),
    };
    match recorded {
        Some(value) => Ok(value),
        None => cost_at(cost, &points[points.len() - 1], run),
    }
}

fn quantity_of(quantity: Quantity, run: Run<'_>) -> Result<Censored, EvalError> {
    let record = run.record;
    if quantity == Quantity::Solved {
        return match record.outcome {
            Outcome::Skipped | Outcome::Interrupted => Err(failed(run)),
            _ => Ok(Censored::Value(f64::from(u8::from(record.solver_status.as_deref() == Some("solved"))))),
        };
    }
    if record.outcome == Outcome::Timeout {
        return ended_by_limit(quantity, run).ok_or_else(|| failed(run));
    }
    finished(run)?;
    if let (Quantity::SampleWall | Quantity::SampleCpu, true) = (quantity, ended_by_budget(run)) {
        let spent = if quantity == Quantity::SampleWall { record.solve_wall_ns } else { record.solve_cpu_ns };
        let spent = spent.map(|ns| Censored::AtLeast(ns as f64 * 1e-9));
        return spent.ok_or(EvalError::NotRecorded(quantity));
    }
    let seconds = |ns: Option<i64>| ns.map(|ns| ns as f64 * 1e-9);
    let value = match quantity {
        Quantity::Iterations => record.n_iter.map(|n| n as f64),
        Quantity::Wall => seconds(record.solve_wall_ns),
        Quantity::Cpu => seconds(record.solve_cpu_ns),
        Quantity::Work => record.work.map(|w| w as f64),
        Quantity::Setup => seconds(record.setup_ns),
        Quantity::PeakMem => record.vmhwm_solve.or(record.vmhwm_setup).map(|b| b as f64),
        Quantity::SampleWall => sample_median(run, |s| s.wall_ns),
        Quantity::SampleCpu => sample_median(run, |s| s.cpu_ns),
        Quantity::Solved => None,
    };
    value.map(Censored::Value).ok_or(EvalError::NotRecorded(quantity))
}

/// Whether a timed run was ended by its time budget: its solve is then not repeated, and took at least what it spent.
fn ended_by_budget(run: Run<'_>) -> bool {
    run.samples.is_empty()
        && run.record.solver_status.as_deref() == Some("max_time")
        && run.record.measure.contains("\"solve\"")
}

/// What a run spent that was ended at its hard limit, as far as its trace tells; and the time of the samples that it got
/// to take.
fn ended_by_limit(quantity: Quantity, run: Run<'_>) -> Option<Censored> {
    let ends = run.trace?.values().filter_map(|points| points.last());
    let end = ends.max_by_key(|p| p.step)?;
    let at_least = |value| Some(Censored::AtLeast(value));
    let cpu = || run.trace?.get(CPU_TRACE)?.last().map(|p| Censored::AtLeast(p.value));
    match quantity {
        Quantity::Iterations => at_least(coordinate(end, Axis::Step)),
        Quantity::Wall => at_least(coordinate(end, Axis::Time)),
        Quantity::Work => at_least(coordinate(end, Axis::Work)),
        Quantity::Cpu => cpu(),
        // Once there are samples, the traced solve is over and says nothing about theirs.
        Quantity::SampleWall if run.samples.is_empty() => at_least(coordinate(end, Axis::Time)),
        Quantity::SampleCpu if run.samples.is_empty() => cpu(),
        Quantity::SampleWall => sample_median(run, |s| s.wall_ns).map(Censored::Value),
        Quantity::SampleCpu => sample_median(run, |s| s.cpu_ns).map(Censored::Value),
        _ => None,
    }
}

/// The median over the timed samples, in seconds per repetition.
fn sample_median(run: Run<'_>, ns: impl Fn(&harness_core::SampleRow) -> i64) -> Option<f64> {
    let timed = run.samples.iter().filter(|s| !s.warmup && s.iters > 0);
    let seconds: Vec<f64> = timed.map(|s| ns(s) as f64 * 1e-9 / s.iters as f64).collect();
    harness_stats::descriptive::median(&seconds).ok()
}

/// Whether an expression has the same value in every run of a cell whose results are the same bit by bit.
pub(crate) fn is_exact(expr: &Expr) -> bool {
    let mut reads_machine = expr.reads_time();
    // How a run ends depends on limits of time and memory.
    expr.visit(&mut |e| {
        reads_machine |= matches!(e, Expr::Quantity(Quantity::PeakMem) | Expr::Outcome(_));
    });
    !reads_machine
}

/// The unit of an expression: `s`, `B`, a metric's own, or none.
pub(crate) fn unit_of(expr: &Expr, metrics: &[MetricInfo]) -> String {
    match expr {
        Expr::To { cost: Cost::Wall | Cost::Cpu, .. }
        | Expr::Quantity(
            Quantity::Wall | Quantity::Cpu | Quantity::Setup | Quantity::SampleWall | Quantity::SampleCpu,
        ) => "s".to_owned(),
        Expr::Quantity(Quantity::PeakMem) => "B".to_owned(),
        Expr::Final(m) | Expr::Best(m) | Expr::At { metric: m, .. } => {
            metrics.iter().find(|i| i.id == m).map(|i| i.unit.to_owned()).unwrap_or_default()
        }
        Expr::Negate(inner) => unit_of(inner, metrics),
        Expr::Binary { op, left, right } => {
            let (l, r) = (unit_of(left, metrics), unit_of(right, metrics));
            match op {
                Op::Add | Op::Subtract if l == r => l,
                Op::Multiply if l.is_empty() => r,
                Op::Multiply | Op::Divide if r.is_empty() => l,
                _ => String::new(),
            }
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
