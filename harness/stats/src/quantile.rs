//! Which order statistics hold a quantile between them.

use crate::dist;
use crate::interval::Level;

/// The one-based ranks (k, m) of the interval [x₍ₖ₎, x₍ₘ₎] for the quantile at `q`: k the largest with
/// P(Binomial(n, q) < k) ≤ tail, m the smallest with P(Binomial(n, q) ≥ m) ≤ tail. It holds for every distribution. `None` if
/// even the whole range covers too little.
pub fn ranks(n: usize, q: f64, level: Level) -> Option<(usize, usize)> {
    // Room for the rounding of the distribution function.
    let tail = level.tail() * (1.0 + 1e-12);
    let below = |k: usize| if k == 0 { 0.0 } else { cdf(k - 1, n, q) };
    let above = |m: usize| if m == 0 { 1.0 } else { sf(m - 1, n, q) };
    let k = (1..=n).take_while(|&k| below(k) <= tail).last()?;
    let m = (1..=n).rev().take_while(|&m| above(m) <= tail).last()?;
    (k < m).then_some((k, m))
}

/// The smallest n at which [`ranks`] are known.
pub fn fewest(q: f64, level: Level) -> usize {
    // One end lies inside the sample as soon as (1 − q)ⁿ ≤ tail, the other as soon as qⁿ ≤ tail.
    let n = level.tail().ln() / q.max(1.0 - q).ln();
    // Up to rounding, and up to the two ends being different values.
    let mut n = ((n * (1.0 - 1e-12)).ceil() as usize).max(2);
    while ranks(n, q, level).is_none() {
        n += 1;
    }
    n
}

/// P(X ≤ k) for X ~ Binomial(n, q).
fn cdf(k: usize, n: usize, q: f64) -> f64 {
    if k >= n { 1.0 } else { dist::beta_cdf((n - k) as f64, k as f64 + 1.0, 1.0 - q) }
}

/// P(X > k) for X ~ Binomial(n, q).
fn sf(k: usize, n: usize, q: f64) -> f64 {
    if k >= n { 0.0 } else { dist::beta_cdf(k as f64 + 1.0, (n - k) as f64, q) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::median;

    #[test]
    fn the_middle_is_the_median_s_interval() {
        for n in 1..=60 {
            let want = median::lower_rank(n, Level::P95).filter(|k| *k < n + 1 - k).map(|k| (k, n + 1 - k));
            assert_eq!(ranks(n, 0.5, Level::P95), want, "n = {n}");
        }
    }

    #[test]
    fn a_high_quantile_needs_many_values() {
        // 0.9ⁿ ≤ 0.025 from n = 36 on.
        assert_eq!(ranks(35, 0.9, Level::P95), None);
        assert_eq!((ranks(36, 0.9, Level::P95).map(|r| r.1), fewest(0.9, Level::P95)), (Some(36), 36));
        assert_eq!(fewest(0.1, Level::P95), 36);
        assert_eq!(fewest(0.5, Level::P95), 6);
    }

    #[test]
    fn low_and_high_quantiles_mirror_each_other() {
        for n in [36, 50, 100] {
            let (k, m) = ranks(n, 0.9, Level::P95).unwrap();
            assert_eq!(ranks(n, 0.1, Level::P95), Some((n + 1 - m, n + 1 - k)), "n = {n}");
        }
    }

    #[test]
    fn the_ranks_cover_at_least_their_level_and_no_narrower_ones_do() {
        for (n, q) in [(40, 0.9), (100, 0.75), (60, 0.2)] {
            let (k, m) = ranks(n, q, Level::P95).unwrap();
            // By summing the terms of the binomial distribution.
            let term = |j: usize| {
                let choose: f64 = (0..j).map(|i| ((n - i) as f64 / (i + 1) as f64).ln()).sum();
                (choose + j as f64 * q.ln() + (n - j) as f64 * (1.0 - q).ln()).exp()
            };
            let below = |k: usize| -> f64 { (0..k).map(term).sum() };
            assert!(below(k) <= 0.025 && below(k + 1) > 0.025, "{n} {q} {k}");
            assert!(1.0 - below(m) <= 0.025 + 1e-12 && 1.0 - below(m - 1) > 0.025, "{n} {q} {m}");
        }
    }
}
