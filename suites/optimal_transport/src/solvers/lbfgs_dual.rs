//! L-BFGS on the dual (Liu and Nocedal 1989), started by one Sinkhorn iteration in the log domain.
//!
//! It minimises `F = −f`. The initial inverse Hessian of each step is `γ diag(η r, η c)^{-1}`: that of the diagonal of the
//! Hessian at the optimum, so that unequal masses do no harm. The line search brackets a point that satisfies the weak
//! Wolfe conditions by doubling and bisection (Lewis and Overton 2013); where the change of `F` drowns in rounding, the
//! slope alone decides (the approximate Wolfe condition of Hager and Zhang 2005).

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::log_sinkhorn::LogSinkhorn;
use super::pcg::dot;
use super::point::Dual;
use crate::instance::OtInstance;
use crate::kernels::{Kernels, Marginals, Potentials};
use crate::solution::OtSolution;

/// Fraction of the promised decrease that a step must bring.
const DECREASE: f64 = 1e-4;
/// Fraction of the slope that a step may leave.
const CURVATURE: f64 = 0.9;
/// Evaluations of one line search.
const MAX_EVALUATIONS: u32 = 40;

/// Limited-memory quasi-Newton ascent of the dual.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LbfgsDual {
    /// Pairs of steps and gradient changes remembered.
    pub memory: usize,
}

impl Default for LbfgsDual {
    fn default() -> Self {
        Self { memory: 8 }
    }
}

impl Params for LbfgsDual {
    const DOCS: &'static [ParamDoc] =
        &[ParamDoc { name: "memory", doc: "pairs of steps and gradient changes remembered" }];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require((1..=100).contains(&self.memory), "memory", "between 1 and 100", self.memory)
    }
}

impl Solver for LbfgsDual {
    const ID: &'static str = "lbfgs_dual";
    const SUMMARY: &'static str = "L-BFGS on the dual with a Wolfe line search.";
    const SOURCE: &'static str =
        "Liu and Nocedal 1989; for transport: Blondel, Seguy, Rolet 2018 (arXiv:1710.06276)";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let (n, m) = (instance.n(), instance.m());
        let dual = Dual::of(instance);
        let mut kernels = Kernels::new();
        let mut sinkhorn = LogSinkhorn::start(&mut kernels, &dual);
        sinkhorn.iterate(&mut kernels, &dual);
        let mut at = Iterate::zeros(n, m);
        at.z[..n].copy_from_slice(&sinkhorn.x);
        at.z[n..].copy_from_slice(&sinkhorn.y);
        at.evaluate(&mut kernels, &dual);
        let inverse_diagonal =
            instance.r().iter().chain(instance.c()).map(|mass| 1.0 / (instance.eta() * mass)).collect();
        Ok(Box::new(State {
            dual,
            kernels,
            trial: at.clone(),
            at,
            history: History::new(self.memory, n + m),
            inverse_diagonal,
            direction: vec![0.0; n + m],
            passes: LogSinkhorn::START_PASSES + LogSinkhorn::PASSES + 1,
            solution: OtSolution::zero_potentials(n, m),
        }))
    }
}

/// A point with value and gradient of `F`.
#[derive(Clone)]
struct Iterate {
    /// `x`, then `y`.
    z: Vec<f64>,
    gradient: Vec<f64>,
    value: f64,
    marginal_l1: f64,
    marginals: Marginals,
}

impl Iterate {
    fn zeros(n: usize, m: usize) -> Self {
        Self {
            z: vec![0.0; n + m],
            gradient: vec![0.0; n + m],
            value: f64::INFINITY,
            marginal_l1: f64::INFINITY,
            marginals: Marginals::zeros(n, m),
        }
    }

    /// One pass over the costs.
    fn evaluate(&mut self, kernels: &mut Kernels, dual: &Dual<'_>) {
        let n = dual.r.len();
        let (x, y) = self.z.split_at(n);
        kernels.marginals(Potentials { cost: dual.cost, eta: dual.eta, x, y }, &mut self.marginals);
        self.value = self.marginals.mass() / dual.eta - dot(dual.r, x) - dot(dual.c, y);
        self.marginal_l1 = self.marginals.l1_error(dual.r, dual.c);
        let sums = self.marginals.rows.iter().chain(&self.marginals.columns);
        for ((g, sum), target) in self.gradient.iter_mut().zip(sums).zip(dual.r.iter().chain(dual.c)) {
            *g = sum - target;
        }
    }
}

/// The last steps `s` and gradient changes `y`, oldest overwritten.
struct History {
    steps: Vec<Vec<f64>>,
    changes: Vec<Vec<f64>>,
    /// `s·y` of each pair.
    curvatures: Vec<f64>,
    weights: Vec<f64>,
    len: usize,
    next: usize,
}

impl History {
    fn new(memory: usize, dimension: usize) -> Self {
        Self {
            steps: vec![vec![0.0; dimension]; memory],
            changes: vec![vec![0.0; dimension]; memory],
            curvatures: vec![0.0; memory],
            weights: vec![0.0; memory],
            len: 0,
            next: 0,
        }
    }

    fn push(&mut self, from: &Iterate, to: &Iterate) {
        let k = self.next;
        difference(&to.z, &from.z, &mut self.steps[k]);
        difference(&to.gradient, &from.gradient, &mut self.changes[k]);
        let curvature = dot(&self.steps[k], &self.changes[k]);
        // The Wolfe conditions make it positive; rounding near the optimum may not.
        if curvature > f64::EPSILON * dot(&self.changes[k], &self.changes[k]) {
            self.curvatures[k] = curvature;
            self.next = (k + 1) % self.steps.len();
            self.len = (self.len + 1).min(self.steps.len());
        }
    }

    /// Places from the newest pair to the oldest.
    fn newest_first(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (memory, next) = (self.steps.len(), self.next);
        (1..=self.len).map(move |back| (next + memory - back) % memory)
    }

    /// `d ← −H d`, by the two loops, for `d` the gradient.
    fn descend(&mut self, inverse_diagonal: &[f64], d: &mut [f64]) {
        for k in self.newest_first() {
            let weight = dot(&self.steps[k], d) / self.curvatures[k];
            self.weights[k] = weight;
            add(d, -weight, &self.changes[k]);
        }
        let gamma = self.newest_first().next().map_or(1.0, |k| {
            let change = &self.changes[k];
            let scaled: f64 = change.iter().zip(inverse_diagonal).map(|(y, h)| y * y * h).sum();
            self.curvatures[k] / scaled
        });
        d.iter_mut().zip(inverse_diagonal).for_each(|(d, h)| *d *= gamma * h);
        for k in self.newest_first().rev() {
            let correction = self.weights[k] - dot(&self.changes[k], d) / self.curvatures[k];
            add(d, correction, &self.steps[k]);
        }
        for d in d.iter_mut() {
            *d = -*d;
        }
    }
}

fn difference(a: &[f64], b: &[f64], out: &mut [f64]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a - b;
    }
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

struct State<'a> {
    dual: Dual<'a>,
    kernels: Kernels,
    at: Iterate,
    trial: Iterate,
    history: History,
    inverse_diagonal: Vec<f64>,
    direction: Vec<f64>,
    /// Passes not yet counted as work.
    passes: u64,
    solution: OtSolution,
}

impl State<'_> {
    /// Leaves in `trial` a point that satisfies the weak Wolfe conditions; gives the step, or `None` where there is none.
    fn search(&mut self, slope: f64) -> Option<f64> {
        let (mut low, mut high, mut step) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..MAX_EVALUATIONS {
            for ((to, z), d) in self.trial.z.iter_mut().zip(&self.at.z).zip(&self.direction) {
                *to = z + step * d;
            }
            self.trial.evaluate(&mut self.kernels, &self.dual);
            self.passes += 1;
            let new_slope = dot(&self.trial.gradient, &self.direction);
            let change = self.trial.value - self.at.value;
            let drowned =
                change <= 1e-14 * self.at.value.abs() && new_slope <= (2.0 * DECREASE - 1.0) * slope;
            // A value that is not finite is no decrease.
            if !(change <= DECREASE * step * slope || drowned) {
                high = step;
            } else if new_slope < CURVATURE * slope {
                low = step;
            } else {
                return Some(step);
            }
            step = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * step };
        }
        None
    }
}

impl Iterations for State<'_> {
    type Solution = OtSolution;

    /// One quasi-Newton step.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        self.direction.copy_from_slice(&self.at.gradient);
        self.history.descend(&self.inverse_diagonal, &mut self.direction);
        let mut slope = dot(&self.at.gradient, &self.direction);
        if slope >= 0.0 {
            self.history.len = 0;
            self.direction.copy_from_slice(&self.at.gradient);
            self.history.descend(&self.inverse_diagonal, &mut self.direction);
            slope = dot(&self.at.gradient, &self.direction);
        }
        let found = self.search(slope);
        context.work.spend(std::mem::take(&mut self.passes) * self.dual.entries());
        context.work.count("gradients", 1);
        context.note("step_length", found.unwrap_or(0.0));
        if found.is_some() {
            self.history.push(&self.at, &self.trial);
            std::mem::swap(&mut self.at, &mut self.trial);
            return Ok(Step::Continue);
        }
        if self.history.len == 0 {
            return Ok(Step::Done(SolverStatus::Stalled));
        }
        // Rounding has spoilt the memory: begin again from here.
        self.history.len = 0;
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        Some(self.at.marginal_l1)
    }

    fn solution(&mut self) -> &OtSolution {
        let (x, y) = self.at.z.split_at(self.dual.r.len());
        self.solution.set_potentials(x, y);
        &self.solution
    }
}
