//! Solvers that do not end.

use std::thread;
use std::time::Duration;

use harness_core::{
    Determinism, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::problem::{Walk, touched};
use crate::solvers::walker::{Gait, walk};

/// Stops moving at a step, and does not listen.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hang {
    at: u64,
}

impl Default for Hang {
    fn default() -> Self {
        Self { at: 4 }
    }
}

impl Params for Hang {
    const DOCS: &'static [ParamDoc] =
        &[ParamDoc { name: "at", doc: "The step, counted from 1, that never ends." }];
}

struct Deaf {
    at: u64,
}

impl Gait for Deaf {
    fn stride(&mut self, step: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        if step < self.at {
            return Ok(left);
        }
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }
}

impl Solver for Hang {
    const ID: &'static str = "hang";
    const SUMMARY: &'static str = "Never ends a step, and ignores SIGTERM.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Deaf { at: self.at }))
    }
}

/// Takes more memory at each step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oom {
    step_mib: u64,
    most_mib: u64,
}

impl Default for Oom {
    fn default() -> Self {
        Self { step_mib: 64, most_mib: 4096 }
    }
}

impl Params for Oom {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "step_mib", doc: "How much memory each step takes and touches, in MiB." },
        ParamDoc {
            name: "most_mib",
            doc: "Where it gives up with an error, in MiB, so that a machine without limits survives it.",
        },
    ];
}

struct Greedy<'a> {
    solver: &'a Oom,
    taken: Vec<Vec<u8>>,
}

impl Gait for Greedy<'_> {
    fn stride(&mut self, _: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        // Not a step nearer: there is always more to take.
        let taken_mib = self.taken.len() as u64 * self.solver.step_mib;
        if taken_mib >= self.solver.most_mib {
            return Err(SolveError(format!("took {taken_mib} MiB and met no limit")));
        }
        self.taken.push(touched(self.solver.step_mib));
        Ok(left + 1.0)
    }
}

impl Solver for Oom {
    const ID: &'static str = "oom";
    const SUMMARY: &'static str = "Takes memory until there is none.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Greedy { solver: self, taken: Vec::new() }))
    }
}
