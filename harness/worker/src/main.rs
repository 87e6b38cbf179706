//! The slim program that runs one cell, with the suites that need nothing but the processor.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness_worker::main(&suite_registry::suites())
}
