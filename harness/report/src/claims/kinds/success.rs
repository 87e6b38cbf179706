//! `success` and `negative`: the share of runs that reach a goal, or do not.

use harness_core::{Outcome, SolverStatus};
use harness_plan::Expr;
use harness_plan::expr::{Goal, Relation};
use harness_plan::suite_file::Selection;
use harness_stats::{Censored, Interval, Uncertainty, proportion};

use super::super::evidence::{Evidence, counted};
use crate::campaign::{Campaign, Run};
use crate::eval::{self, EvalError, evaluate};
use crate::sample::{Measured, Sample, count};

/// Which runs are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Reached,
    Missed,
}

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    goal: &Goal,
    which: Counted,
) -> Evidence<'a> {
    let sample = Sample::with(campaign.select(&[select]), |run| {
        let counts = reached(goal, run)? == (which == Counted::Reached);
        Ok(Censored::Value(f64::from(u8::from(counts))))
    });
    let is_counted = |m: &&Measured<'_>| m.value.lower() > 0.0;
    let (counts, n) = (sample.measured.iter().filter(is_counted).count(), sample.measured.len());
    let exact = goal.expressions().into_iter().all(eval::is_exact) && sample.is_one_exact_cell(campaign);
    // One cell without randomness is one trial, whatever its replicates.
    let exact = exact && (counts == 0 || counts == n);
    let missed: Vec<String> = sample
        .measured
        .iter()
        .filter(|m| is_counted(m) != (which == Counted::Reached))
        .filter_map(|m| m.picked.run.map(ended))
        .collect();
    let mut evidence = Evidence::of(
        sample,
        "trial",
        Box::new(move |level| {
            let mut estimate = proportion::clopper_pearson(counts, n, level)?;
            if exact {
                let point = Interval::new(estimate.value, estimate.value, 1.0)?;
                estimate.uncertainty = Uncertainty::Deterministic(point);
            }
            Ok(estimate)
        }),
    );
    if !missed.is_empty() {
        let how = counted(missed.iter().cloned()).join(", ");
        let of = count(missed.len(), "run", "runs");
        evidence.remarks.push(format!("{of} of {n} did not reach the goal: {how}"));
    }
    evidence
}

/// How a run that missed the goal ended.
fn ended(run: Run<'_>) -> String {
    let record = run.record;
    match (record.outcome, record.solver_status.as_deref()) {
        (Outcome::Ok, Some(status)) if status == SolverStatus::Solved.to_string() => {
            format!("{status} by the suite's `stop`, which is another goal")
        }
        (Outcome::Ok, Some(status)) => status.to_owned(),
        (outcome, _) => outcome.to_string(),
    }
}

/// Whether a run reached the goal. A run that crashed, ran out of memory or diverged did not; nor did one that ended at a limit
/// before there was a value. A run that was interrupted says nothing.
fn reached(goal: &Goal, run: Run<'_>) -> Result<bool, EvalError> {
    let record = run.record;
    match record.outcome {
        Outcome::Oom | Outcome::Signal | Outcome::Panic | Outcome::Error
            if !matches!(goal, Goal::Flag(Expr::Outcome(_))) =>
        {
            return Ok(false);
        }
        _ if record.solver_status.as_deref() == Some("diverged") => return Ok(false),
        _ => {}
    }
    match goal {
        Goal::Flag(expr) => Ok(evaluate(expr, run)?.lower() > 0.0),
        Goal::Relation { left, relation, right } => match (side(left, run)?, side(right, run)?) {
            (Some(left), Some(right)) => Ok(holds(*relation, left, right)),
            _ => Ok(false),
        },
    }
}

/// The value of one side; none where the method did not get to have one.
fn side(expr: &Expr, run: Run<'_>) -> Result<Option<Censored>, EvalError> {
    match evaluate(expr, run) {
        Ok(value) => Ok(Some(value)),
        Err(EvalError::Failed { outcome: Outcome::Timeout, .. } | EvalError::NotFinite { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Whether a relation is known to hold: one that a bound leaves open does not.
fn holds(relation: Relation, left: Censored, right: Censored) -> bool {
    let (a, b) = match relation {
        // At its largest against the smallest.
        Relation::AtMost | Relation::Below => (left.upper(), right.lower()),
        Relation::AtLeast | Relation::Above => (left.lower(), right.upper()),
    };
    relation.holds(a, b)
}
