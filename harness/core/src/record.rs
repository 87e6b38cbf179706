//! Rows of the result tables, as plain Rust. The Parquet schema is in `docs/results.md`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::keys::{CellKey, CodeKey, EnvKey, RunId};

/// How the process of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It finished and reported its end.
    Ok,
    /// The hard limit was reached and the process group was ended.
    Timeout,
    /// It ran out of memory.
    Oom,
    /// A signal ended it.
    Signal,
    /// Rust code panicked.
    Panic,
    /// It reported an error, or exited without reporting its end.
    Error,
    /// It was not run; the reason says why.
    Skipped,
    /// The campaign was interrupted, or the runner died, while it ran.
    Interrupted,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 8] = [
        Outcome::Ok,
        Outcome::Timeout,
        Outcome::Oom,
        Outcome::Signal,
        Outcome::Panic,
        Outcome::Error,
        Outcome::Skipped,
        Outcome::Interrupted,
    ];

    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Timeout => "timeout",
            Outcome::Oom => "oom",
            Outcome::Signal => "signal",
            Outcome::Panic => "panic",
            Outcome::Error => "error",
            Outcome::Skipped => "skipped",
            Outcome::Interrupted => "interrupted",
        }
    }

    /// Whether a run with this outcome counts as a failed cell (exit code 5).
    pub fn is_failure(self) -> bool {
        !matches!(self, Outcome::Ok | Outcome::Skipped)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no outcome.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not an outcome: expected one of ok, timeout, oom, signal, panic, error, skipped, interrupted"
)]
pub struct UnknownOutcome(String);

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL.into_iter().find(|o| o.as_str() == text).ok_or_else(|| UnknownOutcome(text.to_owned()))
    }
}

/// One row of `runs`: one attempt at a cell. JSON columns hold objects as text. Times are in nanoseconds, memory in
/// bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are documented in docs/results.md, where users read them")]
pub struct RunRecord {
    pub run_id: RunId,
    pub campaign_id: String,
    pub cell_key: CellKey,
    pub code_key: CodeKey,
    pub env_key: EnvKey,
    pub attempt: u32,
    pub shard: Option<String>,
    pub suite: String,
    pub profile: String,
    pub problem: String,
    pub problem_params: String,
    pub solver: String,
    pub solver_params: String,
    pub stop: String,
    pub measure: String,
    pub replicate: u32,
    pub master_seed: u64,
    pub device: String,
    pub dtype: String,
    pub threads: u32,
    pub control: Option<bool>,
    pub block: Option<u32>,
    pub position: Option<u32>,
    pub solver_code: Option<String>,
    pub solver_facts: Option<String>,
    pub outcome: Outcome,
    pub solver_status: Option<String>,
    pub signal: Option<i32>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    pub stderr_tail: Option<String>,
    pub leaked: bool,
    pub hard_limit_ns: Option<i64>,
    pub memory_limit: Option<i64>,
    pub started_unix_ns: i64,
    pub elapsed_ns: i64,
    pub setup_ns: Option<i64>,
    pub import_ns: Option<i64>,
    pub compile_ns: Option<i64>,
    pub solve_wall_ns: Option<i64>,
    pub solve_cpu_ns: Option<i64>,
    pub seen_wall_ns: Option<i64>,
    pub eval_ns: Option<i64>,
    pub process_cpu_ns: Option<i64>,
    pub n_iter: Option<i64>,
    pub work: Option<i64>,
    pub counters: String,
    pub objective: Option<f64>,
    pub feas: Option<f64>,
    pub gap: Option<f64>,
    pub metrics: String,
    pub instance: String,
    pub vmhwm_setup: Option<i64>,
    pub vmhwm_solve: Option<i64>,
    pub minflt: Option<i64>,
    pub majflt: Option<i64>,
    pub nvcsw: Option<i64>,
    pub nivcsw: Option<i64>,
    pub cpu_list: Option<String>,
    pub quiet: Option<String>,
    pub contaminated: Option<bool>,
    pub result_hash: Option<String>,
    pub trace_rows: i64,
    pub git_commit: Option<String>,
    pub git_dirty: Option<bool>,
    pub harness_version: String,
}

impl RunRecord {
    /// Which of two runs of a cell is the later one. Attempts are counted, so that it does not depend on the machine's
    /// clock, which may have been set back between them; run ids, which do, decide between runs made apart.
    pub fn recency(&self) -> (u32, RunId) {
        (self.attempt, self.run_id)
    }
}

/// Where a timed cell stands among the solvers that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockPlace {
    /// Which block: each holds one run of every compared solver.
    pub block: u32,
    /// Which place in the block's order, from 0.
    pub position: u32,
}

/// One row of `samples`: one timed repetition inside a run.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are documented in docs/results.md, where users read them")]
pub struct SampleRow {
    pub run_id: RunId,
    pub cell_key: CellKey,
    pub rep: u32,
    pub warmup: bool,
    pub wall_ns: i64,
    pub cpu_ns: i64,
    pub iters: i64,
    pub nvcsw: Option<i64>,
    pub nivcsw: Option<i64>,
    pub psi_cpu_some_us: Option<i64>,
    pub steal_ticks: Option<i64>,
    pub freq_mhz: Option<f64>,
    pub contaminated: Option<bool>,
    pub contamination: Option<String>,
}

impl SampleRow {
    /// One solve or step of a run, in nanoseconds, that is no warm-up and of whose conditions nothing is known.
    pub fn bare(run: &RunRecord, wall_ns: i64, cpu_ns: i64) -> Self {
        Self {
            run_id: run.run_id,
            cell_key: run.cell_key.clone(),
            rep: 0,
            warmup: false,
            wall_ns,
            cpu_ns,
            iters: 1,
            nvcsw: None,
            nivcsw: None,
            psi_cpu_some_us: None,
            steal_ticks: None,
            freq_mhz: None,
            contaminated: None,
            contamination: None,
        }
    }
}

/// One row of `audits`: two runs that should agree, compared.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are documented in docs/results.md, where users read them")]
pub struct AuditRow {
    pub audit_id: String,
    pub suite: String,
    pub kind: String,
    pub problem: String,
    pub solver: String,
    pub declared: String,
    pub cell_key_a: CellKey,
    pub cell_key_b: CellKey,
    pub run_a: RunId,
    pub run_b: RunId,
    pub level: String,
    pub max_ulp: Option<i64>,
    pub max_diff: Option<f64>,
    pub first_diff_step: Option<i64>,
    pub passed: bool,
    pub reason: Option<String>,
    pub code_key: CodeKey,
    pub env_key: EnvKey,
}

/// One row of `traces`: a metric at a step of a run. `t_ns` is solver time, evaluation excluded.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the columns are documented in docs/results.md, where users read them")]
pub struct TraceRow {
    pub run_id: RunId,
    pub cell_key: CellKey,
    pub metric: String,
    pub step: i64,
    pub t_ns: i64,
    pub work: i64,
    pub value: f64,
}

/// One row of `env`: a fact about the machine; `identity` says whether it is part of the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the columns are documented in docs/results.md, where users read them")]
pub struct EnvRow {
    pub env_key: EnvKey,
    pub name: String,
    pub value: String,
    pub identity: bool,
}

/// Everything that one finished run adds to the tables.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedRun {
    /// The row of `runs`.
    pub run: RunRecord,
    /// Its rows of `samples`.
    pub samples: Vec<SampleRow>,
    /// Its rows of `traces`.
    pub traces: Vec<TraceRow>,
}

/// One row of `claims`: the verdict on a claim in a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are documented in docs/results.md, where users read them")]
pub struct ClaimRow {
    pub campaign_id: String,
    pub claim_id: String,
    pub suite: String,
    pub profile: String,
    pub paper: Option<String>,
    pub source: String,
    pub transcribed: Option<String>,
    pub kind: String,
    pub statement: String,
    pub metric: Option<String>,
    pub reported: Option<f64>,
    pub region_lo: Option<f64>,
    pub region_hi: Option<f64>,
    pub estimate: Option<f64>,
    pub ci_lo: Option<f64>,
    pub ci_hi: Option<f64>,
    pub ci_level: f64,
    pub ci_method: Option<String>,
    pub p: Option<f64>,
    pub p_adjusted: Option<f64>,
    pub n: u32,
    pub proxy: bool,
    pub better: Option<bool>,
    pub verdict: String,
    pub reason: Option<String>,
    pub needed_n: Option<u32>,
    pub cell_keys: String,
    pub env_key: EnvKey,
    pub code_key: CodeKey,
}
