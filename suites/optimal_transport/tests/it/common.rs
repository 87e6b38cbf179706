//! Running a solver as the worker does, with a clock that stands still.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use harness_core::drive::{self, Host, Job, Now};
use harness_core::frame::End;
use harness_core::{
    Device, Dtype, Frame, InstanceContext, Measure, Metrics, Problem, Seeds, Solver, SolverStatus,
    StartContext, Stop,
};
use suite_optimal_transport::exact::solve;
use suite_optimal_transport::kernels::Matrix;
use suite_optimal_transport::problems::RandomAssignment;
use suite_optimal_transport::splitmix::SplitMix64;
use suite_optimal_transport::{OtInstance, OtSolution, SparsePlan};

/// How a solve ended.
pub(crate) struct Solved {
    pub(crate) status: SolverStatus,
    pub(crate) steps: u64,
    pub(crate) metrics: Metrics,
    pub(crate) solution: OtSolution,
    pub(crate) hash: String,
    pub(crate) counters: BTreeMap<String, u64>,
    /// The metrics of every recorded step.
    pub(crate) trace: Vec<(u64, Metrics)>,
}

impl Solved {
    pub(crate) fn get(&self, metric: &str) -> f64 {
        self.metrics.get(metric).unwrap_or_else(|| panic!("there is no metric {metric}"))
    }
}

/// Keeps the frames of a run.
#[derive(Default)]
pub(crate) struct Recorder(RefCell<Vec<Frame>>);

impl Recorder {
    /// The metrics of every recorded step, and the end.
    pub(crate) fn finish(self) -> (Vec<(u64, Metrics)>, Box<End>) {
        let (mut trace, mut end) = (Vec::new(), None);
        for frame in self.0.into_inner() {
            match frame {
                Frame::Point(point) => trace.push((point.step, point.values)),
                Frame::End(e) => end = Some(e),
                _ => {}
            }
        }
        (trace, end.expect("a drive ends"))
    }
}

impl Host for Recorder {
    fn now(&self) -> Now {
        Now::default()
    }
    fn stop_requested(&self) -> bool {
        false
    }
    fn emit(&self, frame: Frame) -> io::Result<()> {
        self.0.borrow_mut().push(frame);
        Ok(())
    }
}

/// Runs `solver` on `instance` until `marginal_l1 <= tol`.
pub(crate) fn run<S: Solver<Instance = OtInstance>>(
    solver: &S,
    instance: &OtInstance,
    tol: f64,
    max_iter: u64,
) -> Solved {
    try_run(solver, instance, tol, max_iter).expect("the solver accepts the instance")
}

/// As [`run`], with the solver's refusal as an error.
pub(crate) fn try_run<S: Solver<Instance = OtInstance>>(
    solver: &S,
    instance: &OtInstance,
    tol: f64,
    max_iter: u64,
) -> Result<Solved, String> {
    let job = Job {
        stop: Stop {
            metric: "marginal_l1".to_owned(),
            tol: Some(tol),
            max_iter,
            budget_s: None,
            stall: None,
        },
        measure: Measure::Trace {},
        start: StartContext {
            seeds: Seeds::standalone(0),
            threads: 1,
            device: Device::Cpu,
            dtype: Dtype::F64,
            tol: Some(tol),
            max_iter,
        },
    };
    let recorder = Recorder::default();
    let mut solution = None;
    drive::drive(solver, instance, &job, &recorder, &mut |s: &OtSolution| {
        solution = Some(s.clone());
        Ok(())
    })
    .map_err(|e| e.to_string())?;
    let (trace, end) = recorder.finish();
    Ok(Solved {
        status: end.status,
        steps: end.n_iter,
        metrics: end.metrics,
        solution: solution.expect("a drive gives a solution"),
        hash: end.result_hash,
        counters: end.counters,
        trace,
    })
}

/// The instance of a problem at a replicate.
pub(crate) fn instance<P: Problem<Instance = OtInstance>>(problem: &P, replicate: u32) -> OtInstance {
    problem.instance(&context(replicate, PathBuf::new())).expect("the problem makes an instance")
}

pub(crate) fn context(replicate: u32, data_dir: PathBuf) -> InstanceContext {
    InstanceContext { seeds: Seeds::standalone(7), replicate, data_dir }
}

/// The random assignment problem of the published values.
pub(crate) fn assignment(n: usize, seed: u64, eta: f64) -> OtInstance {
    instance(&RandomAssignment { n, first_seed: Some(seed), eta, ..RandomAssignment::default() }, 0)
}

/// A random problem with costs of both signs and many ties, and masses of which some are equal.
pub(crate) fn random_tied(n: usize, m: usize, seed: u64, eta: f64) -> OtInstance {
    let mut g = SplitMix64::new(seed);
    let cost = Matrix::from_fn(n, m, |_, _| (g.uniform() * 12.0).floor() / 4.0 - 1.0);
    let mut masses = |k: usize| (0..k).map(|_| 1.0 + (g.uniform() * 3.0).floor()).collect::<Vec<f64>>();
    let (r, mut c) = (masses(n), masses(m));
    let scale = r.iter().sum::<f64>() / c.iter().sum::<f64>();
    for c in &mut c {
        *c *= scale;
    }
    OtInstance::new(cost, r, c, eta).expect("a valid problem")
}

/// Checks that `plan` is optimal: feasible, with feasible duals and no gap.
pub(crate) fn assert_optimal(instance: &OtInstance, plan: &SparsePlan, tolerance: f64) {
    let (mut rows, mut columns) = (vec![0.0; instance.n()], vec![0.0; instance.m()]);
    for &(i, j, p) in &plan.entries {
        assert!(p > 0.0, "mass {p} at {i}, {j}");
        rows[i as usize] += p;
        columns[j as usize] += p;
    }
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>();
    let error = distance(&rows, instance.r()) + distance(&columns, instance.c());
    assert!(error < 1e-14, "marginal error {error:e}");
    let (u, v) = plan.duals.as_ref().expect("an exact plan has duals");
    let mut dual: f64 = u.iter().zip(instance.r()).map(|(u, r)| u * r).sum();
    dual += v.iter().zip(instance.c()).map(|(v, c)| v * c).sum::<f64>();
    for (row, u) in instance.cost().rows().zip(u) {
        for (c, v) in row.iter().zip(v) {
            assert!(u + v <= c + tolerance, "duals violate {c} by {:e}", u + v - c);
        }
    }
    for &(i, j, _) in &plan.entries {
        let slack = instance.cost()[(i as usize, j as usize)] - u[i as usize] - v[j as usize];
        assert!(slack.abs() < tolerance, "slack {slack:e} where there is mass");
    }
    let gap = plan.cost(instance.cost()) - dual;
    assert!(gap.abs() < tolerance, "gap {gap:e}");
}

/// The optimal plan by [`solve`].
pub(crate) fn optimum(instance: &OtInstance) -> SparsePlan {
    solve(instance.cost(), instance.r(), instance.c())
}
