//! Gaunt products by convolution of Fourier coefficients, each with each.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::degrees::{Degrees, Factors};
use crate::kernels::fourier::FourierDirect;
use crate::kernels::number::Number;
use crate::solution::Map;

/// The largest `L` that this is worth: above it takes more than a hundred times what a grid takes.
const LARGEST: usize = 4;

/// Fourier coefficients of both functions on the torus, convolved by definition: `(2L + 1)⁴` complex multiply-adds, as the
/// benchmark of The Price of Freedom does. Takes `L` up to 4.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GauntFourierDirect {
    /// How features lie in memory.
    pub layout: DataLayout,
}

impl Params for GauntFourierDirect {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for GauntFourierDirect {
    type Blocks<T: Number> = FourierDirect<T>;

    const MAP: Map = Map::Gaunt;

    fn build<T: Number>(&self, instance: &ProductInstance) -> FourierDirect<T> {
        FourierDirect::new(&Degrees::of(instance.shape(), Factors::Pair))
    }
}

/// Why a degree is refused, if it is.
fn check_degree(lmax: u64) -> Result<(), String> {
    if lmax <= LARGEST as u64 {
        return Ok(());
    }
    Err(format!(
        "it takes lmax up to {LARGEST}, not {lmax}: its (2L + 1)⁴ multiply-adds are a baseline for small L; \
         gaunt_fourier_fft convolves fast"
    ))
}

impl Solver for GauntFourierDirect {
    const ID: &'static str = "gaunt_fourier_direct";
    const SUMMARY: &'static str =
        "Gaunt product as a convolution of Fourier coefficients, each with each (L up to 4).";
    const SOURCE: &'static str =
        "Xie et al., ICML 2025 (arXiv:2506.13523): GTP in the Fourier basis, direct convolution";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        run::accepts_products(problem)?;
        check_degree(problem.params.get("lmax").and_then(serde_json::Value::as_u64).unwrap_or(0))?;
        run::accepts_filter(problem, "even", "functions on the sphere couple even paths only")
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        // A file says in its rows what its degrees are.
        check_degree(instance.shape().lmax as u64).map_err(SolveError)?;
        run::start(self, instance, context, self.layout)
    }
}
