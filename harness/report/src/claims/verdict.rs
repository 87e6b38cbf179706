//! From an estimate and a region to a verdict.

use harness_plan::claims_file::{Accept, Claim};
use harness_stats::{Estimate, Needed, Position, Region, Uncertainty, judge, needed_for};

use super::{Gap, Verdict};
use crate::number;

/// What is found about a claim.
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) better: bool,
    pub(super) reason: Option<String>,
    pub(super) needed: Option<Needed>,
}

/// With the interval `C` and the region `R`: `C ⊂ R` is reproduced, `C ∩ R = ∅` is contradicted, else it is inconclusive.
pub(super) fn decide(estimate: &Result<Estimate, Gap>, region: &Region, claim: &Claim) -> Finding {
    let plain = |verdict| Finding { verdict, better: false, reason: None, needed: None };
    let estimate = match estimate {
        Err(Gap::NotRun(reason)) => {
            return Finding { reason: Some(reason.clone()), ..plain(Verdict::NotRun) };
        }
        Err(Gap::Undecidable(reason)) => {
            return Finding { reason: Some(reason.clone()), ..plain(Verdict::Inconclusive) };
        }
        Ok(estimate) => estimate,
    };
    let interval = match estimate.uncertainty {
        Uncertainty::Interval(interval) | Uncertainty::Deterministic(interval) => interval,
        Uncertainty::TooFew { needed } => {
            let reason = format!("n = {}: a 95 % interval needs at least {needed}", estimate.n);
            let needed = Some(Needed::About(needed));
            return Finding { reason: Some(reason), needed, ..plain(Verdict::Inconclusive) };
        }
    };
    match judge(&interval, region) {
        Position::Inside => {
            let better = match (claim.accept, claim.reported) {
                (Some(Accept::AtLeast(_)), Some(reported)) => interval.lo > reported.value,
                (Some(Accept::AtMost(_)), Some(reported)) => interval.hi < reported.value,
                _ => false,
            };
            Finding { better, ..plain(Verdict::Reproduced) }
        }
        Position::Outside => plain(Verdict::Contradicted),
        Position::Straddles => undecided(estimate, region),
    }
}

fn undecided(estimate: &Estimate, region: &Region) -> Finding {
    let verdict = Verdict::Inconclusive;
    let open = estimate.interval().is_some_and(|i| i.hi.is_infinite() || i.lo == 0.0);
    let limits = "runs stopped at a limit: only a bound is known; raise the limit".to_owned();
    if matches!(estimate.uncertainty, Uncertainty::Deterministic(_)) {
        return Finding { verdict, better: false, reason: Some(limits), needed: None };
    }
    let needed = needed_for(estimate, region);
    let reason = match needed {
        Some(Needed::About(n)) => format!("about {} more replicates needed", n.saturating_sub(estimate.n)),
        Some(Needed::MoreThan(_)) if open => limits,
        Some(Needed::MoreThan(n)) => format!(
            "the estimate {} lies on the boundary of the region: more than {n} replicates needed",
            number::short(estimate.value)
        ),
        None => "the interval touches the boundary of the region".to_owned(),
    };
    Finding { verdict, better: false, reason: Some(reason), needed }
}
