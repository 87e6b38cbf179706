//! The methods, one file each.

mod bfgs;
mod convergence;
mod exact;
mod lbfgs_dual;
mod log_sinkhorn;
mod newton_dense;
mod pcg;
mod point;
mod scaling;
mod schur;
mod screened;
mod sinkhorn;
mod sinkhorn_log;
mod sinkhorn_overrelaxed;
mod sns;
mod sns_continuation;
mod sparse_cholesky;
mod sparse_hessian;
mod splr;
mod ssns;
mod ssns_sparsifier;
mod wolfe;

pub use exact::{Exact, ExactMethod};
pub use lbfgs_dual::LbfgsDual;
pub use newton_dense::NewtonDense;
pub use sinkhorn::Sinkhorn;
pub use sinkhorn_log::SinkhornLog;
pub use sinkhorn_overrelaxed::{Relaxation, SinkhornOverrelaxed};
pub use sns::{DensityBase, Sns};
pub use sns_continuation::SnsContinuation;
pub use splr::Splr;
pub use ssns::Ssns;
