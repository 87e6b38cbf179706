//! Entropic optimal transport: Sinkhorn-Newton-Sparse against Sinkhorn and later solvers.
//!
//! Problems make [`OtInstance`]s, solvers give back [`OtSolution`]s; [`suite`] registers both. To add a solver, copy a
//! file in `solvers`, name it in `solvers/mod.rs`, and add a line to [`suite`]; for a problem the same in `problems`.

pub mod exact;
pub mod instance;
mod judge;
pub mod kernels;
mod npz;
pub mod problems;
pub mod solution;
pub mod solvers;
pub mod splitmix;

pub use instance::OtInstance;
pub use solution::{OtSolution, SparsePlan};

use harness_core::{Suite, SuiteBuilder};

/// The suite.
pub fn suite() -> Suite {
    SuiteBuilder::new(
        "optimal_transport",
        "Entropic optimal transport",
        "entries of the cost matrix passed over, n·m a pass",
        env!("HARNESS_FINGERPRINT"),
    )
    .problem::<problems::RandomAssignment>()
    .problem::<problems::DiscretisedDensities>()
    .problem::<problems::Gaussians1d>()
    .problem::<problems::GridL1>()
    .problem::<problems::Images>()
    .problem::<problems::File>()
    .solver::<solvers::SinkhornLog>()
    .solver::<solvers::Sinkhorn>()
    .solver::<solvers::SinkhornOverrelaxed>()
    .solver::<solvers::Sns>()
    .solver::<solvers::SnsContinuation>()
    .solver::<solvers::NewtonDense>()
    .solver::<solvers::LbfgsDual>()
    .solver::<solvers::Ssns>()
    .solver::<solvers::Splr>()
    .solver::<solvers::Exact>()
    .build()
}
