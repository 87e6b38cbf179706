//! Exact solutions of the problem without regularisation.

mod assignment;
mod basis;
mod network_simplex;

pub use assignment::Assignment;
pub use network_simplex::NetworkSimplex;

use crate::kernels::Matrix;
use crate::solution::SparsePlan;

/// An optimal plan with its dual variables: by linear assignment where the problem is square with equal masses, else by
/// the network simplex method.
pub fn solve(cost: &Matrix, r: &[f64], c: &[f64]) -> SparsePlan {
    if is_assignment(cost, r, c) {
        let mut assignment = Assignment::new(cost);
        while assignment.advance(cost, usize::MAX) {}
        assignment.plan(cost, r[0])
    } else {
        let mut simplex = NetworkSimplex::new(cost, r, c);
        while simplex.advance(cost, usize::MAX) {}
        simplex.plan()
    }
}

/// The vertex gap `Δ`: by how much the second-best vertex of an assignment problem costs more than the best. None for other
/// problems, and where there is one vertex.
pub fn vertex_gap(cost: &Matrix, r: &[f64], c: &[f64]) -> Option<f64> {
    if !is_assignment(cost, r, c) {
        return None;
    }
    let mut assignment = Assignment::new(cost);
    while assignment.advance(cost, usize::MAX) {}
    Some(r[0] * assignment.gap_to_second(cost)?)
}

/// Whether every permutation is a vertex of the problem: it is square and all masses are equal.
pub fn is_assignment(cost: &Matrix, r: &[f64], c: &[f64]) -> bool {
    let equal = |w: &[f64]| w.iter().all(|a| (a - w[0]).abs() <= 4.0 * f64::EPSILON * w[0]);
    cost.n() == cost.m() && equal(r) && equal(c)
}

/// The smallest `c_j − v_j` of a row and the first place where it is attained.
fn cheapest(costs: &[f64], v: &[f64]) -> (usize, f64) {
    let smallest = smallest_reduced(costs, v);
    let place = costs.iter().zip(v).position(|(c, v)| c - v == smallest);
    (place.unwrap_or(0), smallest)
}

/// The smallest `c_j − v_j`, with eight running minima so that the loop is one of vector instructions.
fn smallest_reduced(costs: &[f64], v: &[f64]) -> f64 {
    let less = |a: f64, b: f64| if a < b { a } else { b };
    let mut lanes = [f64::INFINITY; 8];
    let (cost_octets, cost_rest) = costs.as_chunks::<8>();
    let (v_octets, v_rest) = v.as_chunks::<8>();
    for (c, v) in cost_octets.iter().zip(v_octets) {
        for l in 0..8 {
            lanes[l] = less(c[l] - v[l], lanes[l]);
        }
    }
    let rest = cost_rest.iter().zip(v_rest).fold(f64::INFINITY, |a, (c, v)| less(c - v, a));
    lanes.into_iter().fold(rest, less)
}
