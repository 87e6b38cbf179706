//! Rows as campaigns leave them.

use harness_core::{CellKey, CodeKey, EnvKey, RunId, RunRecord, SampleRow};
use serde_json::json;

/// Runs with their samples.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) runs: Vec<RunRecord>,
    pub(crate) samples: Vec<SampleRow>,
}

/// What a test chooses of a run.
#[derive(Debug, Clone)]
pub(crate) struct Chosen<'a> {
    pub(crate) solver: &'a str,
    pub(crate) replicate: u32,
    pub(crate) campaign: &'a str,
    pub(crate) code: &'a str,
    pub(crate) machine: &'a str,
    pub(crate) iterations: i64,
    pub(crate) block: Option<u32>,
    /// CPU time of its one sample in seconds; wall time is a tenth more.
    pub(crate) seconds: Option<f64>,
}

impl Default for Chosen<'_> {
    fn default() -> Self {
        Self {
            solver: "quick",
            replicate: 0,
            campaign: "ci-a",
            code: "a",
            machine: "m",
            iterations: 10,
            block: None,
            seconds: None,
        }
    }
}

impl Rows {
    /// Adds a run; `change` may make it another one.
    pub(crate) fn push(&mut self, chosen: &Chosen<'_>, change: impl FnOnce(&mut RunRecord)) {
        let Chosen { solver, replicate, campaign, code, machine, iterations, block, seconds } = *chosen;
        let measure =
            if seconds.is_some() { r#"{"solve":{"samples":1,"warmup":0}}"# } else { r#"{"trace":{}}"# };
        let mut run: RunRecord = serde_json::from_value(json!({
            "run_id": RunId::fresh(), "campaign_id": campaign, "cell_key": CellKey::of(format!("{solver} {replicate} {measure}").as_bytes()),
            "code_key": CodeKey::of(code.as_bytes()), "env_key": EnvKey::of(machine.as_bytes()), "attempt": 0,
            "suite": "selftest", "profile": "ci", "problem": "noop", "problem_params": r#"{"rows": 10}"#, "solver": solver,
            "solver_params": "{}", "stop": r#"{"tol": 0.0}"#, "measure": measure, "replicate": replicate, "master_seed": 1,
            "device": "cpu", "dtype": "f64", "threads": 1, "block": block, "outcome": "ok", "solver_status": "solved",
            "leaked": false, "started_unix_ns": 1, "elapsed_ns": 1, "n_iter": iterations, "work": iterations,
            "counters": json!({"strides": iterations}).to_string(), "objective": 0.0, "metrics": "{}", "instance": "{}",
            "result_hash": "aabbccdd", "trace_rows": 0, "git_commit": "0123456789", "git_dirty": false, "harness_version": "0",
        }))
        .unwrap();
        change(&mut run);
        if let Some(seconds) = seconds {
            let ns = (seconds * 1e9) as i64;
            self.samples.push(SampleRow::bare(&run, ns + ns / 10, ns));
        }
        self.runs.push(run);
    }
}
