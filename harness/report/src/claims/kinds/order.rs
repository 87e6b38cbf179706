//! `order`: the share of pairs in which one side is below the other.

use harness_plan::Expr;
use harness_plan::suite_file::Selection;
use harness_stats::order::OrderCounts;
use harness_stats::{Censored, Interval, Level, Uncertainty};

use super::super::evidence::Evidence;
use super::paired::{self, Exactness};
use crate::campaign::Campaign;

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    metric: &Expr,
    less: &Selection,
    greater: &Selection,
) -> Evidence<'a> {
    let combine = |a: &[Censored], b: &[Censored], exactness, level: Level| {
        let counts = OrderCounts::of(a, b)?;
        let mut estimate = counts.probability_less(level)?;
        if exactness == Exactness::Exact && counts.undecided == 0 {
            let point = Interval::new(estimate.value, estimate.value, 1.0)?;
            estimate.uncertainty = Uncertainty::Deterministic(point);
        }
        Ok(estimate)
    };
    paired::evidence(campaign, select, metric, ("less", less), ("greater", greater), combine)
}
