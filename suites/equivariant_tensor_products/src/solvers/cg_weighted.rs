//! Clebsch-Gordan products, paths to a degree added up with weights.

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
use crate::math::index::offset;
use crate::math::paths::Path;
use crate::solution::Map;

/// What networks need: the paths of a degree are added up with the instance's weights at once, and no path is written out.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CgWeighted {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for CgWeighted {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for CgWeighted {
    type Blocks<T: Number> = Either<SparseTable<T>, Chain<T>>;

    const MAP: Map = Map::Weighted;

    fn build<T: Number>(&self, instance: &ProductInstance) -> Self::Blocks<T> {
        let (shape, weights) = (instance.shape(), instance.weights());
        let place = |_: usize, path: Path| offset(path.l3) - shape.merged_base();
        match *instance.task() {
            Task::ManyBody { nu } => Either::Power(Chain::new(shape, nu, |number, _| weights[number])),
            _ => Either::Pair(
                SparseTable::new(shape, |number, _| weights[number], place)
                    .or_straight(Straight::of(shape, Outputs::Weighted)),
            ),
        }
    }
}

impl Solver for CgWeighted {
    const ID: &'static str = "cg_weighted";
    const SUMMARY: &'static str =
        "Clebsch-Gordan product whose paths are added up with weights, without writing them out.";
    const SOURCE: &'static str =
        "e3nn FullyConnectedTensorProduct, one channel; Xie et al., ICML 2025 (arXiv:2506.13523)";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_products_and_powers(problem)
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
