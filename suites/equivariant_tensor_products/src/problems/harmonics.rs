//! Spherical harmonics of random directions.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::random::{Random, rotate_last_rows};
use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::paths::{Filter, Setting, Shape};

/// Directions uniform on the sphere: features of degree one, from which all degrees up to `L` are asked for. The last four are
/// the first four, rotated.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Harmonics {
    /// The largest degree.
    pub lmax: usize,
    /// Directions.
    pub points: usize,
}

impl Default for Harmonics {
    fn default() -> Self {
        Self { lmax: 4, points: 100_000 }
    }
}

impl Params for Harmonics {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "lmax", doc: "the largest degree L, inclusive" },
        ParamDoc { name: "points", doc: "directions" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(self.lmax <= 32, "lmax", "at most 32", self.lmax)?;
        super::check_count("points", self.points)
    }
}

impl Problem for Harmonics {
    const ID: &'static str = "harmonics";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Spherical harmonics of all degrees at random directions.";
    const SOURCE: &'static str = "Bigi et al., J. Chem. Phys. 159 (2023) 064802: sphericart";
    type Instance = ProductInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, context: &InstanceContext) -> Result<ProductInstance, InstanceError> {
        let shape = Shape { setting: Setting::Simo, filter: Filter::All, lmax: 1, lout: self.lmax };
        let mut random = Random::of(context);
        let mut x: Vec<f64> = (0..self.points).flat_map(|_| random.direction()).collect();
        let rotated = rotate_last_rows(shape, Signal::Scalar, &mut random, &mut x, &mut []);
        Ok(ProductInstance::new(shape, Signal::Scalar, Task::Harmonics, x, Vec::new())?.with_rotated(rotated))
    }
}
