//! Campaigns of the suite `selftest` in a temporary folder.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use harness_core::record::FinishedRun;
use harness_core::{
    CellSpec, Device, Dtype, EnvKey, Measure, ProblemSpec, RunId, RunRecord, SolverSpec, Stop, TraceRow,
};
use harness_runner::{
    Campaign, Cancel, Config, Job, Labels, Limits, Observer, Quiet, RunError, Sink, SinkError, Summary,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// Parameters from a literal.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

/// A job: `rows` steps of a solver with parameters.
pub(crate) fn job(solver: &str, params: Value, problem: Value) -> Job {
    let suite = suite_selftest::suite();
    let noop = suite.problem("noop").unwrap().resolve(&object(problem)).unwrap();
    let resolved = suite.solver(solver).unwrap().resolve(&object(params)).unwrap();
    let cell = CellSpec {
        suite: suite.id.to_owned(),
        problem: ProblemSpec {
            id: "noop".to_owned(),
            version: 1,
            params: noop.values,
            omit: noop.omit,
            data_sha256: Vec::new(),
        },
        solver: SolverSpec {
            id: solver.to_owned(),
            params: resolved.values,
            omit: resolved.omit,
            code: None,
        },
        stop: Stop {
            metric: "distance".to_owned(),
            tol: Some(0.0),
            max_iter: 1000,
            budget_s: None,
            stall: None,
        },
        measure: Measure::Trace {},
        replicate: 0,
        master_seed: 1,
        device: Device::Cpu,
        dtype: Dtype::F64,
        threads: 1,
        control: false,
    };
    let limits = Limits { hard_s: 60.0, grace_s: 5.0, memory: None };
    Job::new(cell, Labels { problem: "noop".to_owned(), solver: solver.to_owned() }, limits)
}

/// The same job as another replicate.
pub(crate) fn replicate(mut job: Job, replicate: u32) -> Job {
    job.cell.replicate = replicate;
    job.key = job.cell.key();
    job
}

/// A configuration with everything below `dir`.
pub(crate) fn config(dir: &Path, slots: usize) -> Config {
    let suite = suite_selftest::suite();
    Config {
        worker: PathBuf::from(env!("CARGO_BIN_EXE_harness-worker")),
        slots: NonZeroUsize::new(slots).unwrap(),
        journal_dir: dir.join("journals"),
        log_dir: dir.join("logs"),
        data_dir: dir.join("data"),
        campaign: Campaign {
            campaign_id: "test".to_owned(),
            profile: "smoke".to_owned(),
            suite: suite.id.to_owned(),
            code_key: suite.code_key.clone(),
            env_key: EnvKey::of(b"test"),
            shard: None,
            git_commit: None,
            git_dirty: None,
            harness_version: "0".to_owned(),
        },
        metrics: suite.metrics(),
    }
}

/// A sink that keeps runs in memory, and calls them durable or not.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) runs: Vec<FinishedRun>,
    /// Whether runs are never durable, so that journals stay.
    pub(crate) forgetful: bool,
    /// How many runs are taken before it fails.
    pub(crate) fails_after: Option<usize>,
}

impl Sink for Memory {
    fn finished(&mut self, run: FinishedRun) -> Result<Vec<RunId>, SinkError> {
        if self.fails_after.is_some_and(|n| self.runs.len() >= n) {
            return Err(SinkError::new("no space left on device"));
        }
        let id = run.run.run_id;
        self.runs.push(run);
        Ok(if self.forgetful { Vec::new() } else { vec![id] })
    }

    fn flush(&mut self) -> Result<Vec<RunId>, SinkError> {
        Ok(Vec::new())
    }

    fn holds(&mut self, run: RunId) -> Result<bool, SinkError> {
        Ok(self.runs.iter().any(|r| r.run.run_id == run))
    }
}

/// Finished runs of a campaign.
pub(crate) struct Ran {
    pub(crate) dir: TempDir,
    pub(crate) summary: Result<Summary, RunError>,
    pub(crate) sink: Memory,
}

impl Ran {
    /// The run of a job.
    pub(crate) fn of(&self, job: &Job) -> &FinishedRun {
        let mut found = self.sink.runs.iter().filter(|r| r.run.cell_key == job.key);
        let run = found.next().unwrap_or_else(|| panic!("no run of {}", job.labels.solver));
        assert!(found.next().is_none(), "one run of {}", job.labels.solver);
        run
    }

    /// The row of a job's run.
    pub(crate) fn row(&self, job: &Job) -> &RunRecord {
        &self.of(job).run
    }

    /// What is left in the folder of journals.
    pub(crate) fn journals(&self) -> Vec<PathBuf> {
        entries(&self.dir.path().join("journals")).iter().flat_map(|dir| entries(dir)).collect()
    }
}

/// The entries of a folder, sorted.
pub(crate) fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Runs jobs to their end.
pub(crate) fn run(jobs: &[Job], slots: usize) -> Ran {
    run_with(jobs, slots, Memory::default(), &mut Quiet, &Cancel::new().unwrap())
}

/// Runs jobs with everything given.
pub(crate) fn run_with(
    jobs: &[Job],
    slots: usize,
    mut sink: Memory,
    observer: &mut dyn Observer,
    cancel: &Cancel,
) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let summary = harness_runner::run(jobs, &config(dir.path(), slots), &mut sink, observer, cancel);
    Ran { dir, summary, sink }
}

/// The curve of a metric.
pub(crate) fn curve<'a>(run: &'a FinishedRun, metric: &str) -> Vec<&'a TraceRow> {
    run.traces.iter().filter(|row| row.metric == metric).collect()
}

/// No parameters.
pub(crate) fn none() -> Value {
    json!({})
}
