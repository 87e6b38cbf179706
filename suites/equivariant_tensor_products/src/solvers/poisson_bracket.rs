//! Poisson brackets of functions on the sphere.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::degrees::{Degrees, Factors};
use crate::kernels::number::Number;
use crate::kernels::pointwise::Bracket;
use crate::kernels::sphere::{Field, SphereProduct};
use crate::solution::Map;

/// `{A, B} = (∂_β A ∂_α B − ∂_α A ∂_β B) / sin β` on the grid of the Gaunt product: the odd paths between degrees above zero.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoissonBracket {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for PoissonBracket {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for PoissonBracket {
    type Blocks<T: Number> = SphereProduct<T, Bracket>;

    const MAP: Map = Map::PoissonBracket;

    fn build<T: Number>(&self, instance: &ProductInstance) -> SphereProduct<T, Bracket> {
        SphereProduct::new(
            Bracket,
            &Degrees::of(instance.shape(), Factors::Pair),
            &[Field::ByBeta, Field::ByAlpha],
        )
    }
}

impl Solver for PoissonBracket {
    const ID: &'static str = "poisson_bracket";
    const SUMMARY: &'static str =
        "Poisson bracket of two functions on the sphere: the odd paths that a Gaunt product lacks.";
    const SOURCE: &'static str = "arXiv:2605.15073 (abstract); the coupling is derived in math::poisson";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_products(problem)?;
        run::accepts_filter(problem, "odd", "a Poisson bracket couples odd paths only")
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
