//! Solvers that declare more determinism than they have.

use harness_core::{
    Determinism, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::problem::Walk;
use crate::solvers::walker::{Gait, walk};

/// Strays by less than a row, the same way at each step.
struct Straying(f64);

impl Gait for Straying {
    fn stride(&mut self, _: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        Ok(left + self.0)
    }
}

/// Walks another way in every process.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByProcess {}

impl Params for ByProcess {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for ByProcess {
    const ID: &'static str = "by_process";
    const SUMMARY: &'static str = "Walks another way in every process, and declares that it does not.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Straying(1e-7 * f64::from(std::process::id()))))
    }
}

/// Walks another way with another number of threads, by a little.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByThreads {}

impl Params for ByThreads {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for ByThreads {
    const ID: &'static str = "by_threads";
    const SUMMARY: &'static str = "Walks another way with other thread counts, by less than it declares.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Tolerance(1e-6);
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(
        &'a self,
        instance: &'a Walk,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Straying(1e-9 * context.threads as f64)))
    }
}
