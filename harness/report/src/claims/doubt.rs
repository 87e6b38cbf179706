//! Whether the campaign's timings are good enough for the verdict on a claim about time.

use harness_plan::claims_file::{Claim, ClaimKind};
use harness_stats::{Estimate, Region};

use super::evidence::Evidence;
use super::verdict::Finding;
use super::{Verdict, parameter};
use crate::timing::Timing;

/// Takes a verdict on times back that the timings do not support: the A/A control says that they are off, or too coarse to
/// tell the estimate from the boundary of the region; or other work disturbed wall times. Claims on counts stay.
pub(super) fn weigh(
    finding: Finding,
    timing: Option<&Timing>,
    claim: &Claim,
    evidence: &Evidence<'_>,
    region: &Region,
) -> Finding {
    let decided = matches!(finding.verdict, Verdict::Reproduced | Verdict::Contradicted);
    let (Some(timing), Ok(estimate), true) = (timing, &evidence.estimate, decided) else { return finding };
    let clocks = evidence.clocks;
    let control = timing.biased(clocks).or_else(|| {
        let (distance, parted) = distance(claim, evidence, estimate, region)?;
        timing.coarse(clocks, distance, parted)
    });
    let contended = timing.contended().filter(|_| clocks.wall);
    let doubts: Vec<String> = control.into_iter().chain(contended).collect();
    if doubts.is_empty() {
        return finding;
    }
    let reason = Some(doubts.join("; "));
    Finding { verdict: Verdict::Inconclusive, better: false, reason, needed: None }
}

const FROM_BOUNDARY: &str = "the estimate from the boundary of its region";

/// How far a relative error of the times would have to go to carry the estimate over the boundary of its region, in
/// logarithms, and what it parts; none if it never would.
fn distance(
    claim: &Claim,
    evidence: &Evidence<'_>,
    estimate: &Estimate,
    region: &Region,
) -> Option<(f64, &'static str)> {
    let boundaries = || [region.lo, region.hi].into_iter().flatten();
    let nearest =
        |distances: &mut dyn Iterator<Item = f64>| distances.reduce(f64::min).filter(|d| d.is_finite());
    match &claim.kind {
        ClaimKind::Value { .. }
        | ClaimKind::Threshold { .. }
        | ClaimKind::Ratio { .. }
        | ClaimKind::Table { .. } => {
            let mut distances = boundaries().filter(|b| *b > 0.0).map(|b| (estimate.value / b).ln().abs());
            Some((nearest(&mut distances)?, FROM_BOUNDARY))
        }
        // A share of pairs changes when the times of a pair change places.
        ClaimKind::Order { .. } => {
            let mean_log = |role: &str| {
                let values =
                    evidence.runs.iter().filter(|(own, _)| *own == role).map(|(_, m)| m.value.lower().ln());
                let logs: Vec<f64> = values.filter(|log| log.is_finite()).collect();
                (!logs.is_empty()).then(|| logs.iter().sum::<f64>() / logs.len() as f64)
            };
            Some(((mean_log("greater")? - mean_log("less")?).abs(), "the times of the two sides"))
        }
        // An error at one end of the range turns the line by it over the range's length.
        ClaimKind::Exponent { x, .. } => {
            let xs = evidence.runs.iter().filter_map(|(_, m)| parameter(x, m)).filter(|x| *x > 0.0);
            let (lo, hi) = xs.fold((f64::INFINITY, 0.0_f64), |(lo, hi), x| (lo.min(x), hi.max(x)));
            let length = (hi / lo).ln();
            let mut distances = boundaries().map(|b| (estimate.value - b).abs() * length);
            Some((
                nearest(&mut distances)?,
                "the lines of the estimate and of the boundary at the end of their range",
            ))
        }
        // The logarithm of the factor is per second: an error of the seconds multiplies it.
        ClaimKind::Rate { .. } => {
            let ratio = |b: f64| (estimate.value.ln() / b.ln()).abs().ln().abs();
            let mut distances = boundaries().filter(|b| *b > 0.0).map(ratio);
            Some((nearest(&mut distances)?, FROM_BOUNDARY))
        }
        // How an error of the times would move these is not known.
        ClaimKind::Optimum { .. }
        | ClaimKind::Success { .. }
        | ClaimKind::Negative { .. }
        | ClaimKind::Curve { .. }
        | ClaimKind::Determinism { .. } => None,
    }
}
