//! Clebsch-Gordan products from whole tensors.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::dense::DenseTensors;
use crate::kernels::number::Number;
use crate::solution::Map;

/// Every path by its whole tensor: O(L⁶) for all degrees.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CgDense {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for CgDense {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for CgDense {
    type Blocks<T: Number> = DenseTensors<T>;

    const MAP: Map = Map::ClebschGordan;

    fn build<T: Number>(&self, instance: &ProductInstance) -> DenseTensors<T> {
        DenseTensors::new(instance.shape())
    }
}

impl Solver for CgDense {
    const ID: &'static str = "cg_dense";
    const SUMMARY: &'static str = "Clebsch-Gordan product from whole tensors, zeros included.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523): CGTP, naive";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_paths(problem)
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
