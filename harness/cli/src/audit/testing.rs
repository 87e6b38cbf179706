//! A run for the tests of comparisons.

use harness_core::record::FinishedRun;
use harness_core::{CellKey, CodeKey, EnvKey, RunRecord};
use serde_json::json;

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
