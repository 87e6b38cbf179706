//! Drives one solve: steps the solver, stops its clock, evaluates, records, and ends the run.
//!
//! Trace points are taken at step 0, at every step up to 64, then at steps 5 % apart, at the first step where the
//! solver's own residual falls below each power of ten, and at the last step: a count like "iterations to 1e-6" is
//! exact for a solver that knows its residual. Evaluation is never on the solver's clock.

use std::cell::{Cell, RefCell};
use std::io;

use crate::cell::{CellSpec, Measure};
use crate::conditions::Conditions;
use crate::frame::{End, Frame, Point, Usage};
use crate::metrics::Metrics;
use crate::problem::{Instance, ResultHasher};
use crate::seed::Seeds;
use crate::solver::{Iterations, SolveError, Solver, SolverStatus, StartContext, Step, StepContext};
use crate::stop::Stop;
use crate::work::Work;

/// A reading of the clocks, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic wall time.
    pub wall_ns: i64,
    /// CPU time of all threads of the process.
    pub cpu_ns: i64,
}

/// What the driver needs of the machine. The worker implements it with real clocks and a journal, tests with fake ones.
pub trait Host {
    /// Reads the clocks; on an accelerator it synchronises first.
    fn now(&self) -> Now;
    /// Whether the run was told to stop.
    fn stop_requested(&self) -> bool;
    /// What else goes on, up to now.
    fn conditions(&self) -> Conditions {
        Conditions::default()
    }
    /// What the process has used until now.
    fn usage(&self) -> Usage {
        Usage::default()
    }
    /// Records an event.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn emit(&self, frame: Frame) -> io::Result<()>;
}

/// A drive failed: the solver refused the instance, or recording failed.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The solver refused.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// The journal could not be written.
    #[error("failed to write the journal: {0}")]
    Record(#[from] io::Error),
}

/// What to drive.
#[derive(Debug, Clone)]
pub struct Job {
    /// When the run ends.
    pub stop: Stop,
    /// What is measured.
    pub measure: Measure,
    /// What the solver is told at its start.
    pub start: StartContext,
}

impl Job {
    /// What a cell asks for.
    ///
    /// # Errors
    ///
    /// When the cell's parameters have no canonical form.
    pub fn of(cell: &CellSpec) -> Result<Self, SolveError> {
        Ok(Self {
            stop: cell.stop.clone(),
            measure: cell.measure.clone(),
            start: StartContext {
                seeds: Seeds::of(cell).map_err(|e| SolveError(e.to_string()))?,
                threads: cell.threads as usize,
                device: cell.device,
                dtype: cell.dtype,
                tol: cell.stop.tol,
                max_iter: cell.stop.max_iter,
            },
        })
    }
}

/// The solver's clock: it runs only while the solver does.
struct SolveClock<'h, H: Host + ?Sized> {
    host: &'h H,
    running_since: Cell<Option<Now>>,
    spent: Cell<Now>,
}

impl<'h, H: Host + ?Sized> SolveClock<'h, H> {
    fn new(host: &'h H) -> Self {
        Self { host, running_since: Cell::new(None), spent: Cell::new(Now::default()) }
    }

    fn run(&self) {
        self.running_since.set(Some(self.host.now()));
    }

    fn pause(&self) {
        self.spent.set(self.elapsed());
        self.running_since.set(None);
    }

    fn elapsed(&self) -> Now {
        let spent = self.spent.get();
        match self.running_since.get() {
            None => spent,
            Some(since) => {
                let now = self.host.now();
                Now {
                    wall_ns: spent.wall_ns + now.wall_ns - since.wall_ns,
                    cpu_ns: spent.cpu_ns + now.cpu_ns - since.cpu_ns,
                }
            }
        }
    }
}

/// Decides which steps are recorded.
#[derive(Debug)]
struct Sampling {
    next_step: u64,
    /// The residual at which the next power of ten is reached.
    next_level: f64,
}

impl Sampling {
    const DENSE_STEPS: u64 = 64;
    const GROWTH: f64 = 1.05;

    fn new() -> Self {
        Self { next_step: 0, next_level: f64::INFINITY }
    }

    /// Whether to record `step`, given the solver's own residual.
    fn is_due(&mut self, step: u64, residual: Option<f64>) -> bool {
        let crossed = match residual {
            // A residual of exactly 10^k has reached it.
            Some(r) if r > 0.0 && r.is_finite() && r <= self.next_level => {
                self.next_level = power_of_ten(decade(r) - 1);
                true
            }
            _ => false,
        };
        let due = step >= self.next_step;
        if due {
            let spaced = (step as f64 * Self::GROWTH).ceil() as u64;
            self.next_step = if step < Self::DENSE_STEPS { step + 1 } else { spaced.max(step + 1) };
        }
        due || crossed
    }
}

/// The smallest `k` with `r <= 10^k`.
fn decade(r: f64) -> i32 {
    let mut k = r.log10().ceil() as i32;
    while r <= power_of_ten(k - 1) {
        k -= 1;
    }
    while r > power_of_ten(k) {
        k += 1;
    }
    k
}

/// 10^k as the literal would be: `10f64.powi(-9)` is not `1e-9`.
fn power_of_ten(k: i32) -> f64 {
    format!("1e{k}").parse().expect("a decimal literal")
}

struct Stalled {
    best: f64,
    at_step: u64,
}

/// Runs `solver` on `instance` and emits points, samples and the end. Gives back the final solution to `finish`, which
/// may write it to a file.
///
/// # Errors
///
/// When the solver refuses the instance or an event cannot be recorded.
pub fn drive<S: Solver, H: Host + ?Sized>(
    solver: &S,
    instance: &S::Instance,
    job: &Job,
    host: &H,
    finish: &mut dyn FnMut(&<S::Instance as Instance>::Solution) -> Result<(), SolveError>,
) -> Result<(), DriveError> {
    drive_solves(&|_| solver.start(instance, &job.start), instance, job, host, finish)
}

/// What a solve is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is watched: its iterates are evaluated, and it is stopped by the rules of the job.
    Trace,
    /// It is timed: so many steps, and nothing else.
    Sample {
        /// How many steps will be made.
        steps: u64,
    },
}

/// One solve, whatever carries it out.
pub type SolveOf<'a, I> = Box<dyn Iterations<Solution = <I as Instance>::Solution> + 'a>;

/// [`drive`] for anything that can start a solve from the beginning.
///
/// # Errors
///
/// As [`drive`].
pub fn drive_solves<'a, I: Instance, H: Host + ?Sized>(
    start: &dyn Fn(Purpose) -> Result<SolveOf<'a, I>, SolveError>,
    instance: &I,
    job: &Job,
    host: &H,
    finish: &mut dyn FnMut(&I::Solution) -> Result<(), SolveError>,
) -> Result<(), DriveError> {
    let (mut end, mut hasher) = (None, ResultHasher::default());
    let mut iterations = traced(start, instance, job, host, &mut end)?;
    conclude(iterations.as_mut(), instance, &mut hasher, finish)?;
    let mut end: End = end.expect("a traced solve sets its end");
    end.result_hash = hasher.finish();
    let mut sampler = Sampler::new(host, job);
    match job.measure {
        Measure::Trace {} => {}
        // How many steps fit into a time budget is chance: there is nothing to repeat.
        Measure::Solve { .. } if end.status == SolverStatus::MaxTime => {}
        Measure::Solve { warmup, samples } => {
            drop(iterations);
            let steps = end.n_iter;
            sampler.take(warmup, samples, 1, &mut || {
                samples::solve(start(Purpose::Sample { steps })?, steps, host).map(drop)
            })?;
        }
        Measure::Step { warmup, samples, min_sample_s } => {
            let mut going_on = iterations.goes_on().then_some(iterations);
            let mut repeat = |steps| match &mut going_on {
                Some(iterations) => samples::steps(iterations.as_mut(), steps, host),
                None => samples::solves(&|steps| start(Purpose::Sample { steps }), steps, host),
            };
            let iters = samples::batch(&mut repeat, host, min_sample_s)?;
            sampler.take(warmup, samples, iters, &mut || repeat(iters))?;
        }
    }
    end.usage = host.usage();
    if job.measure.is_timed() && host.stop_requested() {
        // Some samples are missing.
        end.status = SolverStatus::Stopped;
    }
    host.emit(Frame::End(Box::new(end)))?;
    Ok(())
}

fn conclude<I: Instance>(
    iterations: &mut dyn Iterations<Solution = I::Solution>,
    instance: &I,
    hasher: &mut ResultHasher,
    finish: &mut dyn FnMut(&I::Solution) -> Result<(), SolveError>,
) -> Result<(), SolveError> {
    if !iterations.has_solution() {
        // It was ended before it had one.
        return Ok(());
    }
    let solution = iterations.solution();
    instance.hash_solution(solution, hasher);
    finish(solution)
}

fn traced<'a, I: Instance, H: Host + ?Sized>(
    start: &dyn Fn(Purpose) -> Result<SolveOf<'a, I>, SolveError>,
    instance: &I,
    job: &Job,
    host: &H,
    end: &mut Option<End>,
) -> Result<SolveOf<'a, I>, DriveError> {
    let stop = &job.stop;
    let clock = SolveClock::new(host);
    let eval_ns = Cell::new(0_i64);
    let mut work = Work::default();
    let mut notes: Vec<(&'static str, f64)> = Vec::new();
    let mut sampling = Sampling::new();
    let mut stalled = Stalled { best: f64::INFINITY, at_step: 0 };
    let budget_ns = stop.budget_s.map(|s| (s * 1e9) as i64);
    let over_budget = || budget_ns.is_some_and(|b| clock.elapsed().wall_ns >= b);
    let should_stop = || host.stop_requested() || over_budget();

    clock.run();
    let iterations: RefCell<SolveOf<'a, I>> = RefCell::new(start(Purpose::Trace)?);
    clock.pause();

    let evaluate = |step: u64, work: &Work, notes: &[(&'static str, f64)]| -> io::Result<Metrics> {
        let began = host.now().wall_ns;
        let metrics = instance.evaluate(iterations.borrow_mut().solution());
        eval_ns.set(eval_ns.get() + host.now().wall_ns - began);
        let mut values = metrics.clone();
        for (name, n) in work.counters() {
            values.set(name, *n as f64);
        }
        for (name, value) in notes {
            values.set(name, *value);
        }
        let spent = clock.elapsed();
        host.emit(Frame::Point(Point {
            step,
            t_ns: spent.wall_ns,
            cpu_ns: spent.cpu_ns,
            work: work.units(),
            values,
        }))?;
        Ok(metrics)
    };

    let mut step = 0;
    sampling.is_due(0, iterations.borrow().residual());
    let mut metrics = Metrics::new();
    if iterations.borrow().has_solution() {
        metrics = evaluate(0, &work, &notes)?;
    }
    let mut status = None;
    while status.is_none() && step < stop.max_iter {
        notes.clear();
        let mut made = 1;
        clock.run();
        let outcome = iterations.borrow_mut().step(&mut StepContext {
            work: &mut work,
            notes: &mut notes,
            made: &mut made,
            should_stop: &should_stop,
        });
        clock.pause();
        let outcome = outcome?;
        step += made;

        let residual = iterations.borrow().residual();
        let claims_done = match (residual, stop.tol) {
            (Some(r), Some(tol)) => r <= tol,
            _ => false,
        };
        let not_finite = residual.is_some_and(|r| !r.is_finite());
        let out_of_time = over_budget();
        let stopped = host.stop_requested();
        let last = matches!(outcome, Step::Done(_)) || out_of_time || stopped || step >= stop.max_iter;
        let due = sampling.is_due(step, residual);
        if !(due || claims_done || not_finite || last) {
            continue;
        }
        if iterations.borrow().has_solution() {
            metrics = evaluate(step, &work, &notes)?;
        }
        let value = metrics.get(&stop.metric);
        let reached = matches!((value, stop.tol), (Some(v), Some(tol)) if v <= tol);
        status = match outcome {
            _ if value.is_some_and(|v| !v.is_finite()) => Some(SolverStatus::Diverged),
            _ if reached => Some(SolverStatus::Solved),
            Step::Done(SolverStatus::Solved) if stop.tol.is_some() => Some(SolverStatus::Almost),
            Step::Done(status) => Some(status),
            Step::Continue if stopped => Some(SolverStatus::Stopped),
            Step::Continue if out_of_time => Some(SolverStatus::MaxTime),
            Step::Continue => no_progress(stop, &mut stalled, step, value).then_some(SolverStatus::Stalled),
        };
    }
    let spent = clock.elapsed();
    *end = Some(End {
        status: status.unwrap_or(SolverStatus::MaxIter),
        n_iter: step,
        solve_wall_ns: spent.wall_ns,
        solve_cpu_ns: spent.cpu_ns,
        eval_ns: eval_ns.get(),
        work: work.units(),
        counters: work.counters().iter().map(|(name, n)| (name.clone().into_owned(), *n)).collect(),
        metrics,
        result_hash: String::new(),
        usage: Usage::default(),
        compile_ns: None,
        seen_wall_ns: None,
    });
    Ok(iterations.into_inner())
}

fn no_progress(stop: &Stop, stalled: &mut Stalled, step: u64, value: Option<f64>) -> bool {
    let (Some(rule), Some(value)) = (&stop.stall, value) else { return false };
    if value < rule.factor * stalled.best {
        *stalled = Stalled { best: value, at_step: step };
    }
    step - stalled.at_step >= rule.steps
}

mod samples;

use samples::Sampler;

#[cfg(test)]
mod tests;
