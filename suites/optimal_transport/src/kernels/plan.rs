//! The exponential pass: the plan of given potentials and its marginals, in one pass over the cost matrix.

use std::ops::Range;

use harness_simd::{Lanes, Op};

use super::blocks::{Parts, add_partials};
use super::exp::exp;
use super::matrix::{LANES, Matrix, Octet, octets_mut};
use super::{Kernels, check_lengths, cut};

/// What determines a plan: `P_ij = exp(η(x_i + y_j − C_ij))`.
#[derive(Debug, Clone, Copy)]
pub struct Potentials<'a> {
    /// Costs `C`, `n × m`, finite.
    pub cost: &'a Matrix,
    /// Inverse regularisation `η`.
    pub eta: f64,
    /// Row potentials, `n` values.
    pub x: &'a [f64],
    /// Column potentials, `m` values.
    pub y: &'a [f64],
}

/// Row sums `P1` and column sums `Pᵀ1` of a plan; a buffer that is reused from pass to pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Marginals {
    /// `n` row sums.
    pub rows: Vec<f64>,
    /// `m` column sums.
    pub columns: Vec<f64>,
}

impl Marginals {
    /// Zeros for an `n × m` plan.
    pub fn zeros(n: usize, m: usize) -> Self {
        Self { rows: vec![0.0; n], columns: vec![0.0; m] }
    }

    /// The mass of the plan.
    pub fn mass(&self) -> f64 {
        self.rows.iter().sum()
    }

    /// `‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁`.
    pub fn l1_error(&self, r: &[f64], c: &[f64]) -> f64 {
        let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>();
        distance(&self.rows, r) + distance(&self.columns, c)
    }
}

impl Kernels {
    /// Writes the plan of the potentials into `plan` and its row and column sums into `marginals`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn plan(&mut self, potentials: Potentials<'_>, plan: &mut Matrix, marginals: &mut Marginals) {
        assert_eq!(
            (plan.n(), plan.m()),
            (potentials.cost.n(), potentials.cost.m()),
            "the plan has the costs' shape"
        );
        self.exp_pass::<true, false>(potentials, Some(plan), marginals);
    }

    /// The row and column sums of the plan of the potentials, which is not stored.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn marginals(&mut self, potentials: Potentials<'_>, marginals: &mut Marginals) {
        self.exp_pass::<false, false>(potentials, None, marginals);
    }

    /// Like [`Kernels::marginals`], and returns the transport cost `Σ C_ij P_ij`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    pub fn marginals_and_cost(&mut self, potentials: Potentials<'_>, marginals: &mut Marginals) -> f64 {
        self.exp_pass::<false, true>(potentials, None, marginals)
    }

    fn exp_pass<const STORE: bool, const COST: bool>(
        &mut self,
        Potentials { cost, eta, x, y }: Potentials<'_>,
        plan: Option<&mut Matrix>,
        marginals: &mut Marginals,
    ) -> f64 {
        check_lengths(cost, x.len(), y.len());
        check_lengths(cost, marginals.rows.len(), marginals.columns.len());
        let (cut, stride, isa) = (cut(cost), cost.stride(), self.isa);
        let y = self.along.padded(y, 0.0);
        let partials = self.partials.scratch(cut.blocks() * stride);
        let costs = Self::by_row(&mut self.by_row, if COST { cost.n() } else { 0 });
        cut.run(
            [
                plan.map_or_else(Parts::none, |plan| cut.by_row(plan.storage_mut(), stride)),
                cut.by_row(&mut marginals.rows, 1),
                if COST { cut.by_row(&mut *costs, 1) } else { Parts::none() },
                Parts::by_block(&mut *partials, stride),
            ],
            |range, [plan, rows, costs, partial]| {
                partial.fill(0.0);
                isa.run(ExpRows::<STORE, COST> { cost, eta, x, y, range, plan, rows, costs, partial });
            },
        );
        add_partials(isa, partials, stride, &mut marginals.columns);
        costs.iter().sum()
    }
}

/// The rows of one block. `plan` is empty unless `STORE`, `costs` unless `COST`.
struct ExpRows<'a, const STORE: bool, const COST: bool> {
    cost: &'a Matrix,
    eta: f64,
    x: &'a [f64],
    y: &'a [Octet],
    range: Range<usize>,
    plan: &'a mut [f64],
    rows: &'a mut [f64],
    costs: &'a mut [f64],
    partial: &'a mut [f64],
}

impl<const STORE: bool, const COST: bool> Op<f64> for ExpRows<'_, STORE, COST> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes<f64>>(self, s: S) {
        let width = self.y.len();
        let stride = self.cost.stride();
        let eta = s.splat(self.eta);
        let columns = &mut octets_mut(self.partial)[..width];
        // Ones for the columns, zeros for the padding of the last octet.
        let mut mask = [0.0; LANES];
        mask[..self.cost.m() - (width - 1) * LANES].fill(1.0);
        let mask = s.load(&mask);

        for (local, i) in self.range.enumerate() {
            let c = &self.cost.octets(i)[..width];
            let x = s.splat(self.x[i]);
            let p: &mut [Octet] = if STORE {
                &mut octets_mut(&mut self.plan[local * stride..][..stride])[..width]
            } else {
                &mut []
            };
            let (mut row, mut cost) = (s.splat(0.0), s.splat(0.0));
            for j in 0..width {
                let c = s.load(&c[j]);
                let mut value = exp(s, s.mul(eta, s.sub(s.add(x, s.load(&self.y[j])), c)));
                if j + 1 == width {
                    value = s.mul(value, mask);
                }
                if STORE {
                    s.store(value, &mut p[j]);
                }
                if COST {
                    cost = s.mul_add(c, value, cost);
                }
                row = s.add(row, value);
                s.store(s.add(s.load(&columns[j]), value), &mut columns[j]);
            }
            self.rows[local] = s.sum(row);
            if COST {
                self.costs[local] = s.sum(cost);
            }
        }
    }
}
