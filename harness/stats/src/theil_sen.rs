//! Theil–Sen slope: the median of all pairwise slopes, with Kendall's interval.

use crate::check;
use crate::descriptive;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::rank;

/// Up to this many points without ties in x the interval is exact.
pub const EXACT_LIMIT: usize = 25;

/// Most points accepted: the slopes of all pairs are formed.
pub const MOST_POINTS: usize = 4000;

/// Slope of y over x as the median of the slopes of all pairs with different x; the interval inverts Kendall's test
/// (exact for up to [`EXACT_LIMIT`] points with distinct x, normal with tie correction otherwise; Sen 1968). Too few
/// points for the level (fewer than 5 at 95 %) give no interval.
pub fn slope(x: &[f64], y: &[f64], level: Level) -> Result<Estimate> {
    check::finite("x", x)?;
    check::finite("y", y)?;
    check::same_length(("x", x), ("y", y))?;
    check::at_least("a slope", x.len(), 2)?;
    check::at_most("the Theil-Sen slope", x.len(), MOST_POINTS)?;
    let slopes = pairwise_slopes(x, y)?;
    let distinct = slopes.len() == x.len() * (x.len() - 1) / 2;
    let (rank, method) = if distinct && x.len() <= EXACT_LIMIT {
        (rank::critical_rank(&inversions(x.len()), level.tail()), Method::TheilSenExact)
    } else {
        let sd = kendall_variance(x).sqrt();
        // S = slopes − 2·discordant, so the number of discordant pairs has half its spread.
        (
            rank::critical_rank_normal(slopes.len() as f64 / 2.0, sd / 2.0, level.tail()),
            Method::TheilSenNormal,
        )
    };
    let uncertainty = match rank {
        // Ties may leave so few slopes that the ranks cross: then there is no interval either.
        Some(k) if 2 * k < slopes.len() => {
            Uncertainty::Interval(Interval::new(slopes[k], slopes[slopes.len() - 1 - k], level.get())?)
        }
        _ => Uncertainty::TooFew { needed: fewest_points(level).max(x.len() + 1) },
    };
    Ok(Estimate::exact(descriptive::quantile_of_sorted(&slopes, 0.5), uncertainty, x.len(), method))
}

fn pairwise_slopes(x: &[f64], y: &[f64]) -> Result<Vec<f64>> {
    let mut slopes = Vec::with_capacity(x.len() * (x.len() - 1) / 2);
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            if x[i] != x[j] {
                slopes.push((y[j] - y[i]) / (x[j] - x[i]));
            }
        }
    }
    if slopes.is_empty() {
        return Err(StatsError::Degenerate { what: "the slope", why: "all x are equal" });
    }
    if slopes.iter().any(|s| !s.is_finite()) {
        return Err(StatsError::Degenerate { what: "the slope", why: "a pairwise slope overflows" });
    }
    slopes.sort_unstable_by(f64::total_cmp);
    Ok(slopes)
}

/// Probabilities of 0, 1, … inversions in a random permutation of n.
fn inversions(n: usize) -> Vec<f64> {
    let mut probabilities = vec![1.0];
    for m in 2..=n {
        let mut next = vec![0.0; probabilities.len() + m - 1];
        for (k, p) in probabilities.iter().enumerate() {
            for slot in &mut next[k..k + m] {
                *slot += p / m as f64;
            }
        }
        probabilities = next;
    }
    probabilities
}

/// Variance of Kendall's S with ties in x. Ties in y do not enter: the interval tests y − b·x for every b, which has none.
fn kendall_variance(x: &[f64]) -> f64 {
    let n = x.len() as f64;
    let term = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
    let ties: f64 = rank::doubled_midranks(x).1.iter().map(|&t| term(t as f64)).sum();
    ((term(n) - ties) / 18.0).max(0.0)
}

/// Smallest n with 1/n! ≤ tail.
fn fewest_points(level: Level) -> usize {
    let (mut n, mut p) = (1, 1.0);
    while p > level.tail() {
        n += 1;
        p /= n as f64;
    }
    n.max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::close;

    #[test]
    fn oracle_slope_and_interval() {
        let noise = [0.01, -0.02, 0.03, 0.0, -0.01, 0.02, -0.03, 0.01, 0.0, -0.02];
        let t: Vec<f64> = (1..=10).map(f64::from).collect();
        let y: Vec<f64> = t.iter().zip(noise).map(|(t, e)| -0.7 * t + e).collect();
        let got = slope(&t, &y, Level::P95).unwrap();
        close(got.value, -0.703_333_333_333_333_3, 1e-12);
        close(got.interval().unwrap().lo, -0.71, 1e-12);
        close(got.interval().unwrap().hi, -0.696_666_666_666_666_7, 1e-12);
        assert_eq!(got.method, Method::TheilSenExact);
    }

    #[test]
    fn inversion_numbers_are_the_mahonian_numbers() {
        let got: Vec<f64> = inversions(4).iter().map(|p| p * 24.0).collect();
        for (got, want) in got.iter().zip([1.0, 3.0, 5.0, 6.0, 5.0, 3.0, 1.0]) {
            close(*got, want, 1e-14);
        }
        // Kendall's 5 % critical value at n = 10 is S = 23, that is 11 discordant pairs of 45.
        assert_eq!(rank::critical_rank(&inversions(10), 0.025), Some(11));
    }

    #[test]
    fn exact_and_normal_ranks_agree_at_the_limit() {
        let exact = rank::critical_rank(&inversions(25), 0.025).unwrap();
        let sd = (25.0 * 24.0 * 55.0_f64 / 18.0).sqrt();
        let normal = rank::critical_rank_normal(150.0, sd / 2.0, 0.025).unwrap();
        assert!(exact.abs_diff(normal) <= 1, "exact {exact}, normal {normal}");
    }

    #[test]
    fn forty_points_match_scipy() {
        let x: Vec<f64> = (1..=40).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * x + 10.0 * (x * x).sin()).collect();
        let got = slope(&x, &y, Level::P95).unwrap();
        assert_eq!(got.method, Method::TheilSenNormal);
        close(got.value, 2.023_439_480_386_775_5, 1e-12);
        // SciPy rounds the ranks to the nearest; ours are rounded outwards, by at most one place.
        let interval = got.interval().unwrap();
        assert!(interval.lo <= 1.826_853_186_572_047 && interval.lo > 1.81, "{interval:?}");
        assert!(interval.hi >= 2.176_785_600_662_184 && interval.hi < 2.19, "{interval:?}");
    }

    #[test]
    fn one_outlier_does_not_move_an_exact_line() {
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        let mut y: Vec<f64> = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        y[5] = 1e6;
        let got = slope(&x, &y, Level::P95).unwrap();
        assert_eq!(got.value, -2.0);
        assert!(got.interval().unwrap().contains(-2.0));
    }

    #[test]
    fn few_points_and_bad_points() {
        let four = slope(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0], Level::P95).unwrap();
        assert_eq!((four.value, four.uncertainty), (1.0, Uncertainty::TooFew { needed: 5 }));
        assert!(matches!(slope(&[1.0, 1.0], &[0.0, 1.0], Level::P95), Err(StatsError::Degenerate { .. })));
        assert!(matches!(slope(&[1.0], &[0.0], Level::P95), Err(StatsError::TooFew { .. })));
        assert!(matches!(slope(&[1.0, 2.0], &[0.0], Level::P95), Err(StatsError::LengthMismatch { .. })));
    }
}
