//! One Sinkhorn iteration in the log domain, as `sinkhorn_log` and the first stage of `sns` make it.

use super::point::Dual;
use crate::kernels::Kernels;

/// Potentials after a column update, and the row log-sums there: they give both the row error of the iterate and the next
/// row update, so that an iteration takes two passes over the matrix.
pub(crate) struct LogSinkhorn {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    row_log_sums: Vec<f64>,
    column_log_sums: Vec<f64>,
}

impl LogSinkhorn {
    /// Passes over the matrix in a start and in an iteration.
    pub(crate) const START_PASSES: u64 = 1;
    pub(crate) const PASSES: u64 = 2;

    /// Starts from `y = 0`, with `x` updated.
    pub(crate) fn start(kernels: &mut Kernels, dual: &Dual<'_>) -> Self {
        let (n, m) = (dual.cost.n(), dual.cost.m());
        let mut state = Self {
            x: vec![0.0; n],
            y: vec![0.0; m],
            row_log_sums: vec![0.0; n],
            column_log_sums: vec![0.0; m],
        };
        kernels.row_log_sums(dual.cost, dual.eta, &state.y, &mut state.row_log_sums);
        update(dual.r, &state.row_log_sums, dual.eta, &mut state.x);
        state
    }

    /// `x ← (ln r − LSE_j η(y_j − C_ij))/η`, then `y` likewise. Returns the L1 marginal error: the columns are exact.
    pub(crate) fn iterate(&mut self, kernels: &mut Kernels, dual: &Dual<'_>) -> f64 {
        let Dual { cost, r, c, eta } = *dual;
        update(r, &self.row_log_sums, eta, &mut self.x);
        kernels.column_log_sums(cost, eta, &self.x, &mut self.column_log_sums);
        update(c, &self.column_log_sums, eta, &mut self.y);
        kernels.row_log_sums(cost, eta, &self.y, &mut self.row_log_sums);
        let row_error = |((x, lse), r): ((&f64, &f64), &f64)| ((eta * x + lse).exp() - r).abs();
        self.x.iter().zip(&self.row_log_sums).zip(r).map(row_error).sum()
    }
}

/// `z ← (ln t − log_sums) / η`.
pub(super) fn update(target: &[f64], log_sums: &[f64], eta: f64, potential: &mut [f64]) {
    for ((z, t), lse) in potential.iter_mut().zip(target).zip(log_sums) {
        *z = (t.ln() - lse) / eta;
    }
}
