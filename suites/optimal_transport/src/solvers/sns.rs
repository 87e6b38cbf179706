//! Sinkhorn-Newton-Sparse, as in the paper.

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::convergence::Convergence;
use super::log_sinkhorn::LogSinkhorn;
use super::newton_dense::rounding_floor;
use super::pcg::{Pcg, PcgStop, dot};
use super::point::{Direction, Dual, Point, SearchReport, backtrack};
use crate::kernels::{Csr, Kernels};
use crate::{OtInstance, OtSolution};

/// A mass that only a plan with clamped entries has (see [`MAX_EXPONENT`](crate::kernels::MAX_EXPONENT)).
const OVERFLOW: f64 = 1e300;

/// What the paper's density `λ = keep_per_row / n` is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DensityBase {
    /// The entries of the plan: `λ n m` of them are kept.
    Plan,
    /// The entries of the Hessian: `λ (n + m)²` are kept, the diagonal and both copies of the plan's entries included.
    Hessian,
}

/// Sinkhorn-Newton-Sparse (Tang et al., ICLR 2024): `N1` Sinkhorn iterations, then Newton steps on the dual whose Hessian
/// keeps the largest entries of the plan only, solved by conjugate gradients, with a backtracking line search.
///
/// The paper does not give the rules of its line search and of its conjugate gradients; those here are documented in the
/// suite's README.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sns {
    sinkhorn_iterations: u64,
    newton_iterations: u64,
    keep_per_row: f64,
    density_base: DensityBase,
    step_cap: Option<f64>,
}

impl Default for Sns {
    fn default() -> Self {
        Self {
            sinkhorn_iterations: 20,
            newton_iterations: 10_000,
            keep_per_row: 4.0,
            density_base: DensityBase::Plan,
            step_cap: None,
        }
    }
}

impl Params for Sns {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "sinkhorn_iterations", doc: "N1, Sinkhorn iterations before the first Newton step" },
        ParamDoc { name: "newton_iterations", doc: "N2, the most Newton steps" },
        ParamDoc {
            name: "keep_per_row",
            doc: "λ·n: entries kept for each row on average; the paper says 2 (L1 images: 15), which `density_base` interprets",
        },
        ParamDoc {
            name: "density_base",
            doc: "`plan`: λ is a share of the plan's entries; `hessian`: of the Hessian's",
        },
        ParamDoc {
            name: "step_cap",
            doc: "largest rise of log P_ij in a Newton step, as in sns_continuation; null: no cap, as in the paper",
        },
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(self.keep_per_row > 0.0, "keep_per_row", "positive", self.keep_per_row)?;
        let cap = self.step_cap.unwrap_or(1.0);
        ParamError::require(cap > 0.0, "step_cap", "positive or null", cap)
    }
}

impl Sns {
    /// How many entries of an `n × m` plan are kept.
    fn kept_entries(&self, n: usize, m: usize) -> usize {
        let (n, m) = (n as f64, m as f64);
        let kept = match self.density_base {
            DensityBase::Plan => self.keep_per_row * n,
            // λ (n + m)² entries in all, of which n + m are the diagonal; the rest are pairs. λ = keep_per_row / m.
            DensityBase::Hessian => (self.keep_per_row / m * (n + m) * (n + m) - (n + m)) / 2.0,
        };
        kept.ceil().clamp(0.0, n * m) as usize
    }
}

impl Solver for Sns {
    const ID: &'static str = "sns";
    const SUMMARY: &'static str =
        "Sinkhorn-Newton-Sparse: Sinkhorn, then Newton steps with a sparsified Hessian";
    const SOURCE: &'static str =
        "Tang, Shavlovsky, Rahmanian, Tardini, Thekumparampil, Xiao, Ying, ICLR 2024, algorithm 1";
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
        let sinkhorn = LogSinkhorn::start(&mut kernels, &dual);
        Ok(Box::new(Run {
            params: self,
            keep: self.kept_entries(n, m),
            dual,
            kernels,
            sinkhorn,
            newton: Newton {
                point: Point::zeros(n, m),
                trial: Point::zeros(n, m),
                kept: Csr::default(),
                pcg: Pcg::default(),
                gradient: vec![0.0; n + m],
                diagonal: vec![0.0; n + m],
                direction: vec![0.0; n + m],
                convergence: Convergence::default(),
            },
            steps: 0,
            marginal_l1: None,
            solution: OtSolution::zero_potentials(n, m),
        }))
    }
}

struct Newton {
    point: Point,
    trial: Point,
    kept: Csr,
    pcg: Pcg,
    gradient: Vec<f64>,
    diagonal: Vec<f64>,
    direction: Vec<f64>,
    convergence: Convergence,
}

struct Run<'a> {
    params: &'a Sns,
    keep: usize,
    dual: Dual<'a>,
    kernels: Kernels,
    sinkhorn: LogSinkhorn,
    newton: Newton,
    steps: u64,
    marginal_l1: Option<f64>,
    solution: OtSolution,
}

impl Run<'_> {
    fn sinkhorn_step(&mut self, context: &mut StepContext<'_>) {
        self.marginal_l1 = Some(self.sinkhorn.iterate(&mut self.kernels, &self.dual));
        context.work.spend(LogSinkhorn::PASSES * self.dual.entries());
        context.work.count("sinkhorn_iterations", 1);
        context.note("phase", 0.0);
    }

    /// The state of the Newton stage at the potentials that Sinkhorn reached; at zero without any Sinkhorn iteration.
    fn enter_newton(&mut self, context: &mut StepContext<'_>) {
        if self.steps > 0 {
            self.newton.point.x.copy_from_slice(&self.sinkhorn.x);
            self.newton.point.y.copy_from_slice(&self.sinkhorn.y);
        }
        self.newton.point.refresh(&mut self.kernels, &self.dual);
        context.work.spend(self.dual.entries());
    }

    /// A Newton step, or a Sinkhorn iteration where its line search fails.
    fn newton_step(&mut self, context: &mut StepContext<'_>) {
        let Newton { point, trial, kept, pcg, gradient, diagonal, direction, convergence } = &mut self.newton;
        let (kernels, dual) = (&mut self.kernels, &self.dual);
        let n = dual.r.len();
        kernels.select_largest(&point.plan, point.plan.m(), self.keep, kept);
        let dropped: f64 = 1.0 - kept.values().iter().sum::<f64>() / point.marginals.mass();

        let (gx, gy) = gradient.split_at_mut(n);
        point.gradient(dual, gx, gy);
        remove_gauge(gx, gy);
        diagonal[..n].copy_from_slice(&point.marginals.rows);
        diagonal[n..].copy_from_slice(&point.marginals.columns);
        let cap = 5 * diagonal.len() as u64;
        // Below 1e-8 of the gradient there is nothing but rounding.
        let relative = (0.1 * point.marginal_l1).clamp(1e-8, 1e-2);
        let stop = PcgStop { relative, cap, interrupted: &|| context.should_stop() };
        let report = pcg.solve(
            |d, out| {
                let (out_x, out_y) = out.split_at_mut(n);
                kernels.sparse_matvec(kept, &d[n..], out_x);
                kernels.sparse_matvec_transposed(kept, &d[..n], out_y);
                for ((out, d), sum) in out.iter_mut().zip(d).zip(diagonal.iter()) {
                    *out += sum * d;
                }
            },
            diagonal,
            gradient,
            stop,
            direction,
        );
        for d in direction.iter_mut() {
            *d /= dual.eta;
        }
        let slope = dot(gradient, direction);
        let (dx, dy) = direction.split_at(n);
        let first = self.params.step_cap.map_or(1.0, |cap| capped_step(cap, dual.eta, dx, dy));
        // At zero potentials with negative costs the plan may overflow: then its entries are clamped, and Newton's method
        // would follow what is not the dual.
        let overflows = point.marginals.mass() >= OVERFLOW;
        let search = if point.value.is_finite() && slope.is_finite() && !overflows {
            backtrack(kernels, dual, point, &Direction { dx, dy, slope }, (first, 30), trial)
        } else {
            SearchReport { accepted: None, passes: 0 }
        };
        if search.accepted.is_some() {
            let rounding = rounding_floor(dual.eta, point);
            let of_step = convergence.step(point.marginal_l1, trial.marginal_l1, rounding);
            std::mem::swap(point, trial);
            context.work.count("newton_steps", 1);
            let is_super_linear = of_step.is_some_and(|step| step.is_super_linear);
            context.work.count("super_linear_steps", u64::from(is_super_linear));
            if let Some(step) = of_step {
                context.note("order", step.order);
            }
        } else {
            convergence.interrupt();
            let (row_scratch, column_scratch) = gradient.split_at_mut(n);
            point.sinkhorn_iteration(kernels, dual, row_scratch, column_scratch);
            context.work.spend(3 * dual.entries());
            context.work.count("sinkhorn_iterations", 1);
        }
        context.work.count("line_search_failures", u64::from(search.accepted.is_none()));
        self.marginal_l1 = Some(point.marginal_l1);

        // The selection is a pass, too.
        context.work.spend((search.passes + 1) * dual.entries() + 2 * report.iterations * kept.nnz() as u64);
        context.work.count("cg_iterations", report.iterations);
        context.note("phase", 1.0);
        context.note("step_length", search.accepted.unwrap_or(0.0));
        context.note("cg_relative_residual", report.relative_residual);
        context.note("nnz", kept.nnz() as f64);
        context.note("dropped_mass", dropped);
    }
}

/// Takes the part in the null space `(1, −1)` of the full Hessian out of a gradient: it is rounding.
fn remove_gauge(gx: &mut [f64], gy: &mut [f64]) {
    let excess = gx.iter().sum::<f64>() - gy.iter().sum::<f64>();
    let share = excess / (gx.len() + gy.len()) as f64;
    for g in gx {
        *g -= share;
    }
    for g in gy {
        *g += share;
    }
}

/// The most by which a step raises an `η(x_i + y_j)`.
pub(crate) fn log_rise(eta: f64, dx: &[f64], dy: &[f64]) -> f64 {
    let largest = |d: &[f64]| d.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    eta * (largest(dx) + largest(dy))
}

/// The largest step, at most 1, that lets no `η(x_i + y_j)` rise by more than `cap`.
pub(crate) fn capped_step(cap: f64, eta: f64, dx: &[f64], dy: &[f64]) -> f64 {
    let rise = log_rise(eta, dx, dy);
    if rise > cap { cap / rise } else { 1.0 }
}

impl Iterations for Run<'_> {
    type Solution = OtSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        let newton_from = self.params.sinkhorn_iterations;
        if self.steps == 0 {
            context.work.spend(LogSinkhorn::START_PASSES * self.dual.entries());
        }
        if self.steps < newton_from {
            self.sinkhorn_step(context);
        } else {
            if self.steps == newton_from {
                self.enter_newton(context);
            }
            self.newton_step(context);
        }
        self.steps += 1;
        let spent = self.steps >= newton_from.saturating_add(self.params.newton_iterations);
        Ok(if spent { Step::Done(SolverStatus::MaxIter) } else { Step::Continue })
    }

    fn residual(&self) -> Option<f64> {
        self.marginal_l1
    }

    fn solution(&mut self) -> &OtSolution {
        let in_newton = self.steps > self.params.sinkhorn_iterations;
        let (x, y) = if in_newton {
            (&self.newton.point.x, &self.newton.point.y)
        } else {
            (&self.sinkhorn.x, &self.sinkhorn.y)
        };
        self.solution.set_potentials(x, y);
        &self.solution
    }
}
