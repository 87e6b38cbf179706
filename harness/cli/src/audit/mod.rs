//! The determinism audit: cells run again under other circumstances, and compared with what their solvers declare.

mod compare;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use harness_core::record::{AuditRow, FinishedRun};
use harness_core::{Determinism, Measure, RunId};
use harness_plan::PlannedCell;
use harness_runner::{Cancel, Config, Job, MemorySink, Observer};

use crate::error::CliError;

pub(crate) use compare::{Comparison, Declared, Level, compare};

/// What is different between the two runs that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Nothing.
    Same,
    /// The order of the cells, and how many run at once.
    Order,
    /// The number of threads.
    Threads,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Same, Kind::Order, Kind::Threads];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Same => "same",
            Kind::Order => "order",
            Kind::Threads => "threads",
        }
    }
}

/// A cell that is audited.
pub(crate) struct Subject {
    pub(crate) job: Job,
    pub(crate) determinism: Determinism,
}

/// A comparison of two runs of a subject.
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    pub(crate) subject: usize,
    pub(crate) runs: [Box<FinishedRun>; 2],
    pub(crate) comparison: Comparison,
}

/// The cell as it is audited: traced, not timed.
pub(crate) fn untimed(mut cell: PlannedCell) -> PlannedCell {
    cell.spec.measure = Measure::Trace {};
    cell.key = cell.spec.key();
    cell.timed = false;
    cell.place = None;
    cell
}

/// Runs every subject once, and once more for each kind, and compares. The runs are in `sink` besides.
pub(crate) fn audit(
    subjects: &[Subject],
    kinds: &[Kind],
    config: &Config,
    sink: &mut MemorySink,
    observer: &mut dyn Observer,
    cancel: &Cancel,
) -> Result<Vec<Finding>, CliError> {
    let all: Vec<usize> = (0..subjects.len()).collect();
    let mut pass = |order: &[usize], threads: Option<fn(u32) -> u32>, slots: NonZeroUsize| {
        let jobs: Vec<Job> = order.iter().map(|i| with_threads(&subjects[*i].job, threads)).collect();
        let config = Config { slots, ..config.clone() };
        let before = sink.runs.len();
        harness_runner::run(&jobs, &config, sink, observer, cancel)?;
        let of: BTreeMap<_, usize> = jobs.iter().zip(order).map(|(job, i)| (job.key.clone(), *i)).collect();
        let runs =
            sink.runs[before..].iter().filter_map(|run| Some((*of.get(&run.run.cell_key)?, run.clone())));
        Ok::<BTreeMap<usize, FinishedRun>, CliError>(runs.collect())
    };
    let base = pass(&all, None, config.slots)?;
    let reversed: Vec<usize> = all.iter().rev().copied().collect();
    let mut findings = Vec::new();
    for kind in kinds {
        let again = match kind {
            Kind::Same => pass(&all, None, config.slots)?,
            // One at a time if several ran at once before, and the other way round.
            Kind::Order => {
                let other = if config.slots.get() > 1 {
                    NonZeroUsize::MIN
                } else {
                    NonZeroUsize::MIN.saturating_add(1)
                };
                pass(&reversed, None, other)?
            }
            Kind::Threads => pass(&all, Some(|threads| if threads == 1 { 2 } else { 1 }), config.slots)?,
        };
        for (subject, b) in again {
            let Some(a) = base.get(&subject) else { continue };
            let comparison = compare(a, &b, subjects[subject].determinism);
            let runs = [Box::new(a.clone()), Box::new(b)];
            findings.push(Finding { kind: *kind, subject, runs, comparison });
        }
    }
    Ok(findings)
}

fn with_threads(job: &Job, threads: Option<fn(u32) -> u32>) -> Job {
    let mut job = job.clone();
    if let Some(other) = threads {
        job.cell.threads = other(job.cell.threads);
        job.key = job.cell.key();
    }
    job
}

/// The rows to store.
pub(crate) fn rows(findings: &[Finding], subjects: &[Subject]) -> Vec<AuditRow> {
    let id = RunId::fresh().to_string();
    let row = |finding: &Finding| {
        let ([a, b], subject, found) = (&finding.runs, &subjects[finding.subject], &finding.comparison);
        AuditRow {
            audit_id: id.clone(),
            suite: a.run.suite.clone(),
            kind: finding.kind.as_str().to_owned(),
            problem: subject.job.labels.problem.clone(),
            solver: subject.job.labels.solver.clone(),
            declared: Declared(subject.determinism).to_string(),
            cell_key_a: a.run.cell_key.clone(),
            cell_key_b: b.run.cell_key.clone(),
            run_a: a.run.run_id,
            run_b: b.run.run_id,
            level: found.level.as_str().to_owned(),
            max_ulp: found.max_ulp,
            max_diff: found.max_diff,
            first_diff_step: found.first_diff_step,
            passed: found.passed,
            reason: found.reason.clone(),
            code_key: a.run.code_key.clone(),
            env_key: a.run.env_key.clone(),
        }
    };
    findings.iter().map(row).collect()
}
