//! How solutions are judged: the same code for every solver and every peer.
//!
//! **The stop metric is how far an answer is from being the solution of its problem.** The regularised optimum is the only
//! plan that has the marginals *and* the form `P_ij = exp(η(x_i + y_j − C_ij))`; a plan that lacks either is none, however well
//! it has the other. Potentials have the form by definition, which leaves the L1 error of the marginals. A bare plan has to
//! be shown to have it: `‖P − Q‖₁` is added, where `Q` is the nearest plan of that form that is found. The independent coupling
//! `r cᵀ` has perfect marginals and an error of about 1.
//!
//! *What it proves.* Let the metric be τ. Then `Q`, a plan of potentials, has marginals within 2τ, because
//! those of `P` and `Q` differ by at most `2‖P − Q‖₁`: it is what a solver that gives potentials would show at 2τ, and the plan
//! is within τ of it. That holds for any `Q`, so that no failure of the search for it lets a wrong plan pass. The other way
//! round, the optimum is itself of the form, and a plan within τ of it has a metric of at most 3τ once the search succeeds.
//!
//! *Why not the duality gap.* The gap of `P` among the plans of its own marginals is `KL(P ‖ Q)/η`, with `Q` the entropic optimum
//! for these marginals; by Pinsker's inequality `‖P − Q‖₁² ≤ 2 KL(P ‖ Q)`. So the two ask the same, but the gap asks it of
//! the square: to vouch for 1e-9 it would have to be known to 1e-18, which is below the rounding of its terms.
//!
//! *Which entries count.* Each by its mass. Entries that underflowed or were dropped are missing from `P`, and cost the mass that
//! `Q` has there; their logarithms are never taken.
//!
//! **Exact solvers answer another problem**, the linear programme, and say so: a solution of it has `eta = inf` or dual variables
//! in its file. It is judged by that problem's own optimality, marginals and complementary slackness, and marked
//! as `unregularised`, so that its time is never taken for one to an entropic solution. What does not say so is judged as
//! entropic. Neither saying makes a wrong plan right.

mod nearest;
mod programme;
pub(crate) mod reference;

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
        "‖P1 − r‖₁ + ‖Pᵀ1 − c‖₁, relative to the mass; for a plan without potentials plus its `form_l1`, for an exact plan plus its `relative_gap`: how far an answer is from a solution",
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
    metric(
        "form_l1",
        "distance from the entropic form",
        "‖P − Q‖₁ of a plan without potentials, relative to the mass, where Q = exp(η(x_i + y_j − C_ij)) is the nearest that is found",
        MetricRole::Other,
        Scale::Log,
    ),
    metric(
        "relative_gap",
        "relative gap of the linear programme",
        "Σ P s / Σ rcᵀ s of an exact plan, with the slacks s_ij = C_ij − u_i − v_j: 0 for an optimum, 1 for the independent coupling",
        MetricRole::Other,
        Scale::Log,
    ),
    metric(
        "unregularised",
        "the problem without regularisation",
        "1 where the answer is one of the problem without regularisation",
        MetricRole::OtherProblem,
        Scale::Linear,
    ),
    metric("cost", "transport cost", "⟨C, P⟩", MetricRole::Objective, Scale::Linear),
    metric("entropy_term", "entropy term", "(1/η) Σ P ln P", MetricRole::Other, Scale::Linear),
    metric("primal_value", "regularised cost", "⟨C, P⟩ + (1/η) Σ P ln P", MetricRole::Other, Scale::Linear),
    metric(
        "dual_value",
        "dual value",
        "r·x + c·y + (1 − ΣP)/η for potentials, those of `form_l1` for a plan without; r·u + c·v, less the largest violation of u_i + v_j ≤ C_ij, for an exact plan",
        MetricRole::Other,
        Scale::Linear,
    ),
    metric(
        "dual_gap",
        "duality gap",
        "|primal − dual|, of the regularised problem or, for an exact plan, of the linear programme",
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
    let scale = Scaled::of(instance);
    // What is missing beside the marginals.
    let mut beside = 0.0;
    let cost = match solution {
        OtSolution::Potentials { x, y } => {
            let potentials = Potentials { cost: &instance.cost, eta: instance.eta, x, y };
            let cost = Kernels::new().marginals_and_cost(potentials, &mut marginals);
            // ln P_ij = η(x_i + y_j − C_ij) turns the entropy into sums over the marginals.
            let primal = dot(&marginals.rows, x) + dot(&marginals.columns, y);
            let dual = dual_value(instance, x, y, marginals.mass());
            scale.set_values(&mut metrics, cost, primal, dual);
            cost
        }
        OtSolution::Plan(plan) => {
            plan.add_marginals(&mut marginals);
            let cost = plan.cost(&instance.cost);
            let nearest = nearest::nearest(instance, plan, &marginals);
            let dual = dual_value(instance, &nearest.x, &nearest.y, nearest.mass);
            scale.set_values(&mut metrics, cost, cost + plan.entropy() / instance.eta, dual);
            metrics.set("form_l1", nearest.distance);
            beside = nearest.distance;
            cost
        }
        OtSolution::Exact(plan) => {
            plan.add_marginals(&mut marginals);
            let cost = plan.cost(&instance.cost);
            let entropy = plan.entropy() / instance.eta;
            metrics.set("entropy_term", scale.entropic(entropy));
            metrics.set("primal_value", scale.entropic(cost + entropy));
            if let Some(bound) = plan.lower_bound(instance) {
                metrics.set("dual_value", scale.mass * bound);
                metrics.set("dual_gap", scale.mass * (cost - bound).abs());
            }
            beside = programme::relative_gap(instance, plan);
            metrics.set("relative_gap", beside);
            metrics.set("unregularised", 1.0);
            cost
        }
    };
    let (row_l1, row_l2) = errors(&marginals.rows, &instance.r);
    let (column_l1, column_l2) = errors(&marginals.columns, &instance.c);
    metrics.set(STOP_METRIC, row_l1 + column_l1 + beside);
    metrics.set("marginal_l1_row", row_l1);
    metrics.set("marginal_l1_col", column_l1);
    metrics.set("marginal_l2", (row_l2 + column_l2).sqrt());
    metrics.set("cost", scale.mass * cost);
    if let Some(exact) = instance.exact_cost() {
        metrics.set("cost_excess", scale.mass * (cost - exact));
    }
    if let Some(closed_form) = instance.closed_form_cost() {
        metrics.set("closed_form_error", (cost / closed_form - 1.0).abs());
    }
    metrics
}

/// Values for the mass of the problem as given: `M` times those for mass one.
struct Scaled {
    mass: f64,
    /// The entropy of a plan `M·Q` is `M Σ Q ln Q + M ln M`.
    offset: f64,
}

impl Scaled {
    fn of(instance: &OtInstance) -> Self {
        let mass = instance.mass();
        Self { mass, offset: mass.ln() / instance.eta }
    }

    fn entropic(&self, value: f64) -> f64 {
        self.mass * (value + self.offset)
    }

    /// The values of the regularised problem.
    fn set_values(&self, metrics: &mut Metrics, cost: f64, primal: f64, dual: f64) {
        metrics.set("entropy_term", self.entropic(primal - cost));
        metrics.set("primal_value", self.entropic(primal));
        metrics.set("dual_value", self.entropic(dual));
        metrics.set("dual_gap", self.mass * (primal - dual).abs());
    }
}

/// The dual value of potentials whose plan has this mass.
fn dual_value(instance: &OtInstance, x: &[f64], y: &[f64], mass: f64) -> f64 {
    dot(&instance.r, x) + dot(&instance.c, y) + (1.0 - mass) / instance.eta
}

impl SparsePlan {
    /// `⟨C, P⟩`.
    pub fn cost(&self, cost: &crate::kernels::Matrix) -> f64 {
        self.entries.iter().map(|&(i, j, p)| cost[(i as usize, j as usize)] * p).sum()
    }

    /// `Σ P ln P`.
    fn entropy(&self) -> f64 {
        self.entries.iter().map(|&(_, _, p)| if p > 0.0 { p * p.ln() } else { 0.0 }).sum()
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
