//! `value` and `threshold`: a metric over replicates.

use harness_plan::Expr;
use harness_plan::suite_file::{Aggregate, Selection};

use super::super::evidence::Evidence;
use crate::campaign::Campaign;
use crate::sample::Sample;

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    metric: &'a Expr,
    aggregate: Aggregate,
) -> Evidence<'a> {
    let sample = Sample::of(campaign, &[select], metric);
    let all = sample.clone();
    Evidence::of(sample, "value", Box::new(move |level| all.estimate_at(campaign, metric, aggregate, level)))
}
