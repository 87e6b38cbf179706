//! How far a plan is from an optimum of the linear programme, the problem without regularisation.

use crate::instance::OtInstance;
use crate::solution::SparsePlan;

/// A gap of so many units of rounding of the largest cost is none.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// `Σ P_ij s_ij / Σ r_i c_j s_ij` with the slacks `s_ij = C_ij − u_i − v_j ≥ 0` of feasible dual variables: the duality gap of
/// the plan among the plans of its own marginals, relative to that of the independent coupling `r cᵀ`. So it is 0 for an
/// optimum and 1 for a plan that knows nothing, and neither the unit of the costs nor what is added to a row or a column of
/// them changes it. The dual variables are the plan's own, or else those of our exact solver.
pub(super) fn relative_gap(instance: &OtInstance, plan: &SparsePlan) -> f64 {
    let (u, _) = plan.duals.as_ref().unwrap_or_else(|| instance.duals());
    // The same for all rows is nothing, but if it is large the costs drown in its rounding.
    let top = u.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let u: Vec<f64> = u.iter().map(|u| u - top).collect();
    // The largest `v` that `u` allows: feasible, whatever `u` is, and at least as good as any that came with it.
    let mut v = vec![f64::INFINITY; instance.m()];
    for (row, u) in instance.cost.rows().zip(&u) {
        for (v, c) in v.iter_mut().zip(row) {
            *v = v.min(c - u);
        }
    }
    let slack = |i: usize, j: usize| (instance.cost[(i, j)] - u[i] - v[j]).max(0.0);
    let gap: f64 = plan.entries.iter().map(|&(i, j, p)| p * slack(i as usize, j as usize)).sum();
    let largest = instance.cost.rows().flatten().fold(0.0, |a: f64, c| a.max(c.abs()));
    if gap <= ROUNDING * largest {
        return 0.0;
    }
    let weighted = |(i, r): (usize, &f64)| -> f64 {
        instance.c.iter().enumerate().map(|(j, c)| r * c * slack(i, j)).sum()
    };
    gap / instance.r.iter().enumerate().map(weighted).sum::<f64>()
}
