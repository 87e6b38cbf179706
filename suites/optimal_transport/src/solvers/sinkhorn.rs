//! Sinkhorn in scaling form: the fast baseline.

use harness_core::{
    Determinism, Iterations, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, Step,
    StepContext,
};
use serde::{Deserialize, Serialize};

use super::point::Dual;
use super::scaling::Scaling;
use crate::kernels::Kernels;
use crate::{OtInstance, OtSolution};

/// Sinkhorn in scaling form, stabilised by absorption (Schmitzer 2019, section 3.3), one fused pass over the matrix an
/// iteration. The iterates are those of `sinkhorn_log` up to rounding. It needs no parameter.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sinkhorn {}

impl Params for Sinkhorn {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for Sinkhorn {
    const ID: &'static str = "sinkhorn";
    const SUMMARY: &'static str =
        "Sinkhorn in scaling form with absorption, one fused pass an iteration: the fast baseline";
    const SOURCE: &'static str =
        "Cuturi 2013; Schmitzer 2019, Stabilized sparse scaling algorithms, section 3.3";
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
        let scaling = Scaling::start(&mut kernels, &dual);
        let solution = OtSolution::zero_potentials(instance.n(), instance.m());
        Ok(Box::new(Run { dual, kernels, scaling, solution, marginal_l1: None }))
    }
}

struct Run<'a> {
    dual: Dual<'a>,
    kernels: Kernels,
    scaling: Scaling<'a>,
    solution: OtSolution,
    marginal_l1: Option<f64>,
}

impl Iterations for Run<'_> {
    type Solution = OtSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        if self.marginal_l1.is_none() {
            context.work.spend(Scaling::START_PASSES * self.dual.entries());
        }
        let report = self.scaling.iterate(&mut self.kernels, 1.0);
        self.marginal_l1 = Some(report.marginal_l1);
        context.work.spend(report.passes * self.dual.entries());
        context.work.count("sinkhorn_iterations", 1);
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        self.marginal_l1
    }

    fn solution(&mut self) -> &OtSolution {
        self.scaling.write_solution(&mut self.solution);
        &self.solution
    }
}
