//! All pairs of several methods over several problems, each pair by itself.

use crate::check;
use crate::error::{Result, StatsError};
use crate::multiple;
use crate::signed_rank;

/// Two methods compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairTest {
    /// One method.
    pub first: usize,
    /// The other, of a larger index.
    pub second: usize,
    /// Two-sided p-value of Wilcoxon's signed-rank test.
    pub p: f64,
    /// The same adjusted by Holm for all pairs.
    pub adjusted: f64,
}

/// Wilcoxon's signed-rank test of each pair of methods, with Holm's adjustment: the comparison that does not depend on the
/// other methods, instead of mean ranks (Benavoli, Corani and Mangili 2016). One row a problem, one column a method. Differences
/// are compared in size across problems, so give logarithms of times. Methods that agree on all problems have p = 1.
pub fn wilcoxon_holm(rows: &[&[f64]]) -> Result<Vec<PairTest>> {
    check::non_empty("the set of problems", rows)?;
    let k = rows[0].len();
    check::at_least("the comparison of methods", k, 2)?;
    for row in rows {
        check::finite("a problem's row", row)?;
        check::same_length(("the first row", rows[0]), ("a later row", row))?;
    }
    let mut pairs = Vec::with_capacity(k * (k - 1) / 2);
    for first in 0..k {
        for second in first + 1..k {
            let differences: Vec<f64> = rows.iter().map(|row| row[second] - row[first]).collect();
            let p = match signed_rank::test(&differences) {
                Ok(test) => test.p,
                Err(StatsError::Degenerate { .. }) => 1.0,
                Err(error) => return Err(error),
            };
            pairs.push(PairTest { first, second, p, adjusted: p });
        }
    }
    let adjusted = multiple::holm(&pairs.iter().map(|pair| pair.p).collect::<Vec<_>>())?;
    for (pair, adjusted) in pairs.iter_mut().zip(adjusted) {
        pair.adjusted = adjusted;
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{A, B, close};

    #[test]
    fn oracle_three_methods() {
        let c = [10.613, 10.207, 10.781, 10.109, 10.842, 10.338, 10.664, 10.523, 10.291, 10.117];
        let rows: Vec<[f64; 3]> = (0..A.len()).map(|i| [A[i], B[i], c[i]]).collect();
        let rows: Vec<&[f64]> = rows.iter().map(<[f64; 3]>::as_slice).collect();
        let got = wilcoxon_holm(&rows).unwrap();
        // SciPy's wilcoxon(method="exact") of each pair; Holm by hand.
        let want = [
            (0, 1, 0.001_953_125, 0.005_859_375),
            (0, 2, 0.048_828_125, 0.048_828_125),
            (1, 2, 0.009_765_625, 0.019_531_25),
        ];
        assert_eq!(got.len(), want.len());
        for (got, (first, second, p, adjusted)) in got.iter().zip(want) {
            assert_eq!((got.first, got.second), (first, second));
            close(got.p, p, 1e-12);
            close(got.adjusted, adjusted, 1e-12);
        }
    }

    #[test]
    fn a_pair_does_not_depend_on_the_others() {
        let with: Vec<[f64; 3]> = (0..A.len()).map(|i| [A[i], B[i], (i as f64).sin()]).collect();
        let without: Vec<[f64; 2]> = with.iter().map(|row| [row[0], row[1]]).collect();
        let with: Vec<&[f64]> = with.iter().map(<[f64; 3]>::as_slice).collect();
        let without: Vec<&[f64]> = without.iter().map(<[f64; 2]>::as_slice).collect();
        assert_eq!(wilcoxon_holm(&with).unwrap()[0].p, wilcoxon_holm(&without).unwrap()[0].p);
    }

    #[test]
    fn methods_that_agree_are_not_told_apart_and_bad_tables_are_errors() {
        assert_eq!(wilcoxon_holm(&[&[1.0, 1.0], &[2.0, 2.0]]).unwrap()[0].adjusted, 1.0);
        assert!(wilcoxon_holm(&[]).is_err());
        assert!(wilcoxon_holm(&[&[1.0]]).is_err());
        assert!(wilcoxon_holm(&[&[1.0, 2.0], &[1.0]]).is_err());
        assert!(wilcoxon_holm(&[&[1.0, f64::NAN]]).is_err());
    }
}
