//! Wilcoxon's signed-rank test and the Hodges–Lehmann centre with its signed-rank interval.

use crate::check;
use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::rank::{self, Pairwise, WalshAverages};

/// Up to this many values the null distribution is computed exactly.
pub const EXACT_LIMIT: usize = 25;

/// Result of the signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRankTest {
    /// The smaller of the two signed rank sums.
    pub w: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Differences used: zeros are left out.
    pub n: usize,
}

/// Wilcoxon's test that the differences are symmetric about zero: exact up to [`EXACT_LIMIT`] non-zero differences (ties
/// included: the distribution is that of the observed midranks), normal with tie and continuity correction above.
pub fn test(differences: &[f64]) -> Result<SignedRankTest> {
    let ranks = SignedRanks::of(differences)?;
    Ok(if ranks.n() <= EXACT_LIMIT { ranks.exact() } else { ranks.normal() })
}

/// The test with the normal approximation at any number of differences.
pub fn test_normal(differences: &[f64]) -> Result<SignedRankTest> {
    Ok(SignedRanks::of(differences)?.normal())
}

struct SignedRanks {
    doubled: Vec<usize>,
    groups: Vec<usize>,
    /// Twice the rank sum of the positive and of the negative differences.
    plus: usize,
    minus: usize,
}

impl SignedRanks {
    fn of(differences: &[f64]) -> Result<Self> {
        check::finite("the differences", differences)?;
        let kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
        if kept.is_empty() {
            return Err(StatsError::Degenerate {
                what: "the signed-rank test",
                why: "all differences are zero",
            });
        }
        let sizes: Vec<f64> = kept.iter().map(|d| d.abs()).collect();
        let (doubled, groups) = rank::doubled_midranks(&sizes);
        let plus = kept.iter().zip(&doubled).filter(|(d, _)| **d > 0.0).map(|(_, r)| r).sum();
        let minus = doubled.iter().sum::<usize>() - plus;
        Ok(Self { doubled, groups, plus, minus })
    }

    fn n(&self) -> usize {
        self.doubled.len()
    }

    fn smaller(&self) -> usize {
        self.plus.min(self.minus)
    }

    fn exact(&self) -> SignedRankTest {
        let probabilities = null_distribution(&self.doubled);
        let below: f64 = probabilities[..=self.smaller()].iter().sum();
        self.result((2.0 * below).min(1.0))
    }

    fn normal(&self) -> SignedRankTest {
        let n = self.n() as f64;
        let mean = n * (n + 1.0) / 4.0;
        let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - rank::tie_sum(&self.groups) / 48.0;
        let distance = (mean - self.smaller() as f64 / 2.0 - 0.5).max(0.0);
        self.result((2.0 * dist::normal_sf(distance / variance.sqrt())).min(1.0))
    }

    fn result(&self, p: f64) -> SignedRankTest {
        SignedRankTest { w: self.smaller() as f64 / 2.0, p, n: self.n() }
    }
}

/// Probabilities of the sums of a random half of the ranks (each taken with probability 1/2), by dynamic programming.
fn null_distribution(ranks: &[usize]) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    let mut probabilities = vec![0.0; total + 1];
    probabilities[0] = 1.0;
    let mut reached = 0;
    for &r in ranks {
        reached += r;
        for s in (0..=reached).rev() {
            let with = if s >= r { probabilities[s - r] } else { 0.0 };
            probabilities[s] = 0.5 * (probabilities[s] + with);
        }
    }
    probabilities
}

/// Median of the Walsh averages with the interval that inverts the signed-rank test: exact up to [`EXACT_LIMIT`] values,
/// normal above. Assumes a symmetric distribution; ties make the interval wider, never narrower than its level.
/// Too few values for the level (fewer than 6 at 95 %) give no interval.
pub fn hodges_lehmann(xs: &[f64], level: Level) -> Result<Estimate> {
    check::finite("the values", xs)?;
    let n = xs.len();
    let sorted = check::sorted(xs);
    let averages = WalshAverages(&sorted);
    let (rank, method) = critical_rank(n, level.tail());
    let uncertainty = match rank {
        Some(k) => {
            let (lo, hi) = (averages.select(k), averages.select(averages.len() - 1 - k));
            Uncertainty::Interval(Interval::new(lo, hi, level.get())?)
        }
        None => Uncertainty::TooFew { needed: fewest_values(level) },
    };
    Ok(Estimate::exact(averages.median(), uncertainty, n, method))
}

/// Largest k with P(W ≤ k) ≤ tail for n values without ties.
fn critical_rank(n: usize, tail: f64) -> (Option<usize>, Method) {
    if n <= EXACT_LIMIT {
        let ranks: Vec<usize> = (1..=n).collect();
        (rank::critical_rank(&null_distribution(&ranks), tail), Method::SignedRankExact)
    } else {
        let m = n as f64;
        let sd = (m * (m + 1.0) * (2.0 * m + 1.0) / 24.0).sqrt();
        (rank::critical_rank_normal(m * (m + 1.0) / 4.0, sd, tail), Method::SignedRankNormal)
    }
}

/// Smallest n with 2⁻ⁿ ≤ tail: the sign and signed-rank intervals exist from there on.
pub(crate) fn fewest_values(level: Level) -> usize {
    (-level.tail().log2() - 1e-12).ceil().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{A, B, close};

    fn paired() -> Vec<f64> {
        B.iter().zip(A).map(|(b, a)| b - a).collect()
    }

    #[test]
    fn oracle_wilcoxon_and_hodges_lehmann() {
        let got = test(&paired()).unwrap();
        assert_eq!(got, SignedRankTest { w: 0.0, p: 0.001_953_125, n: 10 });
        close(hodges_lehmann(&paired(), Level::P95).unwrap().value, 0.525, 1e-12);
    }

    #[test]
    fn critical_values_match_the_published_table() {
        // Two-sided 5 % table: largest W that rejects.
        for (n, want) in [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52), (25, 89)] {
            assert_eq!(critical_rank(n, 0.025).0, Some(want), "n = {n}");
        }
        assert_eq!(critical_rank(5, 0.025).0, None);
        assert_eq!(fewest_values(Level::P95), 6);
        assert_eq!(fewest_values(Level::P90), 5);
    }

    #[test]
    fn five_values_cannot_give_a_95_percent_interval() {
        let got = hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 5.0], Level::P95).unwrap();
        assert_eq!(got.uncertainty, Uncertainty::TooFew { needed: 6 });
        // n = 6: k = 0, so the interval is the whole range.
        let got = hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 5.0, 9.0], Level::P95).unwrap();
        assert_eq!(got.interval(), Some(Interval { lo: 1.0, hi: 9.0, level: 0.95 }));
    }

    #[test]
    fn the_normal_approximation_joins_the_exact_distribution() {
        for n in [26, 30, 40] {
            let ranks: Vec<usize> = (1..=n).collect();
            let exact = rank::critical_rank(&null_distribution(&ranks), 0.025).unwrap();
            let normal = critical_rank(n, 0.025).0.unwrap();
            assert!(exact.abs_diff(normal) <= 1, "n = {n}: exact {exact}, normal {normal}");
        }
        let d: Vec<f64> = (1..=25).map(|i| f64::from(i) * if i % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let (exact, normal) = (test(&d).unwrap(), test_normal(&d).unwrap());
        assert_eq!(exact.w, normal.w);
        close(normal.p, exact.p, 0.03);
    }

    #[test]
    fn ties_use_the_distribution_of_the_observed_midranks() {
        // |d| = 1,1,2 with midranks 1.5, 1.5, 3; W = 0 has probability 1/8.
        let got = test(&[1.0, 1.0, 2.0, 0.0]).unwrap();
        assert_eq!(got, SignedRankTest { w: 0.0, p: 0.25, n: 3 });
        // SciPy: all sign changes, and the normal approximation with continuity correction.
        let d = [1.0, -2.0, 2.0, 3.0, 4.0, -1.0, 5.0, 5.0];
        close(test(&d).unwrap().p, 0.085_937_5, 1e-12);
        close(test_normal(&d).unwrap().p, 0.078_948_337_716_001_07, 1e-12);
        assert!(matches!(test(&[0.0, 0.0]), Err(StatsError::Degenerate { .. })));
        assert!(matches!(test(&[]), Err(StatsError::Empty { .. })));
    }
}
