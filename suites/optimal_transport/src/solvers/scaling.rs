//! Sinkhorn in scaling form with absorption: the state that `sinkhorn`, `sinkhorn_overrelaxed` and the warm starts of
//! `sns_continuation` share.
//!
//! With potentials `x`, `y` absorbed into `K = exp(η(x ⊕ y − C))`, the plan is `diag(u) K diag(v)`. An iteration is a
//! column half, `v ← c / Kᵀu`, and a row half, `u ← r / Kv`. The row half is made one iteration ahead, fused with the
//! sums that the next column half needs, because the same pass gives the row error of the current iterate for free:
//! an iteration reads the matrix once.

use super::point::Dual;
use crate::OtSolution;
use crate::kernels::{Kernels, Marginals, Matrix, Potentials, relax};

/// Scalings outside `[1/ABSORB_ABOVE, ABSORB_ABOVE]` are absorbed into the potentials. Entries of `K` that the
/// exponential clamps, at e^−700, stay negligible whatever the scalings below this bound.
const ABSORB_ABOVE: f64 = 1e30;

/// What an iteration says about the iterate it ends with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SweepReport {
    /// `‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁`.
    pub(crate) marginal_l1: f64,
    /// The mass of the plan.
    pub(crate) mass: f64,
    /// Passes over the matrix that it took.
    pub(crate) passes: u64,
}

/// The state of Sinkhorn in scaling form.
pub(crate) struct Scaling<'a> {
    cost: &'a Matrix,
    r: &'a [f64],
    c: &'a [f64],
    eta: f64,
    x: Vec<f64>,
    y: Vec<f64>,
    k: Matrix,
    u: Vec<f64>,
    v: Vec<f64>,
    ktu: Vec<f64>,
    ahead_u: Vec<f64>,
    ahead_ktu: Vec<f64>,
    is_ahead: bool,
    marginals: Marginals,
}

impl<'a> Scaling<'a> {
    /// Starts from the row update of `y`: two passes over the matrix.
    pub(crate) fn start(
        kernels: &mut Kernels,
        &Dual { cost, r, c, eta }: &Dual<'a>,
        y: Vec<f64>,
    ) -> Self {
        let (n, m) = (cost.n(), cost.m());
        let mut scaling = Self {
            cost,
            r,
            c,
            eta,
            x: vec![0.0; n],
            y,
            k: Matrix::zeros(n, m),
            u: vec![1.0; n],
            v: vec![1.0; m],
            ktu: vec![0.0; m],
            ahead_u: vec![1.0; n],
            ahead_ktu: vec![0.0; m],
            is_ahead: false,
            marginals: Marginals::zeros(n, m),
        };
        scaling.update_rows(kernels);
        scaling
    }

    /// Passes that [`Scaling::start`] and [`Scaling::restart`] take.
    pub(crate) const START_PASSES: u64 = 2;

    /// Starts again at another `η` from the column potentials reached so far.
    pub(crate) fn restart(&mut self, kernels: &mut Kernels, eta: f64, y: &[f64]) {
        self.eta = eta;
        self.y.copy_from_slice(y);
        self.u.fill(1.0);
        self.v.fill(1.0);
        self.is_ahead = false;
        self.update_rows(kernels);
    }

    /// The row half in log form, which cannot underflow, and the kernel of the potentials.
    fn update_rows(&mut self, kernels: &mut Kernels) {
        kernels.row_log_sums(self.cost, self.eta, &self.y, &mut self.x);
        for (x, r) in self.x.iter_mut().zip(self.r) {
            *x = (r.ln() - *x) / self.eta;
        }
        self.rebuild(kernels);
        self.ktu.copy_from_slice(&self.marginals.columns);
    }

    fn rebuild(&mut self, kernels: &mut Kernels) {
        let potentials = Potentials { cost: self.cost, eta: self.eta, x: &self.x, y: &self.y };
        kernels.plan(potentials, &mut self.k, &mut self.marginals);
    }

    /// One iteration with relaxation `ω` (1 is Sinkhorn). The row half that is made ahead uses the same `ω`.
    pub(crate) fn iterate(&mut self, kernels: &mut Kernels, omega: f64) -> SweepReport {
        if self.is_ahead {
            std::mem::swap(&mut self.u, &mut self.ahead_u);
            std::mem::swap(&mut self.ktu, &mut self.ahead_ktu);
        }
        relax(self.c, &self.ktu, omega, &mut self.v);
        let (mut column_error, mut mass) = (0.0, 0.0);
        for ((v, ktu), c) in self.v.iter().zip(&self.ktu).zip(self.c) {
            column_error += (v * ktu - c).abs();
            mass += v * ktu;
        }
        self.ahead_u.copy_from_slice(&self.u);
        let row_error =
            kernels.sweep(&self.k, self.r, &self.v, omega, &mut self.ahead_u, &mut self.ahead_ktu);
        self.is_ahead = true;
        let passes = 1 + u64::from(self.absorb_if_large(kernels));
        SweepReport { marginal_l1: row_error + column_error, mass, passes }
    }

    fn absorb_if_large(&mut self, kernels: &mut Kernels) -> bool {
        let large = |w: &f64| !(1.0 / ABSORB_ABOVE..=ABSORB_ABOVE).contains(w);
        if !self.u.iter().chain(&self.v).any(large) {
            return false;
        }
        // The half made ahead is relative to the old kernel: u' = u_ahead / u, K'ᵀu' = v ∘ Kᵀu_ahead.
        for ((ahead, u), x) in self.ahead_u.iter_mut().zip(&mut self.u).zip(&mut self.x) {
            *ahead /= *u;
            *x += u.ln() / self.eta;
            *u = 1.0;
        }
        for ((ahead, v), y) in self.ahead_ktu.iter_mut().zip(&mut self.v).zip(&mut self.y) {
            *ahead *= *v;
            *y += v.ln() / self.eta;
            *v = 1.0;
        }
        self.rebuild(kernels);
        true
    }

    /// Writes the potentials of the current iterate.
    pub(crate) fn potentials(&self, x: &mut [f64], y: &mut [f64]) {
        let write = |out: &mut [f64], absorbed: &[f64], scaling: &[f64]| {
            for ((out, z), w) in out.iter_mut().zip(absorbed).zip(scaling) {
                *out = z + w.ln() / self.eta;
            }
        };
        write(x, &self.x, &self.u);
        write(y, &self.y, &self.v);
    }

    /// Writes the current iterate as a solution.
    pub(crate) fn write_solution(&self, solution: &mut OtSolution) {
        if let OtSolution::Potentials { x, y } = solution {
            self.potentials(x, y);
        }
    }

    /// The dual value of the current iterate, given the mass of its plan: `r·x + c·y − mass/η`.
    pub(crate) fn dual_value(&self, mass: f64) -> f64 {
        let dot = |target: &[f64], absorbed: &[f64], scaling: &[f64]| -> f64 {
            target.iter().zip(absorbed).zip(scaling).map(|((t, z), w)| t * (z + w.ln() / self.eta)).sum()
        };
        dot(self.r, &self.x, &self.u) + dot(self.c, &self.y, &self.v) - mass / self.eta
    }
}
