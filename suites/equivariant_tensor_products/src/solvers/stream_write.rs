//! The peak of writing.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::machine::{self, Limit};
use crate::instance::ProductInstance;

/// One number written everywhere, past the caches.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamWrite {}

impl Params for StreamWrite {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for StreamWrite {
    const ID: &'static str = "stream_write";
    const SUMMARY: &'static str = "An array filled past the caches: how fast memory can be written.";
    const SOURCE: &'static str = "McCalpin, STREAM, with non-temporal stores";
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
        machine::start::<Self>(Limit::Write, instance, context)
    }
}
