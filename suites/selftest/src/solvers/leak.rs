//! A solver that leaves a process behind.

use std::os::unix::process::CommandExt;
use std::process::Command;

use harness_core::{
    Determinism, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::problem::Walk;
use crate::solvers::walker::{Gait, walk};

/// Starts a process that outlives the run and keeps its output open.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForkLeak {
    seconds: u64,
    own_group: bool,
}

impl Default for ForkLeak {
    fn default() -> Self {
        Self { seconds: 600, own_group: false }
    }
}

impl Params for ForkLeak {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "seconds", doc: "How long the process that is left behind lives, in seconds." },
        ParamDoc {
            name: "own_group",
            doc: "Whether it leaves the process group, out of the runner's reach.",
        },
    ];
}

struct Careless<'a>(&'a ForkLeak);

impl Gait for Careless<'_> {
    fn stride(&mut self, step: u64, left: f64, _: &StepContext<'_>) -> Result<f64, SolveError> {
        if step == 1 {
            let mut command = Command::new("sleep");
            command.arg(self.0.seconds.to_string());
            if self.0.own_group {
                command.process_group(0);
            }
            command.spawn().map_err(|e| SolveError(format!("failed to start `sleep`: {e}")))?;
        }
        Ok(left)
    }
}

impl Solver for ForkLeak {
    const ID: &'static str = "fork_leak";
    const SUMMARY: &'static str = "Leaves a process behind that keeps its output open.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Careless(self)))
    }
}
