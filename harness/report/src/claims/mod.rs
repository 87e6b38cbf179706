//! Claims against results: estimates, verdicts, and everything a reader needs to check them.
//!
//! Each kind of claim (`kinds`) gives an estimate with the runs behind it; one rule (`verdict`) compares its interval with
//! the accepted region; doubtful timings take a verdict back (`doubt`); and contradictions have to survive a correction for
//! the number of claims that are tested together (`family`).

mod doubt;
mod evidence;
mod explain;
mod family;
mod headline;
mod kinds;
mod pairs;
mod result;
mod row;
mod text;
mod verdict;

use harness_plan::claims_file::{Claim, ClaimScale};
use harness_plan::{ClaimsFile, SuiteFile};
use harness_stats::{Needed, Region};
use serde::Serialize;

use crate::Identity;
use crate::campaign::Campaign;
use crate::eval::unit_of;
use crate::timing::Timing;

pub use explain::explain;
pub(crate) use explain::{p_value, parts};
pub use headline::{Counts, Headline};
pub(crate) use kinds::{fit, parameter};
pub(crate) use result::used;
pub use result::{ClaimResult, Part, Selected, Shown, UsedRun};
pub(crate) use text::writer;
pub use text::{text_selection, text_table};

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

/// Judges every claim, in the order of the file.
pub(crate) fn judge(
    campaign: &Campaign<'_>,
    identity: &Identity,
    suite_file: &SuiteFile,
    file: &ClaimsFile,
    timing: Option<&Timing>,
) -> Vec<ClaimResult> {
    let context = Context { campaign, identity, suite_file, timing };
    let judged: Vec<(ClaimResult, family::Test<'_>)> = file.claims.iter().map(|c| context.judge(c)).collect();
    family::control(judged)
}

/// What every claim is judged with.
struct Context<'a, 'c> {
    campaign: &'a Campaign<'c>,
    identity: &'a Identity,
    suite_file: &'a SuiteFile,
    timing: Option<&'a Timing>,
}

impl<'a> Context<'a, '_> {
    fn judge(&self, claim: &'a Claim) -> (ClaimResult, family::Test<'a>) {
        let evidence = kinds::evidence(self.campaign, self.suite_file, claim);
        let accepted = claim.region();
        let mut from = accepted.from;
        let mut hi = accepted.hi;
        if evidence.widen > 0.0 {
            hi *= 1.0 + evidence.widen;
            from.push_str(" ⊕ the error of digitising");
        }
        let finite = |x: f64| x.is_finite().then_some(x);
        let region = Region { lo: finite(accepted.lo), hi: finite(hi) };
        let paper = claim.reported.zip(claim.better()).map(|(r, better)| (r.end(better), better));
        let ruled = verdict::decide(&evidence, &region, paper);
        let finding = doubt::weigh(ruled.clone(), self.timing, claim, &evidence, &region);
        // A verdict that timings took back is no test of the claim.
        let tested = finding.verdict == ruled.verdict && evidence.impossible.is_none();
        let estimate = evidence.estimate.as_ref().ok();
        let reported = claim.reported.map(|r| r.value());
        let result = ClaimResult {
            id: claim.id.to_string(),
            statement: claim.statement.clone(),
            paper: claim.source.paper.to_string(),
            source: claim.source.to_string(),
            transcribed: claim.transcribed.as_str(),
            transcription_error: finite(claim.transcribed.error()).filter(|e| *e > 0.0),
            kind: claim.kind.as_str(),
            metric: claim.kind.measured(),
            aggregate: claim.kind.aggregate().map(|a| a.to_string()),
            unit: self.unit(claim),
            proxy: claim.scale_in(&self.identity.profile) == ClaimScale::Proxy,
            reported,
            printed: claim.reported.map(|r| r.to_string()),
            region_lo: region.lo,
            region_hi: region.hi,
            region_from: from,
            note: claim.note.clone(),
            estimate: estimate.map(Shown::from),
            ratio: estimate.zip(reported).filter(|(_, r)| *r != 0.0).map(|(e, r)| e.value / r),
            p: None,
            p_adjusted: None,
            tests: None,
            verdict: finding.verdict,
            better: finding.better,
            reason: finding.reason,
            needed_n: finding.needed.map(|n| match n {
                Needed::About(n) | Needed::MoreThan(n) => n,
            }),
            remarks: evidence.remarks,
            selected: evidence.selected,
            pairing: evidence.pairing,
            parts: evidence.parts,
            runs: evidence.runs.iter().filter_map(|(role, m)| used(role, m)).collect(),
            commands: self.campaign.commands(self.identity, evidence.runs.iter().map(|(_, m)| &m.picked)),
            ran: evidence.ran,
        };
        (result, family::Test { region, at: evidence.at.filter(|_| tested) })
    }

    fn unit(&self, claim: &Claim) -> String {
        match claim.kind.metric() {
            Some(metric) if matches!(claim.kind.as_str(), "value" | "threshold") => {
                unit_of(&metric.expr, &self.campaign.suite().metrics())
            }
            _ => String::new(),
        }
    }
}
