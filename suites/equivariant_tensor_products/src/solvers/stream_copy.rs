//! The peak of copying.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::machine::{self, Limit};
use crate::instance::ProductInstance;

/// One array copied to another, past the caches: half of the bytes are read, half written.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamCopy {}

impl Params for StreamCopy {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for StreamCopy {
    const ID: &'static str = "stream_copy";
    const SUMMARY: &'static str = "An array copied past the caches: how fast memory can be read and written.";
    const SOURCE: &'static str = "McCalpin, STREAM: Copy, with non-temporal stores";
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
        machine::start::<Self>(Limit::Copy, instance, context)
    }
}
