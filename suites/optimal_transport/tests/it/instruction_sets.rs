//! `HARNESS_SIMD` decides what solvers run on; a name that the processor lacks is told by the solver that is started.

use std::env;
use std::process::Command;

use harness_core::Solver;
use suite_optimal_transport::OtInstance;
use suite_optimal_transport::kernels::{Isa, Kernels};
use suite_optimal_transport::solvers::{
    LbfgsDual, NewtonDense, Sinkhorn, SinkhornLog, SinkhornOverrelaxed, Sns, SnsContinuation, Splr, Ssns,
};

use crate::common::{assignment, try_run};

/// What a test that calls itself has set the variable to: it is read once in a process.
const GIVEN: &str = "HARNESS_SIMD_GIVEN";

fn call_with(test: &str, name: &str) {
    let output = Command::new(env::current_exe().expect("a test has a program"))
        .args(["--exact", test])
        .env("HARNESS_SIMD", name)
        .env(GIVEN, name)
        .output()
        .expect("a program can be started");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
}

fn refused<S: Solver<Instance = OtInstance> + Default>(instance: &OtInstance) {
    let Err(error) = try_run(&S::default(), instance, 1e-3, 3) else { panic!("{} starts", S::ID) };
    assert!(error.contains("no instruction set `mmx`") && error.contains("portable"), "{}: {error}", S::ID);
}

#[test]
fn every_solver_refuses_a_set_that_is_none() {
    if env::var_os(GIVEN).is_none() {
        return call_with("instruction_sets::every_solver_refuses_a_set_that_is_none", "mmx");
    }
    let instance = assignment(5, 1, 10.0);
    refused::<LbfgsDual>(&instance);
    refused::<NewtonDense>(&instance);
    refused::<Sinkhorn>(&instance);
    refused::<SinkhornLog>(&instance);
    refused::<SinkhornOverrelaxed>(&instance);
    refused::<Sns>(&instance);
    refused::<SnsContinuation>(&instance);
    refused::<Splr>(&instance);
    refused::<Ssns>(&instance);
}

#[test]
fn solvers_take_the_set_that_is_named_and_the_judge_the_fastest() {
    if env::var_os(GIVEN).is_none() {
        return call_with(
            "instruction_sets::solvers_take_the_set_that_is_named_and_the_judge_the_fastest",
            "portable",
        );
    }
    assert_eq!(Kernels::for_solving().expect("every processor has it").isa().name(), "portable");
    assert_eq!(Kernels::new().isa(), Isa::fastest());
    assert!(try_run(&Sinkhorn::default(), &assignment(5, 1, 10.0), 1e-3, 100).is_ok());
}
