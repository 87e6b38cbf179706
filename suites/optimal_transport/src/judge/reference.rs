//! The potentials of an instance's own optimum.

use std::io;

use harness_core::drive::{self, Host, Job, Now};
use harness_core::{Device, Dtype, Frame, Instance, Measure, Seeds, StartContext, Stop};

use crate::instance::OtInstance;
use crate::solution::OtSolution;
use crate::solvers::SnsContinuation;

/// Where the solve ends.
const TOL: f64 = 1e-12;
const STEPS: u64 = 1000;

/// Nobody watches.
struct Unseen;

impl Host for Unseen {
    fn now(&self) -> Now {
        Now::default()
    }
    fn stop_requested(&self) -> bool {
        false
    }
    fn emit(&self, _: Frame) -> io::Result<()> {
        Ok(())
    }
}

/// Potentials of the optimum, as good as `sns_continuation` gets them.
pub(crate) fn potentials(instance: &OtInstance) -> (Vec<f64>, Vec<f64>) {
    let job = Job {
        stop: Stop {
            metric: OtInstance::STOP_METRIC.to_owned(),
            tol: Some(TOL),
            max_iter: STEPS,
            budget_s: None,
            stall: None,
        },
        measure: Measure::Trace {},
        start: StartContext {
            seeds: Seeds::standalone(0),
            threads: 1,
            device: Device::Cpu,
            dtype: Dtype::F64,
            tol: Some(TOL),
            max_iter: STEPS,
        },
    };
    let mut found = (vec![0.0; instance.n()], vec![0.0; instance.m()]);
    // Without a solution any potentials will do: they are where a search starts, and prove nothing by themselves.
    let _ = drive::drive(&SnsContinuation::default(), instance, &job, &Unseen, &mut |solution| {
        if let OtSolution::Potentials { x, y } = solution {
            found = (x.clone(), y.clone());
        }
        Ok(())
    });
    found
}
