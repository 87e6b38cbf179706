//! The second look at a suspicion: the worker from before the change and tonight's take turns on the cells that it is about.

use std::collections::BTreeMap;

use harness_core::record::{BlockPlace, RunRecord};
use harness_core::{CellKey, CodeKey, Outcome};
use harness_plan::PlannedCell;
use harness_runner::{Cancel, Job, OtherWorker};
use harness_store::Filter;
use harness_trend::compare::Options;
use harness_trend::night::{Answer, Suspicion, answers};
use harness_trend::{Families, Family, measured};

use super::workers::Kept;
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::progress::Display;
use crate::trend::campaigns::CONFIRMATION;
use crate::verbs::run::{job, last_by_cell, open};

/// What a second look came to.
pub(crate) struct Look {
    /// The campaign of the runs in turns.
    pub(crate) campaign: String,
    /// One a suspicion.
    pub(crate) answers: Vec<Answer>,
}

/// Runs the cells of some suspicions with both workers in blocks old–new–new–old, new–old–old–new, …, and judges them. What an
/// interrupted call left is used.
pub(crate) fn look_again(
    campaign: &Campaign,
    date: &str,
    old: &Kept,
    suspicions: &[&Suspicion],
    blocks: u32,
    options: &Options,
    cancel: &Cancel,
) -> Result<Look, CliError> {
    let id =
        format!("{CONFIRMATION}{date}-{}-{}", old.manifest.code_key.short(), campaign.plan.code_key.short());
    let (mut sink, stored) = open(campaign)?;
    let jobs = jobs(campaign, &id, old, &stored, suspicions, blocks);
    if !jobs.is_empty() {
        out::status(&format!(
            "{}: {} runs in turns with the worker of {} to look again at {}",
            campaign.plan.suite,
            jobs.len(),
            old.manifest.date,
            if suspicions.len() == 1 {
                "1 change".to_owned()
            } else {
                format!("{} changes", suspicions.len())
            }
        ));
        let mut columns = campaign.columns();
        columns.campaign_id.clone_from(&id);
        let config = campaign.config(columns)?;
        let mut display = Display::new();
        let result = harness_runner::run(&jobs, &config, &mut sink, &mut display, cancel);
        display.finish();
        let summary = result?;
        sink.0.flush()?;
        if summary.was_interrupted() {
            return Err(CliError::Ended(Exit::Interrupted));
        }
    }
    let runs = campaign.store.runs(&Filter::campaign(&id))?;
    let samples = campaign.store.samples(&runs.iter().map(|run| run.run_id).collect::<Vec<_>>())?;
    let answers = answers(
        &measured(&runs, &samples),
        &old.manifest.code_key,
        &campaign.plan.code_key,
        suspicions,
        options,
    );
    Ok(Look { campaign: id, answers })
}

/// The runs that are missing, in their order.
fn jobs(
    campaign: &Campaign,
    id: &str,
    old: &Kept,
    stored: &[RunRecord],
    suspicions: &[&Suspicion],
    blocks: u32,
) -> Vec<Job> {
    let suite = &campaign.loaded.suite;
    let last = last_by_cell(stored);
    let mut attempts: BTreeMap<CellKey, u32> =
        last.iter().map(|(key, run)| (key.clone(), run.attempt + 1)).collect();
    let is_there = |cell: &PlannedCell, code: &CodeKey, place: BlockPlace| {
        stored.iter().any(|run| {
            run.campaign_id == id
                && run.cell_key == cell.key
                && run.code_key == *code
                && (run.block, run.position) == (Some(place.block), Some(place.position))
                && run.outcome != Outcome::Interrupted
        })
    };
    let other = OtherWorker {
        path: old.path.clone(),
        code_key: old.manifest.code_key.clone(),
        git_commit: old.manifest.commit.clone(),
        git_dirty: old.manifest.dirty,
    };
    let mut jobs = Vec::new();
    let families = cells_of(campaign, stored, suspicions);
    let is_timed = |cells: &[&PlannedCell]| cells.iter().any(|cell| cell.timed);
    // What is only counted needs each of its replicates once, and no turns.
    let counted = families.iter().filter(|cells| !is_timed(cells)).map(|cells| cells.len() as u32);
    for block in 0..blocks.max(counted.max().unwrap_or(0)) {
        for cells in &families {
            let timed = is_timed(cells);
            let cell = if timed && block < blocks {
                cells.get(block as usize % cells.len())
            } else if timed {
                None
            } else {
                cells.get(block as usize)
            };
            let Some(cell) = cell else { continue };
            let turns: &[bool] = match (timed, block % 2) {
                (false, _) => &[true, false],
                (true, 0) => &[true, false, false, true],
                (true, _) => &[false, true, true, false],
            };
            for (position, is_old) in turns.iter().enumerate() {
                let place = BlockPlace { block, position: position as u32 };
                let code = if *is_old { &other.code_key } else { &campaign.plan.code_key };
                if is_there(cell, code, place) {
                    continue;
                }
                let attempt = attempts.entry(cell.key.clone()).or_insert(0);
                jobs.push(Job {
                    attempt: *attempt,
                    place: Some(place),
                    worker: is_old.then(|| other.clone()),
                    ..job(cell, None, suite)
                });
                *attempt += 1;
            }
        }
    }
    jobs
}

/// The planned cells of each suspected family, by replicate.
fn cells_of<'a>(
    campaign: &'a Campaign,
    stored: &[RunRecord],
    suspicions: &[&Suspicion],
) -> Vec<Vec<&'a PlannedCell>> {
    let families = Families::of(stored);
    let of_cell: BTreeMap<&CellKey, Family> =
        stored.iter().map(|run| (&run.cell_key, families.find(run))).collect();
    let mut wanted: Vec<&Family> = suspicions.iter().map(|suspicion| &suspicion.family).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let cells = |family: &Family| {
        let planned = campaign.plan.cells.iter();
        let is_one = |cell: &&PlannedCell| {
            cell.skip.is_none() && !cell.spec.control && of_cell.get(&cell.key).is_some_and(|of| of == family)
        };
        let mut cells: Vec<&PlannedCell> = planned.filter(is_one).collect();
        cells.sort_by_key(|cell| cell.spec.replicate);
        cells
    };
    wanted.into_iter().map(cells).filter(|cells| !cells.is_empty()).collect()
}
