//! Which of the Tetris shapes a product tells apart.

use harness_core::Metrics;

use crate::instance::ProductInstance;
use crate::math::index::{dim, offset};
use crate::solution::ProductSolution;

use super::row_of;

/// Invariants that differ by less, relatively to the largest, are the same.
const SAME: f64 = 1e-9;

/// The two shapes that are mirror images of each other.
const CHIRAL: [usize; 2] = [0, 1];

pub(super) fn judge(instance: &ProductInstance, solution: &ProductSolution, metrics: &mut Metrics) {
    let invariants: Vec<Vec<f64>> =
        (0..instance.batch).map(|row| invariants(instance, solution, row)).collect();
    let largest = invariants.iter().flatten().fold(0.0_f64, |most, v| most.max(v.abs()));
    let gap = |a: usize, b: usize| {
        let differences = invariants[a].iter().zip(&invariants[b]).map(|(a, b)| (a - b).abs());
        differences.fold(0.0_f64, f64::max) / largest
    };
    metrics.set("chirality_gap", gap(CHIRAL[0], CHIRAL[1]));
    let apart = (0..instance.batch).filter(|&shape| (0..shape).all(|other| gap(shape, other) > SAME));
    metrics.set("shapes_told_apart", apart.count() as f64);
}

/// `⟨T(A, A)_l, A_l⟩` for every output irrep: what a last linear layer can make of scalars.
fn invariants(instance: &ProductInstance, solution: &ProductSolution, row: usize) -> Vec<f64> {
    let size = instance.input_size();
    let a = &instance.x[row * size..][..size];
    let z = row_of(instance, solution, row);
    let irreps = instance.irreps(solution.map);
    let within = irreps.iter().filter(|irrep| irrep.degree <= instance.shape.lmax);
    within
        .map(|irrep| {
            let a = &a[offset(irrep.degree)..][..dim(irrep.degree)];
            z[irrep.offset..][..a.len()].iter().zip(a).map(|(z, a)| z * a).sum()
        })
        .collect()
}
