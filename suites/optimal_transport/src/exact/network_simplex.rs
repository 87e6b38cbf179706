//! The network simplex method for the transportation problem (Dantzig 1951; Orden 1956 for the perturbation; block
//! pricing as in Kovács, Optim. Methods Softw. 30, 2015).
//!
//! Masses are integers in units of `2^-90`, so that flows are exact; times `2n + 2`, plus one for each row and `n` for the
//! last column, no partial sum of rows equals one of columns: no flow of a basis is ever zero, every pivot lowers the cost
//! and the method ends without rules against cycling, however degenerate the problem. Dividing by `2n + 2` undoes the
//! perturbation exactly.

use super::basis::Basis;
use super::{cheapest, smallest_reduced};
use crate::kernels::Matrix;
use crate::solution::SparsePlan;

/// Binary places of a mass.
const PLACES: f64 = 90.0;

/// An arc enters only if it lowers the cost by more than this, relative to the largest cost.
const TOLERANCE: f64 = 8e-15;

/// The state of the method.
#[derive(Debug)]
pub struct NetworkSimplex {
    basis: Basis,
    /// What the perturbation multiplied the masses by.
    factor: i128,
    tolerance: f64,
    /// Rows priced together, and the next to be priced.
    block: usize,
    next_row: usize,
    pivots: u64,
}

impl NetworkSimplex {
    /// A first basis: row after row takes from the columns that are left, cheapest first.
    ///
    /// # Panics
    ///
    /// If the lengths do not agree with `cost`.
    pub fn new(cost: &Matrix, r: &[f64], c: &[f64]) -> Self {
        let (n, m) = (cost.n(), cost.m());
        assert_eq!((r.len(), c.len()), (n, m), "marginals have the lengths of the cost matrix");
        let factor = 2 * n as i128 + 2;
        let (supply, demand) = perturbed(r, c, factor);
        let arcs = greedy(cost, supply, demand);
        let largest = cost.rows().flatten().fold(0.0_f64, |a, c| a.max(c.abs()));
        Self {
            basis: Basis::new(n, m, &arcs, |i, j| cost[(i, j)]),
            factor,
            tolerance: TOLERANCE * largest,
            block: ((n as f64 / m as f64).sqrt() as usize).clamp(1, n),
            next_row: 0,
            pivots: 0,
        }
    }

    /// Makes up to `pivots` pivots; false once the basis is optimal.
    pub fn advance(&mut self, cost: &Matrix, pivots: usize) -> bool {
        for _ in 0..pivots {
            let entering = self.price(cost).or_else(|| {
                self.basis.refresh(|i, j| cost[(i, j)]);
                self.price(cost)
            });
            let Some((i, j, reduced)) = entering else { return false };
            self.basis.pivot(i, j, reduced);
            self.pivots += 1;
        }
        true
    }

    /// The most negative reduced cost of the first block of rows that has any, starting after the last block priced.
    fn price(&mut self, cost: &Matrix) -> Option<(usize, usize, f64)> {
        let (x, y) = (self.basis.x(), self.basis.y());
        let n = x.len();
        let mut priced = 0;
        while priced < n {
            let mut best = (0, -self.tolerance);
            for _ in 0..self.block.min(n - priced) {
                let i = self.next_row;
                let reduced = smallest_reduced(cost.row(i), y) - x[i];
                if reduced < best.1 {
                    best = (i, reduced);
                }
                self.next_row = if i + 1 == n { 0 } else { i + 1 };
                priced += 1;
            }
            if best.1 < -self.tolerance {
                let i = best.0;
                let (j, smallest) = cheapest(cost.row(i), y);
                return Some((i, j, smallest - x[i]));
            }
        }
        None
    }

    /// Pivots made.
    pub fn pivots(&self) -> u64 {
        self.pivots
    }

    /// The plan of the current basis and its dual variables, which are feasible once the basis is optimal.
    pub fn plan(&self) -> SparsePlan {
        let unit = (-PLACES).exp2();
        let n = self.basis.x().len() as i128;
        let mass = |flow: i128| (flow + n).div_euclid(self.factor);
        let mut entries: Vec<_> = self
            .basis
            .arcs()
            .filter(|&(_, _, flow)| mass(flow) > 0)
            .map(|(i, j, flow)| (i as u32, j as u32, mass(flow) as f64 * unit))
            .collect();
        entries.sort_unstable_by_key(|&(i, j, _)| (i, j));
        SparsePlan { entries, duals: Some((self.basis.x().to_vec(), self.basis.y().to_vec())) }
    }
}

/// Masses as integers with equal sums, perturbed.
fn perturbed(r: &[f64], c: &[f64], factor: i128) -> (Vec<i128>, Vec<i128>) {
    let whole =
        |w: &[f64]| -> Vec<i128> { w.iter().map(|w| ((w * PLACES.exp2()).round() as i128).max(1)).collect() };
    let (mut supply, mut demand) = (whole(r), whole(c));
    let difference = supply.iter().sum::<i128>() - demand.iter().sum::<i128>();
    // The sums differ by rounding only, far less than the largest demand.
    if let Some(largest) = demand.iter_mut().max() {
        *largest += difference;
    }
    for s in &mut supply {
        *s = *s * factor + 1;
    }
    for d in &mut demand {
        *d *= factor;
    }
    if let Some(last) = demand.last_mut() {
        *last += supply.len() as i128;
    }
    (supply, demand)
}

/// A basis by taking the cheapest column that is left, where a column's cost counts above its smallest entry.
fn greedy(cost: &Matrix, supply: Vec<i128>, mut demand: Vec<i128>) -> Vec<(u32, u32, i128)> {
    let mut floor = vec![f64::INFINITY; demand.len()];
    for row in cost.rows() {
        floor.iter_mut().zip(row).for_each(|(f, &c)| *f = f.min(c));
    }
    let mut arcs = Vec::with_capacity(supply.len() + demand.len() - 1);
    for (i, mut left) in supply.into_iter().enumerate() {
        while left > 0 {
            let (j, _) = cheapest(cost.row(i), &floor);
            let flow = left.min(demand[j]);
            left -= flow;
            demand[j] -= flow;
            arcs.push((i as u32, j as u32, flow));
            if demand[j] == 0 {
                floor[j] = f64::NEG_INFINITY;
            }
        }
    }
    arcs
}
