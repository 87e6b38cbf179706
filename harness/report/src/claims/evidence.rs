//! What the runs of a claim come to.

use std::collections::BTreeMap;

use harness_plan::expr::Clocks;
use harness_stats::{Estimate, Level, Needed, Result as StatsResult, StatsError};

use super::{Part, Selected};
use crate::sample::{Measured, Sample, count};

/// The estimate of a claim at a level of confidence.
pub(super) type Estimator<'a> = Box<dyn Fn(Level) -> StatsResult<Estimate> + 'a>;

/// The estimate of a claim with the runs behind it, or why there is none.
pub(super) struct Evidence<'a> {
    /// At 95 %.
    pub(super) estimate: Result<Estimate, Gap>,
    /// The same at any level; none where there is no estimate.
    pub(super) at: Option<Estimator<'a>>,
    pub(super) runs: Vec<(&'static str, Measured<'a>)>,
    pub(super) selected: Vec<Selected>,
    pub(super) remarks: Vec<String>,
    pub(super) pairing: Option<String>,
    pub(super) parts: Vec<Part>,
    /// Why the claim is contradicted whatever the interval.
    pub(super) impossible: Option<String>,
    /// Why the interval is wider than replicates make it, and how many would change that.
    pub(super) open: Option<(String, Option<Needed>)>,
    /// By which share the region's upper end is to be moved out.
    pub(super) widen: f64,
    /// The clocks that were read.
    pub(super) clocks: Clocks,
    /// Whether any selected cell was run, with whatever outcome.
    pub(super) ran: bool,
}

/// Why there is no estimate.
#[derive(Debug, Clone)]
pub(super) enum Gap {
    /// Nothing was measured.
    NotRun(String),
    /// Something was measured, and it gives no estimate.
    Undecidable(String),
}

impl Gap {
    pub(super) fn of(error: &StatsError) -> Self {
        Gap::Undecidable(error.to_string())
    }
}

impl<'a> Evidence<'a> {
    /// Nothing yet.
    pub(super) fn none(gap: Gap) -> Self {
        Self {
            estimate: Err(gap),
            at: None,
            runs: Vec::new(),
            selected: Vec::new(),
            remarks: Vec::new(),
            pairing: None,
            parts: Vec::new(),
            impossible: None,
            open: None,
            widen: 0.0,
            clocks: Clocks::default(),
            ran: false,
        }
    }

    /// Evidence of one sample, whose runs are used as `role`.
    pub(super) fn of(sample: Sample<'a>, role: &'static str, estimator: Estimator<'a>) -> Self {
        let mut evidence = Self::none(Gap::NotRun(absent(&sample)));
        evidence.remarks = remarks(&sample, "");
        evidence.selected = selected(&sample, role);
        evidence.ran = sample.ran();
        if !sample.measured.is_empty() {
            evidence.estimated(estimator);
            evidence.runs = sample.measured.into_iter().map(|m| (role, m)).collect();
        }
        evidence
    }

    /// Takes the estimate at 95 % from `estimator`, and keeps it for others.
    pub(super) fn estimated(&mut self, estimator: Estimator<'a>) {
        self.estimate = estimator(Level::P95).map_err(|e| Gap::of(&e));
        self.at = self.estimate.is_ok().then_some(estimator);
    }
}

/// Why nothing was measured.
pub(super) fn absent(sample: &Sample<'_>) -> String {
    sample.explain_missing().unwrap_or_else(|| "the campaign plans no such cell".to_owned())
}

/// What a reader should know about the runs of a sample.
pub(super) fn remarks(sample: &Sample<'_>, side: &str) -> Vec<String> {
    let side = if side.is_empty() { String::new() } else { format!("{side} side: ") };
    let mut out = Vec::new();
    let measured = sample.measured.len();
    if sample.censored() > 0 {
        let n = sample.censored();
        out.push(format!("{side}{n} of {measured} runs stopped at a limit before the target"));
    }
    if let (Some(missing), true) = (sample.explain_missing(), measured > 0) {
        out.push(format!("{side}{missing}"));
    }
    out
}

/// The cells of a sample by labels, in the order of the plan.
pub(super) fn selected(sample: &Sample<'_>, role: &'static str) -> Vec<Selected> {
    let measured = sample.measured.iter().map(|m| (m.picked.cell, &m.picked, 1));
    let missing = sample.missing.iter().map(|(picked, _)| (picked.cell, picked, 0));
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for (_, picked, measured) in measured.chain(missing) {
        let slot = counts.entry((picked.problem_label, picked.solver_label)).or_default();
        slot.0 += 1;
        slot.1 += measured;
    }
    let of = |((problem, solver), (cells, measured)): ((&str, &str), (usize, usize))| Selected {
        role,
        problem: problem.to_owned(),
        solver: solver.to_owned(),
        cells,
        measured,
    };
    counts.into_iter().map(of).collect()
}

/// `1 cell`, `3 cells`, each with a reason: `3 cells skipped: …`.
pub(super) fn counted(reasons: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts.into_iter().map(|(reason, n)| format!("{} {reason}", count(n, "run", "runs"))).collect()
}
