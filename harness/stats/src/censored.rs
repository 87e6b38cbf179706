//! Values cut off at a limit: a run stopped at 60 s without reaching its target took *at least* 60 s.
//!
//! Each censored value is replaced once by its lower and once by its upper bound; the lower end of an interval comes from the
//! first, the upper end from the second. The interval keeps its level whatever the hidden values are, and becomes a half-line
//! where nothing bounds the quantity on one side.

use crate::check;
use crate::descriptive;
use crate::error::{Result, StatsError};
use crate::interval::{Bound, Estimate, Interval, Level, Method, Uncertainty};
use crate::mean;
use crate::median;
use crate::quantile;
use crate::welch;

/// A measured value, or the limit at which the measurement was cut off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Censored {
    /// The value itself.
    Value(f64),
    /// The value lies at or above this limit, possibly at +∞ (a target never reached).
    AtLeast(f64),
}

impl Censored {
    /// The smallest value it can have.
    pub fn lower(self) -> f64 {
        match self {
            Self::Value(x) | Self::AtLeast(x) => x,
        }
    }

    /// The largest value it can have; +∞ if censored.
    pub fn upper(self) -> f64 {
        match self {
            Self::Value(x) => x,
            Self::AtLeast(_) => f64::INFINITY,
        }
    }

    /// Whether the value was cut off.
    pub fn is_censored(self) -> bool {
        matches!(self, Self::AtLeast(_))
    }
}

/// The values a quantity can have, ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    lo: f64,
    hi: f64,
}

/// Median with the order-statistic interval of [`median::order_statistics`]. With less than half of the runs censored
/// the median is exact as long as their limits lie above it.
pub fn median(xs: &[Censored], level: Level) -> Result<Estimate> {
    check_finite("the values", xs)?;
    let ranges: Vec<Range> = xs.iter().map(|x| Range { lo: x.lower(), hi: x.upper() }).collect();
    median_of(&ranges, level)
}

/// Quantile at `q` in (0, 1) of type 7, with the interval between the order statistics of [`quantile::ranks`].
pub fn quantile(xs: &[Censored], q: f64, level: Level) -> Result<Estimate> {
    check_finite("the values", xs)?;
    check::open_unit("the quantile", q)?;
    let lower = check::sorted(&xs.iter().map(|x| x.lower()).collect::<Vec<_>>());
    let upper = check::sorted(&xs.iter().map(|x| x.upper()).collect::<Vec<_>>());
    let uncertainty = match quantile::ranks(xs.len(), q, level) {
        Some((k, m)) => Uncertainty::Interval(Interval::new(lower[k - 1], upper[m - 1], level.get())?),
        None => Uncertainty::TooFew { needed: quantile::fewest(q, level) },
    };
    let point = |sorted: &[f64]| descriptive::quantile_of_sorted(sorted, q);
    let point = Range { lo: point(&lower), hi: point(&upper) };
    with_point(point, uncertainty, xs.len(), Method::OrderStatistics)
}

/// Geometric mean of values above zero, Student t on logarithms; a lower bound as soon as one value is censored.
pub fn geometric(xs: &[Censored], level: Level) -> Result<Estimate> {
    check_positive("the values", xs)?;
    let ranges: Vec<Range> = xs.iter().map(|x| Range { lo: x.lower(), hi: x.upper() }).collect();
    geometric_of(&ranges, level, Method::LogT)
}

/// Geometric mean of the paired ratios bᵢ/aᵢ, Student t on logarithms. Pairs with a censored b bound the ratio from below,
/// pairs with a censored a from above; if some pairs do one and some the other, or one pair does both, nothing is known.
pub fn paired_ratio(b: &[Censored], a: &[Censored], level: Level) -> Result<Estimate> {
    geometric_of(&ratios(b, a)?, level, Method::PairedLogT)
}

/// Median of the paired ratios bᵢ/aᵢ with the order-statistic interval; some pairs may be censored on both sides.
pub fn paired_ratio_median(b: &[Censored], a: &[Censored], level: Level) -> Result<Estimate> {
    median_of(&ratios(b, a)?, level)
}

/// Ratio of geometric means of two unpaired samples, Welch on logarithms.
pub fn unpaired_ratio(b: &[Censored], a: &[Censored], level: Level) -> Result<Estimate> {
    check_positive("b", b)?;
    check_positive("a", a)?;
    let logs = |xs: &[Censored]| -> Vec<f64> { xs.iter().map(|x| x.lower().ln()).collect() };
    let (log_b, log_a) = (logs(b), logs(a));
    let whole = welch::difference_of(&log_b, &log_a, level, Method::WelchLogT)?;
    // Replacing censored values by their limits bounds the ratio on one side, unless both samples have some.
    let below = (!a.iter().any(|x| x.is_censored())).then_some(whole);
    let above = (!b.iter().any(|x| x.is_censored())).then_some(whole);
    join(below, above)
}

/// Ratio b/a of a quantity that the caller declares free of randomness: the one value, or the half-line, that all pairs
/// agree on. A at 10 s and B cut off at 60 s give b/a ≥ 6.
pub fn deterministic_ratio(b: &[Censored], a: &[Censored]) -> Result<Estimate> {
    deterministic_of(&ratios(b, a)?)
}

/// A quantity that the caller declares free of randomness, possibly cut off.
pub fn deterministic(xs: &[Censored]) -> Result<Estimate> {
    check_finite("the values", xs)?;
    let ranges: Vec<Range> = xs.iter().map(|x| Range { lo: x.lower(), hi: x.upper() }).collect();
    deterministic_of(&ranges)
}

fn check_finite(what: &'static str, xs: &[Censored]) -> Result<()> {
    let lower: Vec<f64> = xs.iter().map(|x| x.lower()).collect();
    check::finite(what, &lower)
}

fn check_positive(what: &'static str, xs: &[Censored]) -> Result<()> {
    let lower: Vec<f64> = xs.iter().map(|x| x.lower()).collect();
    check::positive(what, &lower)
}

fn ratios(b: &[Censored], a: &[Censored]) -> Result<Vec<Range>> {
    check_positive("b", b)?;
    check_positive("a", a)?;
    check::same_length(("b", b), ("a", a))?;
    // x/∞ = 0: a censored denominator leaves no lower bound above zero.
    Ok(b.iter().zip(a).map(|(b, a)| Range { lo: b.lower() / a.upper(), hi: b.upper() / a.lower() }).collect())
}

fn geometric_of(ranges: &[Range], level: Level, method: Method) -> Result<Estimate> {
    let side = |ends: Vec<f64>| -> Result<Option<Estimate>> {
        if ends.iter().all(|x| *x > 0.0 && x.is_finite()) {
            mean::student_t_of(&check::logs(&ends), level, method).map(Some)
        } else {
            Ok(None)
        }
    };
    let below = side(ranges.iter().map(|r| r.lo).collect())?;
    let above = side(ranges.iter().map(|r| r.hi).collect())?;
    join(below, above)
}

/// The estimate of exp(quantity) between one estimate from below and one from above, either of which may be missing.
fn join(below: Option<Estimate>, above: Option<Estimate>) -> Result<Estimate> {
    let Some(known) = below.or(above) else { return Err(nothing_known()) };
    let end = |side: Option<Estimate>, open: f64, pick: fn(Interval) -> f64| {
        side.map_or(Some(open), |e| e.interval().map(|i| pick(i).exp()))
    };
    let uncertainty = match (end(below, 0.0, |i| i.lo), end(above, f64::INFINITY, |i| i.hi)) {
        (Some(lo), Some(hi)) => {
            let level = known.interval().map_or(1.0, |i| i.level);
            Uncertainty::Interval(Interval::new(lo, hi, level)?)
        }
        _ => known.uncertainty,
    };
    let point = Range {
        lo: below.map_or(0.0, |e| e.value.exp()),
        hi: above.map_or(f64::INFINITY, |e| e.value.exp()),
    };
    with_point(point, uncertainty, known.n, known.method)
}

fn median_of(ranges: &[Range], level: Level) -> Result<Estimate> {
    let lower = check::sorted(&ranges.iter().map(|r| r.lo).collect::<Vec<_>>());
    let upper = check::sorted(&ranges.iter().map(|r| r.hi).collect::<Vec<_>>());
    let uncertainty = median::interval_between(&lower, &upper, level)?;
    let point = Range {
        lo: descriptive::quantile_of_sorted(&lower, 0.5),
        hi: descriptive::quantile_of_sorted(&upper, 0.5),
    };
    with_point(point, uncertainty, ranges.len(), Method::OrderStatistics)
}

fn deterministic_of(ranges: &[Range]) -> Result<Estimate> {
    let lo = ranges.iter().map(|r| r.lo).fold(f64::NEG_INFINITY, f64::max);
    let hi = ranges.iter().map(|r| r.hi).fold(f64::INFINITY, f64::min);
    if lo > hi {
        return Err(StatsError::NotDeterministic { lo: hi, hi: lo });
    }
    let uncertainty = Uncertainty::Deterministic(Interval::new(lo, hi, 1.0)?);
    with_point(Range { lo, hi }, uncertainty, ranges.len(), Method::Deterministic)
}

/// The estimate whose point is known to lie in `point`: the finite end, and which side it bounds.
fn with_point(point: Range, uncertainty: Uncertainty, n: usize, method: Method) -> Result<Estimate> {
    let (value, bound) = if point.lo == point.hi {
        (point.lo, Bound::Exact)
    } else if point.lo != 0.0 {
        (point.lo, Bound::AtLeast)
    } else if point.hi.is_finite() {
        (point.hi, Bound::AtMost)
    } else {
        return Err(nothing_known());
    };
    Ok(Estimate { value, bound, uncertainty, n, method })
}

fn nothing_known() -> StatsError {
    StatsError::Degenerate {
        what: "the ratio",
        why: "both sides have runs cut off at a limit, so it is bounded neither from below nor from above",
    }
}

#[cfg(test)]
mod tests {
    use super::Censored::{AtLeast, Value};
    use super::*;
    use crate::oracle::{A, B, close};
    use crate::ratio;

    fn values(xs: &[f64]) -> Vec<Censored> {
        xs.iter().map(|&x| Value(x)).collect()
    }

    #[test]
    fn a_timeout_gives_a_one_sided_ratio() {
        let got = deterministic_ratio(&[AtLeast(60.0)], &[Value(10.0)]).unwrap();
        assert_eq!((got.value, got.bound), (6.0, Bound::AtLeast));
        assert_eq!(got.interval(), Some(Interval { lo: 6.0, hi: f64::INFINITY, level: 1.0 }));
        let flipped = deterministic_ratio(&[Value(10.0)], &[AtLeast(40.0)]).unwrap();
        assert_eq!((flipped.value, flipped.bound), (0.25, Bound::AtMost));
        assert_eq!(flipped.interval(), Some(Interval { lo: 0.0, hi: 0.25, level: 1.0 }));
        assert!(deterministic_ratio(&[AtLeast(60.0)], &[AtLeast(60.0)]).is_err());
        assert!(deterministic_ratio(&[AtLeast(60.0), Value(20.0)], &[Value(10.0), Value(10.0)]).is_err());
    }

    #[test]
    fn without_censoring_the_ratios_are_the_plain_ones() {
        let (b, a) = (values(&B), values(&A));
        let plain = ratio::paired(&B, &A, Level::P95).unwrap();
        let got = paired_ratio(&b, &a, Level::P95).unwrap();
        assert_eq!((got.bound, got.method, got.n), (Bound::Exact, plain.method, plain.n));
        close(got.value, plain.value, 1e-14);
        close(got.interval().unwrap().lo, plain.interval().unwrap().lo, 1e-14);
        close(got.interval().unwrap().hi, plain.interval().unwrap().hi, 1e-14);
        assert_eq!(unpaired_ratio(&b, &a, Level::P95).unwrap(), ratio::unpaired(&B, &A, Level::P95).unwrap());
    }

    #[test]
    fn censored_numerators_leave_a_lower_confidence_bound() {
        let a = [8.0, 9.0, 10.0, 11.0, 12.0];
        let b = [AtLeast(60.0); 5];
        for got in [paired_ratio(&b, &values(&a), Level::P95), unpaired_ratio(&b, &values(&a), Level::P95)] {
            let got = got.unwrap();
            let interval = got.interval().unwrap();
            assert_eq!(got.bound, Bound::AtLeast);
            assert_eq!(interval.hi, f64::INFINITY);
            assert!(4.5 < interval.lo && interval.lo < got.value && got.value < 6.2, "{got:?}");
        }
        let below = paired_ratio(&values(&a), &b, Level::P95).unwrap();
        assert_eq!((below.bound, below.interval().unwrap().lo), (Bound::AtMost, 0.0));
        let below = unpaired_ratio(&values(&a), &b, Level::P95).unwrap();
        assert_eq!((below.bound, below.interval().unwrap().lo), (Bound::AtMost, 0.0));
        assert!(below.interval().unwrap().hi.is_finite());
        assert!(matches!(unpaired_ratio(&b, &b, Level::P95), Err(StatsError::Degenerate { .. })));
        // One pair each way: nothing is known of the geometric mean, but something of the median of many.
        let (b, a) = ([AtLeast(9.0), Value(1.0)], [Value(1.0), AtLeast(9.0)]);
        assert!(matches!(paired_ratio(&b, &a, Level::P95), Err(StatsError::Degenerate { .. })));
    }

    #[test]
    fn one_pair_with_randomness_has_no_interval() {
        let got = paired_ratio(&[AtLeast(60.0)], &[Value(10.0)], Level::P95).unwrap();
        assert_eq!((got.bound, got.uncertainty), (Bound::AtLeast, Uncertainty::TooFew { needed: 2 }));
        close(got.value, 6.0, 1e-14);
    }

    #[test]
    fn a_quantile_of_runs_cut_off_is_a_bound() {
        let xs: Vec<Censored> =
            (1..=40).map(|i| if i > 36 { AtLeast(36.5) } else { Value(f64::from(i)) }).collect();
        let high = quantile(&xs, 0.9, Level::P95).unwrap();
        assert_eq!((high.n, high.bound, high.interval().unwrap().hi), (40, Bound::AtLeast, f64::INFINITY));
        let low = quantile(&xs, 0.25, Level::P95).unwrap();
        assert_eq!((low.value, low.bound), (10.75, Bound::Exact));
        assert!(low.interval().unwrap().hi.is_finite());
        let few = quantile(&xs[..10], 0.9, Level::P95).unwrap();
        assert_eq!(few.uncertainty, Uncertainty::TooFew { needed: 36 });
        assert!(quantile(&xs, 1.0, Level::P95).is_err());
        assert_eq!(quantile(&xs, 0.5, Level::P95), median(&xs, Level::P95));
    }

    #[test]
    fn medians_survive_a_minority_of_timeouts() {
        let xs = [3.0, 1.0, 2.0, 5.0, 4.0].map(Value);
        let with = [&xs[..], &[AtLeast(60.0), AtLeast(60.0)]].concat();
        let got = median(&with, Level::P95).unwrap();
        assert_eq!((got.value, got.bound), (4.0, Bound::Exact));
        assert_eq!(got.interval(), Some(Interval { lo: 1.0, hi: f64::INFINITY, level: 0.95 }));
        let most = [Value(1.0), AtLeast(60.0), AtLeast(60.0)];
        let got = median(&most, Level::P95).unwrap();
        assert_eq!((got.value, got.bound), (60.0, Bound::AtLeast));
        // A limit below the median leaves it between 3 and 5.
        let early = [Value(3.0), AtLeast(1.0), Value(5.0)];
        assert_eq!(median(&early, Level::P95).unwrap().bound, Bound::AtLeast);
    }

    #[test]
    fn bad_input_is_named() {
        assert!(matches!(median(&[], Level::P95), Err(StatsError::Empty { .. })));
        assert!(matches!(median(&[AtLeast(f64::NAN)], Level::P95), Err(StatsError::NotFinite { .. })));
        assert!(matches!(geometric(&[AtLeast(0.0)], Level::P95), Err(StatsError::NotPositive { .. })));
        assert!(matches!(
            paired_ratio(&[Value(1.0)], &[Value(1.0), Value(2.0)], Level::P95),
            Err(StatsError::LengthMismatch { .. })
        ));
    }
}
