//! A point of the dual with everything a Newton step needs, and the line search between points.
//!
//! The dual is `f(x, y) = r·x + c·y − (1/η) Σ P_ij` with `P_ij = exp(η(x_i + y_j − C_ij))`, to be maximised. Its gradient is
//! `(r − P1, c − Pᵀ1)` and its Hessian `−η [[diag(P1), P], [Pᵀ, diag(Pᵀ1)]]`.

use super::log_sinkhorn::update;
use super::pcg::dot;
use crate::OtInstance;
use crate::kernels::{Kernels, Marginals, Matrix, Potentials};

/// The data of the dual.
#[derive(Clone, Copy)]
pub(crate) struct Dual<'a> {
    pub(crate) cost: &'a Matrix,
    pub(crate) r: &'a [f64],
    pub(crate) c: &'a [f64],
    pub(crate) eta: f64,
}

impl<'a> Dual<'a> {
    pub(crate) fn of(instance: &'a OtInstance) -> Self {
        Self { cost: instance.cost(), r: instance.r(), c: instance.c(), eta: instance.eta() }
    }

    /// Entries of the matrix: the work of one pass.
    pub(crate) fn entries(&self) -> u64 {
        (self.cost.n() * self.cost.m()) as u64
    }

    /// How much of the dual value at these potentials, near the optimum, may be rounding: a share of its terms.
    pub(crate) fn resolution(&self, (x, y): (&[f64], &[f64])) -> f64 {
        let moment = |w: &[f64], z: &[f64]| w.iter().zip(z).map(|(w, z)| w * z.abs()).sum::<f64>();
        8.0 * f64::EPSILON * (1.0 / self.eta + moment(self.r, x) + moment(self.c, y))
    }
}

/// A point with its plan.
pub(crate) struct Point {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) plan: Matrix,
    pub(crate) marginals: Marginals,
    /// The dual value; −∞ where the plan overflows, which a line search rejects.
    pub(crate) value: f64,
    /// `‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁`.
    pub(crate) marginal_l1: f64,
}

impl Point {
    pub(crate) fn zeros(n: usize, m: usize) -> Self {
        Self {
            x: vec![0.0; n],
            y: vec![0.0; m],
            plan: Matrix::zeros(n, m),
            marginals: Marginals::zeros(n, m),
            value: f64::NEG_INFINITY,
            marginal_l1: f64::INFINITY,
        }
    }

    /// Computes the plan and what follows from it: one pass over the matrix.
    pub(crate) fn refresh(&mut self, kernels: &mut Kernels, dual: &Dual<'_>) {
        let potentials = Potentials { cost: dual.cost, eta: dual.eta, x: &self.x, y: &self.y };
        kernels.plan(potentials, &mut self.plan, &mut self.marginals);
        let merit = Merit::of(dual, &self.x, &self.y, &self.marginals);
        (self.value, self.marginal_l1) = (merit.value, merit.marginal_l1);
    }

    /// From `x = 0` one column update, with the constant moved so that the last `y` is zero: two passes.
    pub(crate) fn start_with_exact_columns(&mut self, kernels: &mut Kernels, dual: &Dual<'_>) {
        self.x.fill(0.0);
        kernels.column_log_sums(dual.cost, dual.eta, &self.x, &mut self.marginals.columns);
        update(dual.c, &self.marginals.columns, dual.eta, &mut self.y);
        let last = self.y[self.y.len() - 1];
        self.x.fill(last);
        for y in &mut self.y {
            *y -= last;
        }
        self.refresh(kernels, dual);
    }

    fn merit(&self) -> Merit {
        Merit { value: self.value, marginal_l1: self.marginal_l1 }
    }

    /// One Sinkhorn iteration from here: three passes. `row_scratch` and `column_scratch` are overwritten.
    pub(crate) fn sinkhorn_iteration(
        &mut self,
        kernels: &mut Kernels,
        dual: &Dual<'_>,
        row_scratch: &mut [f64],
        column_scratch: &mut [f64],
    ) {
        kernels.row_log_sums(dual.cost, dual.eta, &self.y, row_scratch);
        update(dual.r, row_scratch, dual.eta, &mut self.x);
        kernels.column_log_sums(dual.cost, dual.eta, &self.x, column_scratch);
        update(dual.c, column_scratch, dual.eta, &mut self.y);
        self.refresh(kernels, dual);
    }

    /// The gradient of the dual.
    pub(crate) fn gradient(&self, dual: &Dual<'_>, gx: &mut [f64], gy: &mut [f64]) {
        self.marginals.defect(dual.r, dual.c, gx, gy);
    }
}

impl Marginals {
    /// `r − P1` and `c − Pᵀ1`: the gradient of the dual.
    pub(crate) fn defect(&self, r: &[f64], c: &[f64], gx: &mut [f64], gy: &mut [f64]) {
        let subtract = |target: &[f64], sums: &[f64], out: &mut [f64]| {
            for ((out, target), sum) in out.iter_mut().zip(target).zip(sums) {
                *out = target - sum;
            }
        };
        subtract(r, &self.rows, gx);
        subtract(c, &self.columns, gy);
    }

    /// The gradient of `F = −f`: `(P1 − r, Pᵀ1 − c)`, or as much of it as there is room for.
    pub(crate) fn gradient_of_minimisation(&self, dual: &Dual<'_>, out: &mut [f64]) {
        let sums = self.rows.iter().chain(&self.columns);
        for ((g, sum), target) in out.iter_mut().zip(sums).zip(dual.r.iter().chain(dual.c)) {
            *g = sum - target;
        }
    }
}

/// A direction with its slope.
pub(crate) struct Direction<'a> {
    pub(crate) dx: &'a [f64],
    pub(crate) dy: &'a [f64],
    /// The gradient times the direction.
    pub(crate) slope: f64,
}

/// What a line search found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SearchReport {
    /// The accepted step length, or none.
    pub(crate) accepted: Option<f64>,
    /// Plans that were computed.
    pub(crate) passes: u64,
}

/// The dual value and the marginal error of a point: what a line search looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Merit {
    pub(crate) value: f64,
    pub(crate) marginal_l1: f64,
}

impl Merit {
    /// Of a point with these marginals. The value is −∞ where it or the plan is not finite: no step leads there.
    pub(crate) fn of(dual: &Dual<'_>, x: &[f64], y: &[f64], marginals: &Marginals) -> Self {
        let value = dot(dual.r, x) + dot(dual.c, y) - marginals.mass() / dual.eta;
        let value = if value.is_finite() { value } else { f64::NEG_INFINITY };
        Self { value, marginal_l1: marginals.l1_error(dual.r, dual.c) }
    }

    /// Whether a step that should have raised the dual by `promised` may lead here: the dual rises by a fraction of it
    /// (Armijo), or, where rounding hides the rise, the marginal error falls and the dual does not.
    pub(crate) fn is_accepted_from(&self, from: Merit, promised: f64) -> bool {
        const ARMIJO: f64 = 1e-4;
        const ROUNDING: f64 = 1e-14;
        let rises = self.value >= from.value + ARMIJO * promised;
        let hidden = self.marginal_l1 < from.marginal_l1
            && self.value >= from.value - ROUNDING * from.value.abs().max(1.0);
        self.value > f64::NEG_INFINITY && (rises || hidden)
    }
}

/// Moves from `from` by `alpha` times the direction `d`.
pub(crate) fn step(from: &[f64], alpha: f64, d: &[f64], out: &mut [f64]) {
    for ((out, from), d) in out.iter_mut().zip(from).zip(d) {
        *out = from + alpha * d;
    }
}

/// Backtracking: halves the step from `first` until [`Merit::is_accepted_from`] holds.
pub(crate) fn backtrack(
    kernels: &mut Kernels,
    dual: &Dual<'_>,
    from: &Point,
    direction: &Direction<'_>,
    (first, max_halvings): (f64, u32),
    trial: &mut Point,
) -> SearchReport {
    let mut alpha = first;
    for passes in 1..=u64::from(max_halvings) + 1 {
        step(&from.x, alpha, direction.dx, &mut trial.x);
        step(&from.y, alpha, direction.dy, &mut trial.y);
        trial.refresh(kernels, dual);
        if trial.merit().is_accepted_from(from.merit(), alpha * direction.slope) {
            return SearchReport { accepted: Some(alpha), passes };
        }
        alpha *= 0.5;
    }
    SearchReport { accepted: None, passes: u64::from(max_halvings) + 1 }
}
