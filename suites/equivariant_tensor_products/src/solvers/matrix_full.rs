//! Products of matrices on all irreps up to L.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::number::Number;
use crate::kernels::operators::Operators;
use crate::math::matrix_couplings::BlockScale;
use crate::solution::Map;

/// Features as operators on `⊕ l`, `l ≤ L`, multiplied: O(L⁶), as in the program of The Price of Freedom.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatrixFull {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for MatrixFull {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for MatrixFull {
    type Blocks<T: Number> = Operators<T>;

    const MAP: Map = Map::MatrixFull;

    fn build<T: Number>(&self, instance: &ProductInstance) -> Operators<T> {
        let shape = instance.shape();
        let degrees: Vec<usize> = (0..=shape.lmax).collect();
        Operators::new(shape, &degrees, |a, b| BlockScale::Norm.factor(a, b))
    }
}

impl Solver for MatrixFull {
    const ID: &'static str = "matrix_full";
    const SUMMARY: &'static str = "Product of matrices on all irreps up to L.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523), its program: Matrix-TP";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_products(problem)?;
        run::accepts_filter(problem, "all", "a product of matrices couples every path")
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
