//! From an estimate and a region to a verdict: one rule for all kinds.

use harness_plan::claims_file::Better;
use harness_stats::{Estimate, Needed, Position, Region, Uncertainty, judge, needed_for};

use super::Verdict;
use super::evidence::{Evidence, Gap};
use crate::number;
use crate::sample::count;

/// What is found about a claim.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) better: bool,
    pub(super) reason: Option<String>,
    pub(super) needed: Option<Needed>,
}

impl Finding {
    fn plain(verdict: Verdict) -> Self {
        Self { verdict, better: false, reason: None, needed: None }
    }

    fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::plain(verdict) }
    }
}

/// With the interval `C` and the region `R`: `C ⊂ R` is reproduced, `C ∩ R = ∅` is contradicted, else it is inconclusive.
/// `paper` is the paper's number and the side on which values are better than it.
pub(super) fn decide(evidence: &Evidence<'_>, region: &Region, paper: Option<(f64, Better)>) -> Finding {
    if let Some(impossible) = &evidence.impossible {
        return Finding::because(Verdict::Contradicted, impossible);
    }
    let estimate = match &evidence.estimate {
        Err(Gap::NotRun(reason)) => return Finding::because(Verdict::NotRun, reason),
        Err(Gap::Undecidable(reason)) => return Finding::because(Verdict::Inconclusive, reason),
        Ok(estimate) => estimate,
    };
    let interval = match estimate.uncertainty {
        Uncertainty::Interval(interval) | Uncertainty::Deterministic(interval) => interval,
        Uncertainty::TooFew { needed } => {
            let reason = format!("n = {}: a 95 % interval needs at least {needed}", estimate.n);
            let needed = Some(Needed::About(needed));
            return Finding { needed, ..Finding::because(Verdict::Inconclusive, reason) };
        }
    };
    match judge(&interval, region) {
        Position::Inside => {
            let better = match paper {
                Some((reported, Better::Higher)) => interval.lo > reported,
                Some((reported, Better::Lower)) => interval.hi < reported,
                None => false,
            };
            Finding { better, ..Finding::plain(Verdict::Reproduced) }
        }
        Position::Outside => Finding::plain(Verdict::Contradicted),
        Position::Straddles => undecided(estimate, region, evidence),
    }
}

fn undecided(estimate: &Estimate, region: &Region, evidence: &Evidence<'_>) -> Finding {
    if let Some((reason, needed)) = &evidence.open {
        return Finding { needed: *needed, ..Finding::because(Verdict::Inconclusive, reason) };
    }
    let open = estimate.interval().is_some_and(|i| i.hi.is_infinite() || i.lo == 0.0);
    let limits = "runs stopped at a limit: only a bound is known; raise the limit";
    if matches!(estimate.uncertainty, Uncertainty::Deterministic(_)) {
        return Finding::because(Verdict::Inconclusive, limits);
    }
    // Replicates do not close an interval that limits left open.
    let needed = needed_for(estimate, region).filter(|n| !(open && matches!(n, Needed::MoreThan(_))));
    let reason = match needed {
        Some(Needed::About(n)) => {
            let more = count(n.saturating_sub(estimate.n), "more replicate", "more replicates");
            format!("about {more} needed")
        }
        Some(Needed::MoreThan(n)) => format!(
            "the estimate {} lies on the boundary of the region: more than {n} replicates needed",
            number::short(estimate.value)
        ),
        None if open => limits.to_owned(),
        None => "the interval touches the boundary of the region".to_owned(),
    };
    Finding { needed, ..Finding::because(Verdict::Inconclusive, reason) }
}

#[cfg(test)]
mod tests {
    use harness_stats::{Bound, Interval, Method};
    use proptest::prelude::*;

    use super::*;

    fn judged(lo: f64, hi: f64, region: (f64, f64)) -> Verdict {
        let interval = Interval::new(lo, hi, 0.95).unwrap();
        let estimate = Estimate {
            value: if hi.is_finite() { 0.5 * (lo + hi) } else { lo },
            bound: Bound::Exact,
            uncertainty: Uncertainty::Interval(interval),
            n: 10,
            method: Method::StudentT,
        };
        let mut evidence = Evidence::none(Gap::NotRun(String::new()));
        evidence.estimate = Ok(estimate);
        let finite = |x: f64| x.is_finite().then_some(x);
        let region = Region { lo: finite(region.0), hi: finite(region.1) };
        decide(&evidence, &region, None).verdict
    }

    #[test]
    fn intervals_and_regions_by_hand() {
        use Verdict::{Contradicted, Inconclusive, Reproduced};
        const INF: f64 = f64::INFINITY;
        // Among them: A took 10 s, B was stopped at 60 s, so that B/A is at least 6.
        for (lo, hi, region, want) in [
            (2.0, 3.0, (1.0, 4.0), Reproduced),
            (1.0, 4.0, (1.0, 4.0), Reproduced),
            (4.0, 5.0, (1.0, 4.0), Inconclusive),
            (4.1, 5.0, (1.0, 4.0), Contradicted),
            (0.5, 4.5, (1.0, 4.0), Inconclusive),
            (0.1, 0.9, (1.0, 4.0), Contradicted),
            (5.0, 9.0, (5.0, INF), Reproduced),
            (4.9, 9.0, (5.0, INF), Inconclusive),
            (1.0, 4.9, (5.0, INF), Contradicted),
            (6.0, INF, (5.0, INF), Reproduced),
            (6.0, INF, (10.0, INF), Inconclusive),
            (6.0, INF, (-INF, 5.0), Contradicted),
            (6.0, INF, (-INF, 7.0), Inconclusive),
            (0.0, 0.25, (-INF, 0.5), Reproduced),
            (-3.0, 8.0, (-INF, INF), Reproduced),
        ] {
            assert_eq!(judged(lo, hi, region), want, "[{lo}, {hi}] in {region:?}");
        }
    }

    proptest! {
        /// A larger region takes nothing back that was reproduced, and contradicts nothing that was not contradicted.
        #[test]
        fn the_verdict_is_monotone_in_the_region(
            lo in -100.0..100.0_f64, width in 0.0..50.0_f64,
            from in -100.0..100.0_f64, length in 0.0..100.0_f64, below in 0.0..50.0_f64, above in 0.0..50.0_f64,
        ) {
            let small = judged(lo, lo + width, (from, from + length));
            let large = judged(lo, lo + width, (from - below, from + length + above));
            let rank = |verdict| match verdict {
                Verdict::Contradicted => 0,
                Verdict::Inconclusive => 1,
                Verdict::Reproduced => 2,
                Verdict::NotRun => unreachable!("there is an interval"),
            };
            prop_assert!(rank(large) >= rank(small), "{small:?} became {large:?}");
        }
    }
}
