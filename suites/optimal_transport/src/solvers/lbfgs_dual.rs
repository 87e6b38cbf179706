//! L-BFGS on the dual (Liu and Nocedal 1989), started by one Sinkhorn iteration in the log domain.
//!
//! It minimises `F = −f`. The initial inverse Hessian of each step is `γ diag(η r, η c)^{-1}`: that of the diagonal of the
//! Hessian at the optimum, so that unequal masses do no harm. The line search is that of [`super::wolfe`].

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::bfgs::{Pairs, difference};
use super::log_sinkhorn::LogSinkhorn;
use super::pcg::dot;
use super::point::Dual;
use super::wolfe::{self, Limits, WolfeReport};
use crate::instance::OtInstance;
use crate::kernels::{Kernels, Marginals, Potentials};
use crate::solution::OtSolution;

/// Evaluations of one line search.
const MAX_EVALUATIONS: u64 = 40;
/// No step is longer than this times the direction.
const LONGEST: f64 = 1e10;

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
        let mut kernels = Kernels::for_solving()?;
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
            pairs: Pairs::new(self.memory, n + m),
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
        self.marginals.gradient_of_minimisation(dual, &mut self.gradient);
    }
}

struct State<'a> {
    dual: Dual<'a>,
    kernels: Kernels,
    at: Iterate,
    trial: Iterate,
    pairs: Pairs,
    inverse_diagonal: Vec<f64>,
    direction: Vec<f64>,
    /// Passes not yet counted as work.
    passes: u64,
    solution: OtSolution,
}

impl State<'_> {
    /// The direction `−H g`; gives its slope.
    fn descend(&mut self) -> f64 {
        let Self { at, pairs, inverse_diagonal, direction, .. } = self;
        let gamma = pairs.newest().map_or(1.0, |(change, curvature)| {
            let scaled: f64 = change.iter().zip(&*inverse_diagonal).map(|(y, h)| y * y * h).sum();
            curvature / scaled
        });
        direction.copy_from_slice(&at.gradient);
        pairs.apply(direction, |d| d.iter_mut().zip(inverse_diagonal).for_each(|(d, h)| *d *= gamma * *h));
        for d in direction.iter_mut() {
            *d = -*d;
        }
        dot(&at.gradient, direction)
    }

    /// Leaves in `trial` a point that satisfies the Wolfe conditions.
    fn search(&mut self, slope: f64) -> WolfeReport {
        let Self { dual, kernels, at, trial, direction, .. } = self;
        let limits = Limits {
            first: 1.0,
            extrapolation: [1.1, 4.0],
            longest: LONGEST,
            max_evaluations: MAX_EVALUATIONS,
            resolution: dual.resolution(at.z.split_at(dual.r.len())),
        };
        wolfe::search(slope, limits, |step| {
            for ((to, z), d) in trial.z.iter_mut().zip(&at.z).zip(&*direction) {
                *to = z + step * d;
            }
            trial.evaluate(kernels, dual);
            (trial.value - at.value, dot(&trial.gradient, direction))
        })
    }
}

impl Iterations for State<'_> {
    type Solution = OtSolution;

    /// One quasi-Newton step.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        let mut slope = self.descend();
        if slope >= 0.0 {
            self.pairs.clear();
            slope = self.descend();
        }
        let found = self.search(slope);
        let passes = std::mem::take(&mut self.passes) + found.evaluations;
        context.work.spend(passes * self.dual.entries());
        context.work.count("gradients", 1);
        context.note("step_length", found.accepted.unwrap_or(0.0));
        if found.accepted.is_some() {
            let Self { at, trial, pairs, .. } = self;
            // The Wolfe conditions make the curvature positive; rounding near the optimum may not.
            pairs.push(difference(&trial.z, &at.z), difference(&trial.gradient, &at.gradient), f64::EPSILON);
            std::mem::swap(at, trial);
            return Ok(Step::Continue);
        }
        if self.pairs.is_empty() {
            return Ok(Step::Done(SolverStatus::Stalled));
        }
        // Rounding has spoilt the memory: begin again from here.
        self.pairs.clear();
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
