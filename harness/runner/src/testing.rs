//! Jobs for tests that start no process.

use harness_core::{CellSpec, Device, Dtype, Limits, Measure, ProblemSpec, SolverSpec, Stop};
use serde_json::{Map, json};

use crate::job::{Job, Labels};

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
