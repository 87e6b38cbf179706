//! Tests of the crate as a whole, and what they share.

mod crash;
mod documents;
mod maintenance;
mod recovery;
mod round_trip;
mod writing;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use harness_core::record::{
    AuditRow, ClaimRow, EnvRow, FinishedRun, Outcome, RunRecord, SampleRow, TraceRow,
};
use harness_core::{CellKey, CodeKey, EnvKey, RunId};

use crate::clock::Clock;
use crate::fs::{Fs, RealFs};
use crate::store::Store;

/// A clock that stands still until told.
#[derive(Debug)]
struct StillClock {
    /// Nanoseconds since `START`.
    since_start: AtomicI64,
}

impl StillClock {
    /// 2026-03-01T12:00:00Z.
    const START: i64 = 1_772_366_400_000_000_000;

    fn new() -> Arc<Self> {
        Arc::new(Self { since_start: AtomicI64::new(0) })
    }

    fn advance(&self, by: Duration) {
        self.since_start.fetch_add(by.as_nanos() as i64, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn unix_ns(&self) -> i64 {
        Self::START + self.since_start.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.since_start.load(Ordering::SeqCst) as u64)
    }
}

/// The machine's file system without waiting for the disk.
#[derive(Debug)]
struct QuickFs;

impl Fs for QuickFs {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        RealFs.create_dir(dir)
    }

    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        std::fs::write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealFs.rename(from, to)
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealFs.remove(path)
    }
}

fn store(results: &Path) -> Store {
    let mut store = Store::open(results, "suite").with_clock(StillClock::new());
    store.disk = Arc::new(QuickFs);
    store
}

/// A finished run of the cell named `cell`, with two samples and a trace of `steps` points in two metrics.
fn finished(cell: &str, steps: i64) -> FinishedRun {
    let run = record(cell);
    let (run_id, cell_key) = (run.run_id, run.cell_key.clone());
    let samples = (0..2)
        .map(|rep| SampleRow {
            run_id,
            cell_key: cell_key.clone(),
            rep,
            warmup: rep == 0,
            wall_ns: 1_000 + i64::from(rep),
            cpu_ns: 900,
            iters: 7,
            nivcsw: (rep == 1).then_some(3),
            nvcsw: Some(1),
            psi_cpu_some_us: (rep == 0).then_some(9),
            steal_ticks: None,
            freq_mhz: Some(2999.5),
            contaminated: (rep == 1).then_some(true),
            contamination: (rep == 1).then(|| "steal, frequency".to_owned()),
        })
        .collect();
    let traces = (0..steps)
        .flat_map(|step| ["gap", "error"].map(|metric| (step, metric)))
        .map(|(step, metric)| TraceRow {
            run_id,
            cell_key: cell_key.clone(),
            metric: metric.to_owned(),
            step,
            t_ns: step * 10,
            work: step * 2,
            value: 1.0 / (step as f64 + 1.0),
        })
        .collect();
    FinishedRun { run, samples, traces }
}

fn record(cell: &str) -> RunRecord {
    RunRecord {
        run_id: RunId::fresh(),
        campaign_id: "campaign".to_owned(),
        cell_key: CellKey::of(cell.as_bytes()),
        code_key: CodeKey::of(b"code"),
        env_key: EnvKey::of(b"env"),
        attempt: 1,
        shard: None,
        suite: "suite".to_owned(),
        profile: "smoke".to_owned(),
        problem: "laplace".to_owned(),
        problem_params: r#"{"n":3}"#.to_owned(),
        solver: "newton".to_owned(),
        solver_params: "{}".to_owned(),
        stop: "{}".to_owned(),
        measure: "{}".to_owned(),
        replicate: 0,
        master_seed: 20_260_101,
        device: "cpu".to_owned(),
        dtype: "f64".to_owned(),
        threads: 1,
        outcome: Outcome::Ok,
        solver_status: Some("solved".to_owned()),
        control: Some(true),
        block: Some(3),
        position: Some(1),
        solver_code: None,
        solver_facts: None,
        import_ns: Some(7),
        compile_ns: None,
        seen_wall_ns: None,
        cpu_list: None,
        quiet: Some("{}".to_owned()),
        contaminated: Some(false),
        signal: None,
        exit_code: Some(0),
        reason: None,
        stderr_tail: None,
        leaked: false,
        hard_limit_ns: Some(120_000_000_000),
        memory_limit: None,
        started_unix_ns: StillClock::START,
        elapsed_ns: 5_000,
        setup_ns: Some(10),
        solve_wall_ns: Some(1_000),
        solve_cpu_ns: Some(900),
        eval_ns: Some(50),
        process_cpu_ns: Some(2_000),
        n_iter: Some(7),
        work: Some(14),
        counters: "{}".to_owned(),
        objective: Some(1.5),
        feas: Some(1e-12),
        gap: None,
        metrics: "{}".to_owned(),
        instance: "{}".to_owned(),
        vmhwm_setup: None,
        vmhwm_solve: Some(1 << 20),
        minflt: Some(1),
        majflt: Some(0),
        nvcsw: Some(2),
        nivcsw: Some(3),
        result_hash: Some("abc".to_owned()),
        trace_rows: 6,
        git_commit: None,
        git_dirty: Some(false),
        harness_version: "0.1.0".to_owned(),
    }
}

fn claim(campaign: &str, id: &str, estimate: Option<f64>) -> ClaimRow {
    ClaimRow {
        campaign_id: campaign.to_owned(),
        claim_id: id.to_owned(),
        suite: "suite".to_owned(),
        profile: "smoke".to_owned(),
        paper: Some("a-paper".to_owned()),
        source: r#"{"table":"1"}"#.to_owned(),
        transcribed: None,
        kind: "value".to_owned(),
        statement: "29 iterations".to_owned(),
        metric: Some("iterations".to_owned()),
        reported: Some(29.0),
        region_lo: Some(15.0),
        region_hi: Some(f64::INFINITY),
        estimate,
        ci_lo: Some(f64::NAN),
        ci_hi: None,
        ci_level: 0.95,
        ci_method: None,
        p: estimate,
        p_adjusted: None,
        n: 3,
        proxy: false,
        better: Some(false),
        verdict: "reproduced".to_owned(),
        reason: None,
        needed_n: Some(12),
        cell_keys: "[]".to_owned(),
        env_key: EnvKey::of(b"env"),
        code_key: CodeKey::of(b"code"),
    }
}

fn audit(id: &str) -> AuditRow {
    AuditRow {
        audit_id: id.to_owned(),
        suite: "suite".to_owned(),
        kind: "same".to_owned(),
        problem: "laplace".to_owned(),
        solver: "newton".to_owned(),
        declared: "bitwise".to_owned(),
        cell_key_a: CellKey::of(b"a"),
        cell_key_b: CellKey::of(b"a"),
        run_a: RunId::fresh(),
        run_b: RunId::fresh(),
        level: "tolerance".to_owned(),
        max_ulp: Some(3),
        max_diff: Some(1e-15),
        first_diff_step: None,
        passed: false,
        reason: None,
        code_key: CodeKey::of(b"code"),
        env_key: EnvKey::of(b"env"),
    }
}

fn machine() -> Vec<EnvRow> {
    let row = |name: &str, value: &str, identity| EnvRow {
        env_key: EnvKey::of(b"env"),
        name: name.to_owned(),
        value: value.to_owned(),
        identity,
    };
    vec![row("cpu", "Ünïcode 9000", true), row("host", "", false)]
}

/// Every file below a folder with a hash of its bytes.
fn contents(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for path in crate::layout::entries(&dir).unwrap() {
            if path.is_dir() {
                dirs.push(path);
            } else {
                let hash = blake3::hash(&std::fs::read(&path).unwrap()).to_hex().to_string();
                found.insert(path, hash);
            }
        }
    }
    found
}

/// The parts of a table on the disk, listed or not.
fn part_files(store: &Store, table: &str) -> Vec<PathBuf> {
    contents(&store.suite_dir().join(table)).into_keys().collect()
}
