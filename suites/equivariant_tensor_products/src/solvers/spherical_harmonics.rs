//! Spherical harmonics by recurrences.

use harness_core::{
    Determinism, Dtype, ParamDoc, Params, ProblemSpec, Randomness, Solve, SolveError, Solver, StartContext,
};
use serde::{Deserialize, Serialize};

use super::run::{self, BlockMethod};
use crate::instance::ProductInstance;
use crate::kernels::batch::DataLayout;
use crate::kernels::harmonics::HarmonicsTable;
use crate::kernels::number::Number;
use crate::solution::Map;

/// Harmonics of all degrees from Cartesian coordinates, directions side by side.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SphericalHarmonics {
    /// How directions and harmonics lie in memory.
    pub layout: DataLayout,
}

impl Params for SphericalHarmonics {
    const DOCS: &'static [ParamDoc] = &[super::LAYOUT_DOC];
}

impl BlockMethod for SphericalHarmonics {
    type Blocks<T: Number> = HarmonicsTable<T>;

    const MAP: Map = Map::SphericalHarmonics;

    fn build<T: Number>(&self, instance: &ProductInstance) -> HarmonicsTable<T> {
        HarmonicsTable::new(instance.shape().lout)
    }
}

impl Solver for SphericalHarmonics {
    const ID: &'static str = "spherical_harmonics";
    const SUMMARY: &'static str = "Spherical harmonics by recurrences from Cartesian coordinates.";
    const SOURCE: &'static str = "Schaeffer, G-cubed 14 (2013) 751, equations 12 to 14; compare Bigi et al., J. Chem. Phys. 159 (2023) 064802";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    const DTYPES: &'static [Dtype] = &[Dtype::F32, Dtype::F64];
    type Instance = ProductInstance;

    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        if problem.id == "harmonics" {
            return Ok(());
        }
        Err("it takes directions: harmonics".to_owned())
    }

    fn start<'a>(
        &'a self,
        instance: &'a ProductInstance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        run::start(self, instance, context, self.layout)
    }
}
