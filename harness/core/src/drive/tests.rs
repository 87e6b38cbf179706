//! The driver against a solver whose every state is known: the error halves at each step.

use serde::{Deserialize, Serialize};

use super::*;
use crate::cell::Warmup;
use crate::frame::Sample;
use crate::params::{ParamDoc, Params};
use crate::problem::Randomness;
use crate::solver::Determinism;
use crate::stop::Stall;
use crate::testing::{self, Number};

#[derive(Serialize, Deserialize, Clone)]
#[serde(default, deny_unknown_fields)]
struct Shrink {
    factor: f64,
    knows_residual: bool,
    lies: bool,
    done_after: u64,
}

impl Default for Shrink {
    fn default() -> Self {
        Self { factor: 0.5, knows_residual: true, lies: false, done_after: u64::MAX }
    }
}

impl Params for Shrink {
    const DOCS: &'static [ParamDoc] = &[];
}

struct State<'a> {
    solver: &'a Shrink,
    x: f64,
    steps: u64,
}

impl Iterations for State<'_> {
    type Solution = f64;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        self.x *= self.solver.factor;
        self.steps += 1;
        context.work.spend(3);
        context.work.count("halvings", 1);
        Ok(if self.steps >= self.solver.done_after {
            Step::Done(SolverStatus::Solved)
        } else {
            Step::Continue
        })
    }

    fn residual(&self) -> Option<f64> {
        let claimed = if self.solver.lies { self.x.abs() / 100.0 } else { self.x.abs() };
        self.solver.knows_residual.then_some(claimed)
    }

    fn solution(&mut self) -> &f64 {
        &self.x
    }
}

impl Solver for Shrink {
    const ID: &'static str = "shrink";
    const SUMMARY: &'static str = "";
    const SOURCE: &'static str = "";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = Number;

    fn start<'a>(
        &'a self,
        _: &'a Number,
        _: &StartContext,
    ) -> Result<Box<dyn Iterations<Solution = f64> + 'a>, SolveError> {
        Ok(Box::new(State { solver: self, x: 1.0, steps: 0 }))
    }
}

/// Every reading of the clock advances it by one second; a frame costs 1000 seconds.
#[derive(Default)]
struct FakeHost {
    wall_s: Cell<i64>,
    frames: RefCell<Vec<Frame>>,
    stop_after_points: Option<usize>,
}

impl Host for FakeHost {
    fn now(&self) -> Now {
        self.wall_s.set(self.wall_s.get() + 1);
        Now { wall_ns: self.wall_s.get() * 1_000_000_000, cpu_ns: self.wall_s.get() * 500_000_000 }
    }

    fn stop_requested(&self) -> bool {
        self.stop_after_points.is_some_and(|n| self.frames.borrow().len() >= n)
    }

    fn emit(&self, frame: Frame) -> io::Result<()> {
        self.wall_s.set(self.wall_s.get() + 1000);
        self.frames.borrow_mut().push(frame);
        Ok(())
    }
}

fn job(tol: Option<f64>, max_iter: u64) -> Job {
    testing::job(tol, max_iter, Measure::Trace {})
}

fn run(solver: &Shrink, job: &Job, host: &FakeHost) -> (Vec<Point>, Vec<Sample>, End) {
    drive(solver, &Number, job, host, &mut |_| Ok(())).unwrap();
    let (mut points, mut samples, mut end) = (Vec::new(), Vec::new(), None);
    for frame in host.frames.borrow().iter() {
        match frame.clone() {
            Frame::Point(p) => points.push(p),
            Frame::Sample(s) => samples.push(s),
            Frame::End(e) => end = Some(*e),
            other => panic!("unexpected {other:?}"),
        }
    }
    (points, samples, end.unwrap())
}

#[test]
fn it_stops_at_the_first_step_at_the_tolerance_and_counts_work() {
    let (points, _, end) = run(&Shrink::default(), &job(Some(1e-3), 1000), &FakeHost::default());
    assert_eq!((end.status, end.n_iter, end.work), (SolverStatus::Solved, 10, 30));
    assert_eq!(end.counters["halvings"], 10);
    assert_eq!(points.len(), 11);
    assert_eq!(points[10].values.get("err"), Some(0.5_f64.powi(10)));
}

#[test]
fn evaluation_and_recording_are_not_on_the_solver_s_clock() {
    let (points, _, end) = run(&Shrink::default(), &job(Some(1e-3), 1000), &FakeHost::default());
    // Start and ten steps: a second each, although every point cost more than 1000.
    assert_eq!(end.solve_wall_ns, 11_000_000_000);
    assert_eq!(end.solve_cpu_ns, 5_500_000_000);
    assert!(points.windows(2).all(|w| w[1].t_ns - w[0].t_ns == 1_000_000_000));
}

#[test]
fn a_solver_that_claims_too_much_is_not_believed() {
    let lies = Shrink { lies: true, ..Shrink::default() };
    let (_, _, end) = run(&lies, &job(Some(1e-3), 1000), &FakeHost::default());
    assert_eq!((end.status, end.n_iter), (SolverStatus::Solved, 10));
    let early = Shrink { done_after: 3, ..Shrink::default() };
    let (_, _, end) = run(&early, &job(Some(1e-3), 1000), &FakeHost::default());
    assert_eq!((end.status, end.n_iter), (SolverStatus::Almost, 3));
}

#[test]
fn a_diverged_run_keeps_its_curve() {
    let grows = Shrink { factor: 1e30, ..Shrink::default() };
    let (points, _, end) = run(&grows, &job(Some(1e-3), 1000), &FakeHost::default());
    assert_eq!((end.status, end.n_iter), (SolverStatus::Diverged, 11));
    assert_eq!(points.len(), 12);
    assert_eq!(points[11].values.get("err"), Some(f64::INFINITY));
}

#[test]
fn every_power_of_ten_is_recorded_at_its_first_step() {
    let slow = Shrink { factor: 0.999, ..Shrink::default() };
    let (points, _, end) = run(&slow, &job(Some(1e-6), 100_000), &FakeHost::default());
    let first = |level: f64| points.iter().find(|p| p.values.get("err").unwrap() <= level).unwrap().step;
    for k in 1..=6 {
        let level = power_of_ten(-k);
        let mut expected = 0;
        let mut x = 1.0_f64;
        while x > level {
            x *= 0.999;
            expected += 1;
        }
        assert_eq!(first(level), expected, "1e-{k}");
    }
    assert!(points.len() < 250, "{} points for {} steps", points.len(), end.n_iter);
}

#[test]
fn without_a_residual_it_stops_at_a_recorded_step() {
    let blind = Shrink { knows_residual: false, factor: 0.999, ..Shrink::default() };
    let (points, _, end) = run(&blind, &job(Some(1e-1), 100_000), &FakeHost::default());
    assert_eq!(end.status, SolverStatus::Solved);
    assert_eq!(points.last().unwrap().step, end.n_iter);
    assert!((2302..2302 + 120).contains(&end.n_iter), "{}", end.n_iter);
}

#[test]
fn budgets_limits_stalls_and_requests_end_a_run_with_their_own_status() {
    let mut limited = job(None, 7);
    assert_eq!(run(&Shrink::default(), &limited, &FakeHost::default()).2.status, SolverStatus::MaxIter);
    limited.stop.max_iter = 1000;
    limited.stop.budget_s = Some(5.0);
    let (_, _, end) = run(&Shrink::default(), &limited, &FakeHost::default());
    assert_eq!((end.status, end.n_iter), (SolverStatus::MaxTime, 4));
    limited.stop.budget_s = None;
    limited.stop.stall = Some(Stall { steps: 5, factor: 0.9 });
    let still = Shrink { factor: 1.0, ..Shrink::default() };
    let (_, _, end) = run(&still, &limited, &FakeHost::default());
    assert_eq!((end.status, end.n_iter), (SolverStatus::Stalled, 6));
    let told = FakeHost { stop_after_points: Some(4), ..FakeHost::default() };
    assert_eq!(run(&Shrink::default(), &job(None, 1000), &told).2.status, SolverStatus::Stopped);
}

#[test]
fn timed_repetitions_make_as_many_steps_as_the_traced_solve_and_do_not_evaluate() {
    let mut timed = job(Some(1e-3), 1000);
    timed.measure = Measure::Solve { warmup: Warmup::Samples(1), samples: 2 };
    let (points, samples, end) = run(&Shrink::default(), &timed, &FakeHost::default());
    assert_eq!(points.len(), 11);
    assert_eq!(end.n_iter, 10);
    assert_eq!(
        samples.iter().map(|s| (s.rep, s.warmup)).collect::<Vec<_>>(),
        [(0, true), (1, false), (2, false)]
    );
    // One reading at the start and one at the end: no clock was read within the solve.
    assert!(samples.iter().all(|s| s.wall_ns == 1_000_000_000 && s.iters == 1));
}

#[test]
fn a_solve_that_its_time_budget_ended_is_not_repeated() {
    let mut timed = job(None, 1000);
    timed.stop.budget_s = Some(5.0);
    timed.measure = Measure::Solve { warmup: Warmup::Samples(1), samples: 2 };
    let (_, samples, end) = run(&Shrink::default(), &timed, &FakeHost::default());
    assert_eq!((samples.len(), end.status), (0, SolverStatus::MaxTime));
}

#[test]
fn a_stop_between_timed_repetitions_leaves_the_rest_out_and_says_so() {
    let mut timed = job(Some(1e-3), 1000);
    timed.measure = Measure::Solve { warmup: Warmup::Samples(1), samples: 5 };
    // Eleven points and the warm-up.
    let told = FakeHost { stop_after_points: Some(12), ..FakeHost::default() };
    let (points, samples, end) = run(&Shrink::default(), &timed, &told);
    assert_eq!((points.len(), samples.len(), end.status), (11, 1, SolverStatus::Stopped));
}

#[test]
fn short_steps_are_batched_until_they_fill_a_sample() {
    let mut timed = job(None, 1);
    timed.measure = Measure::Step { warmup: Warmup::Samples(0), samples: 1, min_sample_s: 1.0 };
    let (_, samples, _) = run(&Shrink::default(), &timed, &FakeHost::default());
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].iters, 1);
}

#[test]
fn a_level_is_reached_at_the_power_of_ten_itself() {
    for k in -300..300 {
        let level = power_of_ten(k);
        assert_eq!(decade(level), k);
        assert_eq!(decade(level * (1.0 + 1e-12)), k + 1);
    }
}
