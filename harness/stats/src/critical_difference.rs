//! Which of several methods rank differently over several problems: Nemenyi's critical difference (Demšar 2006), as data for
//! a diagram.
//!
//! The difference of two mean ranks is significant if it is at least CD = q √(k (k + 1) / (6 N)), q the studentized range's
//! quantile over √2, k methods, N problems (Demšar 2006, section 3.2.2). Two rules come with it:
//!
//! - Friedman's test must reject first. If it does not, no two methods are told apart, however far their ranks lie.
//! - Whether two methods are told apart depends on which others are in the table, since those move the ranks (Benavoli, Corani
//!   and Mangili 2016). [`crate::pairwise::wilcoxon_holm`] looks at each pair by itself; state its p-values where a claim
//!   is about a pair.

use crate::check;
use crate::error::Result;
use crate::friedman::{self, FriedmanTest};
use crate::interval::Level;
use crate::studentized_range;

/// Mean ranks, how far they must lie apart, and what is not told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalDifference {
    /// The test that all methods rank alike, with the mean ranks (1 for the smallest values).
    pub friedman: FriedmanTest,
    /// Smallest significant difference of two mean ranks.
    pub critical_difference: f64,
    /// Whether Friedman's test rejects; otherwise all methods form one group.
    pub rejected: bool,
    /// The methods from the smallest mean rank to the largest.
    pub order: Vec<usize>,
    /// The largest sets of at least two methods that are not told apart, each in that order: the bars of the diagram. They
    /// may overlap; a method in none of them differs from all others.
    pub groups: Vec<Vec<usize>>,
}

impl CriticalDifference {
    /// Whether two methods are told apart.
    pub fn differ(&self, one: usize, other: usize) -> bool {
        one != other && !self.groups.iter().any(|group| group.contains(&one) && group.contains(&other))
    }
}

/// Friedman's test and Nemenyi's comparison of all pairs. One row a problem, one column a method, small is good; at least two
/// of each. Rows may hold ranks ([`friedman::ranks`] makes them where runs failed). The error probability is 1 − `level`.
pub fn nemenyi(rows: &[&[f64]], level: Level) -> Result<CriticalDifference> {
    let friedman = friedman::test(rows)?;
    let k = friedman.mean_ranks.len();
    let (m, n) = (k as f64, rows.len() as f64);
    let critical_difference = critical_value(k, level)? * (m * (m + 1.0) / (6.0 * n)).sqrt();
    let rejected = friedman.p < 1.0 - level.get();
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|&i, &j| friedman.mean_ranks[i].total_cmp(&friedman.mean_ranks[j]));
    let groups = if rejected {
        let ranks: Vec<f64> = order.iter().map(|&i| friedman.mean_ranks[i]).collect();
        cliques(&ranks, critical_difference).into_iter().map(|(from, to)| order[from..to].to_vec()).collect()
    } else {
        vec![order.clone()]
    };
    Ok(CriticalDifference { friedman, critical_difference, rejected, order, groups })
}

/// q/√2: the critical value of Nemenyi's test for `methods` methods.
pub fn critical_value(methods: usize, level: Level) -> Result<f64> {
    check::at_least("the comparison of methods", methods, 2)?;
    check::at_most("the comparison of methods", methods, 10_000)?;
    Ok(studentized_range::quantile(level.get(), methods) / 2.0_f64.sqrt())
}

/// Maximal half-open ranges of at least two sorted numbers that all lie less than `reach` apart.
fn cliques(sorted: &[f64], reach: f64) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut covered = 0;
    for (from, low) in sorted.iter().enumerate() {
        let to = from + sorted[from..].partition_point(|x| x - low < reach);
        if to > covered && to - from >= 2 {
            found.push((from, to));
            covered = to;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatsError;
    use crate::oracle::close;

    /// Ranks of C4.5 without and with two ways of tuning, and with both, on 14 data sets: Demšar 2006, table 6.
    const DEMSAR: [[f64; 4]; 14] = [
        [4.0, 3.0, 2.0, 1.0],
        [1.0, 2.0, 3.0, 4.0],
        [4.0, 1.0, 2.0, 3.0],
        [4.0, 1.0, 3.0, 2.0],
        [4.0, 2.0, 3.0, 1.0],
        [1.0, 2.5, 4.0, 2.5],
        [3.0, 2.0, 4.0, 1.0],
        [2.5, 2.5, 4.0, 1.0],
        [4.0, 3.0, 2.0, 1.0],
        [2.5, 2.5, 2.5, 2.5],
        [4.0, 2.5, 1.0, 2.5],
        [3.0, 2.0, 4.0, 1.0],
        [4.0, 1.0, 2.0, 3.0],
        [3.0, 1.0, 4.0, 2.0],
    ];

    fn demsar(level: Level) -> CriticalDifference {
        let rows: Vec<&[f64]> = DEMSAR.iter().map(<[f64; 4]>::as_slice).collect();
        nemenyi(&rows, level).unwrap()
    }

    #[test]
    fn oracle_demsar_tells_plain_trees_from_those_with_tuned_leaves() {
        let got = demsar(Level::P90);
        for (mean, want) in got.friedman.mean_ranks.iter().zip([3.143, 2.000, 2.893, 1.964]) {
            assert!((mean - want).abs() < 5e-4, "{mean}, published {want}");
        }
        // Published: 9.28 without the correction for ties. Corrected by SciPy's friedmanchisquare.
        close(got.friedman.chi_squared, 10.228_346_456_692_925, 1e-12);
        close(got.friedman.p, 0.016_721_580_328_441_323, 1e-12);
        assert!((got.critical_difference - 1.12).abs() < 0.005, "{}", got.critical_difference);
        assert!(got.rejected);
        assert_eq!(got.order, [3, 1, 2, 0]);
        assert_eq!(got.groups, [vec![3, 1, 2], vec![2, 0]]);
        assert!(got.differ(0, 1) && got.differ(3, 0) && !got.differ(0, 2) && !got.differ(1, 1));
    }

    #[test]
    fn oracle_demsar_tells_nothing_apart_at_five_percent() {
        let got = demsar(Level::P95);
        assert!((got.critical_difference - 1.25).abs() < 0.005, "{}", got.critical_difference);
        assert!(got.rejected);
        assert_eq!(got.groups, [vec![3, 1, 2, 0]]);
    }

    #[test]
    fn without_a_rejection_by_friedman_nothing_is_told_apart() {
        let rows: [&[f64]; 4] = [&[1.0, 2.0, 3.0], &[2.0, 3.0, 1.0], &[3.0, 1.0, 2.0], &[1.0, 2.0, 3.0]];
        let got = nemenyi(&rows, Level::P95).unwrap();
        assert!(!got.rejected);
        assert_eq!(got.groups, std::slice::from_ref(&got.order));
        assert!(!got.differ(0, 2));
    }

    #[test]
    fn groups_are_the_maximal_cliques_of_the_line() {
        assert_eq!(cliques(&[1.0, 2.0, 3.0, 4.0], 1.5), [(0, 2), (1, 3), (2, 4)]);
        assert_eq!(cliques(&[1.0, 2.0, 2.1, 9.0], 1.5), [(0, 3)]);
        // A difference of exactly the critical one is significant.
        assert!(cliques(&[1.0, 2.0], 1.0).is_empty());
        assert_eq!(cliques(&[1.0, 1.0, 5.0, 5.0], 1.0), [(0, 2), (2, 4)]);
    }

    #[test]
    fn bad_tables_are_errors() {
        assert!(nemenyi(&[], Level::P95).is_err());
        assert!(matches!(critical_value(1, Level::P95), Err(StatsError::TooFew { .. })));
        assert!(critical_value(20_000, Level::P95).is_err());
    }
}
