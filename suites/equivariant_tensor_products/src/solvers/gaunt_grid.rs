//! Gaunt products on a grid, by dense matrix products.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, RowMethod};
use crate::instance::ProductInstance;
use crate::kernels::degrees::{Degrees, Factors};
use crate::kernels::grid::GridProduct;
use crate::kernels::number::Number;
use crate::math::quadrature::SphereGrid;
use crate::solution::Map;

/// Both functions on an exact grid by a matrix product each, multiplied point by point, and back by a third: O(L⁴). Rows are
/// multiplied as they are, by faer, which chooses its instructions itself (`HARNESS_SIMD` does not reach it).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GauntGrid {
    /// The latitudes.
    pub grid: Grid,
}

/// Latitudes of an exact grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grid {
    /// Of Gauss and Legendre: `2L + 1`, the fewest.
    #[default]
    GaussLegendre,
    /// Equispaced ones, after Driscoll and Healy: `4L + 2`. e3nn's grid "soft".
    DriscollHealy,
}

impl Params for GauntGrid {
    const DOCS: &'static [ParamDoc] = &[ParamDoc {
        name: "grid",
        doc: "gauss_legendre: 2L + 1 latitudes; driscoll_healy: 4L + 2 equispaced ones, as e3nn's \"soft\"",
    }];
}

impl RowMethod for GauntGrid {
    type Rows<T: Number> = GridProduct<T>;

    const MAP: Map = Map::Gaunt;

    fn build<T: Number>(&self, instance: &ProductInstance) -> GridProduct<T> {
        let factors = Factors::of(instance.task());
        let degrees = Degrees::of(instance.shape(), factors);
        let grid = match self.grid {
            Grid::GaussLegendre => SphereGrid::gauss_legendre(degrees.total()),
            Grid::DriscollHealy => SphereGrid::driscoll_healy(degrees.total()),
        };
        GridProduct::new(factors, &degrees, &grid)
    }
}

impl Solver for GauntGrid {
    const ID: &'static str = "gaunt_grid";
    const SUMMARY: &'static str = "Gaunt product on an exact grid, by three dense matrix products.";
    const SOURCE: &'static str = "Xie et al., ICML 2025 (arXiv:2506.13523): GTP on a grid";
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
        run::start_rows(self, instance, context)
    }
}
