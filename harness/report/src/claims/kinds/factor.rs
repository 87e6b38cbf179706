//! How many times one number is the other, at least 1.

use harness_stats::{Bound, Estimate, Interval};

/// max(a/b, b/a) for b > 0; infinite where it is not known.
pub(super) fn factor(a: f64, b: f64) -> f64 {
    if a > 0.0 { (a / b).max(b / a) } else { f64::INFINITY }
}

/// The factor between an estimate and a number above 0: its value, whether that is only a lower bound, and its interval.
#[derive(Clone, Copy)]
pub(super) struct Between {
    pub(super) value: f64,
    pub(super) bounded: bool,
    pub(super) interval: Option<Interval>,
}

impl Between {
    pub(super) fn of(estimate: &Estimate, reported: f64) -> Self {
        let (ours, away) = (estimate.value, estimate.value >= reported);
        let (value, bounded) = match estimate.bound {
            Bound::Exact => (factor(ours, reported), false),
            // A bound that points at the other number says nothing of the factor.
            Bound::AtLeast => (if away { factor(ours, reported) } else { 1.0 }, true),
            Bound::AtMost => (if away { 1.0 } else { factor(ours, reported) }, true),
        };
        let interval = estimate.interval().and_then(|i| {
            let (a, b) = (factor(i.lo, reported), factor(i.hi, reported));
            let least = if i.contains(reported) { 1.0 } else { a.min(b) };
            Interval::new(least, a.max(b), i.level).ok()
        });
        Self { value, bounded, interval }
    }
}

#[cfg(test)]
mod tests {
    use harness_stats::{Method, Uncertainty};

    use super::*;

    fn estimate(value: f64, bound: Bound, lo: f64, hi: f64) -> Estimate {
        let uncertainty = Uncertainty::Interval(Interval::new(lo, hi, 0.95).unwrap());
        Estimate { value, bound, uncertainty, n: 10, method: Method::StudentT }
    }

    #[test]
    fn factors_are_at_least_one_and_know_their_bounds() {
        const INF: f64 = f64::INFINITY;
        for (estimate, value, bounded, lo, hi) in [
            (estimate(20.0, Bound::Exact, 16.0, 30.0), 2.0, false, 1.6, 3.0),
            (estimate(5.0, Bound::Exact, 4.0, 8.0), 2.0, false, 1.25, 2.5),
            (estimate(10.0, Bound::Exact, 5.0, 11.0), 1.0, false, 1.0, 2.0),
            (estimate(5.0, Bound::Exact, -1.0, 8.0), 2.0, false, 1.25, INF),
            (estimate(60.0, Bound::AtLeast, 50.0, INF), 6.0, true, 5.0, INF),
            (estimate(5.0, Bound::AtLeast, 4.0, INF), 1.0, true, 1.0, INF),
            (estimate(0.0, Bound::Exact, 0.0, 0.0), INF, false, INF, INF),
        ] {
            let found = Between::of(&estimate, 10.0);
            let interval = found.interval.unwrap();
            assert_eq!((found.value, found.bounded), (value, bounded), "{estimate:?}");
            assert_eq!((interval.lo, interval.hi), (lo, hi), "{estimate:?}");
        }
    }
}
