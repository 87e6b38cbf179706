//! What the harness itself costs: CPU time a cell of runs that do nothing.
//!
//! `cargo run --release -p harness-worker --example overhead [cells] [rows]`, after building `harness-worker` with the same
//! profile.

use std::io::Write;
use std::num::NonZeroUsize;
use std::time::Instant;

use harness_core::{CellSpec, Device, Dtype, EnvKey, Measure, ProblemSpec, SolverSpec, Stop};
use harness_runner::{Campaign, Cancel, Config, Job, Labels, Limits, MemorySink, Quiet, run};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let cells: u32 = arguments.next().map_or(Ok(200), |n| n.parse())?;
    let rows: u64 = arguments.next().map_or(Ok(10), |n| n.parse())?;
    let suite = suite_selftest::suite();
    let mut params = Map::new();
    params.insert("rows".to_owned(), json!(rows));
    let noop = suite.problem("noop").ok_or("no problem")?.resolve(&params).map_err(|e| e[0].clone())?;
    let cell = |replicate| CellSpec {
        suite: suite.id.to_owned(),
        problem: ProblemSpec {
            id: "noop".to_owned(),
            version: 1,
            params: noop.values.clone(),
            omit: noop.omit.clone(),
            data_sha256: Vec::new(),
        },
        solver: SolverSpec { id: "quick".to_owned(), params: Map::new(), omit: Vec::new(), code: None },
        stop: Stop {
            metric: "distance".to_owned(),
            tol: Some(0.0),
            max_iter: rows,
            budget_s: None,
            stall: None,
        },
        measure: Measure::Trace {},
        replicate,
        master_seed: 1,
        device: Device::Cpu,
        dtype: Dtype::F64,
        threads: 1,
        control: false,
    };
    let jobs: Vec<Job> =
        (0..cells).map(|r| Job::new(cell(r), Labels::default(), Limits::default())).collect();
    let dir = tempfile::tempdir()?;
    let program = std::env::current_exe()?;
    let built = program.parent().and_then(|examples| examples.parent()).ok_or("no target folder")?;
    let config = Config {
        worker: built.join("harness-worker"),
        slots: NonZeroUsize::MIN,
        journal_dir: dir.path().join("journals"),
        log_dir: dir.path().join("logs"),
        data_dir: dir.path().to_owned(),
        campaign: Campaign {
            campaign_id: "overhead".to_owned(),
            profile: "none".to_owned(),
            suite: suite.id.to_owned(),
            code_key: suite.code_key.clone(),
            env_key: EnvKey::of(b"here"),
            shard: None,
            git_commit: None,
            git_dirty: None,
            harness_version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        metrics: suite.metrics(),
    };
    let mut sink = MemorySink::default();
    let cpu = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let (began, cpu_before) = (Instant::now(), cpu());
    run(&jobs, &config, &mut sink, &mut Quiet, &Cancel::new()?)?;
    let n = f64::from(cells);
    let parent = (cpu() - cpu_before) / n;
    let child = sink.runs.iter().filter_map(|r| r.run.process_cpu_ns).sum::<i64>() as f64 / 1e6 / n;
    let wall = began.elapsed().as_secs_f64() * 1e3 / n;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{cells} cells of {rows} rows: CPU {:.2} ms a cell ({parent:.2} runner + {child:.2} worker), wall {wall:.2} ms",
        parent + child
    )?;
    Ok(())
}
