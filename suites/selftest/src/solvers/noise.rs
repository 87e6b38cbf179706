//! Solvers that print what nobody asked for.

use std::io::Write;

use harness_core::{
    Determinism, ParamDoc, Params, Randomness, Solve, SolveError, Solver, StartContext, StepContext,
};
use serde::{Deserialize, Serialize};

use crate::problem::Walk;
use crate::solvers::walker::{Gait, walk};

/// Prints at the first step, and then walks.
struct Noisy<F>(F);

impl<F: Fn() -> std::io::Result<()>> Gait for Noisy<F> {
    fn stride(&mut self, step: u64, left: f64, _: &StepContext<'_>) -> Result<f64, SolveError> {
        if step == 1 {
            (self.0)().map_err(|e| SolveError(format!("failed to print: {e}")))?;
        }
        Ok(left)
    }
}

/// Prints more than anybody keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flood {
    mib: u64,
}

impl Default for Flood {
    fn default() -> Self {
        Self { mib: 1024 }
    }
}

impl Params for Flood {
    const DOCS: &'static [ParamDoc] =
        &[ParamDoc { name: "mib", doc: "How much it prints to standard output, in MiB." }];
}

fn flood(mib: u64) -> std::io::Result<()> {
    let line = [b'~'; 63];
    let mut out = std::io::stdout().lock();
    for _ in 0..mib << 14 {
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

impl Solver for Flood {
    const ID: &'static str = "flood";
    const SUMMARY: &'static str = "Prints without end.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Noisy(|| flood(self.mib))))
    }
}

/// Prints what is not text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BadUtf8 {}

impl Params for BadUtf8 {
    const DOCS: &'static [ParamDoc] = &[];
}

impl Solver for BadUtf8 {
    const ID: &'static str = "bad_utf8";
    const SUMMARY: &'static str = "Prints bytes that are not UTF-8.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Noisy(|| std::io::stderr().write_all(b"caf\xE9 \xFF\xFE\n"))))
    }
}
