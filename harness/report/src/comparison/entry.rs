//! One entry: the values of a solver's runs on a problem, together, and against another solver's in the same blocks.

use std::collections::BTreeMap;

use harness_core::Outcome;
use harness_plan::Expr;
use harness_plan::expr::{Op, Quantity};
use harness_plan::suite_file::Aggregate;
use harness_stats::{Bound, Censored, Estimate, Level, Result as StatsResult, censored};

use crate::campaign::{Campaign, Picked, Run};
use crate::eval;
use crate::sample::{Absence, Measured, Sample, count, value};

/// What the runs of an entry came to.
pub(crate) struct Entry<'a> {
    pub(crate) sample: Sample<'a>,
    pub(super) estimate: Option<Estimate>,
    /// How runs ended that did not reach their tolerance.
    pub(super) unreached: BTreeMap<String, usize>,
    /// Why there is no estimate.
    pub(super) error: Option<String>,
    /// The other problem that a run answered, if one did.
    pub(crate) other_problem: Option<&'static str>,
}

/// Whether an expression is what it takes to get to the end of a run: it makes no sense of a run that stopped before.
fn is_total(expr: &Expr) -> bool {
    let (mut costs, mut rate) = (false, false);
    expr.visit(&mut |e| match e {
        Expr::Quantity(
            Quantity::Iterations
            | Quantity::Wall
            | Quantity::Cpu
            | Quantity::Work
            | Quantity::SampleWall
            | Quantity::SampleCpu,
        )
        | Expr::Counter(_) => costs = true,
        Expr::Binary { op: Op::Divide, right, .. } => rate |= reads_run(right),
        _ => {}
    });
    costs && !rate
}

/// Whether an expression reads anything of the run, rather than of the instance.
fn reads_run(expr: &Expr) -> bool {
    let mut reads = false;
    expr.visit(&mut |e| {
        reads |= !matches!(e, Expr::Number(_) | Expr::Instance(_) | Expr::Negate(_) | Expr::Binary { .. });
    });
    reads
}

fn has_target(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |e| found |= matches!(e, Expr::To { .. }));
    found
}

/// How a run ended that was to reach a tolerance and did not.
fn unreached(picked: &Picked<'_>, run: Run<'_>) -> Option<String> {
    let stop = &picked.cell.spec.stop;
    let tol = stop.tol?;
    let record = run.record;
    let trace = run.trace.and_then(|trace| trace.get(stop.metric.as_str())).and_then(|points| points.last());
    if record.solver_status.as_deref() == Some("solved") || trace.is_some_and(|point| point.value <= tol) {
        return None;
    }
    let status = record.solver_status.clone().filter(|_| record.outcome == Outcome::Ok);
    Some(status.unwrap_or_else(|| record.outcome.to_string()))
}

impl<'a> Entry<'a> {
    pub(crate) fn of(campaign: &Campaign<'_>, cells: &[Picked<'a>], expr: &Expr) -> Self {
        let (total, target) = (is_total(expr), has_target(expr));
        let mut sample = Sample { measured: Vec::new(), missing: Vec::new() };
        let mut stopped: BTreeMap<String, usize> = BTreeMap::new();
        for picked in cells {
            let short = picked.run.and_then(|run| unreached(picked, run)).filter(|_| total);
            match value(picked, expr) {
                Ok(value) => {
                    let value = match (value, &short) {
                        (Censored::Value(spent), Some(_)) => Censored::AtLeast(spent),
                        // A rate does not wait for the end of a run.
                        (Censored::AtLeast(rate), None) if !total && !target => Censored::Value(rate),
                        (value, _) => value,
                    };
                    sample.measured.push(Measured { picked: *picked, value });
                    *stopped.entry(short.unwrap_or_default()).or_default() += 1;
                }
                Err(absence) => sample.missing.push((*picked, absence)),
            }
        }
        stopped.remove("");
        let estimate = sample.estimate(campaign, expr, Aggregate::Median);
        let error = estimate.as_ref().err().filter(|_| !sample.measured.is_empty()).map(ToString::to_string);
        let other_problem =
            cells.iter().filter_map(|picked| picked.run).find_map(|run| campaign.other_problem(run));
        Self { estimate: estimate.ok(), sample, unreached: stopped, error, other_problem }
    }

    /// Whether the estimate is a number rather than a bound, and one of the problem that is compared.
    pub(super) fn is_known(&self) -> bool {
        self.other_problem.is_none() && self.estimate.as_ref().is_some_and(|e| e.bound == Bound::Exact)
    }

    /// `not reached (max_iter)`, or how many of the runs that is true of; nothing if all got there.
    pub(crate) fn unreached_text(&self) -> Option<String> {
        let short: usize = self.unreached.values().sum();
        if short == 0 {
            return None;
        }
        let how: Vec<&str> = self.unreached.keys().map(String::as_str).collect();
        let all = self.sample.measured.len();
        let how = how.join(", ");
        Some(if short == all {
            format!("not reached ({how})")
        } else {
            format!("{short} of {} not reached ({how})", count(all, "run", "runs"))
        })
    }

    /// The cells that ran and have no value, or have not run, in words; cells that are skipped aside.
    pub(super) fn missing_text(&self) -> Option<String> {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for (_, absence) in &self.sample.missing {
            let reason = match absence {
                Absence::Skipped(_) => continue,
                Absence::NotRun => "not run yet".to_owned(),
                Absence::Failed(error @ eval::EvalError::Failed { .. }) => format!("failed: {error}"),
                Absence::Failed(_) => absence.text(),
            };
            *reasons.entry(reason).or_default() += 1;
        }
        let all = self.sample.measured.len() + self.sample.missing.len();
        let text = |(reason, n): (String, usize)| {
            if n == all { reason } else { format!("{n} of {} {reason}", count(all, "run", "runs")) }
        };
        let parts: Vec<String> = reasons.into_iter().map(text).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// The reason if every cell is skipped.
    pub(super) fn skipped(&self) -> Option<&str> {
        if !self.sample.measured.is_empty() {
            return None;
        }
        let reasons: Option<Vec<&str>> = self
            .sample
            .missing
            .iter()
            .map(|(_, absence)| match absence {
                Absence::Skipped(reason) => Some(reason.as_str()),
                _ => None,
            })
            .collect();
        reasons?.first().copied()
    }

    /// Whether any of its cells was run.
    pub(super) fn ran(&self) -> bool {
        self.sample.ran()
    }

    /// Its values over those of `base`, paired by block: the same replicate of the same problem.
    pub(super) fn ratio_to(
        &self,
        base: &Self,
        campaign: &Campaign<'_>,
        expr: &Expr,
    ) -> StatsResult<Estimate> {
        let (ours, theirs) = pairs(campaign, &self.sample, &base.sample);
        if self.sample.is_exact(campaign, expr) && base.sample.is_exact(campaign, expr) {
            censored::deterministic_ratio(&ours, &theirs)
        } else {
            censored::paired_ratio(&ours, &theirs, Level::P95)
        }
    }
}

/// The values of both sides by block. The single run of a cell in which nothing is random stands for every block.
fn pairs(campaign: &Campaign<'_>, ours: &Sample<'_>, theirs: &Sample<'_>) -> (Vec<Censored>, Vec<Censored>) {
    let by_block = |sample: &Sample<'_>| -> BTreeMap<u32, Censored> {
        sample.measured.iter().rev().map(|m| (m.picked.cell.spec.replicate, m.value)).collect()
    };
    let only = |sample: &Sample<'_>| match &sample.measured[..] {
        [one] if campaign.is_fixed(one.picked.cell) && !one.picked.cell.timed => Some(one.value),
        _ => None,
    };
    let (a, b) = (by_block(ours), by_block(theirs));
    let blocks = || a.keys().chain(b.keys()).collect::<std::collections::BTreeSet<_>>();
    let pair = |block: &u32| {
        let ours = a.get(block).copied().or_else(|| only(ours))?;
        let theirs = b.get(block).copied().or_else(|| only(theirs))?;
        Some((ours, theirs))
    };
    blocks().into_iter().filter_map(pair).unzip()
}

#[cfg(test)]
mod tests {
    use harness_plan::expr::parse;

    use super::*;

    #[test]
    fn a_rate_is_no_total() {
        for (text, total) in [
            ("sample_cpu", true),
            ("iterations", true),
            ("1e3 * sample_wall", true),
            ("counter(matvecs)", true),
            ("cpu / instance(n)", true),
            ("sample_cpu / iterations", false),
            ("cpu / counter(matvecs)", false),
            ("final(gap)", false),
            ("peak_mem", false),
            // It knows by itself whether it got there.
            ("time_to(gap <= 1e-3)", false),
        ] {
            assert_eq!(is_total(&parse(text).unwrap().expr), total, "{text}");
        }
    }
}
