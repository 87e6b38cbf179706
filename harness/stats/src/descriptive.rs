//! Summaries of one sample: moments, quantiles, robust spread.

use crate::check;
use crate::dist;
use crate::error::Result;

/// Arithmetic mean. Constant samples give exactly their constant.
pub fn mean(xs: &[f64]) -> Result<f64> {
    check::finite("the values", xs)?;
    Ok(mean_of(xs))
}

/// The mean with one correction step for the rounding of the sum.
pub(crate) fn mean_of(xs: &[f64]) -> f64 {
    let n = xs.len() as f64;
    let rough = xs.iter().sum::<f64>() / n;
    rough + xs.iter().map(|x| x - rough).sum::<f64>() / n
}

/// Standard deviation with divisor n − 1; at least two values.
pub fn standard_deviation(xs: &[f64]) -> Result<f64> {
    check::finite("the values", xs)?;
    check::at_least("the standard deviation", xs.len(), 2)?;
    Ok(variance_of(xs).sqrt())
}

/// Variance with divisor n − 1 of at least two finite values.
pub(crate) fn variance_of(xs: &[f64]) -> f64 {
    let centre = mean_of(xs);
    let (mut squares, mut rest) = (0.0, 0.0);
    for x in xs {
        squares += (x - centre) * (x - centre);
        rest += x - centre;
    }
    let n = xs.len() as f64;
    ((squares - rest * rest / n) / (n - 1.0)).max(0.0)
}

/// Geometric mean of values above zero.
pub fn geometric_mean(xs: &[f64]) -> Result<f64> {
    check::positive("the values", xs)?;
    Ok(mean_of(&check::logs(xs)).exp())
}

/// Quantile of type 7 (linear interpolation of order statistics, the default of R and of `numpy.quantile`); `q` in [0, 1].
pub fn quantile(xs: &[f64], q: f64) -> Result<f64> {
    check::finite("the values", xs)?;
    unit(q)?;
    Ok(quantile_of_sorted(&check::sorted(xs), q))
}

/// Type-7 quantile of a sorted, non-empty sample.
pub(crate) fn quantile_of_sorted(sorted: &[f64], q: f64) -> f64 {
    let position = q * (sorted.len() - 1) as f64;
    let below = (position.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let fraction = position - below as f64;
    // Written so that equal neighbours (also infinite ones) give themselves.
    if fraction == 0.0 || sorted[below] == sorted[above] {
        sorted[below]
    } else {
        sorted[below] + fraction * (sorted[above] - sorted[below])
    }
}

/// Sample median: the middle value, or the mean of the two middle ones.
pub fn median(xs: &[f64]) -> Result<f64> {
    quantile(xs, 0.5)
}

/// Median absolute deviation from the median, unscaled. (Multiply by 1.4826 to estimate a normal sd.)
pub fn median_absolute_deviation(xs: &[f64]) -> Result<f64> {
    let centre = median(xs)?;
    let distances: Vec<f64> = xs.iter().map(|x| (x - centre).abs()).collect();
    median(&distances)
}

/// Harrell–Davis estimator of the median: a weighted mean of all order statistics, smoother than the sample median.
pub fn harrell_davis_median(xs: &[f64]) -> Result<f64> {
    harrell_davis(xs, 0.5)
}

/// Harrell–Davis estimator of the quantile `q` in (0, 1): Σ wᵢ x₍ᵢ₎ with wᵢ = I_{i/n}(a, b) − I_{(i−1)/n}(a, b),
/// a = (n + 1) q, b = (n + 1)(1 − q) (Harrell and Davis 1982).
pub fn harrell_davis(xs: &[f64], q: f64) -> Result<f64> {
    check::finite("the values", xs)?;
    check::open_unit("the quantile", q)?;
    let n = xs.len() as f64;
    let (a, b) = ((n + 1.0) * q, (n + 1.0) * (1.0 - q));
    let mut below = 0.0;
    let mut sum = 0.0;
    for (i, x) in check::sorted(xs).iter().enumerate() {
        let upto = dist::beta_cdf(a, b, (i + 1) as f64 / n);
        sum += (upto - below) * x;
        below = upto;
    }
    Ok(sum)
}

fn unit(q: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&q) {
        Ok(q)
    } else {
        Err(crate::StatsError::OutOfRange { what: "the quantile", value: q, expected: "a number in [0, 1]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatsError;
    use crate::oracle::{A, X, close};

    #[test]
    fn oracle_order_statistics() {
        close(quantile(&X, 0.25).unwrap(), 0.9725, 1e-12);
        close(quantile(&X, 0.75).unwrap(), 1.0625, 1e-12);
        close(median(&X).unwrap(), 1.01, 1e-12);
        close(median_absolute_deviation(&X).unwrap(), 0.05, 1e-12);
        close(harrell_davis_median(&A).unwrap(), 10.129_442_530_859_754, 1e-12);
    }

    #[test]
    fn moments_of_known_samples() {
        close(mean(&[1.0, 2.0, 3.0, 4.0]).unwrap(), 2.5, 1e-15);
        close(
            standard_deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap(),
            (32.0_f64 / 7.0).sqrt(),
            1e-15,
        );
        close(geometric_mean(&[1.0, 10.0, 100.0]).unwrap(), 10.0, 1e-14);
        // A large offset costs no accuracy.
        close(
            standard_deviation(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]).unwrap(),
            30.0_f64.sqrt(),
            1e-15,
        );
    }

    #[test]
    fn constant_samples_have_no_spread() {
        let xs = [0.1; 7];
        assert_eq!(mean(&xs), Ok(0.1));
        assert_eq!(standard_deviation(&xs), Ok(0.0));
        close(harrell_davis_median(&xs).unwrap(), 0.1, 1e-15);
    }

    #[test]
    fn bad_input_is_named() {
        assert_eq!(mean(&[]), Err(StatsError::Empty { what: "the values" }));
        assert!(matches!(mean(&[1.0, f64::NAN]), Err(StatsError::NotFinite { index: 1, .. })));
        assert!(matches!(median(&[f64::INFINITY]), Err(StatsError::NotFinite { index: 0, .. })));
        assert!(matches!(standard_deviation(&[1.0]), Err(StatsError::TooFew { n: 1, needed: 2, .. })));
        assert!(matches!(geometric_mean(&[1.0, 0.0]), Err(StatsError::NotPositive { index: 1, .. })));
        assert!(matches!(quantile(&[1.0], 1.5), Err(StatsError::OutOfRange { .. })));
        assert!(harrell_davis(&[1.0], f64::NAN).is_err());
    }
}
