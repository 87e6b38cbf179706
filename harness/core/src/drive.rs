//! Drives one solve: steps the solver, stops its clock, evaluates, records, and ends the run.
//!
//! Trace points are taken at step 0, at every step up to 64, then at steps 5 % apart, at the first step where the
//! solver's own residual falls below each power of ten, and at the last step: a count like "iterations to 1e-6" is
//! exact for a solver that knows its residual. Evaluation is never on the solver's clock.

use std::cell::{Cell, RefCell};
use std::io;

use crate::cell::Measure;
use crate::frame::{End, Frame, Point, Sample, Usage};
use crate::metrics::Metrics;
use crate::problem::{Instance, ResultHasher};
use crate::solver::{Iterations, Solve, SolveError, Solver, SolverStatus, StartContext, Step, StepContext};
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
    /// Involuntary context switches so far, if the system tells.
    fn involuntary_switches(&self) -> Option<i64>;
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
    next_level: i32,
}

impl Sampling {
    const DENSE_STEPS: u64 = 64;
    const GROWTH: f64 = 1.05;

    fn new() -> Self {
        Self { next_step: 0, next_level: i32::MAX }
    }

    /// Whether to record `step`, given the solver's own residual.
    fn is_due(&mut self, step: u64, residual: Option<f64>) -> bool {
        let crossed = match residual {
            Some(r) if r > 0.0 && r.is_finite() => {
                // A residual of exactly 10^k has reached level k.
                let level = decade(r);
                let crossed = level < self.next_level;
                self.next_level = self.next_level.min(level);
                crossed
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
    let (mut end, mut hasher) = (None, ResultHasher::default());
    let mut iterations = traced(solver, instance, job, host, &mut end)?;
    conclude(iterations.as_mut(), instance, &mut hasher, finish)?;
    let mut end: End = end.expect("a traced solve sets its end");
    end.result_hash = hasher.finish();
    match job.measure {
        Measure::Trace {} => {}
        Measure::Solve { warmup, samples } => {
            drop(iterations);
            for rep in 0..warmup + samples {
                if host.stop_requested() {
                    break;
                }
                repeat_solve(solver, instance, job, host, end.n_iter, rep, rep < warmup)?;
            }
        }
        Measure::Step { warmup, samples, min_sample_s } => {
            repeat_steps(iterations.as_mut(), host, warmup, samples, min_sample_s)?;
        }
    }
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
    let solution = iterations.solution();
    instance.hash_solution(solution, hasher);
    finish(solution)
}

fn traced<'a, S: Solver, H: Host + ?Sized>(
    solver: &'a S,
    instance: &'a S::Instance,
    job: &Job,
    host: &H,
    end: &mut Option<End>,
) -> Result<Solve<'a, S>, DriveError> {
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
    let iterations: RefCell<Solve<'a, S>> = RefCell::new(solver.start(instance, &job.start)?);
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
    let mut metrics = evaluate(0, &work, &notes)?;
    let mut status = None;
    while status.is_none() && step < stop.max_iter {
        notes.clear();
        clock.run();
        let outcome = iterations.borrow_mut().step(&mut StepContext {
            work: &mut work,
            notes: &mut notes,
            should_stop: &should_stop,
        });
        clock.pause();
        let outcome = outcome?;
        step += 1;

        let residual = iterations.borrow().residual();
        let claims_done = match (residual, stop.tol) {
            (Some(r), Some(tol)) => r <= tol,
            _ => false,
        };
        let not_finite = residual.is_some_and(|r| !r.is_finite());
        let out_of_time = over_budget();
        let stopped = host.stop_requested();
        let last = matches!(outcome, Step::Done(_)) || out_of_time || stopped || step == stop.max_iter;
        let due = sampling.is_due(step, residual);
        if !(due || claims_done || not_finite || last) {
            continue;
        }
        metrics = evaluate(step, &work, &notes)?;
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
        counters: work.counters().iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
        metrics,
        result_hash: String::new(),
        usage: Usage::default(),
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

fn untimed_step<Sol>(
    iterations: &mut dyn Iterations<Solution = Sol>,
    work: &mut Work,
    notes: &mut Vec<(&'static str, f64)>,
    host: &(impl Host + ?Sized),
) -> Result<Step, SolveError> {
    notes.clear();
    iterations.step(&mut StepContext { work, notes, should_stop: &|| host.stop_requested() })
}

fn repeat_solve<S: Solver, H: Host + ?Sized>(
    solver: &S,
    instance: &S::Instance,
    job: &Job,
    host: &H,
    steps: u64,
    rep: u32,
    warmup: bool,
) -> Result<(), DriveError> {
    let (mut work, mut notes) = (Work::default(), Vec::new());
    let switches = host.involuntary_switches();
    let began = host.now();
    let mut iterations = solver.start(instance, &job.start)?;
    for _ in 0..steps {
        if matches!(untimed_step(iterations.as_mut(), &mut work, &mut notes, host)?, Step::Done(_)) {
            break;
        }
    }
    emit_sample(host, began, switches, rep, warmup, 1)
}

fn repeat_steps<Sol, H: Host + ?Sized>(
    iterations: &mut dyn Iterations<Solution = Sol>,
    host: &H,
    warmup: u32,
    samples: u32,
    min_sample_s: f64,
) -> Result<(), DriveError> {
    let (mut work, mut notes) = (Work::default(), Vec::new());
    let wanted_ns = (min_sample_s * 1e9) as i64;
    let mut iters = 1;
    // Doubles the batch until it fills a sample.
    loop {
        let began = host.now().wall_ns;
        for _ in 0..iters {
            untimed_step(iterations, &mut work, &mut notes, host)?;
        }
        if host.now().wall_ns - began >= wanted_ns || host.stop_requested() {
            break;
        }
        iters *= 2;
    }
    for rep in 0..warmup + samples {
        if host.stop_requested() {
            break;
        }
        let switches = host.involuntary_switches();
        let began = host.now();
        for _ in 0..iters {
            untimed_step(iterations, &mut work, &mut notes, host)?;
        }
        emit_sample(host, began, switches, rep, rep < warmup, iters)?;
    }
    Ok(())
}

fn emit_sample<H: Host + ?Sized>(
    host: &H,
    began: Now,
    switches: Option<i64>,
    rep: u32,
    warmup: bool,
    iters: u64,
) -> Result<(), DriveError> {
    let now = host.now();
    let nivcsw = host.involuntary_switches().zip(switches).map(|(after, before)| after - before);
    host.emit(Frame::Sample(Sample {
        rep,
        warmup,
        wall_ns: now.wall_ns - began.wall_ns,
        cpu_ns: now.cpu_ns - began.cpu_ns,
        iters,
        nivcsw,
    }))?;
    Ok(())
}

#[cfg(test)]
mod tests;
