//! Products of matrices on one irrep.

use harness_core::{
    Determinism, Dtype, ParamDoc, ParamError, Params, ProblemSpec, Randomness, Solve, SolveError, Solver,
    StartContext,
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
    /// The degree `l̃` of the irrep; none: the least whose matrices hold all degrees.
    pub inner: Option<usize>,
}

impl MatrixSingleIrrep {
    /// The degree of the irrep for degrees up to `most`, or why it does not do.
    fn inner_for(&self, most: usize) -> Result<usize, String> {
        let least = inner_degree(most, most);
        match self.inner {
            Some(inner) if inner < least => Err(format!(
                "matrices on the irrep of degree {inner} hold degrees up to {}, here are {most}: `inner` must be at least {least}",
                2 * inner
            )),
            inner => Ok(inner.unwrap_or(least)),
        }
    }
}

/// The largest degree that goes in or comes out.
fn largest(instance: &ProductInstance) -> usize {
    let shape = instance.shape();
    shape.lmax.max(*shape.output_degrees().end())
}

impl Params for MatrixSingleIrrep {
    const DOCS: &'static [ParamDoc] = &[
        super::LAYOUT_DOC,
        ParamDoc {
            name: "inner",
            doc: "the degree of the irrep that matrices act on; null: the least, half of the largest degree; one more reaches \
                  the six paths that vanish at L = 6",
        },
    ];

    fn check(&self) -> Result<(), ParamError> {
        let inner = self.inner.unwrap_or(0);
        ParamError::require(inner <= 20, "inner", "at most 20", inner)
    }
}

impl BlockMethod for MatrixSingleIrrep {
    type Blocks<T: Number> = Operators<T>;

    const MAP: Map = Map::MatrixSingleIrrep { inner: None };

    fn map(&self) -> Map {
        Map::MatrixSingleIrrep { inner: self.inner }
    }

    fn build<T: Number>(&self, instance: &ProductInstance) -> Operators<T> {
        let inner = self.inner_for(largest(instance)).expect("it was checked at the start");
        Operators::new(instance.shape(), &[inner], |_, _| 1.0)
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
        run::accepts_filter(problem, "all", "a product of matrices couples every path")?;
        // A file's degrees are known when it is read.
        let degree =
            |name: &str| problem.params.get(name).and_then(serde_json::Value::as_u64).map(|l| l as usize);
        let Some(lmax) = degree("lmax") else { return Ok(()) };
        let single_out = problem.params.get("setting").is_some_and(|setting| setting == "siso");
        let lout = if single_out { lmax } else { degree("lout").unwrap_or(2 * lmax) };
        self.inner_for(lmax.max(lout)).map(|_| ())
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        self.inner_for(largest(instance)).map_err(SolveError)?;
        run::start(self, instance, context, self.layout)
    }
}
