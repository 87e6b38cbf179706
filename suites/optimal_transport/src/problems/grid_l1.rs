//! Generated images with Manhattan cost on a grid: the degenerate case in which Sinkhorn's method comes to a halt.

use harness_core::{InstanceContext, InstanceError, ParamDoc, ParamError, Params, Problem, Randomness};
use serde::{Deserialize, Serialize};

use super::grid::{self, GridCost, GridScale, PixelSupport};
use crate::instance::{DEFAULT_ETA, OtInstance};
use crate::splitmix::SplitMix64;

/// Two images of round blobs, black elsewhere; the black pixels are left out. Every monotone path between two pixels
/// costs the same, so that optimal plans are far from unique.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GridL1 {
    /// Pixels along each side.
    pub size: usize,
    /// Blobs of each image.
    pub blobs: usize,
    /// Inverse regularisation.
    pub eta: f64,
    /// Seed of the generator at replicate 0.
    pub first_seed: Option<u64>,
}

impl Default for GridL1 {
    fn default() -> Self {
        Self { size: 28, blobs: 3, eta: DEFAULT_ETA, first_seed: Some(1) }
    }
}

impl Params for GridL1 {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "size", doc: "pixels along each side; the cost is Manhattan distance / size" },
        ParamDoc { name: "blobs", doc: "blobs of each image" },
        super::ETA_DOC,
        super::FIRST_SEED_DOC,
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require((4..=512).contains(&self.size), "size", "between 4 and 512", self.size)?;
        ParamError::require((1..=1000).contains(&self.blobs), "blobs", "between 1 and 1000", self.blobs)?;
        super::check_eta(self.eta)
    }
}

impl GridL1 {
    /// The sum of blobs `255 (1 − d²/ρ²)`, rounded down and capped to 255 as an image file would: no function whose last
    /// bit depends on the machine. Centres lie on pixels, radii are 1/12 to 1/4 of the side.
    fn image(&self, generator: &mut SplitMix64) -> Vec<f64> {
        let size = self.size as f64;
        let mut pixels = vec![0.0_f64; self.size * self.size];
        for _ in 0..self.blobs {
            let mut centre = || (generator.uniform() * size).floor();
            let (row, column) = (centre(), centre());
            let radius = (size * (1.0 + 2.0 * generator.uniform()) / 12.0).max(1.0);
            for (p, pixel) in pixels.iter_mut().enumerate() {
                let (y, x) = ((p / self.size) as f64 - row, (p % self.size) as f64 - column);
                *pixel += (255.0 * (1.0 - (x * x + y * y) / (radius * radius))).floor().max(0.0);
            }
        }
        for v in &mut pixels {
            *v = v.min(255.0) / 255.0;
        }
        pixels
    }
}

impl Problem for GridL1 {
    const ID: &'static str = "grid_l1";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str =
        "Generated images with Manhattan cost, black pixels left out: degenerate, no data needed.";
    const SOURCE: &'static str =
        "this suite; after the MNIST experiment with L1 cost of Tang et al., ICLR 2024";
    type Instance = OtInstance;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, context: &InstanceContext) -> Result<OtInstance, InstanceError> {
        let mut generator = SplitMix64::new(super::seed(self.first_seed, context));
        let (a, b) = (self.image(&mut generator), self.image(&mut generator));
        let cost = grid::pixel_cost(GridCost::L1, GridScale::Grid, self.size);
        grid::instance(self.size, [&a, &b], PixelSupport::Drop, cost, self.eta)
    }
}
