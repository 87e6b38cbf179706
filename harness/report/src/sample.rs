//! A metric over the selected cells: what was measured, what is missing and why, and the estimate from it.

use std::collections::BTreeMap;

use harness_core::{CellSpec, Outcome};
use harness_plan::Expr;
use harness_plan::expr::Quantity;
use harness_plan::suite_file::{Aggregate, Selection};
use harness_stats::{
    Bound, Censored, Estimate, Interval, Level, Result as StatsResult, Uncertainty, censored, mean,
    proportion,
};

use crate::campaign::{Campaign, Picked, Run};
use crate::eval::{self, EvalError};
pub(crate) use crate::number::count;

/// A cell with its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured<'a> {
    pub(crate) picked: Picked<'a>,
    pub(crate) value: Censored,
}

/// Why a selected cell has no value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Absence {
    /// It was planned as skipped.
    Skipped(String),
    /// It has no run.
    NotRun,
    /// Its run gives no value.
    Failed(EvalError),
}

impl Absence {
    pub(crate) fn text(&self) -> String {
        match self {
            Absence::Skipped(reason) => format!("skipped: {reason}"),
            Absence::NotRun => "not run yet".to_owned(),
            Absence::Failed(error @ EvalError::Failed { .. }) => error.to_string(),
            Absence::Failed(EvalError::Trace(what)) => what.clone(),
            Absence::Failed(error) => format!("no value: the run {error}"),
        }
    }
}

/// A metric over a selection.
#[derive(Clone)]
pub(crate) struct Sample<'a> {
    pub(crate) measured: Vec<Measured<'a>>,
    pub(crate) missing: Vec<(Picked<'a>, Absence)>,
}

impl<'a> Sample<'a> {
    pub(crate) fn of(campaign: &'a Campaign<'_>, selections: &[&Selection], expr: &Expr) -> Self {
        Self::over(campaign.select(selections), expr)
    }

    pub(crate) fn over(cells: Vec<Picked<'a>>, expr: &Expr) -> Self {
        Self::with(cells, |run| eval::evaluate(expr, run))
    }

    /// What `evaluate` finds in the run of each cell.
    pub(crate) fn with(
        cells: Vec<Picked<'a>>,
        evaluate: impl Fn(Run<'_>) -> Result<Censored, EvalError>,
    ) -> Self {
        let mut sample = Self { measured: Vec::new(), missing: Vec::new() };
        for picked in cells {
            match value_of(&picked, &evaluate) {
                Ok(value) => sample.measured.push(Measured { picked, value }),
                Err(absence) => sample.missing.push((picked, absence)),
            }
        }
        sample
    }

    /// Whether any of its cells was run, with whatever outcome.
    pub(crate) fn ran(&self) -> bool {
        !self.measured.is_empty() || self.missing.iter().any(|(_, why)| matches!(why, Absence::Failed(_)))
    }

    pub(crate) fn values(&self) -> Vec<Censored> {
        self.measured.iter().map(|m| m.value).collect()
    }

    /// How many runs stopped at a limit before they reached their target.
    pub(crate) fn censored(&self) -> usize {
        self.measured.iter().filter(|m| m.value.is_censored()).count()
    }

    /// Why cells are missing, by reason; none if none is.
    pub(crate) fn explain_missing(&self) -> Option<String> {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for (_, absence) in &self.missing {
            *reasons.entry(absence.text()).or_default() += 1;
        }
        let parts: Vec<String> = reasons
            .into_iter()
            .map(|(reason, n)| format!("{} {reason}", count(n, "cell", "cells")))
            .collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Whether there is one value without randomness: one cell, replicates aside, bitwise reproducible, and a metric that
    /// reads no clock.
    pub(crate) fn is_exact(&self, campaign: &Campaign<'_>, expr: &Expr) -> bool {
        eval::is_exact(expr) && self.is_one_exact_cell(campaign)
    }

    /// Whether there is one cell, replicates aside, and everything in it but times and memory is the same in every run.
    pub(crate) fn is_one_exact_cell(&self, campaign: &Campaign<'_>) -> bool {
        let Some(first) = self.measured.first() else { return false };
        let first = first.picked.cell;
        let same = |m: &Measured<'_>| {
            let replicate = first.spec.replicate;
            CellSpec { replicate, ..m.picked.cell.spec.clone() } == first.spec
        };
        campaign.is_exact(first) && self.measured.iter().all(same)
    }

    /// The estimate with its 95 % interval.
    pub(crate) fn estimate(
        &self,
        campaign: &Campaign<'_>,
        expr: &Expr,
        aggregate: Aggregate,
    ) -> StatsResult<Estimate> {
        self.estimate_at(campaign, expr, aggregate, Level::P95)
    }

    /// The estimate with its interval at a level.
    pub(crate) fn estimate_at(
        &self,
        campaign: &Campaign<'_>,
        expr: &Expr,
        aggregate: Aggregate,
        level: Level,
    ) -> StatsResult<Estimate> {
        let values = self.values();
        if self.is_exact(campaign, expr) {
            return censored::deterministic(&values);
        }
        if *expr == Expr::Quantity(Quantity::Solved) && aggregate == Aggregate::Mean {
            let solved = values.iter().filter(|v| v.lower() > 0.0).count();
            return proportion::clopper_pearson(solved, values.len(), level);
        }
        aggregated(&values, aggregate, level)
    }
}

/// The value of a cell, or why it has none.
pub(crate) fn value(picked: &Picked<'_>, expr: &Expr) -> Result<Censored, Absence> {
    value_of(picked, &|run: Run<'_>| eval::evaluate(expr, run))
}

fn value_of(
    picked: &Picked<'_>,
    evaluate: &impl Fn(Run<'_>) -> Result<Censored, EvalError>,
) -> Result<Censored, Absence> {
    let Some(run) = picked.run else {
        return Err(picked.cell.skip.clone().map_or(Absence::NotRun, Absence::Skipped));
    };
    if run.record.outcome == Outcome::Skipped {
        let reason = run.record.reason.clone().or_else(|| picked.cell.skip.clone());
        return Err(Absence::Skipped(reason.unwrap_or_else(|| "no reason given".to_owned())));
    }
    evaluate(run).map_err(Absence::Failed)
}

/// Replicates to one number with its interval.
pub(crate) fn aggregated(values: &[Censored], aggregate: Aggregate, level: Level) -> StatsResult<Estimate> {
    match aggregate {
        Aggregate::Median => censored::median(values, level),
        Aggregate::Geomean => censored::geometric(values, level),
        Aggregate::Quantile(q) => censored::quantile(values, q.get(), level),
        Aggregate::Mean => censored_mean(values, level),
        Aggregate::Min => extreme(values, values.iter().min_by(|a, b| a.lower().total_cmp(&b.lower()))),
        Aggregate::Max => extreme(values, values.iter().max_by(|a, b| a.lower().total_cmp(&b.lower()))),
    }
}

/// An extreme of the sample describes the sample: it has no interval.
fn extreme(values: &[Censored], value: Option<&Censored>) -> StatsResult<Estimate> {
    let estimate = censored::deterministic(value.map_or(&[], std::slice::from_ref))?;
    Ok(Estimate { n: values.len(), ..estimate })
}

/// The mean; with censored values only its lower bound is known.
fn censored_mean(values: &[Censored], level: Level) -> StatsResult<Estimate> {
    let lower: Vec<f64> = values.iter().map(|v| v.lower()).collect();
    let mut estimate = mean::student_t(&lower, level)?;
    if values.iter().any(|v| v.is_censored()) {
        estimate.bound = Bound::AtLeast;
        if let Uncertainty::Interval(interval) = estimate.uncertainty {
            let open = Interval::new(interval.lo, f64::INFINITY, interval.level)?;
            estimate.uncertainty = Uncertainty::Interval(open);
        }
    }
    Ok(estimate)
}
