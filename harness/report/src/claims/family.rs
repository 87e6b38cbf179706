//! Family control: with many claims some would be contradicted by chance.
//!
//! Every claim that was tested, that is, has an interval made from random replicates, belongs to the family, not only those
//! whose interval left the region: choosing first and correcting only what was chosen would correct too little. Holm's
//! adjustment then keeps the probability that any claim of the campaign is contradicted by chance at 5 %. Reproduced claims
//! need no correction: an interval inside the region is the harder test. What has no randomness is no test.

use harness_stats::{Level, Needed, Region, Uncertainty, contradiction, multiple, needed_for};

use super::evidence::Estimator;
use super::{ClaimResult, Verdict};
use crate::number::short;
use crate::sample::count;

/// The error of the family.
const ALPHA: f64 = 0.05;

/// How a claim was tested; `at` is none if it was not.
pub(super) struct Test<'a> {
    pub(super) region: Region,
    pub(super) at: Option<Estimator<'a>>,
}

impl Test<'_> {
    /// The p-value of a contradiction, if there is a test.
    fn p(&self) -> Option<f64> {
        let at = self.at.as_ref()?;
        let is_random = matches!(at(Level::P95).ok()?.uncertainty, Uncertainty::Interval(_));
        is_random.then(|| contradiction::p_value(&self.region, at).ok())?
    }

    /// Replicates that would carry a contradiction through a correction by `factor`.
    fn needed(&self, factor: f64) -> Option<usize> {
        let level = Level::new(1.0 - ALPHA / factor.max(1.0)).ok()?;
        let estimate = (self.at.as_ref()?)(level).ok()?;
        match estimate.uncertainty {
            Uncertainty::TooFew { needed } => Some(needed),
            _ => needed_for(&estimate, &self.region).map(|n| match n {
                Needed::About(n) | Needed::MoreThan(n) => n,
            }),
        }
    }
}

/// Records raw and adjusted p-values, and takes contradictions back that do not survive the adjustment.
pub(super) fn control(judged: Vec<(ClaimResult, Test<'_>)>) -> Vec<ClaimResult> {
    let tested: Vec<(usize, f64)> =
        judged.iter().enumerate().filter_map(|(i, (_, test))| Some((i, test.p()?))).collect();
    let raw: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
    // P-values of this crate are in range.
    let adjusted = multiple::holm(&raw).unwrap_or_else(|_| vec![1.0; raw.len()]);
    let (mut results, tests): (Vec<ClaimResult>, Vec<Test<'_>>) = judged.into_iter().unzip();
    for ((index, p), adjusted) in tested.iter().zip(adjusted) {
        let result = &mut results[*index];
        (result.p, result.p_adjusted, result.tests) = (Some(*p), Some(adjusted), Some(raw.len()));
        if result.verdict == Verdict::Contradicted && adjusted >= ALPHA {
            take_back(result, &tests[*index], *p, adjusted, raw.len());
        }
    }
    results
}

fn take_back(result: &mut ClaimResult, test: &Test<'_>, p: f64, adjusted: f64, family: usize) {
    result.verdict = Verdict::Inconclusive;
    let n = result.estimate.as_ref().map_or(0, |e| e.n);
    result.needed_n = test.needed(adjusted / p).filter(|needed| *needed > n);
    let more = result.needed_n.map_or_else(String::new, |needed| {
        format!("; about {} needed", count(needed - n, "more replicate", "more replicates"))
    });
    result.reason = Some(format!(
        "outside the region with p = {}, which may be chance among {}: {} when adjusted (Holm), not below {ALPHA}{more}",
        short(p),
        count(family, "claim", "claims tested together"),
        short(adjusted),
    ));
}
