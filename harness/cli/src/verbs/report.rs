//! `harness report`: the report of a campaign again, from what is stored.

use harness_report::{Report, Verdict};
use harness_store::Filter;

use crate::args::CampaignArgs;
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;

pub(crate) fn report(args: &CampaignArgs) -> Result<(), CliError> {
    let campaign = Campaign::resolve(&args.pairs)?;
    let cells = campaign.plan.cells.iter().map(|c| c.key.clone());
    if campaign.store.runs(&Filter::cells(cells))?.is_empty() {
        return Err(CliError::usage(format!(
            "no run of this campaign is stored in {}; `run` it first",
            campaign.store.suite_dir().display()
        )));
    }
    campaign.write_plan()?;
    publish(&campaign, args.json)?;
    Ok(())
}

/// Judges what is stored, writes the report and the verdicts, and prints them.
pub(crate) fn publish(campaign: &Campaign, as_json: bool) -> Result<Report, CliError> {
    let report = campaign.report()?;
    report.write(&campaign.dir()).map_err(CliError::failed)?;
    campaign.store.put_claims(&report.claim_rows())?;
    if as_json {
        out::text(report.claims_json().map_err(CliError::failed)?.trim_end());
    } else {
        show_claims(&report);
        out::text(&format!("report: {}", campaign.dir().join("report.html").display()));
    }
    Ok(report)
}

/// Prints the claim table, which ends with the headline.
pub(crate) fn show_claims(report: &Report) {
    out::text(report.text.trim_end());
}

/// Exit code 4 if a claim that is checked at the paper's scale is contradicted.
pub(crate) fn verdict_exit(report: &Report) -> Result<(), CliError> {
    let contradicted =
        report.claims.iter().filter(|c| !c.proxy && c.verdict == Verdict::Contradicted).count();
    if contradicted == 0 {
        return Ok(());
    }
    let claims = if contradicted == 1 { "claim of the papers is" } else { "claims of the papers are" };
    out::status(&format!("{contradicted} {claims} contradicted, which is a finding: exit code 4"));
    Err(CliError::Ended(Exit::Contradicted))
}
