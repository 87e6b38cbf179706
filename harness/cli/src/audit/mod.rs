//! The determinism audit: cells run again under other circumstances, and compared with what their solvers declare.

mod compare;
mod in_all;
mod pass;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;

use harness_core::record::{AuditRow, FinishedRun, RunRecord};
use harness_core::{CellKey, Determinism, Measure, Outcome, RunId};
use harness_plan::PlannedCell;
use harness_runner::{Cancel, Config, Job, Observer, Sink, Summary};

use self::in_all::InAll;
use self::pass::Pass;
use crate::error::CliError;
use crate::sink::Tee;

pub(crate) use self::pass::Attempts;
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
    pub(crate) runs: [RunRecord; 2],
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

/// What an audit came to.
pub(crate) struct Audit {
    pub(crate) findings: Vec<Finding>,
    pub(crate) summary: Summary,
}

/// Runs every subject once, and once more for each kind, and compares. Every run goes to `sink` when it ends. Of an audit
/// that is stopped the runs that ended are compared.
pub(crate) fn audit(
    subjects: &[Subject],
    kinds: &[Kind],
    mut attempts: Attempts,
    config: &Config,
    sink: &mut dyn Sink,
    observer: &mut dyn Observer,
    cancel: &Cancel,
) -> Result<Audit, CliError> {
    let mut pass = |kind| Pass::new(subjects, kind, config.slots, &mut attempts);
    let base = pass(None);
    let others: Vec<(Kind, Pass)> = kinds.iter().map(|kind| (*kind, pass(Some(*kind)))).collect();
    let total = base.jobs.len() + others.iter().map(|(_, pass)| pass.jobs.len()).sum::<usize>();
    let mut observer = InAll::new(observer, total);
    let mut run = |pass: &Pass| {
        let mut tee = Tee::new(sink);
        let config = Config { slots: pass.slots, ..config.clone() };
        observer.before =
            harness_runner::run(&pass.jobs, &config, &mut tee, &mut observer, cancel)?.and(&observer.before);
        let ended = tee.kept.into_iter().filter(|run| run.run.outcome != Outcome::Interrupted);
        Ok::<BTreeMap<CellKey, FinishedRun>, CliError>(
            ended.map(|run| (run.run.cell_key.clone(), run)).collect(),
        )
    };
    let first = run(&base)?;
    let mut findings = Vec::new();
    for (kind, pass) in &others {
        let again = run(pass)?;
        for (at, subject) in subjects.iter().enumerate() {
            let pair = (first.get(&base.cells[at]), again.get(&pass.cells[at]));
            let (Some(a), Some(b)) = pair else { continue };
            let comparison = compare(a, b, subject.determinism);
            findings.push(Finding {
                kind: *kind,
                subject: at,
                runs: [a.run.clone(), b.run.clone()],
                comparison,
            });
        }
    }
    Ok(Audit { findings, summary: observer.before })
}

/// The rows to store.
pub(crate) fn rows(findings: &[Finding], subjects: &[Subject]) -> Vec<AuditRow> {
    let id = RunId::fresh().to_string();
    let row = |finding: &Finding| {
        let ([a, b], subject, found) = (&finding.runs, &subjects[finding.subject], &finding.comparison);
        AuditRow {
            audit_id: id.clone(),
            suite: a.suite.clone(),
            kind: finding.kind.as_str().to_owned(),
            problem: subject.job.labels.problem.clone(),
            solver: subject.job.labels.solver.clone(),
            declared: Declared(subject.determinism).to_string(),
            cell_key_a: a.cell_key.clone(),
            cell_key_b: b.cell_key.clone(),
            run_a: a.run_id,
            run_b: b.run_id,
            level: found.level.as_str().to_owned(),
            max_ulp: found.max_ulp,
            max_diff: found.max_diff,
            first_diff_step: found.first_diff_step,
            passed: found.passed,
            reason: found.reason.clone(),
            code_key: a.code_key.clone(),
            env_key: a.env_key.clone(),
        }
    };
    findings.iter().map(row).collect()
}
