//! Plans of which only the entries that can matter are computed.
//!
//! Near an optimum most entries of a plan are too small to change a sum: at `η = 1200` the 500 × 500 assignment problem
//! has 5 % that are not. A screen keeps the positions whose entries exceed `τ min(r_i, c_j)`, where `τ` is so small that the
//! others, all together, stay below rounding as long as no entry has risen by more than a factor `e^RISE`. A step
//! raises `ln P_ij` by at most `η (max dx + max dy)`; the screen keeps account of it and says when it is used up.

use super::point::{Dual, Merit};
use crate::kernels::{Csr, Kernels, Marginals, Matrix};

/// By how much `ln P_ij` may rise in all before the screen has to be made again.
const RISE: f64 = 13.0;
/// Minus the logarithm of what the entries that are left out may add up to, relative to a marginal: 6e-18.
const NEGLIGIBLE: f64 = 39.6;

/// Of so many rows one is looked at to estimate a density.
pub(super) const LOOK_AT_ONE_IN: u64 = 8;

/// A point of the dual without its plan.
pub(crate) struct Position {
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) marginals: Marginals,
    pub(crate) merit: Merit,
}

impl Position {
    pub(crate) fn zeros(n: usize, m: usize) -> Self {
        Self {
            x: vec![0.0; n],
            y: vec![0.0; m],
            marginals: Marginals::zeros(n, m),
            merit: Merit { value: f64::NEG_INFINITY, marginal_l1: f64::INFINITY },
        }
    }

    /// Sets the merit from the marginals.
    pub(crate) fn judge(&mut self, dual: &Dual<'_>) {
        self.merit = Merit::of(dual, &self.x, &self.y, &self.marginals);
    }
}

/// The positions that matter, with their costs and their entries of the plan.
pub(crate) struct Screen {
    active: Csr,
    cost: Vec<f64>,
    values: Vec<f64>,
    levels: Marginals,
    /// What is left of the rise; negative: no screen is in force.
    allowance: f64,
}

impl Screen {
    pub(crate) fn new(n: usize, m: usize) -> Self {
        Self {
            active: Csr::default(),
            cost: Vec::new(),
            values: Vec::new(),
            levels: Marginals::zeros(n, m),
            allowance: -1.0,
        }
    }

    /// Makes the screen of a plan, unless it would keep more than `max_density` of it. One pass over the
    /// plan, or an eighth of one.
    pub(crate) fn make(
        &mut self,
        kernels: &mut Kernels,
        dual: &Dual<'_>,
        plan: &Matrix,
        marginals: &Marginals,
        max_density: f64,
    ) {
        let least = |target: &[f64], sums: &[f64], out: &mut [f64]| {
            for ((out, t), s) in out.iter_mut().zip(target).zip(sums) {
                *out = t.min(*s);
            }
        };
        least(dual.r, &marginals.rows, &mut self.levels.rows);
        least(dual.c, &marginals.columns, &mut self.levels.columns);
        let longer = plan.n().max(plan.m()) as f64;
        let tau = (-(RISE + NEGLIGIBLE + longer.ln())).exp();
        // A look at a part of it, so that a screen which is too large takes no memory.
        if density_above(plan, &self.levels, tau) > max_density {
            return self.drop();
        }
        kernels.select_above(plan, &self.levels, tau, &mut self.active);
        self.allowance = RISE;
        self.cost.clear();
        for i in 0..plan.n() {
            let costs = dual.cost.row(i);
            self.cost.extend(self.active.row(i).0.iter().map(|&j| costs[j as usize]));
        }
        self.values.clear();
        self.values.extend_from_slice(self.active.values());
    }

    /// No screen is in force from here on.
    pub(crate) fn drop(&mut self) {
        self.allowance = -1.0;
    }

    /// Whether a screen is in force.
    pub(crate) fn is_in_force(&self) -> bool {
        self.allowance >= 0.0
    }

    /// Whether a step that raises `ln P_ij` by at most `rise` may be evaluated with it.
    pub(crate) fn allows(&self, rise: f64) -> bool {
        self.is_in_force() && rise <= self.allowance
    }

    /// Takes a step that was made into account.
    pub(crate) fn spend(&mut self, rise: f64) {
        self.allowance -= rise;
    }

    /// Positions kept.
    pub(crate) fn nnz(&self) -> u64 {
        self.active.nnz() as u64
    }

    /// Computes the entries and the marginals at a position.
    pub(crate) fn evaluate(&mut self, kernels: &Kernels, dual: &Dual<'_>, at: &mut Position) {
        let mut k = 0;
        for (i, x) in at.x.iter().enumerate() {
            for &j in self.active.row(i).0 {
                self.values[k] = dual.eta * (x + at.y[j as usize] - self.cost[k]);
                k += 1;
            }
        }
        kernels.exp(&mut self.values);
        let (rows, columns) = (&mut at.marginals.rows, &mut at.marginals.columns);
        columns.fill(0.0);
        k = 0;
        for (i, row) in rows.iter_mut().enumerate() {
            let mut sum = 0.0;
            for &j in self.active.row(i).0 {
                sum += self.values[k];
                columns[j as usize] += self.values[k];
                k += 1;
            }
            *row = sum;
        }
        at.judge(dual);
    }

    /// The entries above `τ` of their row or column sum, of the plan that was evaluated last.
    pub(crate) fn select_above(&self, marginals: &Marginals, tau: f64, into: &mut Csr) {
        let (rows, columns) = (&marginals.rows, &marginals.columns);
        into.fill_from(&self.active, &self.values, |i, j, value| value > tau * rows[i].min(columns[j]));
    }
}

/// The share of entries above `τ` of their row or column sum, from every eighth row: a look that costs an eighth of a pass.
pub(super) fn density_above(plan: &Matrix, marginals: &Marginals, tau: f64) -> f64 {
    let (mut above, mut seen) = (0_usize, 0);
    for (row, sum) in plan.rows().zip(&marginals.rows).step_by(LOOK_AT_ONE_IN as usize) {
        let matters = |(p, column): &(&f64, &f64)| **p > tau * sum.min(**column);
        above += row.iter().zip(&marginals.columns).filter(matters).count();
        seen += row.len();
    }
    above as f64 / seen as f64
}
