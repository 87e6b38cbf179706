//! The safe and sparse Newton method of Tang and Qiu (NeurIPS 2024).
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

use super::log_sinkhorn::update;
use super::pcg::dot;
use super::point::{Dual, Point};
use super::sparse_cholesky::SparseCholesky;
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
        let mut kernels = Kernels::new();
        let dual = Dual::of(instance);
        let mut at = Point::zeros(n, m);
        kernels.column_log_sums(dual.cost, dual.eta, &at.x, &mut at.marginals.columns);
        update(dual.c, &at.marginals.columns, dual.eta, &mut at.y);
        let last = at.y[m - 1];
        at.x.iter_mut().for_each(|x| *x += last);
        at.y.iter_mut().for_each(|y| *y -= last);
        at.refresh(&mut kernels, &dual);
        Ok(Box::new(State {
            params: self,
            dual,
            kernels,
            trial: Point::zeros(n, m),
            best: Point::zeros(n, m),
            at,
            columns: Matrix::zeros(m, n),
            sparsifier: Sparsifier::default(),
            hessian: Hessian::default(),
            cholesky: SparseCholesky::default(),
            is_fresh: false,
            rejections: 0,
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
    hessian: Hessian,
    cholesky: SparseCholesky,
    /// Whether gradient, Hessian and symbolic factorisation are those of `at`: a rejected step leaves them so.
    is_fresh: bool,
    rejections: u32,
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
        let n = self.n();
        let sums = self.at.marginals.rows.iter().chain(&self.at.marginals.columns);
        for ((g, sum), target) in
            self.gradient.iter_mut().zip(sums).zip(self.dual.r.iter().chain(self.dual.c))
        {
            *g = sum - target;
        }
        let delta = norm_factor * norm(&self.gradient);
        transpose(&self.at.plan, &mut self.columns);
        self.passes += 1;
        self.sparsifier.run(&self.columns, delta);
        self.hessian.assemble(&self.sparsifier, &self.at, n, self.dual.eta);
        self.cholesky
            .analyse(&self.hessian.starts, &self.hessian.rows)
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
        }
        let shift = self.mu * norm(&self.gradient);
        let unknowns = self.gradient.len();
        for (d, g) in self.direction.iter_mut().zip(&self.gradient) {
            *d = -g;
        }
        let (hessian, direction) = (&self.hessian, &mut self.direction[..unknowns]);
        let solved = self.cholesky.solve(&hessian.starts, &hessian.rows, &hessian.values, shift, direction);
        context.work.count("factorisations", 1);
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
        s.iter_mut().for_each(|s| *s *= step);
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
            std::mem::swap(&mut self.at, &mut self.best);
            (self.is_fresh, self.rejections) = (false, 0);
            context.work.count("newton_steps", 1);
        } else {
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
                for i in top..(top + TILE).min(from.n()) {
                    out[i] = from.row(i)[j];
                }
            }
        }
    }
}

/// Which entries of a matrix are kept, column by column (the matrix is given by its transpose), the last column left out.
#[derive(Default)]
struct Sparsifier {
    /// Where each column's entries begin.
    starts: Vec<usize>,
    /// Row and value of the entries kept; rows ascend within a column.
    entries: Vec<(u32, f64)>,
    /// The largest entry dropped from each column, as an order: (value, row).
    thresholds: Vec<(f64, u32)>,
    /// Mass dropped from each row.
    dropped: Vec<f64>,
    /// Mass dropped in all.
    dropped_mass: f64,
    candidates: Vec<(f64, u32)>,
    /// Entries restored for a row: (column, row, value).
    restored: Vec<(u32, u32, f64)>,
    merged: Vec<(u32, f64)>,
    merged_starts: Vec<usize>,
}

fn by_value(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

impl Sparsifier {
    fn kept(&self) -> usize {
        self.entries.len()
    }

    /// Drops from each column the smallest entries whose sum stays within `delta`, then gives rows that lost more than
    /// `2·delta` their largest ones back.
    fn run(&mut self, columns: &Matrix, delta: f64) {
        let (m, n) = (columns.n(), columns.m());
        self.starts.clear();
        self.starts.push(0);
        self.entries.clear();
        self.thresholds.clear();
        self.dropped.clear();
        self.dropped.resize(n, 0.0);
        // All entries below delta/n may go without being sorted: their sum is below delta.
        let small = delta / n as f64;
        for j in 0..m - 1 {
            let column = columns.row(j);
            self.candidates.clear();
            let mut sum = 0.0;
            for (i, &value) in column.iter().enumerate() {
                if value < small {
                    sum += value;
                } else {
                    self.candidates.push((value, i as u32));
                }
            }
            self.candidates.sort_unstable_by(by_value);
            let mut cut = 0;
            while cut < self.candidates.len() && sum + self.candidates[cut].0 <= delta {
                sum += self.candidates[cut].0;
                cut += 1;
            }
            let threshold = if cut > 0 { self.candidates[cut - 1] } else { (f64::NEG_INFINITY, 0) };
            self.thresholds.push(threshold);
            for (i, &value) in column.iter().enumerate() {
                if is_dropped((value, i as u32), threshold, small) {
                    self.dropped[i] += value;
                } else {
                    self.entries.push((i as u32, value));
                }
            }
            self.starts.push(self.entries.len());
        }
        self.restore(columns, delta, small);
        self.dropped_mass = self.dropped.iter().sum();
    }

    fn restore(&mut self, columns: &Matrix, delta: f64, small: f64) {
        self.restored.clear();
        for i in 0..columns.m() {
            if self.dropped[i] <= 2.0 * delta {
                continue;
            }
            self.candidates.clear();
            for (j, &threshold) in self.thresholds.iter().enumerate() {
                let value = columns[(j, i)];
                if is_dropped((value, i as u32), threshold, small) {
                    self.candidates.push((value, j as u32));
                }
            }
            self.candidates.sort_unstable_by(by_value);
            while self.dropped[i] > 2.0 * delta {
                let Some((value, j)) = self.candidates.pop() else { break };
                self.dropped[i] -= value;
                self.restored.push((j, i as u32, value));
            }
        }
        if self.restored.is_empty() {
            return;
        }
        self.restored.sort_unstable_by_key(|&(j, i, _)| (j, i));
        self.merged.clear();
        self.merged_starts.clear();
        self.merged_starts.push(0);
        let mut rest = self.restored.iter().peekable();
        for j in 0..self.thresholds.len() {
            let first = self.merged.len();
            self.merged.extend_from_slice(&self.entries[self.starts[j]..self.starts[j + 1]]);
            let before = self.merged.len();
            while let Some(&(_, i, value)) = rest.next_if(|entry| entry.0 as usize == j) {
                self.merged.push((i, value));
            }
            if self.merged.len() > before {
                self.merged[first..].sort_unstable_by_key(|entry| entry.0);
            }
            self.merged_starts.push(self.merged.len());
        }
        std::mem::swap(&mut self.entries, &mut self.merged);
        std::mem::swap(&mut self.starts, &mut self.merged_starts);
    }
}

fn is_dropped(entry: (f64, u32), threshold: (f64, u32), small: f64) -> bool {
    entry.0 < small || by_value(&entry, &threshold).is_le()
}

/// The sparsified Hessian's upper triangle in compressed columns: `η [[diag(T1), T], [Tᵀ, diag(Tᵀ1)]]` without the last
/// row and column.
#[derive(Default)]
struct Hessian {
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
}

impl Hessian {
    fn assemble(&mut self, kept: &Sparsifier, at: &Point, n: usize, eta: f64) {
        self.starts.clear();
        self.rows.clear();
        self.values.clear();
        self.starts.push(0);
        for (i, sum) in at.marginals.rows.iter().enumerate() {
            self.rows.push(i);
            self.values.push(eta * sum);
            self.starts.push(self.rows.len());
        }
        for (j, range) in kept.starts.windows(2).enumerate() {
            for &(i, value) in &kept.entries[range[0]..range[1]] {
                self.rows.push(i as usize);
                self.values.push(eta * value);
            }
            self.rows.push(n + j);
            self.values.push(eta * at.marginals.columns[j]);
            self.starts.push(self.rows.len());
        }
    }

    /// `out = H v`.
    fn multiply(&self, v: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (j, range) in self.starts.windows(2).enumerate() {
            for k in range[0]..range[1] {
                let (i, value) = (self.rows[k], self.values[k]);
                out[i] += value * v[j];
                if i != j {
                    out[j] += value * v[i];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::splitmix::SplitMix64;

    proptest! {
        /// Nothing more could be dropped from a column, rows lose at most `2δ`, and what is kept is kept unchanged.
        #[test]
        fn sparsification_keeps_its_bounds(n in 1_usize..20, m in 2_usize..20, seed: u64, power in 0..12) {
            let mut g = SplitMix64::new(seed);
            // Values over many magnitudes, with ties.
            let columns = Matrix::from_fn(m, n, |_, _| (-(g.uniform() * 30.0).floor()).exp2());
            let delta = (-f64::from(power)).exp2();
            let mut kept = Sparsifier::default();
            kept.run(&columns, delta);
            prop_assert_eq!(kept.starts.len(), m);
            let mut lost_by_row = vec![0.0; n];
            for j in 0..m - 1 {
                let entries = &kept.entries[kept.starts[j]..kept.starts[j + 1]];
                prop_assert!(entries.windows(2).all(|w| w[0].0 < w[1].0), "rows ascend");
                let mut lost = columns.row(j).to_vec();
                for &(i, value) in entries {
                    prop_assert_eq!(value, columns[(j, i as usize)]);
                    lost[i as usize] = 0.0;
                }
                prop_assert!(lost.iter().sum::<f64>() <= delta * (1.0 + 1e-12));
                for (total, lost) in lost_by_row.iter_mut().zip(&lost) {
                    *total += lost;
                }
                if kept.restored.is_empty() && !entries.is_empty() {
                    let next = entries.iter().map(|e| e.1).fold(f64::INFINITY, f64::min);
                    prop_assert!(lost.iter().sum::<f64>() + next > delta * (1.0 - 1e-12), "column {} could lose more", j);
                }
            }
            for (lost, dropped) in lost_by_row.iter().zip(&kept.dropped) {
                prop_assert!(*lost <= 2.0 * delta * (1.0 + 1e-12));
                prop_assert!((lost - dropped).abs() <= 1e-12);
            }
        }
    }
}
