//! Products of matrices on one irrep.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::number::Number;
use crate::kernels::operators::Operators;
use crate::math::matrix_couplings::inner_degree;
use crate::solution::Map;

/// Features as operators on one irrep `l̃`, multiplied: O(L³), and every path but a few is reached.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MatrixSingleIrrep {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for MatrixSingleIrrep {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for MatrixSingleIrrep {
    type Blocks<T: Number> = Operators<T>;

    const MAP: Map = Map::MatrixSingleIrrep;

    fn build<T: Number>(&self, instance: &ProductInstance) -> Operators<T> {
        let shape = instance.shape();
        Operators::new(shape, &[inner_degree(shape.lmax, *shape.output_degrees().end())], |_, _| 1.0)
    }
}

impl Solver for MatrixSingleIrrep {
    const ID: &'static str = "matrix_single_irrep";
    const SUMMARY: &'static str = "Product of matrices on one irrep, as in e3x.";
    const SOURCE: &'static str = "Unke and Maennel, arXiv:2401.07595 (e3x), FusedTensor without weights";
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
