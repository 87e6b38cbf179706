//! Writes runs with a million trace rows and reads them back, and says how long that takes. The folder that it leaves
//! is what the examples of `docs/results.md` are tried on.
//!
//! `cargo run --release -p harness-store --example million_rows -- FOLDER`

use std::error::Error;
use std::io::{Write, stdout};
use std::time::Instant;

use harness_core::record::{ClaimRow, EnvRow, FinishedRun, Outcome, RunRecord, SampleRow, TraceRow};
use harness_core::{CellKey, CodeKey, EnvKey, RunId};
use harness_store::{Filter, Policy, Store, Table};

const RUNS: u32 = 50;
const STEPS: i64 = 5_000;
const METRICS: [&str; 4] = ["dual", "gap", "marginal_l1", "phase"];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let store = Store::open(folder, "demo");
    let runs: Vec<FinishedRun> = (0..RUNS).map(finished).collect();
    let claim = claim(&runs[0].run);
    let mut writer = store.writer()?.with_policy(Policy { runs: usize::MAX, ..Policy::default() });
    for run in runs {
        writer.push(run)?;
    }
    let mut out = stdout().lock();
    let began = Instant::now();
    let ids = writer.flush()?;
    writeln!(out, "written in {:.2} s", began.elapsed().as_secs_f64())?;
    let env = |name: &str, value: &str, identity| EnvRow {
        env_key: EnvKey::of(b"demo"),
        name: name.to_owned(),
        value: value.to_owned(),
        identity,
    };
    writer.put_env(&[env("cpu", "Example 9000", true), env("host", "example", false)], "demo")?;
    writer.put_claims(&[claim])?;
    drop(writer);

    let began = Instant::now();
    let traces = store.traces(&ids)?;
    writeln!(out, "{} trace rows read in {:.2} s", traces.len(), began.elapsed().as_secs_f64())?;
    let began = Instant::now();
    let one = store.traces(&ids[..1])?;
    writeln!(out, "those of one run ({}) in {:.2} s", one.len(), began.elapsed().as_secs_f64())?;
    let began = Instant::now();
    let runs = store.runs(&Filter::default())?;
    writeln!(out, "{} runs read in {:.3} s", runs.len(), began.elapsed().as_secs_f64())?;
    for part in store.manifest()?.parts(Table::Traces) {
        writeln!(out, "{} has {} rows in {} bytes", part.path, part.rows, part.bytes)?;
    }
    Ok(())
}

fn finished(replicate: u32) -> FinishedRun {
    let (solver, rate) = if replicate.is_multiple_of(2) { ("sinkhorn", 0.999) } else { ("newton", 0.9) };
    let run = record(solver, replicate / 2);
    let (run_id, cell_key) = (run.run_id, run.cell_key.clone());
    let mut value: f64 = 1.0 + f64::from(replicate) / 10.0;
    let mut traces = Vec::new();
    for step in 0..STEPS {
        value *= rate;
        for metric in METRICS {
            let (run_id, cell_key, metric) = (run_id, cell_key.clone(), metric.to_owned());
            let t_ns = step * 10_007 + i64::from(replicate);
            traces.push(TraceRow { run_id, cell_key, metric, step, t_ns, work: step * 2, value });
        }
    }
    let samples = (0..5)
        .map(|rep| SampleRow {
            run_id,
            cell_key: cell_key.clone(),
            rep,
            warmup: rep == 0,
            wall_ns: 1_000_000 + i64::from(rep * replicate),
            cpu_ns: 900_000,
            iters: 1,
            nivcsw: Some(0),
            nvcsw: None,
            psi_cpu_some_us: None,
            steal_ticks: None,
            freq_mhz: None,
            contaminated: None,
            contamination: None,
        })
        .collect();
    FinishedRun { run, samples, traces }
}

fn record(solver: &str, replicate: u32) -> RunRecord {
    RunRecord {
        run_id: RunId::fresh(),
        campaign_id: "demo".to_owned(),
        cell_key: CellKey::of(format!("{solver} {replicate}").as_bytes()),
        code_key: CodeKey::of(b"demo"),
        env_key: EnvKey::of(b"demo"),
        attempt: 1,
        shard: None,
        suite: "demo".to_owned(),
        profile: "smoke".to_owned(),
        problem: "random_assignment".to_owned(),
        problem_params: r#"{"n":500}"#.to_owned(),
        solver: solver.to_owned(),
        solver_params: r#"{"eta":1200.0}"#.to_owned(),
        stop: "{}".to_owned(),
        measure: r#"{"trace":{}}"#.to_owned(),
        replicate,
        master_seed: 20_260_101,
        device: "cpu".to_owned(),
        dtype: "f64".to_owned(),
        threads: 1,
        outcome: Outcome::Ok,
        solver_status: Some("max_iter".to_owned()),
        control: None,
        block: None,
        position: None,
        solver_code: None,
        solver_facts: None,
        import_ns: None,
        compile_ns: None,
        seen_wall_ns: None,
        cpu_list: None,
        quiet: None,
        contaminated: None,
        signal: None,
        exit_code: Some(0),
        reason: None,
        stderr_tail: None,
        leaked: false,
        hard_limit_ns: Some(120_000_000_000),
        memory_limit: None,
        started_unix_ns: 1_772_366_400_000_000_000,
        elapsed_ns: 60_000_000,
        setup_ns: Some(1_000_000),
        solve_wall_ns: Some(50_035_000 + i64::from(replicate)),
        solve_cpu_ns: Some(50_000_000),
        eval_ns: Some(2_000_000),
        process_cpu_ns: Some(55_000_000),
        n_iter: Some(STEPS),
        work: Some(STEPS * 2),
        counters: "{}".to_owned(),
        objective: Some(1.5),
        feas: Some(1e-9),
        gap: None,
        metrics: r#"{"marginal_l1":1e-9}"#.to_owned(),
        instance: r#"{"n":500}"#.to_owned(),
        vmhwm_setup: Some(5 << 20),
        vmhwm_solve: Some(9 << 20),
        minflt: None,
        majflt: None,
        nvcsw: None,
        nivcsw: None,
        result_hash: None,
        trace_rows: STEPS * METRICS.len() as i64,
        git_commit: None,
        git_dirty: None,
        harness_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn claim(run: &RunRecord) -> ClaimRow {
    ClaimRow {
        campaign_id: run.campaign_id.clone(),
        claim_id: "iterations".to_owned(),
        suite: run.suite.clone(),
        profile: run.profile.clone(),
        paper: None,
        source: r#"{"table":"1"}"#.to_owned(),
        transcribed: None,
        kind: "value".to_owned(),
        statement: "It takes about 5000 iterations.".to_owned(),
        metric: None,
        reported: Some(5000.0),
        region_lo: Some(4000.0),
        region_hi: Some(6000.0),
        estimate: Some(5000.0),
        ci_lo: Some(5000.0),
        ci_hi: Some(5000.0),
        ci_level: 0.95,
        ci_method: None,
        p: None,
        p_adjusted: None,
        n: RUNS,
        proxy: false,
        better: None,
        verdict: "reproduced".to_owned(),
        reason: None,
        needed_n: None,
        cell_keys: format!("[\"{}\"]", run.cell_key),
        env_key: run.env_key.clone(),
        code_key: run.code_key.clone(),
    }
}
