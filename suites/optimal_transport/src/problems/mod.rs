//! The families of instances, one file each.

mod discretised_densities;
mod file;
mod gaussians_1d;
mod grid;
mod grid_l1;
mod images;
mod line;
mod random_assignment;

pub use discretised_densities::{DiscretisedDensities, LineCost};
pub use file::File;
pub use gaussians_1d::Gaussians1d;
pub use grid::{GridCost, GridScale, PixelSupport};
pub use grid_l1::GridL1;
pub use images::{ImageSet, Images};
pub use random_assignment::{MarginalKind, RandomAssignment};

use harness_core::{InstanceContext, ParamDoc, ParamError, Stream};

const ETA_DOC: ParamDoc =
    ParamDoc { name: "eta", doc: "inverse regularisation η; 1/η multiplies the entropy; the paper's 1200" };

const FIRST_SEED_DOC: ParamDoc = ParamDoc {
    name: "first_seed",
    doc: "seed of the portable generator at replicate 0; replicate k uses first_seed + k; null: from the campaign's seed",
};

fn check_size(name: &str, size: usize) -> Result<(), ParamError> {
    ParamError::require((1..=1 << 20).contains(&size), name, "between 1 and 1048576", size)
}

fn check_eta(eta: f64) -> Result<(), ParamError> {
    ParamError::require(eta > 0.0 && eta.is_finite(), "eta", "positive and finite", eta)
}

/// The seed of a cell's instance.
fn seed(first_seed: Option<u64>, context: &InstanceContext) -> u64 {
    match first_seed {
        Some(first) => first.wrapping_add(u64::from(context.replicate)),
        None => context.seeds.seed(Stream::Data),
    }
}
