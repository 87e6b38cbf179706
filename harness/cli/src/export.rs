//! A campaign's claims with what they rest on, as a results folder of its own: small enough to be kept beside the code.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use harness_core::RunId;
use harness_core::record::{ClaimRow, FinishedRun, SampleRow, TraceRow};
use harness_core::scratch::replace;
use harness_plan::Plan;
use harness_plan::plan::Resolved;
use harness_report::{Excerpt, Input, Judgement, excerpt, judge, reads};
use harness_store::{Policy, Store, Table};

use crate::campaign::Campaign;
use crate::error::CliError;
use crate::out;

/// Writes an excerpt of a campaign to the results folder `dir`, which may not hold results of its suite.
pub(crate) fn export(campaign: &Campaign, judged: &Judgement, dir: &Path) -> Result<(), CliError> {
    let target = Store::open(dir, campaign.store.suite());
    if target.suite_dir().exists() {
        let folder = target.suite_dir().display().to_string();
        return Err(CliError::usage(format!(
            "{folder} is there already; remove it, or export to another folder"
        )));
    }
    let all = campaign.stored()?;
    let kept = excerpt(&campaign.input(&all));
    let again = judge(&Input { cells: &kept.cells, ..campaign.input(&kept.data) });
    if without_reasons(again.claim_rows()) != without_reasons(judged.claim_rows()) {
        return Err(CliError::failed(
            "an excerpt of this campaign would be judged otherwise than the campaign",
        ));
    }
    store(campaign, &target, &kept, &again)?;
    let folder = target.campaign_dir(&campaign.id);
    let plan = Plan { cells: kept.cells, ..campaign.plan.clone() };
    let made_for = reads(&campaign.loaded.file, &campaign.loaded.claims);
    let more = Resolved::excerpt_lines(&made_for);
    campaign.write_plan_to(&folder, &plan, &campaign.portable_pairs(), &more)?;
    let text = harness_core::printable(&again.text()).into_owned();
    replace(&folder.join("claims.txt"), text.as_bytes()).map_err(CliError::failed)?;
    let bytes = Table::OF_SUITE.into_iter().flat_map(|table| target.files(table)).flatten();
    let bytes: u64 = bytes.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
    out::status(&format!(
        "{}: {} runs and {} of {} rows of their traces, as the claims need them: {} of Parquet",
        target.suite_dir().display(),
        kept.data.runs.len(),
        kept.data.traces.len(),
        all.traces.len(),
        out::bytes(bytes)
    ));
    Ok(())
}

/// Verdicts with their numbers. A reason may name what is recorded besides, which an excerpt does not keep.
fn without_reasons(mut rows: Vec<ClaimRow>) -> Vec<ClaimRow> {
    for row in &mut rows {
        row.reason = None;
    }
    rows
}

fn store(campaign: &Campaign, target: &Store, kept: &Excerpt, judged: &Judgement) -> Result<(), CliError> {
    // One part a table.
    let mut writer = target.writer()?.with_policy(Policy { runs: usize::MAX, age: Duration::MAX });
    let mut traces: BTreeMap<RunId, Vec<TraceRow>> = BTreeMap::new();
    for row in &kept.data.traces {
        traces.entry(row.run_id).or_default().push(row.clone());
    }
    let mut samples: BTreeMap<RunId, Vec<SampleRow>> = BTreeMap::new();
    for row in &kept.data.samples {
        samples.entry(row.run_id).or_default().push(row.clone());
    }
    for run in &kept.data.runs {
        let of_run = FinishedRun {
            samples: samples.remove(&run.run_id).unwrap_or_default(),
            traces: traces.remove(&run.run_id).unwrap_or_default(),
            run: run.clone(),
        };
        writer.push(of_run)?;
    }
    writer.flush()?;
    writer.put_env(&kept.data.env, &campaign.id)?;
    let audits: Vec<_> =
        kept.data.audits.iter().filter(|row| row.code_key == campaign.plan.code_key).cloned().collect();
    if !audits.is_empty() {
        writer.put_audits(&audits)?;
    }
    writer.put_claims(&judged.claim_rows())?;
    Ok(())
}
