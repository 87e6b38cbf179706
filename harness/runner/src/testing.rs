//! What the tests share that start no process: a job, its ticket, and what became of its process.

use std::collections::BTreeMap;

use harness_core::frame::{End, Grant, Usage};
use harness_core::protocol::{Request, WORKER_PROTOCOL};
use harness_core::{
    CellSpec, CodeKey, Device, Dtype, EnvKey, Limits, Measure, MetricInfo, MetricRole, ProblemSpec, RunId,
    Scale, SolverSpec, SolverStatus, Stop,
};
use serde_json::{Map, json};

use crate::config::{Campaign, MetricNames};
use crate::facts::{Exit, ProcessFacts};
use crate::job::{Job, Labels};
use crate::journal::{RunContext, Ticket};

const METRICS: [MetricInfo; 2] = [metric("err", MetricRole::Gap), metric("cost", MetricRole::Objective)];

const fn metric(id: &'static str, role: MetricRole) -> MetricInfo {
    MetricInfo { id, label: "", doc: "", unit: "", role, scale: Scale::Log }
}

/// A job that differs from the others in its replicate.
pub(crate) fn job(replicate: u32) -> Job {
    let mut params = Map::new();
    params.insert("n".to_owned(), json!(5));
    let cell = CellSpec {
        suite: "s".to_owned(),
        problem: ProblemSpec {
            id: "p".to_owned(),
            version: 1,
            params,
            omit: Vec::new(),
            data_sha256: Vec::new(),
        },
        solver: SolverSpec { id: "q".to_owned(), params: Map::new(), omit: Vec::new(), code: None },
        stop: Stop { metric: "err".to_owned(), tol: Some(1e-9), max_iter: 10, budget_s: None, stall: None },
        measure: Measure::Trace {},
        replicate,
        master_seed: 7,
        device: Device::Cpu,
        dtype: Dtype::F64,
        threads: 2,
        control: false,
    };
    Job::new(cell, Labels { problem: "p5".to_owned(), solver: "q".to_owned() }, Limits::default())
}

/// A campaign, nothing left out.
pub(crate) fn campaign() -> Campaign {
    Campaign {
        campaign_id: "camp".into(),
        profile: "smoke".into(),
        suite: "s".into(),
        code_key: CodeKey::of(b"c"),
        env_key: EnvKey::of(b"e"),
        shard: Some("1/4".into()),
        git_commit: Some("abc".into()),
        git_dirty: Some(true),
        harness_version: "9".into(),
    }
}

/// The second attempt at the job with replicate 3, pinned.
pub(crate) fn ticket() -> Ticket {
    let job = job(3);
    Ticket {
        request: Request {
            protocol: WORKER_PROTOCOL,
            run_id: RunId::fresh(),
            cell_key: job.key,
            cell: job.cell,
            code_key: CodeKey::of(b"c"),
            journal: "j".into(),
            data_dir: "d".into(),
            parent_pid: 1,
            memory_limit: None,
            instance: None,
            save: None,
            cpus: Some(vec![1]),
            peer: None,
        },
        context: RunContext {
            labels: job.labels,
            limits: job.limits,
            attempt: 1,
            campaign: campaign(),
            metrics: MetricNames::from(METRICS.as_slice()),
            place: None,
            quiet: [("turbo".to_owned(), Grant::Absent)].into_iter().collect(),
            spawned_unix_ns: 5,
        },
    }
}

/// A process that ended by itself, and said nothing.
pub(crate) fn facts(exit: Exit) -> ProcessFacts {
    ProcessFacts {
        exit,
        ended_for: None,
        elapsed_ns: 1000,
        cpu_ns: 700,
        peak_bytes: Some(1500),
        oom_kill: false,
        leaked: false,
        stderr_tail: String::new(),
    }
}

/// The end of a solve of two steps.
pub(crate) fn end(status: SolverStatus) -> End {
    End {
        status,
        n_iter: 2,
        solve_wall_ns: 210,
        solve_cpu_ns: 190,
        eval_ns: 30,
        work: 6,
        counters: BTreeMap::from([("steps".to_owned(), 2)]),
        metrics: [("err", 0.25), ("cost", 1.5)].into_iter().collect(),
        result_hash: "ff".into(),
        usage: Usage { vmhwm_bytes: Some(2000), minflt: Some(1), ..Usage::default() },
        compile_ns: None,
        seen_wall_ns: None,
    }
}
