//! The safe and sparse Newton method of Tang and Qiu (2024).
//!
//! It minimises `F(α, β) = (1/η) Σ T_ij − a·α − b·β`, `T_ij = exp(η(α_i + β_j − C_ij))`, with the last `β` fixed at zero, by
//! regularised Newton steps `(H_δ + μ‖g‖ I) d = −g`. The Hessian is sparsified with an error bound: the smallest entries
//! of each column and then of each row of `T` are dropped while their sums stay below `δ = 0.01‖g‖` and `2δ`; the diagonal
//! stays that of the whole `T`, so `H_δ` is diagonally dominant and the system never singular. `μ` follows the ratio of
//! actual to predicted decrease, as in a trust region.

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    SolverStatus, StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::convergence::Convergence;
use super::newton_dense::rounding_floor;
use super::pcg::dot;
use super::point::{Dual, Point};
use super::sparse_cholesky::{Order, SparseCholesky};
use super::sparse_hessian::Hessian;
use super::ssns_sparsifier::Sparsifier;
use crate::instance::OtInstance;
use crate::kernels::{Kernels, Matrix};
use crate::solution::OtSolution;

/// Steps tried in turn.
const STEPS: [f64; 4] = [1.0, 0.5, 0.25, 0.1];

/// Newton steps in succession that may fail to lower the objective before the method gives up.
const MAX_REJECTIONS: u32 = 30;

/// Safe and sparse Newton steps.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ssns {
    /// First `μ`.
    pub mu_start: f64,
    /// Least `μ`.
    pub mu_least: f64,
    /// `δ / ‖g‖₂`: how much mass a column may lose.
    pub drop_factor: f64,
}

impl Default for Ssns {
    fn default() -> Self {
        Self { mu_start: 1.0, mu_least: 1e-3, drop_factor: 0.01 }
    }
}

impl Params for Ssns {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "mu_start", doc: "first factor μ of the shift μ‖g‖" },
        ParamDoc { name: "mu_least", doc: "least μ" },
        ParamDoc {
            name: "drop_factor",
            doc: "δ/‖g‖: the mass that sparsification may drop from a column; twice that from a row",
        },
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(self.mu_least > 0.0, "mu_least", "positive", self.mu_least)?;
        ParamError::require(self.mu_start >= self.mu_least, "mu_start", "at least mu_least", self.mu_start)?;
        ParamError::require(self.drop_factor >= 0.0, "drop_factor", "not negative", self.drop_factor)
    }
}

impl Solver for Ssns {
    const ID: &'static str = "ssns";
    const SUMMARY: &'static str =
        "Safe and sparse Newton: error-controlled sparsification, shifted Newton steps.";
    const SOURCE: &'static str =
        "Tang and Qiu, NeurIPS 2024: Safe and Sparse Newton Method for Entropic-Regularized OT";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let (n, m) = (instance.n(), instance.m());
        let mut kernels = Kernels::for_solving()?;
        let dual = Dual::of(instance);
        let mut at = Point::zeros(n, m);
        at.start_with_exact_columns(&mut kernels, &dual);
        Ok(Box::new(State {
            params: self,
            dual,
            kernels,
            trial: Point::zeros(n, m),
            best: Point::zeros(n, m),
            at,
            columns: Matrix::zeros(m, n),
            sparsifier: Sparsifier::default(),
            beyond_bounds: 0,
            hessian: Hessian::default(),
            cholesky: SparseCholesky::default(),
            is_fresh: false,
            rejections: 0,
            convergence: Convergence::default(),
            mu: self.mu_start,
            gradient: vec![0.0; n + m - 1],
            direction: vec![0.0; n + m],
            image: vec![0.0; n + m - 1],
            passes: 2,
            solution: OtSolution::zero_potentials(n, m),
        }))
    }
}

struct State<'a> {
    params: &'a Ssns,
    dual: Dual<'a>,
    kernels: Kernels,
    at: Point,
    trial: Point,
    /// The best of the steps that did not lower the objective.
    best: Point,
    /// The plan's transpose: its rows are the columns to be sparsified.
    columns: Matrix,
    sparsifier: Sparsifier,
    /// Rows and columns of the present point that lost more than they may.
    beyond_bounds: u64,
    hessian: Hessian,
    cholesky: SparseCholesky,
    /// Whether gradient, Hessian and symbolic factorisation are those of `at`: a rejected step leaves them so.
    is_fresh: bool,
    rejections: u32,
    convergence: Convergence,
    mu: f64,
    gradient: Vec<f64>,
    /// `d`, with the zero for the last `β`.
    direction: Vec<f64>,
    image: Vec<f64>,
    /// Passes not yet counted as work.
    passes: u64,
    solution: OtSolution,
}

impl State<'_> {
    fn n(&self) -> usize {
        self.dual.r.len()
    }

    /// Gradient, sparsified Hessian and symbolic factorisation at a new point. The objective `F` is the negative of the
    /// dual value.
    fn prepare(&mut self, norm_factor: f64) -> Result<(), SolveError> {
        self.at.marginals.gradient_of_minimisation(&self.dual, &mut self.gradient);
        let delta = norm_factor * norm(&self.gradient);
        transpose(&self.at.plan, &mut self.columns);
        self.passes += 1;
        self.sparsifier.run(&self.columns, delta);
        self.beyond_bounds = self.sparsifier.beyond(delta) as u64;
        self.hessian.assemble(self.sparsifier.columns(), &self.at.marginals, self.dual.eta);
        self.cholesky
            .analyse(&self.hessian.starts, &self.hessian.rows, Order::New)
            .map_err(|e| SolveError(format!("the sparse Hessian could not be analysed: {e}")))
    }

    /// The first step that lowers `F`, else the one with the least `F`; the point is left in `best`.
    fn search(&mut self) -> f64 {
        let n = self.n();
        let (dx, dy) = self.direction.split_at(n);
        self.best.value = f64::NEG_INFINITY;
        let mut taken = 0.0;
        for step in STEPS {
            moved(&self.at.x, step, dx, &mut self.trial.x);
            moved(&self.at.y, step, dy, &mut self.trial.y);
            self.trial.refresh(&mut self.kernels, &self.dual);
            self.passes += 1;
            if self.trial.value > self.best.value || taken == 0.0 {
                std::mem::swap(&mut self.trial, &mut self.best);
                taken = step;
            }
            if self.best.value > self.at.value {
                break;
            }
        }
        taken
    }
}

impl Iterations for State<'_> {
    type Solution = OtSolution;

    /// One shifted Newton step, accepted or rejected.
    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        if !self.is_fresh {
            self.prepare(self.params.drop_factor)?;
            self.is_fresh = true;
            context.work.count("symbolic_factorisations", 1);
            context.work.count("lines_beyond_delta", self.beyond_bounds);
        }
        let shift = self.mu * norm(&self.gradient);
        let unknowns = self.gradient.len();
        for (d, g) in self.direction.iter_mut().zip(&self.gradient) {
            *d = -g;
        }
        let (hessian, direction) = (&self.hessian, &mut self.direction[..unknowns]);
        let solved = self.cholesky.solve(&hessian.starts, &hessian.rows, &hessian.values, shift, direction);
        context.work.count("factorisations", 1);
        context.work.count("failed_factorisations", u64::from(!solved));
        context.work.spend(self.cholesky.factor_len() as u64);
        context.note("nnz", self.sparsifier.kept() as f64);
        context.note("dropped_mass", self.sparsifier.dropped_mass);
        context.note("mu", self.mu);
        if !solved {
            return Ok(Step::Done(SolverStatus::Numerical));
        }
        let step = self.search();
        context.note("step_length", step);
        let s = &mut self.direction[..unknowns];
        for s in s.iter_mut() {
            *s *= step;
        }
        self.hessian.multiply(s, &mut self.image);
        let predicted = -dot(&self.gradient, s) - 0.5 * dot(s, &self.image);
        let actual = self.best.value - self.at.value;
        // Where both drown in the rounding of F, the marginal error decides.
        let drowned = predicted.abs() < 1e-14 * self.at.value.abs();
        let rho = if !drowned {
            actual / predicted
        } else if self.best.marginal_l1 < self.at.marginal_l1 {
            1.0
        } else {
            0.0
        };
        if rho < 0.25 || rho.is_nan() {
            self.mu *= 4.0;
        } else if rho > 0.75 {
            self.mu = (0.5 * self.mu).max(self.params.mu_least);
        }
        context.note("rho", rho);
        context.work.spend(std::mem::take(&mut self.passes) * self.dual.entries());
        if rho > 0.0 {
            let rounding = rounding_floor(self.dual.eta, &self.at);
            let order = self.convergence.step(self.at.marginal_l1, self.best.marginal_l1, rounding);
            std::mem::swap(&mut self.at, &mut self.best);
            (self.is_fresh, self.rejections) = (false, 0);
            context.work.count("newton_steps", 1);
            let is_super_linear = order.is_some_and(|step| step.is_super_linear);
            context.work.count("super_linear_steps", u64::from(is_super_linear));
            if let Some(step) = order {
                context.note("order", step.order);
            }
        } else {
            self.convergence.interrupt();
            self.rejections += 1;
            if self.rejections >= MAX_REJECTIONS {
                return Ok(Step::Done(SolverStatus::Stalled));
            }
        }
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        Some(self.at.marginal_l1)
    }

    fn solution(&mut self) -> &OtSolution {
        self.solution.set_potentials(&self.at.x, &self.at.y);
        &self.solution
    }
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

fn moved(from: &[f64], step: f64, d: &[f64], to: &mut [f64]) {
    for ((to, from), d) in to.iter_mut().zip(from).zip(d) {
        *to = from + step * d;
    }
}

/// `to = fromᵀ`, tile by tile.
fn transpose(from: &Matrix, to: &mut Matrix) {
    const TILE: usize = 8;
    for top in (0..from.n()).step_by(TILE) {
        for left in (0..from.m()).step_by(TILE) {
            for j in left..(left + TILE).min(from.m()) {
                let out = to.row_mut(j);
                for (i, out) in out.iter_mut().enumerate().skip(top).take(TILE) {
                    *out = from.row(i)[j];
                }
            }
        }
    }
}
