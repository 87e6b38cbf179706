//! Over-relaxed Sinkhorn.

use harness_core::{
    Determinism, Iterations, ParamDoc, ParamError, Params, Randomness, Solve, SolveError, Solver,
    StartContext, Step, StepContext,
};
use serde::{Deserialize, Serialize};

use super::point::Dual;
use super::scaling::Scaling;
use crate::kernels::Kernels;
use crate::{OtInstance, OtSolution};

/// How the relaxation is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relaxation {
    /// `omega`, as given.
    Fixed,
    /// From the observed rate (after Lehmann et al. 2021, and Young 1954 for the relation between the rates). Near the optimum
    /// the iteration is successive over-relaxation of a linear system. If Sinkhorn shrinks the error by `θ` an iteration,
    /// relaxation `ω` below the best one shrinks it by the `λ` with `(λ + ω − 1)² = λ ω² θ`, and `2 / (1 + √(1 − θ))` is best. `θ` is
    /// estimated from `λ` again and again, since early rates are those of directions that die out.
    Automatic,
}

/// Over-relaxed Sinkhorn: `u ← u^(1−ω) (r / Kv)^ω`, `v` likewise, after some plain iterations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SinkhornOverrelaxed {
    relaxation: Relaxation,
    omega: f64,
    plain_iterations: u64,
    rate_window: u64,
    omega_max: f64,
}

impl Default for SinkhornOverrelaxed {
    fn default() -> Self {
        Self {
            relaxation: Relaxation::Fixed,
            omega: 1.9,
            plain_iterations: 50,
            rate_window: 20,
            omega_max: 1.99,
        }
    }
}

impl Params for SinkhornOverrelaxed {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "relaxation", doc: "`fixed`: use omega; `automatic`: from the observed rate" },
        ParamDoc { name: "omega", doc: "relaxation of the fixed choice, between 0 and 2; 1 is Sinkhorn" },
        ParamDoc {
            name: "plain_iterations",
            doc: "iterations of plain Sinkhorn before the relaxation starts",
        },
        ParamDoc { name: "rate_window", doc: "iterations over which the automatic choice measures the rate" },
        ParamDoc { name: "omega_max", doc: "the automatic choice is not larger than this" },
    ];

    fn check(&self) -> Result<(), ParamError> {
        let in_range = |w: f64| w > 0.0 && w < 2.0;
        ParamError::require(in_range(self.omega), "omega", "between 0 and 2", self.omega)?;
        ParamError::require(in_range(self.omega_max), "omega_max", "between 0 and 2", self.omega_max)?;
        ParamError::require(self.rate_window >= 1, "rate_window", "at least 1", self.rate_window)
    }
}

impl Solver for SinkhornOverrelaxed {
    const ID: &'static str = "sinkhorn_overrelaxed";
    const SUMMARY: &'static str = "Sinkhorn with over-relaxation, fixed or chosen from the observed rate";
    const SOURCE: &'static str =
        "Thibault et al. 2021 (arXiv:1711.01851); Lehmann et al. 2021, Optimization Letters";
    const DETERMINISM: Determinism = Determinism::Bitwise;
    const RANDOMNESS: Randomness = Randomness::Fixed;
    type Instance = OtInstance;

    fn start<'a>(
        &'a self,
        instance: &'a OtInstance,
        _: &StartContext,
    ) -> Result<Solve<'a, Self>, SolveError> {
        let mut kernels = Kernels::for_solving()?;
        let dual = Dual::of(instance);
        let scaling = Scaling::start(&mut kernels, &dual);
        let solution = OtSolution::zero_potentials(instance.n(), instance.m());
        Ok(Box::new(Run {
            params: self,
            dual,
            kernels,
            scaling,
            solution,
            iterations: 0,
            omega: 1.0,
            window: Window { first_error: f64::NAN, iterations: 0 },
            best_value: f64::NEG_INFINITY,
            plain_next: false,
            marginal_l1: None,
        }))
    }
}

struct Run<'a> {
    params: &'a SinkhornOverrelaxed,
    dual: Dual<'a>,
    kernels: Kernels,
    scaling: Scaling<'a>,
    solution: OtSolution,
    iterations: u64,
    /// The relaxation now; 1 during the plain iterations.
    omega: f64,
    window: Window,
    /// The largest dual value so far.
    best_value: f64,
    plain_next: bool,
    marginal_l1: Option<f64>,
}

/// The iterations over which a rate is measured.
struct Window {
    first_error: f64,
    iterations: u64,
}

/// The best relaxation, from the rate `λ` observed under relaxation `ω`; `ω` itself where it is already past the best one.
fn best_omega(omega: f64, lambda: f64) -> f64 {
    // At and above the best relaxation the rate is ω − 1, and says nothing about θ.
    if !(lambda > omega - 1.0 && lambda < 1.0) {
        return omega;
    }
    let theta = (lambda + omega - 1.0).powi(2) / (lambda * omega * omega);
    2.0 / (1.0 + (1.0 - theta).max(0.0).sqrt())
}

impl Run<'_> {
    /// Updates the relaxation at the end of a window.
    fn adapt(&mut self, marginal_l1: f64) {
        if self.window.iterations == 0 {
            self.window.first_error = marginal_l1;
        } else if self.window.iterations == self.params.rate_window {
            let lambda = (marginal_l1 / self.window.first_error).powf(1.0 / self.params.rate_window as f64);
            let best = best_omega(self.omega, lambda).min(self.params.omega_max);
            self.omega = best.max(self.omega);
            self.window = Window { first_error: marginal_l1, iterations: 0 };
        }
        self.window.iterations += 1;
    }
}

impl Iterations for Run<'_> {
    type Solution = OtSolution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        if self.iterations == 0 {
            context.work.spend(Scaling::START_PASSES * self.dual.entries());
        }
        let is_plain = self.iterations < self.params.plain_iterations || self.plain_next;
        self.plain_next = false;
        let report = self.scaling.iterate(&mut self.kernels, if is_plain { 1.0 } else { self.omega });
        self.iterations += 1;
        self.marginal_l1 = Some(report.marginal_l1);
        context.work.spend(report.passes * self.dual.entries());
        context.work.count("sinkhorn_iterations", 1);

        let value = self.scaling.dual_value(report.mass);
        // The relaxation overshoots where the dual falls. Plain iterations, which never let it fall, follow until it is
        // back where it was: so the dual converges whatever the relaxation does.
        if value < self.best_value - 1e-14 * self.best_value.abs().max(1.0) {
            self.plain_next = true;
            context.work.count("plain_restarts", 1);
        }
        self.best_value = self.best_value.max(value);
        match self.params.relaxation {
            Relaxation::Fixed => self.omega = self.params.omega,
            Relaxation::Automatic
                if self.iterations + self.params.rate_window >= self.params.plain_iterations =>
            {
                self.adapt(report.marginal_l1);
            }
            Relaxation::Automatic => {}
        }
        context.note("omega", self.omega);
        Ok(Step::Continue)
    }

    fn residual(&self) -> Option<f64> {
        self.marginal_l1
    }

    fn solution(&mut self) -> &OtSolution {
        self.scaling.write_solution(&mut self.solution);
        &self.solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_relaxation_follows_from_the_rate_under_any_smaller_one() {
        let theta: f64 = 0.99;
        let best = 2.0 / (1.0 + (1.0 - theta).sqrt());
        for omega in [1.0, 1.3, 1.6] {
            // The larger root of (λ + ω − 1)² = λ ω² θ.
            let b: f64 = omega * omega * theta / 2.0 - (omega - 1.0);
            let lambda = b + (b * b - (omega - 1.0) * (omega - 1.0)).sqrt();
            assert!((best_omega(omega, lambda) - best).abs() < 1e-9, "ω = {omega}");
        }
    }

    #[test]
    fn past_the_best_relaxation_nothing_changes() {
        // There the rate is ω − 1, up to rounding.
        assert!((best_omega(1.9, 0.9) - 1.9).abs() < 1e-12);
        assert_eq!(best_omega(1.9, 0.85), 1.9);
        assert_eq!(best_omega(1.5, 1.01), 1.5);
    }
}
