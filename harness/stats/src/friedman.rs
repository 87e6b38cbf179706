//! Friedman's test of several methods over several problems.

use crate::censored::Censored;
use crate::check;
use crate::dist;
use crate::error::{Result, StatsError};
use crate::rank;

/// Result of Friedman's test.
#[derive(Debug, Clone, PartialEq)]
pub struct FriedmanTest {
    /// The statistic, corrected for ties.
    pub chi_squared: f64,
    /// Degrees of freedom: methods − 1.
    pub df: usize,
    /// p-value from the χ² approximation.
    pub p: f64,
    /// Mean rank of each method, 1 for the smallest values.
    pub mean_ranks: Vec<f64>,
}

/// Tests that all methods rank alike. One row a problem, one column a method; at least two of each.
pub fn test(rows: &[&[f64]]) -> Result<FriedmanTest> {
    check::non_empty("the set of problems", rows)?;
    check::at_least("Friedman's test over problems", rows.len(), 2)?;
    let k = rows[0].len();
    check::at_least("Friedman's test over methods", k, 2)?;
    let mut sums = vec![0.0; k];
    let mut ties = 0.0;
    for row in rows {
        check::finite("a problem's row", row)?;
        check::same_length(("the first row", rows[0]), ("a later row", row))?;
        let (doubled, groups) = rank::doubled_midranks(row);
        for (sum, rank) in sums.iter_mut().zip(doubled) {
            *sum += rank as f64 / 2.0;
        }
        ties += rank::tie_sum(&groups);
    }
    let (b, m) = (rows.len() as f64, k as f64);
    let correction = 1.0 - ties / (b * m * (m * m - 1.0));
    if correction <= 0.0 {
        return Err(StatsError::Degenerate {
            what: "Friedman's statistic",
            why: "all methods tie on every problem",
        });
    }
    let mean = b * (m + 1.0) / 2.0;
    let spread: f64 = sums.iter().map(|s| (s - mean) * (s - mean)).sum();
    let chi_squared = 12.0 * spread / (b * m * (m + 1.0)) / correction;
    let p = dist::chi_squared_sf(chi_squared, m - 1.0);
    Ok(FriedmanTest { chi_squared, df: k - 1, p, mean_ranks: sums.iter().map(|s| s / b).collect() })
}

/// The ranks of one problem's row, 1 for the smallest value, ties sharing the mean of their places; failed runs (censored ones)
/// share the last places. [`test()`] gives the same for ranks as for values, so this is how failures enter it.
pub fn ranks(row: &[Censored]) -> Result<Vec<f64>> {
    let limits: Vec<f64> = row.iter().map(|x| x.lower()).collect();
    check::finite("a problem's row", &limits)?;
    let uppers: Vec<f64> = row.iter().map(|x| x.upper()).collect();
    Ok(rank::doubled_midranks(&uppers).0.into_iter().map(|rank| rank as f64 / 2.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::close;

    #[test]
    fn oracle_five_problems_three_methods() {
        let rows: [&[f64]; 5] =
            [&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0], &[1.0, 2.0, 3.0], &[2.0, 1.0, 3.0], &[1.0, 2.0, 3.0]];
        let got = test(&rows).unwrap();
        close(got.chi_squared, 6.4, 1e-12);
        close(got.p, 0.040_762_203_978_366_11, 1e-12);
        close(got.mean_ranks[0], 1.2, 1e-14);
    }

    #[test]
    fn ties_match_scipy() {
        let rows: [&[f64]; 4] = [&[1.0, 2.0, 3.0], &[2.0, 2.0, 1.0], &[2.0, 3.0, 3.0], &[3.0, 1.0, 1.0]];
        let got = test(&rows).unwrap();
        close(got.chi_squared, 0.153_846_153_846_153_85, 1e-12);
        close(got.p, 0.925_961_078_642_316, 1e-12);
    }

    #[test]
    fn ranks_put_failures_last_and_change_nothing_without_them() {
        use Censored::{AtLeast, Value};
        // A run that failed after two seconds is worse than one that took 90.
        let row = [AtLeast(2.0), Value(90.0), Value(3.0), AtLeast(60.0), Value(3.0)];
        assert_eq!(ranks(&row).unwrap(), [4.5, 3.0, 1.5, 4.5, 1.5]);
        assert!(ranks(&[]).is_err());
        assert!(ranks(&[AtLeast(f64::INFINITY)]).is_err());
        let rows: [&[f64]; 4] = [&[1.0, 2.0, 3.0], &[2.0, 2.0, 1.0], &[2.0, 3.0, 3.0], &[3.0, 1.0, 1.0]];
        let ranked: Vec<Vec<f64>> =
            rows.iter().map(|r| ranks(&r.iter().map(|x| Value(*x)).collect::<Vec<_>>()).unwrap()).collect();
        let ranked: Vec<&[f64]> = ranked.iter().map(Vec::as_slice).collect();
        assert_eq!(test(&ranked), test(&rows));
    }

    #[test]
    fn bad_tables_are_errors() {
        assert!(test(&[]).is_err());
        assert!(test(&[&[1.0, 2.0]]).is_err());
        assert!(test(&[&[1.0, 2.0], &[1.0]]).is_err());
        assert!(matches!(test(&[&[1.0, 1.0], &[2.0, 2.0]]), Err(StatsError::Degenerate { .. })));
    }
}
