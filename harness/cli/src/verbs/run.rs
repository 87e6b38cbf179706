//! `harness run`: plan → execute what is missing → store → judge → report.

use std::collections::BTreeMap;

use harness_core::record::RunRecord;
use harness_core::{CellKey, Outcome, Suite};
use harness_plan::PlannedCell;
use harness_plan::resume::{Decision, Mode};
use harness_report::Report;
use harness_report::number::count;
use harness_runner::{Cancel, Job, Labels, Sink, Summary, recover_into, skipped};
use harness_store::{Filter, Warning};

use crate::args::RunArgs;
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::progress::{Display, human};
use crate::sink::StoreSink;
use crate::verbs::report::{Strictness, show, verdict_exit, write};

pub(crate) fn run(args: &RunArgs) -> Result<(), CliError> {
    let mode = match (args.fresh, args.retry_failed) {
        (true, _) => Mode::Fresh,
        (false, true) => Mode::RetryFailed,
        (false, false) => Mode::Resume,
    };
    let campaign = Campaign::resolve(&args.pairs, &[])?;
    let (report, summary) = execute_and_publish(&campaign, mode)?;
    show(&campaign, &report, args.json)?;
    if summary.done() == 0 && !has_runs(&campaign)? {
        out::status("nothing ran: every cell is skipped, for the reasons above");
        return Err(CliError::Ended(Exit::CellsFailed));
    }
    if summary.failed() > 0 {
        out::status(&format!(
            "{} failed; the report shows the end of what was printed",
            count(summary.failed(), "cell", "cells")
        ));
        return Err(CliError::Ended(Exit::CellsFailed));
    }
    let absent = never_run(&campaign);
    if !absent.is_empty() {
        for (solver, reason) in absent {
            out::status(&format!("`{solver}` was asked for and did not run: {reason}"));
        }
        return Err(CliError::Ended(Exit::CellsFailed));
    }
    verdict_exit(&report.claims.iter().collect::<Vec<_>>(), Strictness::Lenient)
}

/// Runs what is missing, judges, and writes the report. Results that are damaged are put right on the way.
pub(crate) fn execute_and_publish(campaign: &Campaign, mode: Mode) -> Result<(Report, Summary), CliError> {
    for note in &campaign.plan.notes {
        out::status(note);
    }
    let (sink, summary) = match execute(campaign, mode) {
        Err(CliError::Damaged(what)) => {
            repair(campaign, &what)?;
            execute(campaign, mode)?
        }
        other => other?,
    };
    stop_if_interrupted(&summary)?;
    match publish(campaign, sink, &summary) {
        Err(CliError::Damaged(what)) => {
            repair(campaign, &what)?;
            // The runs that were lost are made anew; those that were just made are not.
            let (sink, again) = execute(campaign, Mode::Resume)?;
            stop_if_interrupted(&again)?;
            Ok((publish(campaign, sink, &again)?, summary.and(&again)))
        }
        other => Ok((other?, summary)),
    }
}

fn stop_if_interrupted(summary: &Summary) -> Result<(), CliError> {
    if !summary.was_interrupted() {
        return Ok(());
    }
    out::status(&format!(
        "interrupted: {} finished and stored, {} did not start; the same command goes on from here",
        count(summary.done() - summary.count(Outcome::Interrupted), "cell", "cells"),
        summary.not_started
    ));
    Err(CliError::Ended(Exit::Interrupted))
}

/// Writes the report and stores the verdicts; the results stay locked until both are done.
fn publish(campaign: &Campaign, mut sink: StoreSink, summary: &Summary) -> Result<Report, CliError> {
    if summary.done() > 0 {
        let done = sink.0.compact_if_due()?;
        if done.merged > 0 {
            out::status(&format!("merged {} small files of results into {}", done.merged, done.into));
        }
    }
    let report = write(campaign)?;
    sink.0.put_claims(&report.claim_rows())?;
    Ok(report)
}

/// Moves what is damaged to the quarantine.
fn repair(campaign: &Campaign, what: &str) -> Result<(), CliError> {
    out::status(&format!("warning: {what}"));
    warn(&campaign.store.repair()?);
    Ok(())
}

/// Says what was found and put right.
pub(crate) fn warn(warnings: &[Warning]) {
    for warning in warnings {
        let sign = if warning.is_loss() { "warning: " } else { "" };
        out::status(&format!("{sign}{warning}"));
    }
}

/// The solvers that the command line names of which every cell is skipped, each with the first reason: who asked for them has
/// not got what he asked for, however well the others ran.
fn never_run(campaign: &Campaign) -> Vec<(&str, &str)> {
    let reason = |name: &str| {
        let is_called = |cell: &&PlannedCell| {
            cell.spec.solver.id == name || cell.labels.iter().any(|(_, solver)| solver == name)
        };
        let mut reasons = campaign.plan.cells.iter().filter(is_called).map(|cell| cell.skip.as_deref());
        let first = reasons.next()??;
        reasons.all(|reason| reason.is_some()).then_some(first)
    };
    let names = campaign.overrides.solver.iter().map(|name| name.as_str());
    names.filter_map(|name| Some((name, reason(name)?))).collect()
}

/// Whether some cell of the campaign was ever run.
fn has_runs(campaign: &Campaign) -> Result<bool, CliError> {
    let cells = campaign.plan.cells.iter().map(|c| c.key.clone());
    Ok(campaign.store.runs(&Filter::cells(cells))?.iter().any(|run| run.outcome != Outcome::Skipped))
}

/// Locks the results and recovers what earlier campaigns left behind. Gives back the stored runs too.
pub(crate) fn open(campaign: &Campaign) -> Result<(StoreSink, Vec<RunRecord>), CliError> {
    campaign.check_is_no_reference()?;
    let mut sink = StoreSink(campaign.store.writer()?);
    warn(sink.0.warnings());
    // Damage shows here, before anything runs.
    let mut runs = campaign.store.runs(&Filter::default())?;
    let (journals, quarantine) = (campaign.store.journal_dir(), campaign.store.quarantine_dir());
    let recovered = recover_into(&journals, &quarantine, &mut sink)?;
    if recovered > 0 {
        out::status(&format!("recovered {recovered} runs that an earlier campaign left behind"));
        runs = campaign.store.runs(&Filter::default())?;
    }
    Ok((sink, runs))
}

/// Runs what is missing and stores it. Gives back the sink too, which holds the lock on the results.
fn execute(campaign: &Campaign, mode: Mode) -> Result<(StoreSink, Summary), CliError> {
    let (mut sink, runs) = open(campaign)?;
    let decisions = campaign.decisions(&runs, mode);
    let last = last_by_cell(&runs);
    let columns = campaign.columns();

    let suite = &campaign.loaded.suite;
    let mut jobs = Vec::new();
    for (cell, decision) in campaign.plan.cells.iter().zip(&decisions) {
        match decision {
            Decision::New { .. } | Decision::Rerun { .. } => jobs.push(job(cell, last.get(&cell.key), suite)),
            Decision::Skip { reason } if !is_recorded(last.get(&cell.key), campaign, reason) => {
                sink.finished(skipped(&job(cell, last.get(&cell.key), suite), &columns, reason))
                    .map_err(CliError::failed)?;
            }
            _ => {}
        }
    }
    campaign.write_plan()?;
    sink.0.put_env(&campaign.env_rows, &campaign.id)?;
    announce(campaign, &decisions, jobs.len());

    let mut summary = Summary::default();
    if !jobs.is_empty() {
        let cancel = Cancel::new()?;
        cancel.on_signals()?;
        let config = campaign.config(columns)?;
        let began = std::time::Instant::now();
        let mut display = Display::new();
        let result = harness_runner::run(&jobs, &config, &mut sink, &mut display, &cancel);
        display.finish();
        summary = result?;
        let cells = count(jobs.len(), "cell", "cells");
        out::status(&format!("{} of {cells} in {}", summary.done(), human(began.elapsed())));
    }
    sink.0.flush()?;
    Ok((sink, summary))
}

fn announce(campaign: &Campaign, decisions: &[Decision], to_run: usize) {
    let reused = decisions.iter().filter(|d| matches!(d, Decision::Reuse { .. })).count();
    let left_out = decisions.len() - to_run - reused;
    out::status(&format!(
        "{} {}: {}, {to_run} to run, {reused} reused{}",
        campaign.plan.suite,
        campaign.plan.profile,
        count(decisions.len(), "cell", "cells"),
        if left_out > 0 { format!(", {left_out} left out") } else { String::new() }
    ));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in decisions {
        if let Decision::Skip { reason } = decision {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    for (reason, n) in reasons {
        out::status(&format!("  {n} skipped: {reason}"));
    }
}

/// The last attempt at each cell.
pub(crate) fn last_by_cell(runs: &[RunRecord]) -> BTreeMap<CellKey, &RunRecord> {
    let mut last: BTreeMap<CellKey, &RunRecord> = BTreeMap::new();
    for run in runs {
        let slot = last.entry(run.cell_key.clone()).or_insert(run);
        if run.recency() >= slot.recency() {
            *slot = run;
        }
    }
    last
}

fn is_recorded(last: Option<&&RunRecord>, campaign: &Campaign, reason: &str) -> bool {
    last.is_some_and(|run| {
        run.outcome == Outcome::Skipped
            && run.reason.as_deref() == Some(reason)
            && run.code_key == campaign.plan.code_key
            && run.env_key == campaign.env_key
    })
}

/// A run of a planned cell. `last` is the last attempt at it.
pub(crate) fn job(cell: &PlannedCell, last: Option<&&RunRecord>, suite: &Suite) -> Job {
    let labels = Labels { problem: cell.problem_label().to_owned(), solver: cell.solver_label().to_owned() };
    let peer = suite.solver(&cell.spec.solver.id).and_then(|solver| solver.peer());
    Job {
        attempt: last.map_or(0, |run| run.attempt + 1),
        place: cell.place,
        peer: peer.and_then(|peer| peer.command.clone().ok()),
        ..Job::new(cell.spec.clone(), labels, cell.limits)
    }
}
