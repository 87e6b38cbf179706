//! A solver that leaves a process behind.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use harness_core::{
    Determinism, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver, StartContext,
    StepContext,
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
    linger: f64,
}

impl Default for ForkLeak {
    fn default() -> Self {
        Self { seconds: 600, own_group: false, linger: 0.0 }
    }
}

impl Params for ForkLeak {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "seconds", doc: "How long the process that is left behind lives, in seconds." },
        ParamDoc {
            name: "own_group",
            doc: "Whether it leaves the process group, out of the runner's reach.",
        },
        ParamDoc { name: "linger", doc: "How long the solver goes on itself after that, in seconds." },
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require((0.0..=1e6).contains(&self.linger), "linger", "between 0 and 1e6", self.linger)
    }
}

struct Careless<'a>(&'a ForkLeak);

impl Gait for Careless<'_> {
    fn stride(&mut self, step: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        if step == 1 {
            let mut command = Command::new("sleep");
            command.arg(self.0.seconds.to_string());
            if self.0.own_group {
                command.process_group(0);
            }
            command.spawn().map_err(|e| SolveError(format!("failed to start `sleep`: {e}")))?;
            thread::sleep(Duration::from_secs_f64(self.0.linger));
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
