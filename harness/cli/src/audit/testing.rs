//! A run and a subject for the tests.

use harness_core::record::FinishedRun;
use harness_core::{
    CellKey, CellSpec, CodeKey, Determinism, Device, Dtype, EnvKey, Limits, Measure, ProblemSpec, RunRecord,
    SolverSpec, Stop,
};
use harness_runner::{Job, Labels};
use serde_json::{Map, json};

use super::Subject;

/// A run that ended well, without a curve.
pub(crate) fn run() -> FinishedRun {
    let run: RunRecord = serde_json::from_value(json!({
        "run_id": "00000000-0000-7000-8000-000000000001", "campaign_id": "c", "cell_key": CellKey::of(b"cell"),
        "code_key": CodeKey::of(b"code"), "env_key": EnvKey::of(b"env"), "attempt": 0, "suite": "s", "profile": "p",
        "problem": "p", "problem_params": "{}", "solver": "s", "solver_params": "{}", "stop": "{}", "measure": "{}",
        "replicate": 0, "master_seed": 1, "device": "cpu", "dtype": "f64", "threads": 1, "outcome": "ok",
        "solver_status": "solved", "leaked": false, "started_unix_ns": 0, "elapsed_ns": 0, "n_iter": 3,
        "counters": "{}", "metrics": "{}", "instance": "{}", "result_hash": "hash", "trace_rows": 0, "harness_version": "0"
    }))
    .unwrap();
    FinishedRun { run, samples: Vec::new(), traces: Vec::new() }
}

/// A subject with so many threads.
pub(crate) fn subject(threads: u32) -> Subject {
    let (params, omit) = (Map::new(), Vec::new());
    let problem = ProblemSpec {
        id: "p".to_owned(),
        version: 1,
        params: params.clone(),
        omit: omit.clone(),
        data_sha256: Vec::new(),
    };
    let cell = CellSpec {
        suite: "s".to_owned(),
        problem,
        solver: SolverSpec { id: "s".to_owned(), params, omit, code: None },
        stop: Stop { metric: "gap".to_owned(), tol: None, max_iter: 1, budget_s: None, stall: None },
        measure: Measure::Trace {},
        replicate: 0,
        master_seed: 0,
        device: Device::Cpu,
        dtype: Dtype::F64,
        threads,
        control: false,
    };
    let job = Job::new(cell, Labels::default(), Limits::default());
    Subject { job, determinism: Determinism::Bitwise }
}
