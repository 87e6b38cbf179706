//! Gaunt products from the coefficients that are not zero.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::{ProductInstance, Task};
use crate::kernels::batch::DataLayout;
use crate::kernels::chain::Chain;
use crate::kernels::either::Either;
use crate::kernels::number::Number;
use crate::kernels::sparse::SparseTable;
use crate::kernels::straight::{Outputs, Straight};
use crate::math::gaunt::gaunt;
use crate::math::index::offset;
use crate::math::paths::Path;
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
    type Blocks<T: Number> = Either<SparseTable<T>, Chain<T>>;

    const MAP: Map = Map::Gaunt;

    fn build<T: Number>(&self, instance: &ProductInstance) -> Self::Blocks<T> {
        let shape = instance.shape();
        let place = |_: usize, path: Path| offset(path.l3) - shape.merged_base();
        match *instance.task() {
            Task::ManyBody { nu } => Either::Power(Chain::new(shape, nu, |_, path| gaunt(path))),
            _ => Either::Pair(
                SparseTable::new(shape, |_, path| gaunt(path), place)
                    .or_straight(Straight::of(shape, Outputs::Gaunt)),
            ),
        }
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
        run::accepts_products_and_powers(problem)?;
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
