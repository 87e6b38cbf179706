//! `harness plan`: the cells of a campaign and what would be done about each.

use harness_plan::resume::{Decision, Mode};
use harness_report::number;
use harness_store::Filter;
use serde_json::json;

use crate::args::PlanArgs;
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::out::{self, Table};

pub(crate) fn plan(args: &PlanArgs) -> Result<(), CliError> {
    let campaign = Campaign::resolve(&args.pairs, &[])?;
    let mode = if args.fresh { Mode::Fresh } else { Mode::Resume };
    let decisions = campaign.decisions(&campaign.store.runs(&Filter::default())?, mode);
    let cells = campaign.plan.cells.iter().zip(&decisions);
    if args.json {
        for (cell, decision) in cells {
            out::json_text(&json!({"cell": cell, "decision": decision}).to_string());
        }
        return Ok(());
    }
    let mut table = Table::new(&["cell", "problem", "solver", "replicate", "threads", "device", "decision"]);
    for (cell, decision) in cells {
        table.row(vec![
            cell.key.short().to_owned(),
            cell.problem_label().to_owned(),
            cell.solver_label().to_owned(),
            cell.spec.replicate.to_string(),
            cell.spec.threads.to_string(),
            cell.spec.device.to_string(),
            decision.to_string(),
        ]);
    }
    out::text(&table.render());
    let count = |wanted: fn(&Decision) -> bool| decisions.iter().filter(|d| wanted(d)).count();
    out::text(&format!(
        "\ncampaign {}: {}, {} to run, {} reused, {} skipped",
        campaign.id,
        number::count(decisions.len(), "cell", "cells"),
        count(Decision::runs),
        count(|d| matches!(d, Decision::Reuse { .. })),
        count(|d| matches!(d, Decision::Skip { .. })),
    ));
    for note in &campaign.plan.notes {
        out::status(note);
    }
    Ok(())
}
