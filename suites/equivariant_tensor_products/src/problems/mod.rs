//! The families of instances, one file each.

mod convolution;
mod file;
mod harmonics;
mod machine;
mod many_body;
mod path_probes;
mod random;
mod tensor_product;
mod tetris;

pub use convolution::Convolution;
pub use file::File;
pub use harmonics::Harmonics;
pub use machine::Machine;
pub use many_body::ManyBody;
pub use path_probes::PathProbes;
pub use tensor_product::TensorProduct;
pub use tetris::Tetris;

use harness_core::{ParamDoc, ParamError};

/// The largest degree that the coefficients are computed for.
const LMAX: usize = 16;

const LMAX_DOC: ParamDoc = ParamDoc {
    name: "lmax",
    doc: "the largest input degree L, inclusive (the Gaunt paper counts degrees: its L is ours + 1)",
};
const LOUT_DOC: ParamDoc = ParamDoc { name: "lout", doc: "the largest output degree; null: 2L" };
const SETTING_DOC: ParamDoc = ParamDoc {
    name: "setting",
    doc: "siso: L ⊗ L → L; simo: L ⊗ L → 0..lout; mimo: (0..L) ⊗ (0..L) → 0..lout",
};
const FILTER_DOC: ParamDoc = ParamDoc {
    name: "filter",
    doc: "which paths count: even (l1 + l2 + l3 even, what functions on the sphere have), odd or all",
};

fn check_lmax(lmax: usize) -> Result<(), ParamError> {
    ParamError::require(lmax <= LMAX, "lmax", "at most 16", lmax)
}

fn check_lout(lout: Option<usize>, lmax: usize) -> Result<(), ParamError> {
    let lout = lout.unwrap_or(2 * lmax);
    ParamError::require(lout <= 2 * lmax, "lout", "at most 2·lmax", lout)
}

fn check_count(name: &str, count: usize) -> Result<(), ParamError> {
    ParamError::require((1..=1 << 24).contains(&count), name, "between 1 and 16777216", count)
}
