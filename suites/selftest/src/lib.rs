//! A suite that misbehaves on purpose, for the tests of the runner; hidden from `list`.
//!
//! The problem is a walk of a known number of steps. [`Quick`](solvers::Quick) and [`Slow`](solvers::Slow) walk it;
//! the other solvers do, part of the way, what solvers do when they go wrong.

mod problem;
pub mod solvers;
mod sys;

use harness_core::{Suite, SuiteBuilder};

pub use problem::{Noop, Walk};

/// The suite.
pub fn suite() -> Suite {
    SuiteBuilder::new("selftest", "The harness against itself", "rows", env!("HARNESS_FINGERPRINT"))
        .hidden()
        .problem::<Noop>()
        .solver::<solvers::Quick>()
        .solver::<solvers::Slow>()
        .solver::<solvers::Nan>()
        .solver::<solvers::Fail>()
        .solver::<solvers::Panic>()
        .solver::<solvers::Abort>()
        .solver::<solvers::Segv>()
        .solver::<solvers::ExitEarly>()
        .solver::<solvers::Hang>()
        .solver::<solvers::Oom>()
        .solver::<solvers::Flood>()
        .solver::<solvers::BadUtf8>()
        .solver::<solvers::Complain>()
        .solver::<solvers::Gabble>()
        .solver::<solvers::ForkLeak>()
        .solver::<solvers::ByProcess>()
        .solver::<solvers::ByThreads>()
        .build()
}

#[cfg(test)]
mod tests;
