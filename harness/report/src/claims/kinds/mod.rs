//! The estimate of each kind of claim.

mod curve;
mod determinism;
mod exponent;
mod factor;
mod optimum;
mod order;
mod paired;
mod rate;
mod ratio;
mod success;
mod table;
mod value;

use harness_plan::SuiteFile;
use harness_plan::claims_file::{Claim, ClaimKind};

use super::evidence::Evidence;
use crate::campaign::Campaign;

pub(crate) use exponent::{fit, parameter};

/// The estimate of a claim and the runs behind it.
pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    suite_file: &'a SuiteFile,
    claim: &'a Claim,
) -> Evidence<'a> {
    let select = &claim.select;
    let mut evidence = match &claim.kind {
        ClaimKind::Value { metric, aggregate } | ClaimKind::Threshold { metric, aggregate, .. } => {
            value::evidence(campaign, select, &metric.expr, *aggregate)
        }
        ClaimKind::Ratio { metric, aggregate, numerator, denominator } => {
            ratio::evidence(campaign, select, &metric.expr, *aggregate, numerator, denominator)
        }
        ClaimKind::Order { metric, less, greater } => {
            order::evidence(campaign, select, &metric.expr, less, greater)
        }
        ClaimKind::Exponent { metric, x } => exponent::evidence(campaign, select, &metric.expr, x),
        ClaimKind::Rate { trace, per, window } => rate::evidence(campaign, select, trace, *per, *window),
        ClaimKind::Optimum { metric, aggregate, optimum, sense } => {
            let target =
                optimum::Target { optimum, sense: *sense, tolerance: claim.tolerance.unwrap_or(0.0) };
            optimum::evidence(campaign, select, &metric.expr, *aggregate, target)
        }
        ClaimKind::Success { goal } => {
            success::evidence(campaign, select, &goal.goal, success::Counted::Reached)
        }
        ClaimKind::Negative { goal } => {
            success::evidence(campaign, select, &goal.goal, success::Counted::Missed)
        }
        ClaimKind::Table { table, rows, columns } => {
            // The claims file was checked against the suite file.
            let cells = suite_file.table(table).map(|t| t.reported(rows, columns)).unwrap_or_default();
            table::evidence(campaign, cells)
        }
        ClaimKind::Curve { figure, panel, series, aggregate, .. } => {
            curve::evidence(campaign, select, suite_file.figure(figure), *panel, series, *aggregate)
        }
        ClaimKind::Determinism { across, level } => determinism::evidence(campaign, select, *across, *level),
    };
    let clocks = claim.kind.clocks();
    evidence.clocks.wall |= clocks.wall;
    evidence.clocks.cpu |= clocks.cpu;
    evidence
}
