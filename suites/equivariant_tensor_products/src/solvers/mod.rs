//! The methods, one file each.

mod cg_dense;
mod cg_sparse;
mod cg_weighted;
mod escn;
mod fma_peak;
mod gaunt_fourier_direct;
mod gaunt_fourier_fft;
mod gaunt_grid;
mod gaunt_grid_separable;
mod gaunt_sparse;
mod machine;
mod matrix_full;
mod matrix_single_irrep;
mod poisson_bracket;
mod run;
mod spherical_harmonics;
mod stream_copy;
mod stream_write;
mod vector_signal;

pub use cg_dense::CgDense;
pub use cg_sparse::CgSparse;
pub use cg_weighted::CgWeighted;
pub use escn::Escn;
pub use fma_peak::FmaPeak;
pub use gaunt_fourier_direct::GauntFourierDirect;
pub use gaunt_fourier_fft::GauntFourierFft;
pub use gaunt_grid::{GauntGrid, Grid};
pub use gaunt_grid_separable::GauntGridSeparable;
pub use gaunt_sparse::GauntSparse;
pub use matrix_full::MatrixFull;
pub use matrix_single_irrep::MatrixSingleIrrep;
pub use poisson_bracket::PoissonBracket;
pub use spherical_harmonics::SphericalHarmonics;
pub use stream_copy::StreamCopy;
pub use stream_write::StreamWrite;
pub use vector_signal::VectorSignal;

use harness_core::ParamDoc;

pub use crate::kernels::batch::DataLayout;
pub use crate::kernels::edges::Wigner;

const LAYOUT_DOC: ParamDoc = ParamDoc {
    name: "layout",
    doc: "row_major: one row a pair, transposed on the clock; batch_lanes: blocks of pairs side by side",
};
