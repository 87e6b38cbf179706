//! `harness report`: the report of a campaign again, from what is stored.

use harness_core::record::ClaimRow;
use harness_report::{ClaimResult, Report, Verdict};
use harness_store::{Manifest, StoreError, Table};

use crate::args::CampaignArgs;
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;

pub(crate) fn report(args: &CampaignArgs) -> Result<(), CliError> {
    let campaign = Campaign::stored_or_resolved(&args.pairs, &["campaign"])?;
    if campaign.is_excerpt() {
        return Err(CliError::usage(format!(
            "{} is an excerpt: `claims` judges it, and tables and figures need all of a campaign",
            campaign.dir().display()
        )));
    }
    if let Some(why) = campaign.unanswered("report")? {
        return Err(CliError::usage(why));
    }
    if !campaign.is_over() {
        campaign.check_is_no_reference()?;
        campaign.write_plan()?;
    }
    let report = loop {
        let before = campaign.store.manifest()?;
        let report = write(&campaign)?;
        store_verdicts(&campaign, &report.claim_rows())?;
        // A run that goes on may have stored more meanwhile, and have written its own report, which this one replaced.
        if without_claims(campaign.store.manifest()?) == without_claims(before) {
            break report;
        }
    };
    show(&campaign, &report, args.json)
}

/// Judges what is stored and writes the report's files.
pub(crate) fn write(campaign: &Campaign) -> Result<Report, CliError> {
    let report = campaign.report()?;
    report.write(&campaign.dir()).map_err(CliError::failed)?;
    Ok(report)
}

/// Stores the verdicts, unless a run goes on, which stores its own when it is done.
pub(crate) fn store_verdicts(campaign: &Campaign, rows: &[ClaimRow]) -> Result<(), CliError> {
    match campaign.store.put_claims(rows) {
        Err(e @ StoreError::Locked { .. }) => {
            out::status(&format!("the verdicts are shown and not stored: {e}"));
            Ok(())
        }
        other => Ok(other.map(drop)?),
    }
}

/// What a report is made from.
fn without_claims(mut manifest: Manifest) -> Manifest {
    manifest.tables.remove(&Table::Claims);
    manifest
}

/// Prints the verdicts and where the report is.
pub(crate) fn show(campaign: &Campaign, report: &Report, as_json: bool) -> Result<(), CliError> {
    if as_json {
        out::json_text(report.claims_json().map_err(CliError::failed)?.trim_end());
    } else {
        show_claims(report);
        let parts = [&report.comparison_text, &report.ranking_text].map(|text| text.trim_end());
        let parts: Vec<&str> = parts.into_iter().filter(|text| !text.is_empty()).collect();
        if !parts.is_empty() {
            out::text(&format!("\n{}\n", parts.join("\n\n")));
        }
        out::text(&format!("report: {}", campaign.dir().join("report.html").display()));
    }
    Ok(())
}

/// Prints the claim table, which ends with the headline.
pub(crate) fn show_claims(report: &Report) {
    out::text(report.text.trim_end());
}

/// Which verdicts end with exit code 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Contradicted.
    Lenient,
    /// Inconclusive too.
    Strict,
}

/// Exit code 4 if a claim that is checked at the paper's scale is contradicted, or undecided where that counts.
pub(crate) fn verdict_exit(claims: &[&ClaimResult], strictness: Strictness) -> Result<(), CliError> {
    let mut ended = Ok(());
    for (verdict, counts) in
        [(Verdict::Contradicted, true), (Verdict::Inconclusive, strictness == Strictness::Strict)]
    {
        let n = claims.iter().filter(|c| !c.proxy && c.verdict == verdict).count();
        if counts && n > 0 {
            let claims = if n == 1 { "claim of the papers is" } else { "claims of the papers are" };
            let finding = if verdict == Verdict::Contradicted { ", which is a finding" } else { "" };
            out::status(&format!("{n} {claims} {}{finding}: exit code 4", verdict.as_str()));
            ended = Err(CliError::Ended(Exit::Contradicted));
        }
    }
    ended
}
