//! The peak of arithmetic.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::machine::{self, Limit};
use crate::instance::ProductInstance;

/// Fused multiply-adds in independent chains that stay in registers: no kernel has more flops a second.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FmaPeak {}

impl Params for FmaPeak {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for FmaPeak {
    const ID: &'static str = "fma_peak";
    const SUMMARY: &'static str = "Multiply-adds in registers: the machine's peak of arithmetic.";
    const SOURCE: &'static str = "Williams, Waterman and Patterson, CACM 52(4), 2009: the roofline";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        machine::accepts(problem)
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        machine::start::<Self>(Limit::Arithmetic, instance, context)
    }
}
