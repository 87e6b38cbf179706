//! The geometry of a verdict: a claimed region, an interval, and how they lie.

use crate::check;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval};

/// The values that agree with a claim: a closed interval, a closed half-line, or everything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Lower boundary, part of the region; `None` if unbounded.
    pub lo: Option<f64>,
    /// Upper boundary, part of the region; `None` if unbounded, +∞ included.
    pub hi: Option<f64>,
}

/// How an interval lies with respect to a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Every value of the interval agrees with the claim.
    Inside,
    /// No value of the interval agrees with the claim.
    Outside,
    /// Some do and some do not: undecided.
    Straddles,
}

/// A number as a paper prints it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported {
    /// The printed value.
    pub value: f64,
    /// Half-width of agreement that the claim allows, at least 0.
    pub tolerance: f64,
    /// Significant digits printed, if rounding is to be allowed for.
    pub digits: Option<u32>,
    /// The paper's standard deviation and number of repetitions, if it gives them.
    pub spread: Option<(f64, usize)>,
}

impl Region {
    /// A region with finite boundaries in order.
    pub fn new(lo: Option<f64>, hi: Option<f64>) -> Result<Self> {
        for boundary in [lo, hi].into_iter().flatten() {
            check::finite_value("a boundary of the region", boundary)?;
        }
        match (lo, hi) {
            (Some(lo), Some(hi)) if lo > hi => Err(StatsError::Reversed { lo, hi }),
            _ => Ok(Self { lo, hi }),
        }
    }

    /// [`lo`, ∞].
    pub fn at_least(lo: f64) -> Result<Self> {
        Self::new(Some(lo), None)
    }

    /// [−∞, `hi`].
    pub fn at_most(hi: f64) -> Result<Self> {
        Self::new(None, Some(hi))
    }

    /// [`lo`, `hi`].
    pub fn between(lo: f64, hi: f64) -> Result<Self> {
        Self::new(Some(lo), Some(hi))
    }

    /// The region around a reported number: tolerance, half a unit of the last printed digit, and two standard errors
    /// of the paper's mean, added up (each is an allowance of its own, so their intervals are summed, not squared).
    pub fn around(reported: &Reported) -> Result<Self> {
        let value = check::finite_value("the reported value", reported.value)?;
        let tolerance = reported.tolerance;
        if !(tolerance >= 0.0 && tolerance.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "the tolerance",
                value: tolerance,
                expected: "a finite number, at least 0",
            });
        }
        let rounding =
            reported.digits.map_or(Ok(0.0), |digits| last_digit_unit(value, digits).map(|u| 0.5 * u))?;
        let spread = match reported.spread {
            None => 0.0,
            Some((_, 0)) => return Err(StatsError::Empty { what: "the paper's set of repetitions" }),
            Some((sd, n)) if sd >= 0.0 && sd.is_finite() => 2.0 * sd / (n as f64).sqrt(),
            Some((sd, _)) => {
                return Err(StatsError::OutOfRange {
                    what: "the reported standard deviation",
                    value: sd,
                    expected: "a finite number, at least 0",
                });
            }
        };
        let half = tolerance + rounding + spread;
        Self::between(value - half, value + half)
    }

    /// Whether the region holds `x`.
    pub fn contains(&self, x: f64) -> bool {
        self.lo.is_none_or(|lo| lo <= x) && self.hi.is_none_or(|hi| x <= hi)
    }

    /// Distance from `x` to the nearest boundary; infinite for the whole line.
    pub fn distance_to_boundary(&self, x: f64) -> f64 {
        [self.lo, self.hi].into_iter().flatten().map(|b| (x - b).abs()).fold(f64::INFINITY, f64::min)
    }
}

/// Unit of the last of `digits` significant digits of `value`: 0.1 for 12.3 with three. A zero has the unit of its
/// decimals, 10^(1 − digits).
pub fn last_digit_unit(value: f64, digits: u32) -> Result<f64> {
    check::finite_value("the reported value", value)?;
    if digits == 0 {
        return Err(StatsError::OutOfRange {
            what: "the number of significant digits",
            value: 0.0,
            expected: "at least 1",
        });
    }
    let exponent = if value == 0.0 { 0 } else { leading_exponent(value.abs()) };
    Ok(10.0_f64.powi(exponent - (digits as i32 - 1)))
}

/// ⌊log₁₀ x⌋ of a positive number, from its decimal form: the logarithm may round across a power of ten.
fn leading_exponent(x: f64) -> i32 {
    let text = format!("{x:e}");
    text.rsplit('e').next().and_then(|e| e.parse().ok()).unwrap_or(0)
}

/// Whether the interval lies inside the region, outside, or across its boundary. A shared end point is a shared value.
pub fn judge(interval: &Interval, region: &Region) -> Position {
    if region.lo.is_some_and(|lo| interval.hi < lo) || region.hi.is_some_and(|hi| interval.lo > hi) {
        Position::Outside
    } else if region.contains(interval.lo) && region.contains(interval.hi) {
        Position::Inside
    } else {
        Position::Straddles
    }
}

/// [`judge`] for an estimate; `None` if it has too few replicates for an interval.
pub fn judge_estimate(estimate: &Estimate, region: &Region) -> Option<Position> {
    estimate.interval().map(|interval| judge(&interval, region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::censored::{self, Censored};
    use crate::oracle::close;

    #[test]
    fn truth_table() {
        use Position::{Inside, Outside, Straddles};
        const INF: f64 = f64::INFINITY;
        let at_least = Region::at_least(5.0).unwrap();
        let at_most = Region::at_most(2.0).unwrap();
        let band = Region::between(1.0, 3.0).unwrap();
        let everything = Region::new(None, None).unwrap();
        let table = [
            (at_least, 5.0, 9.0, Inside),
            (at_least, 6.0, INF, Inside),
            (at_least, 4.9, 9.0, Straddles),
            (at_least, 1.0, 5.0, Straddles),
            (at_least, 1.0, 4.9, Outside),
            (at_most, -INF, 2.0, Inside),
            (at_most, 1.0, INF, Straddles),
            (at_most, 2.1, INF, Outside),
            (band, 1.0, 3.0, Inside),
            (band, 2.0, 2.0, Inside),
            (band, 0.0, 4.0, Straddles),
            (band, 3.0, 4.0, Straddles),
            (band, 3.1, 4.0, Outside),
            (band, -1.0, 0.9, Outside),
            (everything, -INF, INF, Inside),
        ];
        for (region, lo, hi, want) in table {
            let interval = Interval::new(lo, hi, 0.95).unwrap();
            assert_eq!(judge(&interval, &region), want, "[{lo}, {hi}] in {region:?}");
        }
    }

    #[test]
    fn a_timeout_decides_as_far_as_its_bound_reaches() {
        let b = [Censored::AtLeast(60.0)];
        let estimate = censored::deterministic_ratio(&b, &[Censored::Value(10.0)]).unwrap();
        let judged = |region| judge_estimate(&estimate, &region);
        assert_eq!(judged(Region::at_least(5.0).unwrap()), Some(Position::Inside));
        assert_eq!(judged(Region::at_least(10.0).unwrap()), Some(Position::Straddles));
        assert_eq!(judged(Region::at_most(5.0).unwrap()), Some(Position::Outside));
    }

    #[test]
    fn too_few_replicates_cannot_be_judged() {
        let one = crate::mean::student_t(&[7.0], crate::Level::P95).unwrap();
        assert_eq!(judge_estimate(&one, &Region::at_least(5.0).unwrap()), None);
    }

    #[test]
    fn reported_numbers_have_room_for_rounding_tolerance_and_spread() {
        let plain = Reported { value: 12.3, tolerance: 0.0, digits: Some(3), spread: None };
        let region = Region::around(&plain).unwrap();
        close(region.lo.unwrap(), 12.25, 1e-14);
        close(region.hi.unwrap(), 12.35, 1e-14);
        let full = Reported { tolerance: 0.2, spread: Some((1.0, 16)), ..plain };
        close(Region::around(&full).unwrap().hi.unwrap(), 12.3 + 0.2 + 0.05 + 0.5, 1e-14);
        assert!(Region::around(&Reported { tolerance: f64::NAN, ..plain }).is_err());
        assert!(Region::around(&Reported { spread: Some((1.0, 0)), ..plain }).is_err());
    }

    #[test]
    fn units_of_the_last_digit() {
        for (value, digits, want) in [
            (12.3, 3, 0.1),
            (1000.0, 1, 1000.0),
            (999.9, 4, 0.1),
            (-0.00123, 3, 1e-5),
            (0.0, 3, 0.01),
            (1e-9, 2, 1e-10),
        ] {
            close(last_digit_unit(value, digits).unwrap(), want, 1e-12);
        }
        assert!(last_digit_unit(1.0, 0).is_err());
    }

    #[test]
    fn bad_regions_are_refused() {
        assert!(Region::at_least(f64::NAN).is_err());
        assert!(Region::at_most(f64::INFINITY).is_err());
        assert_eq!(Region::between(2.0, 1.0), Err(StatsError::Reversed { lo: 2.0, hi: 1.0 }));
    }
}
