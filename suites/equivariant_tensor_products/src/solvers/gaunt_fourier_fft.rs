//! Gaunt products of values on the torus, by fast Fourier transforms.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, RowMethod};
use crate::instance::ProductInstance;
use crate::kernels::degrees::{Degrees, Factors};
use crate::kernels::fourier::FourierFft;
use crate::kernels::number::Number;
use crate::solution::Map;

/// Fourier coefficients of both functions on the torus, convolved by fast transforms of a length `2^a 3^b 5^c`, and
/// integrated over the sphere: O(L³), of which the transforms are O(L² log L).
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GauntFourierFft {}

impl Params for GauntFourierFft {
    const DOCS: &'static [ParamDoc] = &[];
}

impl RowMethod for GauntFourierFft {
    type Rows<T: Number> = FourierFft<T>;

    const MAP: Map = Map::Gaunt;

    fn build<T: Number>(&self, instance: &ProductInstance) -> FourierFft<T> {
        let factors = Factors::of(instance.task());
        FourierFft::new(factors, &Degrees::of(instance.shape(), factors))
    }
}

impl Solver for GauntFourierFft {
    const ID: &'static str = "gaunt_fourier_fft";
    const SUMMARY: &'static str =
        "Gaunt product as a convolution of Fourier coefficients, by fast transforms.";
    const SOURCE: &'static str = "Luo et al., ICLR 2024 (arXiv:2401.10216), section 3.1 and algorithm 1";
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
