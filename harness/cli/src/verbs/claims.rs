//! `harness claims`: the verdicts from what is stored.

use crate::args::CampaignArgs;
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::out;
use crate::verbs::report::{show_claims, verdict_exit};

pub(crate) fn claims(args: &CampaignArgs) -> Result<(), CliError> {
    let report = Campaign::resolve(&args.pairs)?.report()?;
    if args.json {
        out::json_text(report.claims_json().map_err(CliError::failed)?.trim_end());
    } else {
        show_claims(&report);
    }
    verdict_exit(&report)
}
