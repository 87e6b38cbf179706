//! Solvers: methods, as iterators over states.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::{Device, Dtype, ProblemSpec};
use crate::params::Params;
use crate::problem::{Instance, Randomness};
use crate::seed::Seeds;
use crate::work::Work;

/// How far two runs of the same cell may differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Determinism {
    /// The same bits, for any thread count.
    Bitwise,
    /// The same up to this relative tolerance.
    Tolerance(f64),
    /// The same distribution.
    Statistical,
}

/// How a solve ended, as the solver sees it (apart from how the process ended: [`Outcome`](crate::Outcome)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SolverStatus {
    /// The tolerance was reached, judged by the instance's own evaluation.
    Solved,
    /// The solver believes that it is done, but the evaluation is above the tolerance.
    Almost,
    /// The step limit was reached.
    MaxIter,
    /// The time budget was reached.
    MaxTime,
    /// The metric is not finite, or the method's own test of divergence fired.
    Diverged,
    /// A linear solve or a line search broke down.
    Numerical,
    /// The instance has no solution.
    Infeasible,
    /// No progress.
    Stalled,
    /// It was told to stop.
    Stopped,
}

impl fmt::Display for SolverStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SolverStatus::Solved => "solved",
            SolverStatus::Almost => "almost",
            SolverStatus::MaxIter => "max_iter",
            SolverStatus::MaxTime => "max_time",
            SolverStatus::Diverged => "diverged",
            SolverStatus::Numerical => "numerical",
            SolverStatus::Infeasible => "infeasible",
            SolverStatus::Stalled => "stalled",
            SolverStatus::Stopped => "stopped",
        })
    }
}

/// A solver cannot work on this instance. The message says why, and what would work.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SolveError(pub String);

/// What a solver gets when it starts.
#[derive(Debug, Clone)]
pub struct StartContext {
    /// Random streams.
    pub seeds: Seeds,
    /// The number of threads it may use; rayon's global pool has as many.
    pub threads: usize,
    /// Where to compute.
    pub device: Device,
    /// In which element type.
    pub dtype: Dtype,
    /// The tolerance at which the run will be stopped, for methods that adapt to it.
    pub tol: Option<f64>,
    /// The most steps that will be made.
    pub max_iter: u64,
}

/// What a solver gets at each step.
pub struct StepContext<'a> {
    /// Counts the work of the step.
    pub work: &'a mut Work,
    pub(crate) notes: &'a mut Vec<(&'static str, f64)>,
    pub(crate) made: &'a mut u64,
    pub(crate) should_stop: &'a dyn Fn() -> bool,
}

impl StepContext<'_> {
    /// Records a number about this step (`newton_damping`, `nnz`, …) for the trace. It costs nothing when the step is
    /// not recorded. A step has at most 64 notes; further ones are dropped.
    pub fn note(&mut self, name: &'static str, value: f64) {
        const MOST: usize = 64;
        if self.notes.len() < MOST {
            self.notes.push((name, value));
        }
    }

    /// Says that this call made `n` steps of the method, not one: for programs that are run for many steps at a time.
    pub fn made(&mut self, n: u64) {
        *self.made = n;
    }

    /// Whether the budget is spent or the run is being stopped. A step that takes long asks from time to time, and
    /// returns [`Step::Continue`] when told so.
    pub fn should_stop(&self) -> bool {
        (self.should_stop)()
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    Continue,
    /// The method is finished.
    Done(SolverStatus),
}

/// The states of one solve.
pub trait Iterations {
    /// What the instance judges.
    type Solution;

    /// Makes one step of the method, as its paper counts steps.
    ///
    /// # Errors
    ///
    /// When the instance turns out to be unsuitable. A numerical breakdown is `Done(Numerical)`, not an error.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError>;

    /// The stop metric of the current state, if the method knows it for free. The harness believes no solver: it
    /// evaluates the solution before it calls a run solved. Without it the harness evaluates when a trace point is due.
    fn residual(&self) -> Option<f64> {
        None
    }

    /// Whether there is a solution yet that may be judged. Most methods have one from the start; a program may first have to
    /// answer, and what an exact method has on its way may look solved and is not. A run that ends before has no metrics.
    fn has_solution(&self) -> bool {
        true
    }

    /// Whether steps can be made after the run is over, to time them. A program of somebody else ends with its solve, and
    /// is given solves of many steps instead.
    fn goes_on(&self) -> bool {
        true
    }

    /// The current state as a solution. The solver's clock is stopped meanwhile.
    fn solution(&mut self) -> &Self::Solution;
}

/// The solution type of a solver.
pub type SolutionOf<S> = <<S as Solver>::Instance as Instance>::Solution;

/// The states of one solve of the solver `S`.
pub type Solve<'a, S> = Box<dyn Iterations<Solution = SolutionOf<S>> + 'a>;

/// A method. The implementing struct is the parameters, with the paper's values as defaults.
pub trait Solver: Params {
    /// The id used in YAML and on the command line: the method's name in its paper.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// Where it is defined: paper, section, algorithm.
    const SOURCE: &'static str;
    /// How far two runs may differ.
    const DETERMINISM: Determinism;
    /// Whether it draws random numbers.
    const RANDOMNESS: Randomness;
    /// Devices it can compute on.
    const DEVICES: &'static [Device] = &[Device::Cpu];
    /// Element types it can compute in.
    const DTYPES: &'static [Dtype] = &[Dtype::F64];
    /// What it solves.
    type Instance: Instance;

    /// Whether it can solve a problem, asked when the plan is made.
    ///
    /// # Errors
    ///
    /// The reason why not; the cell is then planned as skipped.
    fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
        let _ = problem;
        Ok(())
    }

    /// Starts a solve: allocates and sets the initial state. It is on the clock.
    ///
    /// # Errors
    ///
    /// When the instance is unsuitable.
    fn start<'a>(
        &'a self,
        instance: &'a Self::Instance,
        context: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError>;
}
