//! Claims against results: estimates, verdicts, and everything a reader needs to check them.

mod doubt;
mod kinds;
mod pairs;
mod row;
mod text;
mod verdict;

use harness_core::{CellKey, RunId};
use harness_plan::claims_file::{Claim, ClaimScale};
use harness_plan::{ClaimsFile, Expr};
use harness_stats::{Bound, Censored, Estimate, Level, Needed, Region};
use serde::Serialize;

use crate::Identity;
use crate::campaign::Campaign;
use crate::eval::unit_of;
use crate::sample::Measured;
use crate::timing::Timing;

pub(crate) use kinds::{fit, parameter};
pub use text::text_table;
pub(crate) use text::writer;

/// What the runs say about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every value of the interval agrees with the claim.
    Reproduced,
    /// No value of the interval agrees with the claim.
    Contradicted,
    /// Some do and some do not, or there are too few replicates for an interval.
    Inconclusive,
    /// There is nothing to judge.
    NotRun,
}

impl Verdict {
    /// All verdicts, in the order of reports.
    pub const ALL: [Verdict; 4] =
        [Verdict::Reproduced, Verdict::Contradicted, Verdict::Inconclusive, Verdict::NotRun];

    /// The name in tables and in the `claims` table.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Reproduced => "reproduced",
            Verdict::Contradicted => "contradicted",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotRun => "not run",
        }
    }

    /// The sign that stands for it where there is no room, and beside every colour.
    pub fn sign(self) -> &'static str {
        match self {
            Verdict::Reproduced => "✓",
            Verdict::Contradicted => "✗",
            Verdict::Inconclusive => "?",
            Verdict::NotRun => "–",
        }
    }
}

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

/// A claim with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimResult {
    /// The claim's id.
    pub id: String,
    /// What the paper says.
    pub statement: String,
    /// Where it says so.
    pub source: String,
    /// How the number was obtained.
    pub transcribed: &'static str,
    /// `value`, `ratio`, `order` or `slope`.
    pub kind: &'static str,
    /// What is measured in each run.
    pub metric: String,
    /// How runs become one number: `mean`, `median` or `geomean`.
    pub aggregate: &'static str,
    /// The unit of estimate, region and reported number.
    pub unit: String,
    /// Whether this profile runs a smaller version: the verdict is then shown and does not count.
    pub proxy: bool,
    /// The paper's number.
    pub reported: Option<f64>,
    /// Lower end of the accepted region; none: unbounded.
    pub region_lo: Option<f64>,
    /// Upper end of the accepted region; none: unbounded.
    pub region_hi: Option<f64>,
    /// Why this region.
    pub note: Option<String>,
    /// Our estimate.
    pub estimate: Option<Shown>,
    /// Our estimate over the paper's number.
    pub ratio: Option<f64>,
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
    /// The runs behind the estimate.
    pub runs: Vec<UsedRun>,
    /// Commands that run the cells behind it again, each once.
    pub commands: Vec<String>,
    /// Whether any cell that it asks for was run in this campaign, with whatever outcome.
    #[serde(skip)]
    pub ran: bool,
}

/// How many claims have which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Reproduced.
    pub reproduced: usize,
    /// Contradicted.
    pub contradicted: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Not run.
    pub not_run: usize,
}

impl Counts {
    fn of<'a>(results: impl Iterator<Item = &'a ClaimResult>) -> Self {
        let mut counts = Self::default();
        for result in results {
            *match result.verdict {
                Verdict::Reproduced => &mut counts.reproduced,
                Verdict::Contradicted => &mut counts.contradicted,
                Verdict::Inconclusive => &mut counts.inconclusive,
                Verdict::NotRun => &mut counts.not_run,
            } += 1;
        }
        counts
    }

    /// The number with a verdict.
    pub fn get(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Reproduced => self.reproduced,
            Verdict::Contradicted => self.contradicted,
            Verdict::Inconclusive => self.inconclusive,
            Verdict::NotRun => self.not_run,
        }
    }

    /// All of them.
    pub fn total(&self) -> usize {
        Verdict::ALL.into_iter().map(|v| self.get(v)).sum()
    }
}

/// The headline: claims at the paper's scale, and apart from them the proxies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// Claims that this profile checks at the paper's scale.
    pub full: Counts,
    /// Claims that it checks on something smaller.
    pub proxy: Counts,
}

impl Headline {
    /// Counts verdicts.
    pub fn of(results: &[ClaimResult]) -> Self {
        Self {
            full: Counts::of(results.iter().filter(|r| !r.proxy)),
            proxy: Counts::of(results.iter().filter(|r| r.proxy)),
        }
    }

    /// One line: `3 of 8 claims reproduced at the paper's scale, 1 contradicted, …`.
    pub fn sentence(&self) -> String {
        let list = |counts: &Counts| {
            let others = Verdict::ALL[1..].iter().filter(|v| counts.get(**v) > 0);
            others.map(|v| format!(", {} {}", counts.get(*v), v.as_str())).collect::<Vec<_>>().concat()
        };
        let of = |counts: &Counts| {
            let word = if counts.total() == 1 { "claim" } else { "claims" };
            format!("{} of {} {word} reproduced", counts.reproduced, counts.total())
        };
        let full = match self.full.total() {
            0 => "No claim is checked at the paper's scale".to_owned(),
            _ => format!("{} at the paper's scale{}", of(&self.full), list(&self.full)),
        };
        match self.proxy.total() {
            0 => full,
            _ => format!("{full}. Proxies at smaller scale: {}{}", of(&self.proxy), list(&self.proxy)),
        }
    }
}

/// The estimate of a claim with the runs behind it, or why there is none.
struct Evidence<'a> {
    estimate: Result<Estimate, Gap>,
    runs: Vec<(&'static str, Measured<'a>)>,
    remarks: Vec<String>,
    /// Whether any selected cell was run, with whatever outcome.
    ran: bool,
}

/// Why there is no estimate.
enum Gap {
    /// Nothing was measured.
    NotRun(String),
    /// Something was measured, and it gives no estimate.
    Undecidable(String),
}

/// Judges every claim, in the order of the file.
pub(crate) fn judge(
    campaign: &Campaign<'_>,
    identity: &Identity,
    file: &ClaimsFile,
    timing: Option<&Timing>,
) -> Vec<ClaimResult> {
    file.claims.iter().map(|claim| judge_one(campaign, identity, claim, timing)).collect()
}

fn judge_one(
    campaign: &Campaign<'_>,
    identity: &Identity,
    claim: &Claim,
    timing: Option<&Timing>,
) -> ClaimResult {
    let (lo, hi) = claim.region();
    let region = Region { lo: lo.is_finite().then_some(lo), hi: hi.is_finite().then_some(hi) };
    let evidence = kinds::evidence(campaign, claim);
    let finding = verdict::decide(&evidence.estimate, &region, claim);
    let finding = doubt::weigh(finding, timing, claim, &evidence, &region);
    let estimate = evidence.estimate.as_ref().ok();
    let reported = claim.reported.map(|r| r.value);
    ClaimResult {
        id: claim.id.to_string(),
        statement: claim.statement.clone(),
        source: claim.source.to_string(),
        transcribed: claim.transcribed.as_str(),
        kind: claim.kind.as_str(),
        metric: claim.metric.expr.to_string(),
        aggregate: claim.aggregate.as_str(),
        unit: unit(claim, &claim.metric.expr, campaign),
        proxy: claim.scale_in(&identity.profile) == ClaimScale::Proxy,
        reported,
        region_lo: region.lo,
        region_hi: region.hi,
        note: claim.note.clone(),
        estimate: estimate.map(Shown::from),
        ratio: estimate.zip(reported).filter(|(_, r)| *r != 0.0).map(|(e, r)| e.value / r),
        verdict: finding.verdict,
        better: finding.better,
        reason: finding.reason,
        needed_n: finding.needed.map(|n| match n {
            Needed::About(n) | Needed::MoreThan(n) => n,
        }),
        remarks: evidence.remarks,
        runs: evidence.runs.iter().filter_map(|(role, m)| used(role, m)).collect(),
        commands: campaign.commands(identity, evidence.runs.iter().map(|(_, measured)| &measured.picked)),
        ran: evidence.ran,
    }
}

fn unit(claim: &Claim, metric: &Expr, campaign: &Campaign<'_>) -> String {
    match claim.kind.as_str() {
        "value" => unit_of(metric, &campaign.suite().metrics()),
        _ => String::new(),
    }
}

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
