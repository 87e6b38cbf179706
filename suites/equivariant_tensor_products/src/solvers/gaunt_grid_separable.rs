//! Gaunt products on a grid, by Legendre and Fourier sums folded by parity.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::degrees::{Degrees, Factors};
use crate::kernels::either::Either;
use crate::kernels::number::Number;
use crate::kernels::pointwise::{Power, Times};
use crate::kernels::sphere::{Field, SphereProduct};
use crate::solution::Map;

/// Both functions on the smallest exact grid, multiplied point by point, and back: O(L³), with sums folded by parity in both angles. A power
/// is taken on the grid, however many factors it has.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GauntGridSeparable {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for GauntGridSeparable {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for GauntGridSeparable {
    type Blocks<T: Number> = Either<SphereProduct<T, Times>, SphereProduct<T, Power>>;

    const MAP: Map = Map::Gaunt;

    fn build<T: Number>(&self, instance: &ProductInstance) -> Self::Blocks<T> {
        let factors = Factors::of(instance.task());
        let degrees = Degrees::of(instance.shape(), factors);
        let fields = [Field::Value(0)];
        match factors {
            Factors::Pair => Either::Pair(SphereProduct::new(Times, &degrees, &fields)),
            Factors::Power(nu) => Either::Power(SphereProduct::new(Power(nu), &degrees, &fields)),
        }
    }
}

impl Solver for GauntGridSeparable {
    const ID: &'static str = "gaunt_grid_separable";
    const SUMMARY: &'static str =
        "Gaunt product on a Gauss-Legendre grid, by Legendre and Fourier sums folded by parity.";
    const SOURCE: &'static str =
        "Luo et al., ICLR 2024 (arXiv:2401.10216), on the grid of Xie et al., ICML 2025 (arXiv:2506.13523)";
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
