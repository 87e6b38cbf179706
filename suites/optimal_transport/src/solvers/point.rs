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
        let value = dot(dual.r, &self.x) + dot(dual.c, &self.y) - self.marginals.mass() / dual.eta;
        self.value = if value.is_finite() { value } else { f64::NEG_INFINITY };
        self.marginal_l1 = self.marginals.l1_error(dual.r, dual.c);
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
        let subtract = |target: &[f64], sums: &[f64], out: &mut [f64]| {
            for ((out, target), sum) in out.iter_mut().zip(target).zip(sums) {
                *out = target - sum;
            }
        };
        subtract(dual.r, &self.marginals.rows, gx);
        subtract(dual.c, &self.marginals.columns, gy);
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

/// Backtracking: halves the step from `first` until the dual rises by a fraction of what the slope promises (Armijo).
/// Where rounding hides the rise of the dual, a step is also taken if the marginal error falls and the dual does not.
pub(crate) fn backtrack(
    kernels: &mut Kernels,
    dual: &Dual<'_>,
    from: &Point,
    direction: &Direction<'_>,
    (first, max_halvings): (f64, u32),
    trial: &mut Point,
) -> SearchReport {
    const ARMIJO: f64 = 1e-4;
    const ROUNDING: f64 = 1e-14;
    let mut alpha = first;
    for passes in 1..=u64::from(max_halvings) + 1 {
        let step = |out: &mut [f64], from: &[f64], d: &[f64]| {
            for ((out, from), d) in out.iter_mut().zip(from).zip(d) {
                *out = from + alpha * d;
            }
        };
        step(&mut trial.x, &from.x, direction.dx);
        step(&mut trial.y, &from.y, direction.dy);
        trial.refresh(kernels, dual);
        let rises = trial.value >= from.value + ARMIJO * alpha * direction.slope;
        let hidden = trial.marginal_l1 < from.marginal_l1
            && trial.value >= from.value - ROUNDING * from.value.abs().max(1.0);
        if rises || hidden {
            return SearchReport { accepted: Some(alpha), passes };
        }
        alpha *= 0.5;
    }
    SearchReport { accepted: None, passes: u64::from(max_halvings) + 1 }
}
