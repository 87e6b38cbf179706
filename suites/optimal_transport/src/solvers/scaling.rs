//! Sinkhorn in scaling form with absorption: the state that `sinkhorn`, `sinkhorn_overrelaxed` and the warm starts of
//! `sns_continuation` share.
//!
//! With potentials `x`, `y` absorbed into `K = exp(η(x ⊕ y − C))`, the plan is `diag(u) K diag(v)`. An iteration is a
//! row half, `u ← r / Kv`, and a column half, `v ← c / Kᵀu`. The row half is made one iteration ahead, fused with the
//! sums that the next column half needs, because the same pass gives the row error of the current iterate for free:
//! an iteration reads the matrix once.
//!
//! The exponential is clamped at e^−700. What it clamps is negligible while the scalings are moderate; an iteration that
//! would leave that range is made in log form, which is exact for any `η`, and absorbs the scalings.

use super::point::Dual;
use crate::OtSolution;
use crate::kernels::{Kernels, Marginals, Matrix, Potentials};

/// Scalings outside `[1/MODERATE, MODERATE]` are absorbed into the potentials. Two such scalings make at most e^−561 of
/// an entry that was clamped at e^−700.
const MODERATE: f64 = 1e30;

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
    dual: Dual<'a>,
    x: Vec<f64>,
    y: Vec<f64>,
    k: Matrix,
    u: Vec<f64>,
    v: Vec<f64>,
    /// The row scalings of the next iterate, and `Kᵀ` times them.
    ahead_u: Vec<f64>,
    ahead_ktu: Vec<f64>,
    ahead_v: Vec<f64>,
    marginals: Marginals,
}

impl<'a> Scaling<'a> {
    /// Passes that [`Scaling::start`] takes, that over the costs for the minima included.
    pub(crate) const START_PASSES: u64 = 3;
    /// Passes that [`Scaling::restart`] takes.
    pub(crate) const RESTART_PASSES: u64 = 2;

    /// Starts from `y = 0`.
    pub(crate) fn start(kernels: &mut Kernels, dual: &Dual<'a>) -> Self {
        let least = |row: &[f64]| bounds(row).0;
        let x = dual.cost.rows().map(least).collect();
        Self::start_from(kernels, dual, x)
    }

    /// Starts from `y = 0` and the row minima of the costs in `x`: so that no row of `K` underflows; the value of `x` has
    /// no other effect.
    pub(crate) fn start_from(kernels: &mut Kernels, dual: &Dual<'a>, x: Vec<f64>) -> Self {
        let (n, m) = (dual.cost.n(), dual.cost.m());
        let mut scaling = Self {
            dual: *dual,
            x,
            y: vec![0.0; m],
            k: Matrix::zeros(n, m),
            u: vec![1.0; n],
            v: vec![1.0; m],
            ahead_u: vec![1.0; n],
            ahead_ktu: vec![0.0; m],
            ahead_v: vec![1.0; m],
            marginals: Marginals::zeros(n, m),
        };
        scaling.rebuild(kernels);
        scaling.row_half_ahead(kernels, 1.0);
        scaling
    }

    /// Starts again at another `η` from potentials.
    pub(crate) fn restart(&mut self, kernels: &mut Kernels, eta: f64, x: &[f64], y: &[f64]) {
        self.dual.eta = eta;
        self.x.copy_from_slice(x);
        self.y.copy_from_slice(y);
        self.u.fill(1.0);
        self.v.fill(1.0);
        self.rebuild(kernels);
        self.row_half_ahead(kernels, 1.0);
    }

    /// One iteration with relaxation `ω` (1 is Sinkhorn). The row half that is made ahead uses the same `ω`.
    pub(crate) fn iterate(&mut self, kernels: &mut Kernels, omega: f64) -> SweepReport {
        self.ahead_v.copy_from_slice(&self.v);
        let columns = kernels.relax(self.dual.c, &self.ahead_ktu, omega, &mut self.ahead_v);
        let moderate = |scalings: &[f64]| kernels.all_within(scalings, 1.0 / MODERATE, MODERATE);
        // Not moderate is also what is not a number.
        if !(moderate(&self.ahead_u) && moderate(&self.ahead_v)) {
            return self.iterate_in_log_form(kernels, omega);
        }
        std::mem::swap(&mut self.u, &mut self.ahead_u);
        std::mem::swap(&mut self.v, &mut self.ahead_v);
        let row_error = self.row_half_ahead(kernels, omega);
        SweepReport { marginal_l1: row_error + columns.error, mass: columns.mass, passes: 1 }
    }

    fn iterate_in_log_form(&mut self, kernels: &mut Kernels, omega: f64) -> SweepReport {
        let Dual { cost, r, c, eta } = self.dual;
        self.absorb();
        let relax_log = |target: &[f64], log_sums: &[f64], z: &mut [f64]| {
            for ((z, t), lse) in z.iter_mut().zip(target).zip(log_sums) {
                *z += omega * ((t.ln() - lse) / eta - *z);
            }
        };
        kernels.row_log_sums(cost, eta, &self.y, &mut self.ahead_u);
        relax_log(r, &self.ahead_u, &mut self.x);
        kernels.column_log_sums(cost, eta, &self.x, &mut self.ahead_v);
        relax_log(c, &self.ahead_v, &mut self.y);
        self.rebuild(kernels);
        let (marginal_l1, mass) = (self.marginals.l1_error(r, c), self.marginals.mass());
        self.row_half_ahead(kernels, omega);
        SweepReport { marginal_l1, mass, passes: 4 }
    }

    /// Puts the scalings into the potentials; `K` is then out of date.
    fn absorb(&mut self) {
        let into = |z: &mut [f64], w: &mut [f64]| {
            for (z, w) in z.iter_mut().zip(w) {
                *z += w.ln() / self.dual.eta;
                *w = 1.0;
            }
        };
        into(&mut self.x, &mut self.u);
        into(&mut self.y, &mut self.v);
    }

    fn rebuild(&mut self, kernels: &mut Kernels) {
        let Dual { cost, eta, .. } = self.dual;
        kernels.plan(Potentials { cost, eta, x: &self.x, y: &self.y }, &mut self.k, &mut self.marginals);
    }

    /// The row half of the next iterate, and the row error of this one.
    fn row_half_ahead(&mut self, kernels: &mut Kernels, omega: f64) -> f64 {
        self.ahead_u.copy_from_slice(&self.u);
        kernels.sweep(&self.k, self.dual.r, &self.v, omega, &mut self.ahead_u, &mut self.ahead_ktu)
    }

    /// Turns `K` into the plan of the current iterate, in one pass, and writes the potentials and the marginals. The next
    /// call must be [`Scaling::restart`].
    pub(crate) fn finish(
        &mut self,
        kernels: &mut Kernels,
        x: &mut [f64],
        y: &mut [f64],
        marginals: &mut Marginals,
    ) {
        kernels.rescale(&mut self.k, &self.u, &self.v, marginals);
        self.potentials(x, y);
    }

    /// The matrix: after [`Scaling::finish`] the plan, and free to be overwritten until [`Scaling::restart`].
    pub(crate) fn matrix(&mut self) -> &mut Matrix {
        &mut self.k
    }

    /// Writes the potentials of the current iterate.
    pub(crate) fn potentials(&self, x: &mut [f64], y: &mut [f64]) {
        let write = |out: &mut [f64], absorbed: &[f64], scaling: &[f64]| {
            for ((out, z), w) in out.iter_mut().zip(absorbed).zip(scaling) {
                *out = z + w.ln() / self.dual.eta;
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
        let eta = self.dual.eta;
        let dot = |target: &[f64], absorbed: &[f64], scaling: &[f64]| -> f64 {
            target.iter().zip(absorbed).zip(scaling).map(|((t, z), w)| t * (z + w.ln() / eta)).sum()
        };
        dot(self.dual.r, &self.x, &self.u) + dot(self.dual.c, &self.y, &self.v) - mass / eta
    }
}

/// The least and the largest of `values`, eight at a time.
pub(super) fn bounds(values: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    let mut take = |l: usize, v: f64| {
        low[l] = if v < low[l] { v } else { low[l] };
        high[l] = if v > high[l] { v } else { high[l] };
    };
    let (octets, rest) = values.as_chunks::<8>();
    for octet in octets {
        for (l, v) in octet.iter().enumerate() {
            take(l, *v);
        }
    }
    for (l, v) in rest.iter().enumerate() {
        take(l, *v);
    }
    (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max))
}
