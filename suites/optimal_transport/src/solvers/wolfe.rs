//! A line search for the strong Wolfe conditions (Moré and Thuente 1994), for methods that minimise.
//!
//! Along a direction of descent `d` the function is `φ(α) = F(z + αd) − F(z)`, with `φ'(0) < 0`. A step is accepted if
//! `φ(α) ≤ c₁ α φ'(0)` and `|φ'(α)| ≤ c₂ |φ'(0)|`. The search keeps the best step so far and, once it has one, a step on the
//! other side of a minimiser of `ψ(α) = φ(α) − c₁ α φ'(0)`; in between it tries the minimisers of the cubics and parabolas
//! through what it knows. Where the change of `F` drowns in rounding, the area under the slopes takes its place: the first
//! condition then is the approximate one of Hager and Zhang (2005), `φ'(α) ≤ (2c₁ − 1) φ'(0)`.

/// `c₁`: fraction of the promised decrease that a step must bring.
const DECREASE: f64 = 1e-4;
/// `c₂`: fraction of the slope that a step may leave.
const CURVATURE: f64 = 0.9;
/// The interval must shrink to this part; where it twice does not, it is halved.
const SHRINKAGE: f64 = 0.66;
/// No nearer to the best step than this part of the interval: what is known at the other end of an exponential says little
/// about where its minimum lies.
const NEAREST: f64 = 0.1;
/// No shorter step is tried.
const SHORTEST: f64 = 1e-10;

/// Where to search, and how well the function is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The first step tried.
    pub(super) first: f64,
    /// As long as the function falls, the next step lies beyond the last one by at least and at most this times that one's
    /// distance from the best one before it. Moré and Thuente recommend 1.1 and 4.
    pub(super) extrapolation: [f64; 2],
    /// The longest step tried; it is accepted if the function still falls there.
    pub(super) longest: f64,
    /// Evaluations, but for one more that may be needed to return to the best step.
    pub(super) max_evaluations: u64,
    /// A change of the function up to this may be rounding.
    pub(super) resolution: f64,
}

/// What a search came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WolfeReport {
    /// The step at which the function was evaluated last; none if no step was found that lowers it.
    pub(super) accepted: Option<f64>,
    pub(super) evaluations: u64,
}

/// Looks for a step along a direction with `φ'(0) = slope`. `evaluate` gives `φ` and `φ'` at a step; a value that is not
/// finite is taken for a rise. Where no step tried satisfies both conditions, the best one is accepted if it satisfies the
/// first.
pub(super) fn search(slope: f64, limits: Limits, mut evaluate: impl FnMut(f64) -> (f64, f64)) -> WolfeReport {
    let mut report = WolfeReport { accepted: None, evaluations: 0 };
    if slope.is_nan() || slope >= 0.0 {
        return report;
    }
    let promised = DECREASE * slope;
    let mut interval = Interval::from(Sample { step: 0.0, value: 0.0, slope: slope - promised });
    let mut step = limits.first.clamp(SHORTEST, limits.longest);
    while report.evaluations < limits.max_evaluations {
        let (mut change, new_slope) = evaluate(step);
        report.evaluations += 1;
        if change.abs() <= limits.resolution {
            change = 0.5 * step * (slope + new_slope);
        }
        let at = Sample { step, value: change - promised * step, slope: new_slope - promised };
        let is_flat = new_slope.abs() <= -CURVATURE * slope;
        let is_end = step >= limits.longest && at.slope < 0.0;
        if at.value <= 0.0 && (is_flat || is_end) {
            report.accepted = Some(step);
            return report;
        }
        if step <= SHORTEST && !(at.value <= 0.0 && at.slope < 0.0) {
            break;
        }
        step = interval.narrow(at, limits.extrapolation).clamp(SHORTEST, limits.longest);
    }
    let best = interval.low.step;
    if best > 0.0 {
        evaluate(best);
        report.evaluations += 1;
        report.accepted = Some(best);
    }
    report
}

/// `ψ` at a step.
#[derive(Debug, Clone, Copy)]
struct Sample {
    step: f64,
    value: f64,
    slope: f64,
}

/// Where the search is. Seen from `low`, `ψ` falls towards `high`, or onwards as long as there is none.
struct Interval {
    /// The step with the least `ψ`.
    low: Sample,
    high: Option<Sample>,
    width: f64,
    /// How many times in succession the interval did not shrink enough.
    failures: u32,
}

impl From<Sample> for Interval {
    fn from(low: Sample) -> Self {
        Self { low, high: None, width: f64::INFINITY, failures: 0 }
    }
}

impl Interval {
    /// Takes in a sample between the ends, or beyond `low`; gives the next step to try.
    fn narrow(&mut self, at: Sample, extrapolation: [f64; 2]) -> f64 {
        let mut next = self.trial(at, extrapolation);
        if at.value.is_nan() || at.value > self.low.value {
            self.high = Some(at);
        } else {
            if at.slope * (self.low.step - at.step) <= 0.0 {
                self.high = Some(self.low);
            }
            self.low = at;
        }
        let Some(high) = self.high else { return next };
        let low = self.low.step;
        let width = (high.step - low).abs();
        self.failures = if width > SHRINKAGE * self.width { self.failures + 1 } else { 0 };
        self.width = width;
        let part = (next - low) / (high.step - low);
        // Not so for NaN.
        if self.failures >= 2 || !(part > 0.0 && part < 1.0) {
            self.failures = 0;
            next = 0.5 * (low + high.step);
        } else if part < NEAREST {
            next = low + NEAREST * (high.step - low);
        }
        next
    }

    /// The trial step of Moré and Thuente's four cases.
    fn trial(&self, at: Sample, extrapolation: [f64; 2]) -> f64 {
        let low = self.low;
        if !(at.value.is_finite() && at.slope.is_finite()) {
            return 0.5 * (low.step + at.step);
        }
        let cubic = cubic_minimiser(low, at);
        if at.value > low.value {
            let parabola = parabola_minimiser(low, at);
            let cubic = cubic.unwrap_or(parabola);
            let is_nearer = (cubic - low.step).abs() < (parabola - low.step).abs();
            return if is_nearer { cubic } else { 0.5 * (cubic + parabola) };
        }
        let secant = secant_minimiser(low, at);
        if at.slope * low.slope < 0.0 {
            let is_farther = |cubic: &f64| (cubic - at.step).abs() >= (secant - at.step).abs();
            return cubic.filter(is_farther).unwrap_or(secant);
        }
        let Some(high) = self.high else {
            let [nearest, farthest] = extrapolation.map(|times| at.step + times * (at.step - low.step));
            if at.slope.abs() >= low.slope.abs() {
                return farthest;
            }
            let is_farther = |cubic: &f64| *cubic > secant;
            return cubic.filter(is_farther).unwrap_or(secant).clamp(nearest, farthest);
        };
        let trial = if at.slope.abs() < low.slope.abs() {
            let is_onward = |cubic: &f64| {
                (cubic - at.step) * (at.step - low.step) > 0.0
                    && (cubic - at.step).abs() < (secant - at.step).abs()
            };
            cubic.filter(is_onward).unwrap_or(secant)
        } else {
            cubic_minimiser(at, high).unwrap_or(high.step)
        };
        // Not too near the other end.
        let bound = at.step + SHRINKAGE * (high.step - at.step);
        if at.step > low.step { trial.min(bound) } else { trial.max(bound) }
    }
}

/// The minimiser of the cubic with the values and slopes of both samples, if it has one.
fn cubic_minimiser(a: Sample, b: Sample) -> Option<f64> {
    let between = b.step - a.step;
    let mean = a.slope + b.slope - 3.0 * (b.value - a.value) / between;
    let root = (mean * mean - a.slope * b.slope).sqrt().copysign(between);
    let minimiser = b.step - between * (b.slope + root - mean) / (b.slope - a.slope + 2.0 * root);
    minimiser.is_finite().then_some(minimiser)
}

/// The minimiser of the parabola with the value and slope of `a` and the value of `b`.
fn parabola_minimiser(a: Sample, b: Sample) -> f64 {
    let between = b.step - a.step;
    let excess = b.value - a.value - a.slope * between;
    a.step - 0.5 * a.slope * between * between / excess
}

/// The minimiser of the parabola with the slopes of both samples.
fn secant_minimiser(a: Sample, b: Sample) -> f64 {
    a.step - a.slope * (b.step - a.step) / (b.slope - a.slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { first: 1.0, extrapolation: [1.1, 4.0], longest: 1e4, max_evaluations: 30, resolution: 0.0 };

    /// Searches `function` (value and slope) from 0 and checks that the step satisfies the strong Wolfe conditions.
    fn satisfies_wolfe(name: &str, limits: Limits, function: impl Fn(f64) -> (f64, f64)) -> WolfeReport {
        let (start, slope) = function(0.0);
        let mut last = f64::NAN;
        let report = search(slope, limits, |step| {
            last = step;
            let (value, slope) = function(step);
            (value - start, slope)
        });
        let step = report.accepted.unwrap_or_else(|| panic!("{name}: no step from {}", limits.first));
        assert_eq!(step, last, "{name}: evaluated last where it is accepted");
        let (value, new_slope) = function(step);
        assert!(value - start <= DECREASE * step * slope, "{name}: {step} brings {:e}", value - start);
        assert!(new_slope.abs() <= CURVATURE * slope.abs(), "{name}: {step} leaves the slope {new_slope:e}");
        report
    }

    /// Three of the test functions of Moré and Thuente, with their slopes.
    fn concave_then_flat(x: f64) -> (f64, f64) {
        let square = x * x + 2.0;
        (-x / square, (x * x - 2.0) / (square * square))
    }

    fn flat_then_steep(x: f64) -> (f64, f64) {
        let z = x + 0.004;
        (z.powi(5) - 2.0 * z.powi(4), 5.0 * z.powi(4) - 8.0 * z.powi(3))
    }

    fn wavy(x: f64) -> (f64, f64) {
        use std::f64::consts::PI;
        let (bend, waves) = (0.01, 39.0);
        let (kink, kink_slope) = if (x - 1.0).abs() < bend {
            let z = x - 1.0;
            (z * z / (2.0 * bend) + bend / 2.0, z / bend)
        } else {
            ((x - 1.0).abs(), (x - 1.0).signum())
        };
        let frequency = waves * PI / 2.0;
        (
            kink + 2.0 * (1.0 - bend) / (waves * PI) * (frequency * x).sin(),
            kink_slope + (1.0 - bend) * (frequency * x).cos(),
        )
    }

    #[test]
    fn wolfe_conditions_hold_on_the_published_test_functions() {
        for first in [1e-3, 0.1, 1.0, 10.0, 1e3] {
            let limits = Limits { first, ..LIMITS };
            satisfies_wolfe("concave, then flat", limits, concave_then_flat);
            satisfies_wolfe("flat, then steep", limits, flat_then_steep);
            satisfies_wolfe("wavy", limits, wavy);
        }
    }

    #[test]
    fn wolfe_conditions_hold_along_exponentials() {
        // The form that the dual has along a line, overflow included.
        for growth in [1.0, 30.0, 1000.0] {
            for first in [0.01, 1.0, 2.0] {
                let limits = Limits { first, ..LIMITS };
                let report = satisfies_wolfe("exponential", limits, |x| {
                    let e = (growth * x).exp();
                    (e / growth - 2.0 * x, e - 2.0)
                });
                assert!(report.evaluations <= 20, "{report:?} for {growth} from {first}");
            }
        }
    }

    #[test]
    fn the_full_step_to_the_minimum_of_a_parabola_is_taken_at_once() {
        let report = satisfies_wolfe("parabola", LIMITS, |x| (0.5 * x * x - x, x - 1.0));
        assert_eq!(report, WolfeReport { accepted: Some(1.0), evaluations: 1 });
    }

    #[test]
    fn a_function_that_falls_without_end_is_followed_to_the_longest_step() {
        let report = search(-1.0, Limits { longest: 2.0, ..LIMITS }, |x| (-x, -1.0));
        assert_eq!(report, WolfeReport { accepted: Some(2.0), evaluations: 2 });
    }

    #[test]
    fn nothing_is_found_uphill_or_where_nothing_is_finite() {
        assert_eq!(search(1.0, LIMITS, |_| panic!("not asked")).accepted, None);
        assert_eq!(search(f64::NAN, LIMITS, |_| panic!("not asked")).accepted, None);
        let report = search(-1.0, LIMITS, |_| (f64::NAN, f64::NAN));
        assert_eq!(report, WolfeReport { accepted: None, evaluations: 30 });
        // The slope promises what the values do not keep.
        assert_eq!(search(-1.0, LIMITS, |x| (x, 1.0)).accepted, None);
    }

    #[test]
    fn a_change_below_the_resolution_is_judged_by_slopes() {
        // A parabola whose values carry noise a hundred times larger than its decrease.
        let noisy = |x: f64| (0.5e-18 * x * x - 1e-18 * x + 1e-16, 1e-18 * (x - 1.0));
        let limits = Limits { resolution: 1e-15, ..LIMITS };
        assert_eq!(search(-1e-18, limits, noisy).accepted, Some(1.0));
        // Far beyond the minimum the slope says that the step was too long.
        let report = search(-1e-18, Limits { first: 3.0, ..limits }, noisy);
        assert!(report.accepted.is_some_and(|step| (step - 1.0).abs() < 0.9), "{report:?}");
    }

    #[test]
    fn the_best_step_is_returned_to_when_evaluations_run_out() {
        let mut last = f64::NAN;
        // It falls to 0.1, but nowhere gently enough.
        let report = search(-1.0, Limits { first: 0.05, max_evaluations: 4, ..LIMITS }, |x| {
            last = x;
            if x < 0.1 { (-x, -1.0) } else { (x - 0.2, 1.0) }
        });
        assert_eq!(report.accepted, Some(last));
        assert!(last > 0.0 && last < 0.1, "{last}");
        assert_eq!(report.evaluations, 5);
    }
}
