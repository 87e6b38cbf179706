//! The methods, one file each.

mod cg_dense;
mod cg_sparse;
mod cg_weighted;
mod escn;
mod gaunt_grid_separable;
mod gaunt_sparse;
mod matrix_full;
mod matrix_single_irrep;
mod poisson_bracket;
mod run;
mod vector_signal;

pub use cg_dense::CgDense;
pub use cg_sparse::CgSparse;
pub use cg_weighted::CgWeighted;
pub use escn::Escn;
pub use gaunt_grid_separable::GauntGridSeparable;
pub use gaunt_sparse::GauntSparse;
pub use matrix_full::MatrixFull;
pub use matrix_single_irrep::MatrixSingleIrrep;
pub use poisson_bracket::PoissonBracket;
pub use vector_signal::VectorSignal;

use harness_core::ParamDoc;

pub use crate::kernels::batch::DataLayout;
pub use crate::kernels::edges::Wigner;

const LAYOUT_DOC: ParamDoc = ParamDoc {
    name: "layout",
    doc: "row_major: one row a pair, transposed on the clock; batch_lanes: blocks of pairs side by side",
};
