//! `optimum`: how far from the optimum a metric ends, relative to max(1, |optimum|).

use harness_core::RunId;
use harness_plan::Expr;
use harness_plan::claims_file::{Optimum, Sense};
use harness_plan::suite_file::{Aggregate, Selection};
use harness_stats::{Censored, censored};

use super::super::evidence::Evidence;
use crate::campaign::{Campaign, Run};
use crate::eval::{EvalError, evaluate, named};
use crate::number::short;
use crate::sample::{Sample, aggregated, count};

/// What is to be reached.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) optimum: &'a Optimum,
    pub(super) sense: Sense,
    pub(super) tolerance: f64,
}

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    metric: &Expr,
    aggregate: Aggregate,
    target: Target<'_>,
) -> Evidence<'a> {
    let sample = Sample::with(campaign.select(&[select]), |run| gap(run, metric, target));
    let (values, exact) = (sample.values(), sample.is_exact(campaign, metric));
    let impossible: Vec<(RunId, f64)> = sample
        .measured
        .iter()
        .filter(|m| m.value.lower() < -target.tolerance && !m.value.is_censored())
        .filter_map(|m| Some((m.picked.run?.record.run_id, m.value.lower())))
        .collect();
    let all = values.len();
    let mut evidence = Evidence::of(
        sample,
        "gap",
        Box::new(move |level| {
            if exact { censored::deterministic(&values) } else { aggregated(&values, aggregate, level) }
        }),
    );
    if let Some((run, gap)) = impossible.iter().min_by(|a, b| a.1.total_cmp(&b.1)) {
        evidence.impossible = Some(format!(
            "impossible value: check feasibility; {} of {} better than the optimum, by {} in run {run}",
            impossible.len(),
            count(all, "run is", "runs are"),
            short(-gap),
        ));
    }
    evidence
}

/// The gap of one run, positive where it is worse than the optimum.
fn gap(run: Run<'_>, metric: &Expr, target: Target<'_>) -> Result<Censored, EvalError> {
    let optimum = match target.optimum {
        Optimum::Number(value) => *value,
        Optimum::Fact(name) => named("instance fact", name, &run.record.instance)?,
    };
    let relative = |f: f64| (f - optimum) / optimum.abs().max(1.0);
    match (evaluate(metric, run)?, target.sense) {
        (Censored::Value(f), Sense::Minimise) => Ok(Censored::Value(relative(f))),
        (Censored::Value(f), Sense::Maximise) => Ok(Censored::Value(-relative(f))),
        (Censored::AtLeast(f), Sense::Minimise) => Ok(Censored::AtLeast(relative(f))),
        (Censored::AtLeast(_), Sense::Maximise) => Err(EvalError::Unbounded(metric.to_string())),
    }
}
