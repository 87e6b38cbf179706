//! Tensor products of irreducible representations of O(3), after "The Price of Freedom" (Xie, Daigavane, Kotak and
//! Smidt, ICML 2025) and "Gaunt tensor products" (Luo, Chen and Krishnapriyan, ICLR 2024).
//!
//! Problems make [`ProductInstance`]s, solvers give back [`ProductSolution`]s; [`suite`] registers both. [`math`] holds what
//! the methods are made of and judged by, in `f64`: coefficients, harmonics, rotations, grids. To add a method, copy a file in
//! `solvers`, name it in `solvers/mod.rs`, and add a line to [`suite`].

pub mod instance;
mod judge;
mod kernels;
pub mod layout;
mod many_body;
pub mod math;
mod npz;
pub mod problems;
pub mod solution;
pub mod solvers;

pub use instance::ProductInstance;
pub use solution::{Map, ProductSolution, Values};

use harness_core::{Suite, SuiteBuilder};

/// The suite.
pub fn suite() -> Suite {
    SuiteBuilder::new(
        "equivariant_tensor_products",
        "Equivariant tensor products",
        "multiply-adds",
        env!("HARNESS_FINGERPRINT"),
    )
    .problem::<problems::TensorProduct>()
    .problem::<problems::Convolution>()
    .problem::<problems::ManyBody>()
    .problem::<problems::PathProbes>()
    .problem::<problems::Tetris>()
    .problem::<problems::Harmonics>()
    .problem::<problems::Machine>()
    .problem::<problems::File>()
    .solver::<solvers::CgDense>()
    .solver::<solvers::CgSparse>()
    .solver::<solvers::CgWeighted>()
    .solver::<solvers::Escn>()
    .solver::<solvers::GauntSparse>()
    .solver::<solvers::GauntGrid>()
    .solver::<solvers::GauntGridSeparable>()
    .solver::<solvers::GauntFourierFft>()
    .solver::<solvers::GauntFourierDirect>()
    .solver::<solvers::MatrixSingleIrrep>()
    .solver::<solvers::MatrixFull>()
    .solver::<solvers::VectorSignal>()
    .solver::<solvers::PoissonBracket>()
    .solver::<solvers::SphericalHarmonics>()
    .solver::<solvers::FmaPeak>()
    .solver::<solvers::StreamWrite>()
    .solver::<solvers::StreamCopy>()
    .build()
}
