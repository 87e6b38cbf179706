//! `ratio`: the metric of one side over that of the other, on logarithms.

use harness_plan::Expr;
use harness_plan::suite_file::{Aggregate, Selection};
use harness_stats::{Censored, Level, censored};

use super::super::evidence::Evidence;
use super::paired::{self, Exactness};
use crate::campaign::Campaign;

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    metric: &Expr,
    aggregate: Aggregate,
    numerator: &Selection,
    denominator: &Selection,
) -> Evidence<'a> {
    let combine = move |a: &[Censored], b: &[Censored], exactness, level: Level| match (exactness, aggregate)
    {
        (Exactness::Exact, _) => censored::deterministic_ratio(a, b),
        (Exactness::Random, Aggregate::Median) => censored::paired_ratio_median(a, b, level),
        (Exactness::Random, _) => censored::paired_ratio(a, b, level),
    };
    let (a, b) = (("numerator", numerator), ("denominator", denominator));
    paired::evidence(campaign, select, metric, a, b, combine)
}
