//! The p-value of a contradiction, for any interval procedure: what Holm's adjustment over the claims of a suite needs.

use crate::error::Result;
use crate::interval::{Estimate, Level, Uncertainty};
use crate::region::{Position, Region, judge};

/// No p-value below this is told apart: the level is a double next to 1.
pub const SMALLEST_P: f64 = 1e-12;

/// The smallest α at which the interval of level 1 − α lies outside the region, in [[`SMALLEST_P`], 1]; for a region of one
/// point this is the two-sided p-value of the test behind the interval. 1 if the estimate itself agrees with the claim.
/// A deterministic estimate gives 0 or 1.
///
/// `estimate` computes the estimate at a level; its intervals must shrink as the level falls, as all of this crate do.
pub fn p_value(region: &Region, estimate: impl Fn(Level) -> Result<Estimate>) -> Result<f64> {
    let outside = |log_alpha: f64| -> Result<bool> {
        let estimate = estimate(Level::new(1.0 - log_alpha.exp())?)?;
        Ok(estimate.interval().is_some_and(|interval| judge(&interval, region) == Position::Outside))
    };
    let at_95 = estimate(Level::P95)?;
    if let Uncertainty::Deterministic(interval) = at_95.uncertainty {
        return Ok(if judge(&interval, region) == Position::Outside { 0.0 } else { 1.0 });
    }
    // Bisection on ln α between a level that excludes the region and one that does not.
    let (mut keeps, mut excludes) = (SMALLEST_P.ln(), (1.0 - 1e-9_f64).ln());
    if !outside(excludes)? {
        return Ok(1.0);
    }
    if outside(keeps)? {
        return Ok(SMALLEST_P);
    }
    while excludes - keeps > 1e-9 {
        let middle = 0.5 * (keeps + excludes);
        if outside(middle)? {
            excludes = middle;
        } else {
            keeps = middle;
        }
    }
    Ok(excludes.exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{A, B, close};
    use crate::order::OrderCounts;
    use crate::{Censored, censored, mean, rank_sum, signed_rank, welch};

    #[test]
    fn a_point_region_gives_the_p_value_of_the_test() {
        let zero = Region::between(0.0, 0.0).unwrap();
        let got = p_value(&zero, |level| welch::difference(&B, &A, level)).unwrap();
        close(got, welch::test(&B, &A).unwrap().p, 1e-6);
        let got = p_value(&zero, |level| mean::paired_difference(&B, &A, level)).unwrap();
        close(got, welch::paired_test(&B, &A).unwrap().p, 1e-6);
        // Rank intervals without ties across zero invert their tests exactly.
        let d: Vec<f64> = (1..=12).map(|i| f64::from(i) + if i == 3 { -6.5 } else { 0.25 }).collect();
        let got = p_value(&zero, |level| signed_rank::hodges_lehmann(&d, level)).unwrap();
        close(got, signed_rank::test(&d).unwrap().p, 1e-6);
        let (b, a) = ([3.0, 4.5, 5.0, 7.0], [1.0, 2.0, 2.5, 3.5]);
        let got = p_value(&zero, |level| rank_sum::shift(&b, &a, level)).unwrap();
        close(got, rank_sum::test(&b, &a).unwrap().p, 1e-6);
        let counts = OrderCounts { less: 9, greater: 1, ..OrderCounts::default() };
        let half = Region::between(0.5, 0.5).unwrap();
        close(p_value(&half, |level| counts.probability_less(level)).unwrap(), counts.sign_test(), 1e-6);
    }

    #[test]
    fn agreement_and_certainty_are_the_ends() {
        let agrees = Region::at_least(0.0).unwrap();
        assert_eq!(p_value(&agrees, |level| mean::paired_difference(&B, &A, level)), Ok(1.0));
        let far = Region::at_least(1e12).unwrap();
        assert_eq!(p_value(&far, |level| mean::paired_difference(&B, &A, level)), Ok(SMALLEST_P));
        let timeout = |_| censored::deterministic_ratio(&[Censored::AtLeast(60.0)], &[Censored::Value(10.0)]);
        assert_eq!(p_value(&Region::at_most(5.0).unwrap(), timeout), Ok(0.0));
        assert_eq!(p_value(&Region::at_least(10.0).unwrap(), timeout), Ok(1.0));
        // One replicate decides nothing, and bad input stays an error.
        assert_eq!(p_value(&far, |level| mean::student_t(&[1.0], level)), Ok(1.0));
        assert!(p_value(&far, |level| mean::student_t(&[], level)).is_err());
    }
}
