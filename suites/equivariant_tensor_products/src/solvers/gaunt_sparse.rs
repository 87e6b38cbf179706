//! Gaunt products from the coefficients that are not zero.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::number::Number;
use crate::kernels::sparse::SparseTable;
use crate::math::gaunt::gaunt;
use crate::math::index::offset;
use crate::solution::Map;

/// The Gaunt coefficients `g·C` that are not zero: O(L⁵), and the fastest for small L.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GauntSparse {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for GauntSparse {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for GauntSparse {
    type Blocks<T: Number> = SparseTable<T>;

    const MAP: Map = Map::Gaunt;

    fn build<T: Number>(&self, instance: &ProductInstance) -> SparseTable<T> {
        let shape = instance.shape();
        SparseTable::new(shape, |_, path| gaunt(path), |_, path| offset(path.l3) - shape.merged_base())
    }
}

impl Solver for GauntSparse {
    const ID: &'static str = "gaunt_sparse";
    const SUMMARY: &'static str = "Gaunt product from the Gaunt coefficients that are not zero.";
    const SOURCE: &'static str =
        "Luo et al., ICLR 2024 (arXiv:2401.10216), equation 3, without a change of basis";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_products(problem)?;
        run::accepts_filter(problem, "even", "functions on the sphere couple even paths only")
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
