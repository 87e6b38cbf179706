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
    fn stride(&mut self, step: u64, left: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
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
    let mut line = vec![b'~'; 63];
    line.push(b'\n');
    let block = line.repeat(1 << 10);
    let mut out = std::io::stdout().lock();
    for _ in 0..mib << 4 {
        out.write_all(&block)?;
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

/// Prints a text to standard error, and fails with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Complain {
    text: String,
}

impl Default for Complain {
    fn default() -> Self {
        Self { text: "this will not do".to_owned() }
    }
}

impl Params for Complain {
    const DOCS: &'static [ParamDoc] = &[ParamDoc { name: "text", doc: "What it says." }];
}

struct Grumpy<'a>(&'a str);

impl Gait for Grumpy<'_> {
    fn stride(&mut self, _: u64, _: f64, _: &mut StepContext<'_>) -> Result<f64, SolveError> {
        // To what is printed nobody listens; to the error everybody.
        let _ = writeln!(std::io::stderr(), "{}", self.0);
        Err(SolveError(self.0.to_owned()))
    }
}

impl Solver for Complain {
    const ID: &'static str = "complain";
    const SUMMARY: &'static str = "Says something and fails.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        Ok(walk(instance, Grumpy(&self.text)))
    }
}

/// Notes more numbers at each step than anybody reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gabble {
    notes: u64,
}

impl Default for Gabble {
    fn default() -> Self {
        Self { notes: 100_000 }
    }
}

impl Params for Gabble {
    const DOCS: &'static [ParamDoc] = &[ParamDoc {
        name: "notes",
        doc: "How many numbers it notes at each step, each under its own name.",
    }];
}

struct Talkative(Vec<&'static str>);

impl Gait for Talkative {
    fn stride(&mut self, _: u64, left: f64, context: &mut StepContext<'_>) -> Result<f64, SolveError> {
        for name in &self.0 {
            context.note(name, left);
        }
        Ok(left)
    }
}

impl Solver for Gabble {
    const ID: &'static str = "gabble";
    const SUMMARY: &'static str = "Notes numbers without end.";
    const SOURCE: &'static str = "the harness's own tests";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Walk;

    fn start<'a>(&'a self, instance: &'a Walk, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
        let names = (0..self.notes).map(|n| &*Box::leak(format!("note_{n}").into_boxed_str()));
        Ok(walk(instance, Talkative(names.collect())))
    }
}
