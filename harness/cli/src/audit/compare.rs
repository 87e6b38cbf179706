//! Two runs of what should be the same computation: how far do they agree?

use std::collections::BTreeMap;
use std::fmt;

use harness_core::record::FinishedRun;
use harness_core::{Determinism, Outcome};
use harness_runner::CPU_METRIC;

/// How far two runs agree, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// All bits of the solution, and of every metric at every recorded step.
    Bitwise,
    /// The metrics up to the tolerance that the solver declares.
    Tolerance,
    /// The metrics differ by more.
    Statistical,
    /// They cannot be compared.
    None,
}

impl Level {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Level::Bitwise => "bitwise",
            Level::Tolerance => "tolerance",
            Level::Statistical => "statistical",
            Level::None => "none",
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) level: Level,
    pub(crate) max_ulp: Option<i64>,
    pub(crate) max_diff: Option<f64>,
    pub(crate) first_diff_step: Option<i64>,
    pub(crate) passed: bool,
    pub(crate) reason: Option<String>,
}

/// How a determinism is written in tables.
pub(crate) struct Declared(pub(crate) Determinism);

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Determinism::Bitwise => f.write_str("bitwise"),
            Determinism::Tolerance(x) => write!(f, "tolerance({x:e})"),
            Determinism::Statistical => f.write_str("statistical"),
        }
    }
}

/// The values of a run that must agree, by metric and step.
type Values<'a> = BTreeMap<(&'a str, i64), f64>;

fn values(run: &FinishedRun) -> Values<'_> {
    let solved = run.traces.iter().filter(|row| row.metric != CPU_METRIC);
    solved.map(|row| ((row.metric.as_str(), row.step), row.value)).collect()
}

/// Compares two runs of a solver that declares `determinism`.
pub(crate) fn compare(a: &FinishedRun, b: &FinishedRun, determinism: Determinism) -> Comparison {
    if let Some(reason) = incomparable(a, b) {
        // A solver that fails, or fails only sometimes, shows nothing of its determinism.
        let passed = a.run.outcome == b.run.outcome;
        return Comparison {
            level: Level::None,
            max_ulp: None,
            max_diff: None,
            first_diff_step: None,
            passed,
            reason: Some(reason),
        };
    }
    let (of_a, of_b) = (values(a), values(b));
    let (mut max_ulp, mut max_diff, mut first) = (0_i64, 0.0_f64, None::<i64>);
    for ((metric, step), x) in &of_a {
        let Some(y) = of_b.get(&(*metric, *step)) else { continue };
        let ulps = ulps(*x, *y);
        if ulps > 0 {
            first = Some(first.map_or(*step, |s| s.min(*step)));
            max_ulp = max_ulp.max(ulps);
            max_diff = max_diff.max(difference(*x, *y));
        }
    }
    let same_steps = of_a.len() == of_b.len() && of_a.keys().eq(of_b.keys());
    let same_bits = a.run.result_hash == b.run.result_hash && max_ulp == 0 && same_steps;
    let level = match determinism {
        _ if same_bits => Level::Bitwise,
        Determinism::Tolerance(most) if max_diff <= most && a.run.solver_status == b.run.solver_status => {
            Level::Tolerance
        }
        _ => Level::Statistical,
    };
    let passed = match determinism {
        Determinism::Bitwise => level == Level::Bitwise,
        Determinism::Tolerance(_) => level <= Level::Tolerance,
        Determinism::Statistical => true,
    };
    let reason = (!passed).then(|| {
        let steps = |run: &FinishedRun| run.run.n_iter.unwrap_or(0);
        if !same_steps {
            format!("the recorded steps differ: {} steps and {} steps", steps(a), steps(b))
        } else if let Some(step) = first {
            format!("the metrics differ from step {step} on, by up to {max_diff:.1e} ({max_ulp} ulp)")
        } else {
            "the solutions differ in their bits".to_owned()
        }
    });
    Comparison {
        level,
        max_ulp: Some(max_ulp),
        max_diff: Some(max_diff),
        first_diff_step: first,
        passed,
        reason,
    }
}

fn incomparable(a: &FinishedRun, b: &FinishedRun) -> Option<String> {
    let failed = |run: &FinishedRun| run.run.outcome != Outcome::Ok;
    if failed(a) || failed(b) {
        return Some(format!("the runs ended as {} and {}", a.run.outcome, b.run.outcome));
    }
    let timed = |run: &FinishedRun| run.run.solver_status.as_deref() == Some("max_time");
    (timed(a) || timed(b)).then(|| "a run was ended by its time budget".to_owned())
}

/// How many floats lie between two, at most `i64::MAX`; all NaNs are one, and both zeros.
fn ulps(x: f64, y: f64) -> i64 {
    match (x.is_nan(), y.is_nan()) {
        (true, true) => return 0,
        (false, false) => {}
        _ => return i64::MAX,
    }
    // Floats in order as integers.
    let rank = |v: f64| {
        let bits = v.to_bits().cast_signed();
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    i64::try_from(rank(x).abs_diff(rank(y))).unwrap_or(i64::MAX)
}

/// The difference relative to the larger of the two, or to 1 if that is larger: metrics of errors go to zero, where relative
/// differences mean nothing.
fn difference(x: f64, y: f64) -> f64 {
    if x.is_finite() && y.is_finite() { (x - y).abs() / x.abs().max(y.abs()).max(1.0) } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use harness_core::TraceRow;
    use proptest::prelude::*;

    use super::*;
    use crate::audit::testing::run;

    fn with_curve(values: &[f64]) -> FinishedRun {
        let mut finished = run();
        for (step, value) in values.iter().enumerate() {
            for (metric, value) in [("gap", *value), (CPU_METRIC, rand_time(step))] {
                finished.traces.push(TraceRow {
                    run_id: finished.run.run_id,
                    cell_key: finished.run.cell_key.clone(),
                    metric: metric.to_owned(),
                    step: step as i64,
                    t_ns: 0,
                    work: 0,
                    value,
                });
            }
        }
        finished
    }

    /// A time, which is another in every run.
    fn rand_time(step: usize) -> f64 {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
            + step as f64
    }

    #[test]
    fn equal_runs_are_bitwise_equal_whatever_they_took() {
        let found = compare(&with_curve(&[1.0, 0.5]), &with_curve(&[1.0, 0.5]), Determinism::Bitwise);
        assert_eq!((found.level, found.passed, found.max_ulp), (Level::Bitwise, true, Some(0)));
    }

    #[test]
    fn one_unit_in_the_last_place_is_not_bitwise_and_is_told_with_its_step() {
        let (a, b) = (with_curve(&[1.0, 0.5, 0.25]), with_curve(&[1.0, 0.5_f64.next_up(), 0.25]));
        let found = compare(&a, &b, Determinism::Bitwise);
        assert_eq!(
            (found.level, found.max_ulp, found.first_diff_step),
            (Level::Statistical, Some(1), Some(1))
        );
        assert!(!found.passed && found.reason.unwrap().contains("from step 1 on"));
        let found = compare(&a, &b, Determinism::Tolerance(1e-12));
        assert_eq!((found.level, found.passed), (Level::Tolerance, true));
    }

    #[test]
    fn a_solution_with_other_bits_is_noticed_though_the_metrics_agree() {
        let (a, mut b) = (with_curve(&[1.0]), with_curve(&[1.0]));
        b.run.result_hash = Some("other".to_owned());
        assert!(!compare(&a, &b, Determinism::Bitwise).passed);
        assert!(compare(&a, &b, Determinism::Tolerance(1e-9)).passed);
    }

    #[test]
    fn more_than_the_tolerance_fails_and_statistical_solvers_are_free() {
        let (a, b) = (with_curve(&[1.0]), with_curve(&[1.1]));
        assert!(!compare(&a, &b, Determinism::Tolerance(1e-3)).passed);
        assert!(compare(&a, &b, Determinism::Statistical).passed);
        let longer = with_curve(&[1.0, 0.5]);
        assert!(compare(&a, &longer, Determinism::Bitwise).reason.unwrap().contains("recorded steps differ"));
    }

    #[test]
    fn runs_that_failed_alike_or_ran_out_of_time_say_nothing_and_unlike_ones_fail() {
        let mut failed = run();
        failed.run.outcome = Outcome::Signal;
        let found = compare(&failed, &failed, Determinism::Bitwise);
        assert_eq!((found.level, found.passed), (Level::None, true));
        assert!(!compare(&failed, &run(), Determinism::Bitwise).passed);
        let mut late = run();
        late.run.solver_status = Some("max_time".to_owned());
        assert_eq!(compare(&late, &run(), Determinism::Bitwise).level, Level::None);
    }

    proptest! {
        #[test]
        fn ulps_are_a_distance(x: f64, y: f64) {
            prop_assert_eq!(ulps(x, y), ulps(y, x));
            prop_assert_eq!(ulps(x, x), 0);
            if x.is_finite() {
                prop_assert_eq!(ulps(x, x.next_up()), 1);
            }
        }
    }

    #[test]
    fn zeros_are_one_and_infinity_is_far() {
        assert_eq!(ulps(0.0, -0.0), 0);
        assert_eq!(ulps(-f64::MIN_POSITIVE, f64::MIN_POSITIVE), 2 * ulps(0.0, f64::MIN_POSITIVE));
        assert_eq!(ulps(f64::NAN, 1.0), i64::MAX);
        assert_eq!(difference(f64::INFINITY, 1.0), f64::INFINITY);
    }
}
