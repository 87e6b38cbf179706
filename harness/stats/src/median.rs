//! The median with the exact binomial interval between two order statistics.

use crate::check;
use crate::descriptive;
use crate::dist;
use crate::error::Result;
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::signed_rank::fewest_values;

/// Sample median with the sign-test interval [x₍ₖ₎, x₍ₙ₊₁₋ₖ₎], k the largest rank with P(Binomial(n, ½) < k) ≤ (1 − level)/2.
/// Holds for every distribution. Fewer than 6 values at 95 % give no interval.
pub fn order_statistics(xs: &[f64], level: Level) -> Result<Estimate> {
    check::finite("the values", xs)?;
    let sorted = check::sorted(xs);
    let uncertainty = interval_between(&sorted, &sorted, level)?;
    let value = descriptive::quantile_of_sorted(&sorted, 0.5);
    Ok(Estimate::exact(value, uncertainty, xs.len(), Method::OrderStatistics))
}

/// The interval from the lower order statistic of `lower` and the upper one of `upper`, both sorted and equally long.
pub(crate) fn interval_between(lower: &[f64], upper: &[f64], level: Level) -> Result<Uncertainty> {
    let n = lower.len();
    match lower_rank(n, level) {
        Some(k) => Ok(Uncertainty::Interval(Interval::new(lower[k - 1], upper[n - k], level.get())?)),
        None => Ok(Uncertainty::TooFew { needed: fewest_values(level) }),
    }
}

/// The one-based rank k of the interval's lower end; `None` if even the whole range covers too little.
pub fn lower_rank(n: usize, level: Level) -> Option<usize> {
    // P(X < k) ≤ tail, with room for the rounding of the distribution function.
    let fits = |k: usize| dist::fair_binomial_cdf(k as u64 - 1, n as u64) <= level.tail() * (1.0 + 1e-12);
    if n == 0 || !fits(1) {
        return None;
    }
    // `fits` is monotone in k: bisection between 1 (fits) and n/2 + 1 (does not, half of the mass lies below).
    let (mut yes, mut no) = (1, n / 2 + 1);
    while no - yes > 1 {
        let mid = usize::midpoint(yes, no);
        if fits(mid) {
            yes = mid;
        } else {
            no = mid;
        }
    }
    Some(yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatsError;

    #[test]
    fn ranks_match_the_published_table() {
        // Ranks of the 95 % sign-test interval of the median.
        for (n, want) in [(6, 1), (8, 1), (9, 2), (10, 2), (15, 4), (20, 6), (25, 8), (50, 18), (100, 40)] {
            assert_eq!(lower_rank(n, Level::P95), Some(want), "n = {n}");
        }
        assert_eq!(lower_rank(5, Level::P95), None);
        assert_eq!(lower_rank(5, Level::P90), Some(1));
        assert_eq!(lower_rank(0, Level::P95), None);
    }

    #[test]
    fn ends_are_order_statistics() {
        let xs: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        let got = order_statistics(&xs, Level::P95).unwrap();
        assert_eq!(got.value, 5.5);
        assert_eq!(got.interval(), Some(Interval { lo: 2.0, hi: 9.0, level: 0.95 }));
        let few = order_statistics(&xs[..5], Level::P95).unwrap();
        assert_eq!((few.value, few.uncertainty), (8.0, Uncertainty::TooFew { needed: 6 }));
        assert!(matches!(order_statistics(&[f64::NAN], Level::P95), Err(StatsError::NotFinite { .. })));
    }
}
