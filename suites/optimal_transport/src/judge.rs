//! How solutions are judged: the same code for every solver and every peer.

use harness_core::{MetricInfo, MetricRole, Metrics, Scale};

use crate::instance::OtInstance;
use crate::kernels::{Kernels, Marginals, Potentials};
use crate::solution::{OtSolution, SparsePlan};

const fn metric(
    id: &'static str,
    label: &'static str,
    doc: &'static str,
    role: MetricRole,
    scale: Scale,
) -> MetricInfo {
    MetricInfo { id, label, doc, unit: "", role, scale }
}

/// What [`judge`] may set.
pub(crate) const METRICS: &[MetricInfo] = &[
    metric(
        "marginal_l1",
        "L1 error of the marginals",
        "‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁, of the plan, relative to its mass",
        MetricRole::Feasibility,
        Scale::Log,
    ),
    metric(
        "marginal_l1_row",
        "L1 error of the row marginal",
        "‖P1 − r‖₁, relative to the mass",
        MetricRole::Other,
        Scale::Log,
    ),
    metric(
        "marginal_l1_col",
        "L1 error of the column marginal",
        "‖Pᵀ1 − c‖₁, relative to the mass",
        MetricRole::Other,
        Scale::Log,
    ),
    metric(
        "marginal_l2",
        "L2 error of the marginals",
        "(‖P1 − r‖₂² + ‖Pᵀ1 − c‖₂²)^½, relative to the mass: the gradient's norm",
        MetricRole::Other,
        Scale::Log,
    ),
    metric("cost", "transport cost", "⟨C, P⟩", MetricRole::Objective, Scale::Linear),
    metric("entropy_term", "entropy term", "(1/η) Σ P ln P", MetricRole::Other, Scale::Linear),
    metric("primal_value", "regularised cost", "⟨C, P⟩ + (1/η) Σ P ln P", MetricRole::Other, Scale::Linear),
    metric(
        "dual_value",
        "dual value",
        "r·x + c·y + (1 − ΣP)/η for potentials; r·u + c·v, less the largest violation of u_i + v_j ≤ C_ij, for an exact plan",
        MetricRole::Other,
        Scale::Linear,
    ),
    metric(
        "dual_gap",
        "duality gap",
        "|primal − dual| of the regularised problem for potentials, of the linear programme for an exact plan",
        MetricRole::Other,
        Scale::Log,
    ),
    metric(
        "cost_excess",
        "cost above the exact optimum",
        "⟨C, P⟩ − optimal cost without regularisation; negative where the marginals are not met",
        MetricRole::Gap,
        Scale::Log,
    ),
    metric(
        "closed_form_error",
        "relative error of the cost",
        "|⟨C, P⟩ / closed form − 1|, where the regularised cost is known in closed form",
        MetricRole::Other,
        Scale::Log,
    ),
];

/// The metric of stop rules.
pub(crate) const STOP_METRIC: &str = "marginal_l1";

/// Judges a solution of `instance` in O(nm) time without storing the plan.
pub(crate) fn judge(instance: &OtInstance, solution: &OtSolution) -> Metrics {
    let mut marginals = Marginals::zeros(instance.n(), instance.m());
    let mut metrics = Metrics::new();
    let mass = instance.mass();
    // The entropy of a plan M·Q is M Σ Q ln Q + M ln M.
    let offset = mass.ln() / instance.eta;
    let scaled = |value: f64| mass * (value + offset);
    let cost = match solution {
        OtSolution::Potentials { x, y } => {
            let potentials = Potentials { cost: &instance.cost, eta: instance.eta, x, y };
            let cost = Kernels::new().marginals_and_cost(potentials, &mut marginals);
            // ln P_ij = η(x_i + y_j − C_ij) turns the entropy into sums over the marginals.
            let primal = dot(&marginals.rows, x) + dot(&marginals.columns, y);
            let dual = dot(&instance.r, x) + dot(&instance.c, y) + (1.0 - marginals.mass()) / instance.eta;
            metrics.set("entropy_term", scaled(primal - cost));
            metrics.set("primal_value", scaled(primal));
            metrics.set("dual_value", scaled(dual));
            metrics.set("dual_gap", mass * (primal - dual).abs());
            cost
        }
        OtSolution::Plan(plan) => {
            plan.add_marginals(&mut marginals);
            let cost = plan.cost(&instance.cost);
            let entropy =
                plan.entries.iter().map(|&(_, _, p)| if p > 0.0 { p * p.ln() } else { 0.0 }).sum::<f64>();
            metrics.set("entropy_term", scaled(entropy / instance.eta));
            metrics.set("primal_value", scaled(cost + entropy / instance.eta));
            if let Some(bound) = plan.lower_bound(instance) {
                metrics.set("dual_value", mass * bound);
                metrics.set("dual_gap", mass * (cost - bound).abs());
            }
            cost
        }
    };
    let (row_l1, row_l2) = errors(&marginals.rows, &instance.r);
    let (column_l1, column_l2) = errors(&marginals.columns, &instance.c);
    metrics.set("marginal_l1", row_l1 + column_l1);
    metrics.set("marginal_l1_row", row_l1);
    metrics.set("marginal_l1_col", column_l1);
    metrics.set("marginal_l2", (row_l2 + column_l2).sqrt());
    metrics.set("cost", mass * cost);
    if let Some(exact) = instance.exact_cost() {
        metrics.set("cost_excess", mass * (cost - exact));
    }
    if let Some(closed_form) = instance.closed_form_cost() {
        metrics.set("closed_form_error", (cost / closed_form - 1.0).abs());
    }
    metrics
}

impl SparsePlan {
    /// `⟨C, P⟩`.
    pub fn cost(&self, cost: &crate::kernels::Matrix) -> f64 {
        self.entries.iter().map(|&(i, j, p)| cost[(i as usize, j as usize)] * p).sum()
    }

    fn add_marginals(&self, marginals: &mut Marginals) {
        for &(i, j, p) in &self.entries {
            marginals.rows[i as usize] += p;
            marginals.columns[j as usize] += p;
        }
    }

    /// A lower bound of the cost of every plan, from the duals and how far they violate their constraints.
    pub(crate) fn lower_bound(&self, instance: &OtInstance) -> Option<f64> {
        let (u, v) = self.duals.as_ref()?;
        let mut slack = f64::INFINITY;
        for (row, u) in instance.cost.rows().zip(u) {
            for (c, v) in row.iter().zip(v) {
                slack = slack.min(c - u - v);
            }
        }
        Some(dot(&instance.r, u) + dot(&instance.c, v) + slack.min(0.0))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Sums of absolute and of squared differences.
fn errors(found: &[f64], wanted: &[f64]) -> (f64, f64) {
    found.iter().zip(wanted).fold((0.0, 0.0), |(l1, l2), (a, b)| (l1 + (a - b).abs(), l2 + (a - b) * (a - b)))
}
