//! Sinkhorn in the log domain: the baseline as papers measure it.

use harness_core::{
    Determinism, Iterations, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, Step,
    StepContext,
};
use serde::{Deserialize, Serialize};

use super::log_sinkhorn::LogSinkhorn;
use super::point::Dual;
use crate::kernels::Kernels;
use crate::{OtInstance, OtSolution};

/// Sinkhorn in the log domain (Cuturi 2013; Peyré and Cuturi 2019, section 4.4). An iteration is one update of `x` and one
/// of `y` by log-sum-exp. It needs no parameter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SinkhornLog {}

impl Params for SinkhornLog {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for SinkhornLog {
    const ID: &'static str = "sinkhorn_log";
    const SUMMARY: &'static str = "Sinkhorn in the log domain: the baseline as papers measure it";
    const SOURCE: &'static str = "Peyré and Cuturi 2019, Computational Optimal Transport, section 4.4";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let mut kernels = Kernels::for_solving()?;
        let dual = Dual::of(instance);
        let state = LogSinkhorn::start(&mut kernels, &dual);
        let solution = OtSolution::zero_potentials(instance.n(), instance.m());
        Ok(Box::new(Run { dual, kernels, state, solution, marginal_l1: None }))
    }
}

struct Run<'a> {
    dual: Dual<'a>,
    kernels: Kernels,
    state: LogSinkhorn,
    solution: OtSolution,
    marginal_l1: Option<f64>,
}

impl Iterations for Run<'_> {
    type Solution = OtSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        if self.marginal_l1.is_none() {
            context.work.spend(LogSinkhorn::START_PASSES * self.dual.entries());
        }
        self.marginal_l1 = Some(self.state.iterate(&mut self.kernels, &self.dual));
        context.work.spend(LogSinkhorn::PASSES * self.dual.entries());
        context.work.count("sinkhorn_iterations", 1);
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        self.marginal_l1
    }

    fn solution(&mut self) -> &OtSolution {
        self.solution.set_potentials(&self.state.x, &self.state.y);
        &self.solution
    }
}
