//! Whether errors fall faster than linearly.

/// Above this an order counts.
const LEAST: f64 = 1.3;

/// Follows the errors `e_t` of a method by `p_t = ln e_{t+1} / ln e_t`: 2 where errors are squared.
///
/// Linear convergence at a rate `ρ` has `p_t = 1 + ln ρ / ln e_t`, which is large while the error is and falls towards 1 from
/// step to step. So one large order says nothing; two in succession, the second no smaller, do.
#[derive(Debug, Default)]
pub(super) struct Convergence {
    before: Option<f64>,
}

/// The order of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StepOrder {
    /// `p_t`.
    pub(super) order: f64,
    /// Whether this step and the one before have orders above 1.3 that do not fall.
    pub(super) is_super_linear: bool,
}

impl Convergence {
    /// A step from one error to the next. None where the error was at least 1, or within ten times what rounding leaves of it.
    pub(super) fn step(&mut self, error: f64, next: f64, rounding: f64) -> Option<StepOrder> {
        if !(error < 1.0 && error > 10.0 * rounding && next >= 0.0) {
            self.before = None;
            return None;
        }
        let order = next.max(f64::MIN_POSITIVE).ln() / error.ln();
        let is_super_linear = self.before.is_some_and(|before| before > LEAST && order >= before);
        self.before = Some(order);
        Some(StepOrder { order, is_super_linear })
    }

    /// A step that was not one of the method's own.
    pub(super) fn interrupt(&mut self) {
        self.before = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn super_linear_steps(errors: impl IntoIterator<Item = f64>) -> usize {
        let errors: Vec<f64> = errors.into_iter().collect();
        let mut convergence = Convergence::default();
        let steps = errors.windows(2).filter_map(|e| convergence.step(e[0], e[1], 1e-14));
        steps.filter(|step| step.is_super_linear).count()
    }

    #[test]
    fn linear_convergence_is_never_super_linear_however_fast() {
        for rate in [0.9_f64, 0.5, 0.1, 0.05, 1e-2, 1e-3] {
            assert_eq!(super_linear_steps((0..40).map(|t| 0.3 * rate.powi(t))), 0, "rate {rate}");
        }
    }

    #[test]
    fn squared_errors_are_super_linear_also_with_a_large_constant() {
        assert_eq!(super_linear_steps([1e-1, 1e-2, 1e-4, 1e-8]), 2);
        assert_eq!(super_linear_steps([1e-2, 1e-3, 1e-5, 1e-9]), 2, "e ← 10 e²");
    }

    #[test]
    fn below_the_floor_and_across_an_interruption_nothing_is_concluded() {
        assert_eq!(super_linear_steps([1e-3, 1e-5, 1e-13, 1e-30]), 1);
        let mut convergence = Convergence::default();
        assert!(convergence.step(2.0, 0.5, 1e-14).is_none(), "an error of 1 or more has no order");
        assert!(convergence.step(1e-2, 1e-4, 1e-14).is_some_and(|step| (step.order - 2.0).abs() < 1e-12));
        convergence.interrupt();
        assert!(convergence.step(1e-4, 1e-8, 1e-14).is_some_and(|step| !step.is_super_linear));
    }
}
