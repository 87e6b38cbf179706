//! Clebsch-Gordan products from the coefficients that are not zero.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::number::Number;
use crate::kernels::sparse::SparseTable;
use crate::kernels::straight::{Outputs, Straight};
use crate::solution::Map;

/// Every path by the non-zero entries of its tensor: O(L⁵) for all degrees.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CgSparse {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for CgSparse {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for CgSparse {
    type Blocks<T: Number> = SparseTable<T>;

    const MAP: Map = Map::ClebschGordan;

    fn build<T: Number>(&self, instance: &ProductInstance) -> SparseTable<T> {
        let shape = instance.shape();
        let (offsets, _) = shape.path_offsets();
        SparseTable::new(shape, |_, _| 1.0, |number, _| offsets[number])
            .or_straight(Straight::of(shape, Outputs::Paths))
    }
}

impl Solver for CgSparse {
    const ID: &'static str = "cg_sparse";
    const SUMMARY: &'static str = "Clebsch-Gordan product from the coefficients that are not zero.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523): CGTP, sparse";
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
