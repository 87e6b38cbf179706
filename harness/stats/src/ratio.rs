//! Ratio effects b/a on logarithms: paired by instance and seed, or unpaired.

use crate::check;
use crate::error::Result;
use crate::interval::{Estimate, Level, Method};
use crate::mean;
use crate::signed_rank;
use crate::welch;

/// Geometric mean of the paired ratios bᵢ/aᵢ, interval by Student t on log bᵢ − log aᵢ.
pub fn paired(b: &[f64], a: &[f64], level: Level) -> Result<Estimate> {
    let differences = log_ratios(b, a)?;
    mean::student_t_of(&differences, level, Method::PairedLogT)?.map_increasing(Method::PairedLogT, f64::exp)
}

/// Ratio of geometric means of two unpaired samples, interval by Welch on logarithms.
pub fn unpaired(b: &[f64], a: &[f64], level: Level) -> Result<Estimate> {
    check::positive("b", b)?;
    check::positive("a", a)?;
    welch::difference_of(&check::logs(b), &check::logs(a), level, Method::WelchLogT)?
        .map_increasing(Method::WelchLogT, f64::exp)
}

/// Hodges–Lehmann centre of the paired ratios, Wilcoxon signed-rank interval on logarithms: robust to spikes.
pub fn paired_signed_rank(b: &[f64], a: &[f64], level: Level) -> Result<Estimate> {
    let estimate = signed_rank::hodges_lehmann(&log_ratios(b, a)?, level)?;
    estimate.map_increasing(estimate.method, f64::exp)
}

fn log_ratios(b: &[f64], a: &[f64]) -> Result<Vec<f64>> {
    check::positive("b", b)?;
    check::positive("a", a)?;
    check::same_length(("b", b), ("a", a))?;
    Ok(b.iter().zip(a).map(|(b, a)| b.ln() - a.ln()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatsError;
    use crate::interval::Uncertainty;
    use crate::oracle::{A, B, close};

    #[test]
    fn oracle_geometric_ratio() {
        close(paired(&B, &A, Level::P95).unwrap().value, 1.050_822_065_858_303_6, 1e-12);
        close(unpaired(&B, &A, Level::P95).unwrap().value, 1.050_822_065_858_303_6, 1e-12);
        // SciPy's ttest_rel and ttest_ind on logarithms.
        let interval = paired(&B, &A, Level::P95).unwrap().interval().unwrap();
        close(interval.lo, 1.030_293_731_964_517_8, 1e-12);
        close(interval.hi, 1.071_759_421_450_834_1, 1e-12);
        let interval = unpaired(&B, &A, Level::P95).unwrap().interval().unwrap();
        close(interval.lo, 1.029_842_702_718_935, 1e-12);
        close(interval.hi, 1.072_228_808_515_507, 1e-12);
    }

    #[test]
    fn swapping_the_sides_inverts_the_interval() {
        for f in [paired, unpaired, paired_signed_rank] {
            let (up, down) = (f(&B, &A, Level::P95).unwrap(), f(&A, &B, Level::P95).unwrap());
            let (i, j) = (up.interval().unwrap(), down.interval().unwrap());
            close(up.value * down.value, 1.0, 1e-12);
            close(i.lo * j.hi, 1.0, 1e-12);
            close(i.hi * j.lo, 1.0, 1e-12);
        }
    }

    #[test]
    fn one_pair_gives_no_interval() {
        let got = paired(&[6.0], &[2.0], Level::P95).unwrap();
        close(got.value, 3.0, 1e-14);
        assert_eq!(got.uncertainty, Uncertainty::TooFew { needed: 2 });
        assert!(matches!(paired(&B[1..], &A, Level::P95), Err(StatsError::LengthMismatch { .. })));
        assert!(matches!(unpaired(&[0.0], &A, Level::P95), Err(StatsError::NotPositive { .. })));
    }
}
