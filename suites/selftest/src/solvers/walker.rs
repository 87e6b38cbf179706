//! Walking: one row a step. What a solver does beside walking is its `Gait`.

use std::thread;
use std::time::{Duration, Instant};

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::problem::Walk;

/// What happens at each step, before the row is counted off. Steps are counted from 1.
pub(crate) trait Gait {
    /// What happens at step `step`; gives back the rows that are left after it.
    fn stride(&mut self, step: u64, left: f64, context: &mut StepContext<'_>) -> Result<f64, SolveError>;
}

/// A walk under way.
struct Walking<G> {
    gait: G,
    rows: f64,
    left: f64,
    step: u64,
}

/// Starts a walk.
pub(crate) fn walk<'a, G: Gait + 'a>(walk: &Walk, gait: G) -> Box<dyn Iterations<Solution = f64> + 'a> {
    let rows = walk.rows() as f64;
    Box::new(Walking { gait, rows, left: rows, step: 0 })
}

impl<G: Gait> Iterations for Walking<G> {
    type Solution = f64;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        self.step += 1;
        self.left = self.gait.stride(self.step, self.left - 1.0, context)?;
        context.work.spend(1);
        context.work.count("strides", 1);
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        Some(self.left / self.rows)
    }

    fn solution(&mut self) -> &f64 {
        &self.left
    }
}

/// Walks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quick {}

impl Params for Quick {
    const DOCS: &'static [ParamDoc] = &[];
}

struct Plain;

impl Gait for Plain {
    fn stride(&mut self, _: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        Ok(left)
    }
}

impl Solver for Quick {
    const ID: &'static str = "quick";
    const SUMMARY: &'static str = "Walks as fast as it can.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Plain))
    }
}

/// Walks, and takes its time; it stops in the middle of a step when it is told to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Slow {
    seconds: f64,
}

impl Default for Slow {
    fn default() -> Self {
        Self { seconds: 1.0 }
    }
}

impl Params for Slow {
    const DOCS: &'static [ParamDoc] =
        &[ParamDoc { name: "seconds", doc: "How long the whole walk takes, in seconds." }];

    fn check(&self) -> Result<(), ParamError> {
        let in_range = (0.0..=1e6).contains(&self.seconds);
        ParamError::require(in_range, "seconds", "between 0 and 1e6", self.seconds)
    }
}

struct Dawdle {
    stride: Duration,
}

impl Gait for Dawdle {
    fn stride(&mut self, _: u64, left: f64, context: &mut StepContext<'_>) -> Result<f64, SolveError> {
        let until = Instant::now() + self.stride;
        while !context.should_stop() {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Ok(left);
            }
            thread::sleep(rest.min(Duration::from_millis(2)));
        }
        // The step was cut short: its row is still to go.
        Ok(left + 1.0)
    }
}

impl Solver for Slow {
    const ID: &'static str = "slow";
    const SUMMARY: &'static str = "Walks, sleeps at each step, and stops when told to.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        let stride = Duration::from_secs_f64(self.seconds / instance.rows() as f64);
        Ok(walk(instance, Dawdle { stride }))
    }
}

/// Walks, and gets lost: the state is not a number from one step on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nan {
    at: u64,
}

impl Default for Nan {
    fn default() -> Self {
        Self { at: 7 }
    }
}

impl Params for Nan {
    const DOCS: &'static [ParamDoc] =
        &[ParamDoc { name: "at", doc: "The step, counted from 1, at which the state becomes NaN." }];
}

struct Lost {
    at: u64,
}

impl Gait for Lost {
    fn stride(&mut self, step: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        Ok(if step >= self.at { f64::NAN } else { left })
    }
}

impl Solver for Nan {
    const ID: &'static str = "nan";
    const SUMMARY: &'static str = "Diverges.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Lost { at: self.at }))
    }
}
