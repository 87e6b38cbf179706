//! What a reader needs to check a verdict.

use harness_core::{CellKey, RunId};
use harness_stats::{Bound, Censored, Estimate, Level};
use serde::Serialize;

use super::Verdict;
use crate::sample::Measured;

/// A run behind a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UsedRun {
    /// The run.
    pub run_id: RunId,
    /// Its cell.
    pub cell_key: CellKey,
    /// What it was used as: `value`, `numerator`, `denominator`, `less`, `greater`, `point`.
    pub role: &'static str,
    /// The metric's value in it.
    pub value: f64,
    /// Whether the value is only a lower bound, because the run stopped at a limit.
    pub at_least: bool,
}

/// An estimate for readers; an end that nothing bounds is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// The estimate, or the bound on it.
    pub value: f64,
    /// `exact`, `at_least` or `at_most`.
    pub bound: &'static str,
    /// Whether there is an interval at all.
    pub has_interval: bool,
    /// Lower end.
    pub lo: Option<f64>,
    /// Upper end.
    pub hi: Option<f64>,
    /// Confidence; 1 for a quantity without randomness.
    pub level: f64,
    /// Replicates, or pairs.
    pub n: usize,
    /// The statistical procedure.
    pub method: &'static str,
}

impl From<&Estimate> for Shown {
    fn from(estimate: &Estimate) -> Self {
        let interval = estimate.interval();
        let finite = |x: f64| x.is_finite().then_some(x);
        Self {
            value: estimate.value,
            bound: match estimate.bound {
                Bound::Exact => "exact",
                Bound::AtLeast => "at_least",
                Bound::AtMost => "at_most",
            },
            has_interval: interval.is_some(),
            lo: interval.and_then(|i| finite(i.lo)),
            hi: interval.and_then(|i| finite(i.hi)),
            level: interval.map_or(Level::P95.get(), |i| i.level),
            n: estimate.n,
            method: estimate.method.name(),
        }
    }
}

/// One of several numbers that a claim is about: a cell of a table, a point of a curve, a pair of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What it is.
    pub label: String,
    /// Our estimate.
    pub estimate: Option<Shown>,
    /// The paper's number.
    pub reported: Option<f64>,
    /// How many times one is the other, at least 1.
    pub factor: Option<f64>,
    /// What else is to be said: why there is no estimate, how a pair of runs differs.
    pub remark: Option<String>,
}

/// Cells that a claim selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selected {
    /// As what: `value`, `numerator`, `less`, …
    pub role: &'static str,
    /// The problem's label.
    pub problem: String,
    /// The solver's label.
    pub solver: String,
    /// How many cells.
    pub cells: usize,
    /// How many of them gave a value.
    pub measured: usize,
}

/// A claim with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimResult {
    /// The claim's id.
    pub id: String,
    /// What the paper says.
    pub statement: String,
    /// The paper's id.
    pub paper: String,
    /// Where it says so.
    pub source: String,
    /// How the number was obtained.
    pub transcribed: &'static str,
    /// The relative error of a number that was measured in a figure.
    pub transcription_error: Option<f64>,
    /// `value`, `ratio`, `order`, … as in the claims file.
    pub kind: &'static str,
    /// What is measured in each run.
    pub metric: String,
    /// How runs become one number: `mean`, `median`, `geomean` or `q(…)`; none where they are counted or fitted.
    pub aggregate: Option<String>,
    /// The unit of estimate, region and reported number.
    pub unit: String,
    /// Whether this profile runs a smaller version: the verdict is then shown and does not count.
    pub proxy: bool,
    /// The paper's number: the middle of a range.
    pub reported: Option<f64>,
    /// The paper's number as it is printed, with its spread.
    pub printed: Option<String>,
    /// Lower end of the accepted region; none: unbounded.
    pub region_lo: Option<f64>,
    /// Upper end of the accepted region; none: unbounded.
    pub region_hi: Option<f64>,
    /// How the region was formed.
    pub region_from: String,
    /// Why this region.
    pub note: Option<String>,
    /// Our estimate.
    pub estimate: Option<Shown>,
    /// Our estimate over the paper's number.
    pub ratio: Option<f64>,
    /// The p-value of a contradiction; none where nothing is random or no interval is known.
    pub p: Option<f64>,
    /// The same, adjusted for the number of claims that are tested together.
    pub p_adjusted: Option<f64>,
    /// How many claims are tested together.
    pub tests: Option<usize>,
    /// What the runs say.
    pub verdict: Verdict,
    /// Whether the whole interval is better than the paper's number, in the direction that the claim favours.
    pub better: bool,
    /// Why the verdict is not a plain yes or no.
    pub reason: Option<String>,
    /// Total replicates that would settle an undecided claim.
    pub needed_n: Option<usize>,
    /// What a reader should know about the runs: some failed, some stopped at a limit.
    pub remarks: Vec<String>,
    /// The cells that it selects.
    pub selected: Vec<Selected>,
    /// How runs were paired.
    pub pairing: Option<String>,
    /// The numbers that it is about, where there are several.
    pub parts: Vec<Part>,
    /// The runs behind the estimate.
    pub runs: Vec<UsedRun>,
    /// Commands that run the cells behind it again, each once.
    pub commands: Vec<String>,
    /// Whether any cell that it asks for was run in this campaign, with whatever outcome.
    #[serde(skip)]
    pub ran: bool,
}

/// A run as it is listed behind a number.
pub(crate) fn used(role: &'static str, measured: &Measured<'_>) -> Option<UsedRun> {
    let record = measured.picked.run?.record;
    Some(UsedRun {
        run_id: record.run_id,
        cell_key: record.cell_key.clone(),
        role,
        value: measured.value.lower(),
        at_least: matches!(measured.value, Censored::AtLeast(_)),
    })
}
