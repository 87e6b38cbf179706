//! The Mann–Whitney test of two unpaired samples and the Hodges–Lehmann shift with its interval.

use crate::check;
use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::rank::{self, Differences, Pairwise};

/// Up to this many values in both samples together the null distribution is computed exactly.
pub const EXACT_LIMIT: usize = 50;

/// Result of the Mann–Whitney test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankSumTest {
    /// Pairs in which the first sample's value is the larger, ties counted half.
    pub u: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Mann–Whitney test of `a` against `b`: exact up to [`EXACT_LIMIT`] values (ties included: the distribution is that of
/// the observed midranks), normal with tie and continuity correction above.
pub fn test(a: &[f64], b: &[f64]) -> Result<RankSumTest> {
    let sums = RankSums::of(a, b)?;
    if a.len() + b.len() <= EXACT_LIMIT { Ok(sums.exact()) } else { sums.normal() }
}

/// The test with the normal approximation at any number of values.
pub fn test_normal(a: &[f64], b: &[f64]) -> Result<RankSumTest> {
    RankSums::of(a, b)?.normal()
}

/// The smallest two-sided p-value that samples of these sizes can reach, 2 / C(n + m, n): if it exceeds the wanted level,
/// the test can never reject and more replicates are needed.
pub fn smallest_p(n: usize, m: usize) -> f64 {
    let (small, large) = (n.min(m), n.max(m));
    let orders: f64 = (1..=small).map(|i| (large + i) as f64 / i as f64).product();
    (2.0 / orders).min(1.0)
}

struct RankSums {
    doubled: Vec<usize>,
    groups: Vec<usize>,
    n: usize,
    m: usize,
    /// Twice the rank sum of the first sample.
    first: usize,
}

impl RankSums {
    fn of(a: &[f64], b: &[f64]) -> Result<Self> {
        check::finite("a", a)?;
        check::finite("b", b)?;
        let all: Vec<f64> = a.iter().chain(b).copied().collect();
        let (doubled, groups) = rank::doubled_midranks(&all);
        let first = doubled[..a.len()].iter().sum();
        Ok(Self { doubled, groups, n: a.len(), m: b.len(), first })
    }

    fn u(&self) -> f64 {
        (self.first - self.n * (self.n + 1)) as f64 / 2.0
    }

    fn exact(&self) -> RankSumTest {
        let probabilities = null_distribution(&self.doubled, self.n);
        let below: f64 = probabilities[..=self.first].iter().sum();
        let above: f64 = probabilities[self.first..].iter().sum();
        RankSumTest { u: self.u(), p: (2.0 * below.min(above)).min(1.0) }
    }

    fn normal(&self) -> Result<RankSumTest> {
        let (n, m) = (self.n as f64, self.m as f64);
        let total = n + m;
        let variance = n * m / 12.0 * (total + 1.0 - rank::tie_sum(&self.groups) / (total * (total - 1.0)));
        if variance <= 0.0 {
            return Err(StatsError::Degenerate {
                what: "the Mann-Whitney test",
                why: "all values are equal",
            });
        }
        let distance = ((self.u() - n * m / 2.0).abs() - 0.5).max(0.0);
        Ok(RankSumTest { u: self.u(), p: (2.0 * dist::normal_sf(distance / variance.sqrt())).min(1.0) })
    }
}

/// Probabilities of the rank sum of a random subset of `n` of the ranks, by dynamic programming over the ranks.
fn null_distribution(ranks: &[usize], n: usize) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    // counts[k][s]: subsets of size k with sum s; at most C(50, 25) ≈ 1.3e14, exact in a double.
    let mut counts = vec![vec![0.0_f64; total + 1]; n + 1];
    counts[0][0] = 1.0;
    for &r in ranks {
        for k in (1..=n).rev() {
            let (below, here) = counts.split_at_mut(k);
            for s in r..=total {
                here[0][s] += below[k - 1][s - r];
            }
        }
    }
    let last = counts.swap_remove(n);
    let subsets: f64 = last.iter().sum();
    last.iter().map(|c| c / subsets).collect()
}

/// Hodges–Lehmann shift: the median of all differences bⱼ − aᵢ, with the interval that inverts the Mann–Whitney test
/// (exact up to [`EXACT_LIMIT`] values). Ties make the interval wider, never narrower than its level. Too few values for
/// the level (fewer than 4 a side at 95 %) give no interval.
pub fn shift(b: &[f64], a: &[f64], level: Level) -> Result<Estimate> {
    check::finite("b", b)?;
    check::finite("a", a)?;
    let (sorted_b, sorted_a) = (check::sorted(b), check::sorted(a));
    let differences = Differences { b: &sorted_b, a: &sorted_a };
    let (rank, method) = critical_rank(b.len(), a.len(), level.tail());
    let uncertainty = match rank {
        Some(k) => {
            let (lo, hi) = (differences.select(k), differences.select(differences.len() - 1 - k));
            Uncertainty::Interval(Interval::new(lo, hi, level.get())?)
        }
        None => Uncertainty::TooFew { needed: fewest_values(level) },
    };
    Ok(Estimate::exact(differences.median(), uncertainty, b.len() + a.len(), method))
}

/// Largest k with P(U ≤ k) ≤ tail for samples without ties.
fn critical_rank(n: usize, m: usize, tail: f64) -> (Option<usize>, Method) {
    if n + m <= EXACT_LIMIT {
        let ranks: Vec<usize> = (1..=n + m).collect();
        let smallest = n * (n + 1) / 2;
        (rank::critical_rank(&null_distribution(&ranks, n)[smallest..], tail), Method::RankSumExact)
    } else {
        let (n, m) = (n as f64, m as f64);
        let sd = (n * m * (n + m + 1.0) / 12.0).sqrt();
        (rank::critical_rank_normal(n * m / 2.0, sd, tail), Method::RankSumNormal)
    }
}

/// Smallest equal sample sizes for which the interval exists.
fn fewest_values(level: Level) -> usize {
    let mut n = 1;
    while 0.5 * smallest_p(n, n) > level.tail() * (1.0 + 1e-12) {
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{A, B, close};

    #[test]
    fn oracle_mann_whitney_and_shift() {
        let exact = test(&A, &B).unwrap();
        assert_eq!(exact.u, 5.0);
        close(exact.p, 0.000_205_676_676_264_911_54, 1e-12);
        close(test_normal(&A, &B).unwrap().p, 0.000_768_538_913_162_766_5, 1e-12);
        close(shift(&B, &A, Level::P95).unwrap().value, 0.525, 1e-12);
    }

    #[test]
    fn shift_ends_are_ordered_differences_on_both_sides() {
        // k = 23 at n = m = 10: the 24th difference from either end; all 100 differences are distinct.
        let b: Vec<f64> = (1..=10).map(|i| f64::from(i).sqrt()).collect();
        let a: Vec<f64> = (1..=10).map(|i| f64::from(i).ln()).collect();
        let mut all: Vec<f64> = b.iter().flat_map(|b| a.iter().map(move |a| b - a)).collect();
        all.sort_unstable_by(f64::total_cmp);
        assert!(all.windows(2).all(|w| w[0] < w[1]));
        let interval = shift(&b, &a, Level::P95).unwrap().interval().unwrap();
        assert_eq!((interval.lo, interval.hi), (all[23], all[76]));
        let mirrored = shift(&a, &b, Level::P95).unwrap().interval().unwrap();
        assert_eq!((mirrored.lo, mirrored.hi), (-interval.hi, -interval.lo));
    }

    #[test]
    fn critical_values_match_the_published_table() {
        // Two-sided 5 % table: largest U that rejects.
        for (n, m, want) in [(4, 4, 0), (5, 5, 2), (6, 8, 8), (10, 10, 23), (20, 20, 127)] {
            assert_eq!(critical_rank(n, m, 0.025).0, Some(want), "n = {n}, m = {m}");
        }
        assert_eq!(critical_rank(3, 3, 0.025).0, None);
        assert_eq!(fewest_values(Level::P95), 4);
        close(smallest_p(4, 4), 2.0 / 70.0, 1e-14);
        close(smallest_p(3, 5), 2.0 / 56.0, 1e-14);
    }

    #[test]
    fn the_normal_approximation_joins_the_exact_distribution() {
        let ranks: Vec<usize> = (1..=54).collect();
        let smallest = 27 * 28 / 2;
        let exact = rank::critical_rank(&null_distribution(&ranks, 27)[smallest..], 0.025).unwrap();
        let normal = critical_rank(27, 27, 0.025).0.unwrap();
        assert!(exact.abs_diff(normal) <= 1, "exact {exact}, normal {normal}");
    }

    #[test]
    fn the_order_of_the_samples_does_not_matter() {
        let (ab, ba) = (test(&A, &B).unwrap(), test(&B, &A).unwrap());
        assert_eq!(ab.u + ba.u, 100.0);
        close(ab.p, ba.p, 1e-12);
    }

    #[test]
    fn ties_and_bad_input() {
        // All equal: every split is as extreme, p = 1.
        assert_eq!(test(&[1.0, 1.0], &[1.0]).unwrap().p, 1.0);
        assert!(matches!(test_normal(&[1.0, 1.0], &[1.0]), Err(StatsError::Degenerate { .. })));
        assert!(matches!(test(&[], &[1.0]), Err(StatsError::Empty { what: "a" })));
        // SciPy: all permutations, and the normal approximation.
        let (a, b) = ([1.0, 2.0, 2.0, 3.0], [2.0, 3.0, 4.0, 4.0, 5.0]);
        assert_eq!(test(&a, &b).unwrap().u, 2.5);
        close(test(&a, &b).unwrap().p, 1.0 / 9.0, 1e-12);
        close(test_normal(&a, &b).unwrap().p, 0.078_545_850_951_190_67, 1e-12);
        let few = shift(&[1.0, 2.0], &[1.0, 2.0], Level::P95).unwrap();
        assert_eq!(few.uncertainty, Uncertainty::TooFew { needed: 4 });
    }
}
