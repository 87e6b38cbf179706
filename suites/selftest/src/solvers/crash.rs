//! Solvers that end before their run does.

use harness_core::{
    Determinism, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::problem::Walk;
use crate::solvers::walker::{Gait, walk};
use crate::sys;

/// A solver that walks up to a step, and does something to itself there.
macro_rules! accident {
    ($(#[$doc:meta])* $name:ident, $id:literal, $summary:literal, $what:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            at: u64,
        }

        impl Default for $name {
            fn default() -> Self {
                Self { at: 4 }
            }
        }

        impl Params for $name {
            const DOCS: &'static [ParamDoc] =
                &[ParamDoc { name: "at", doc: "The step, counted from 1, at which it happens." }];
        }

        impl Solver for $name {
            const ID: &'static str = $id;
            const SUMMARY: &'static str = $summary;
            const SOURCE: &'static str = "the harness's own tests";
            const DETERMINISM: Determinism = Determinism::Bitwise;
            const RANDOMNESS: Randomness = Randomness::Fixed;
            type Instance = Walk;

            fn start<'a>(
                &'a self,
                instance: &'a Walk,
                _: &StartContext,
            ) -> Result<Solve<'a, Self>, SolveError> {
                Ok(walk(instance, Accident { at: self.at, what: $what }))
            }
        }
    };
}

struct Accident {
    at: u64,
    what: fn() -> Result<(), SolveError>,
}

impl Gait for Accident {
    fn stride(&mut self, step: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        if step == self.at {
            (self.what)()?;
        }
        Ok(left)
    }
}

accident!(
    /// Returns an error.
    Fail,
    "fail",
    "Gives up with an error.",
    || Err(SolveError("the matrix is singular at row 4; try another".to_owned()))
);

accident!(
    /// Panics.
    Panic,
    "panic",
    "Panics.",
    || panic!("index out of bounds: the len is 3 but the index is 3")
);

accident!(
    /// Ends itself with SIGABRT.
    Abort,
    "abort",
    "Aborts.",
    || std::process::abort()
);

accident!(
    /// Ends with SIGSEGV.
    Segv,
    "segv",
    "Writes where nothing is mapped.",
    || {
        sys::fault();
        Ok(())
    }
);

accident!(
    /// Exits with code 0 in the middle of the walk.
    ExitEarly,
    "exit0_early",
    "Exits as if all were well.",
    exit_early
);

#[expect(clippy::exit, reason = "it is what this solver is for")]
fn exit_early() -> Result<(), SolveError> {
    std::process::exit(0)
}
