//! Rows for tests.

use harness_core::{CellKey, CodeKey, EnvKey, RunId, RunRecord};
use serde_json::json;

/// A run of a solver on a walk of ten rows that ended well.
pub(crate) fn run(solver: &str, replicate: u32) -> RunRecord {
    let cell = CellKey::of(format!("{solver} {replicate}").as_bytes());
    let run = json!({
        "run_id": RunId::fresh(), "campaign_id": "ci-a", "cell_key": cell, "code_key": CodeKey::of(b"a"),
        "env_key": EnvKey::of(b"m"), "attempt": 0, "suite": "selftest", "profile": "ci", "problem": "noop",
        "problem_params": r#"{"ballast_mib": 0, "rows": 10}"#, "solver": solver, "solver_params": "{}",
        "stop": r#"{"tol": 0.0}"#, "measure": r#"{"trace":{}}"#, "replicate": replicate, "master_seed": 1, "device": "cpu",
        "dtype": "f64", "threads": 1, "outcome": "ok", "solver_status": "solved", "leaked": false,
        "started_unix_ns": 1, "elapsed_ns": 1, "n_iter": 10, "work": 10, "counters": r#"{"strides": 10}"#,
        "objective": 0.0, "metrics": "{}", "instance": "{}", "result_hash": "aa", "trace_rows": 0,
        "git_commit": "0123456789abcdef0123456789abcdef01234567", "git_dirty": false, "harness_version": "0",
    });
    serde_json::from_value(run).expect("the columns of a run")
}
