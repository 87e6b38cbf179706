//! Proportions k/n: Wilson score and Clopper–Pearson intervals.

use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};

/// Wilson score interval: close to its level on average, also for k near 0 or n.
pub fn wilson(successes: usize, trials: usize, level: Level) -> Result<Estimate> {
    let p = share(successes, trials)?;
    let n = trials as f64;
    let z = dist::normal_quantile(1.0 - level.tail());
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At k = 0 and k = n one end is the edge itself, which rounding may miss.
    let lo = if successes == 0 { 0.0 } else { centre - half };
    let hi = if successes == trials { 1.0 } else { centre + half };
    estimate(p, lo, hi, trials, level, Method::Wilson)
}

/// Clopper–Pearson interval: covers at least its level for every true proportion.
pub fn clopper_pearson(successes: usize, trials: usize, level: Level) -> Result<Estimate> {
    let p = share(successes, trials)?;
    let (lo, hi) = clopper_pearson_ends(successes, successes, trials, level);
    estimate(p, lo, hi, trials, level, Method::ClopperPearson)
}

/// Lower end for `fewest` successes and upper end for `most`.
pub(crate) fn clopper_pearson_ends(fewest: usize, most: usize, trials: usize, level: Level) -> (f64, f64) {
    let n = trials as f64;
    let lo = if fewest == 0 {
        0.0
    } else {
        dist::beta_quantile(fewest as f64, n - fewest as f64 + 1.0, level.tail())
    };
    let hi = if most == trials {
        1.0
    } else {
        dist::beta_quantile(most as f64 + 1.0, n - most as f64, 1.0 - level.tail())
    };
    (lo, hi)
}

fn share(successes: usize, trials: usize) -> Result<f64> {
    if trials == 0 {
        return Err(StatsError::Empty { what: "the set of trials" });
    }
    if successes > trials {
        return Err(StatsError::OutOfRange {
            what: "the number of successes",
            value: successes as f64,
            expected: "at most the number of trials",
        });
    }
    Ok(successes as f64 / trials as f64)
}

fn estimate(p: f64, lo: f64, hi: f64, n: usize, level: Level, method: Method) -> Result<Estimate> {
    let interval = Interval::new(lo, hi, level.get())?;
    Ok(Estimate::exact(p, Uncertainty::Interval(interval), n, method))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::close;

    #[test]
    fn oracle_seventeen_of_twenty() {
        let exact = clopper_pearson(17, 20, Level::P95).unwrap().interval().unwrap();
        close(exact.lo, 0.621_073_173_454_704_4, 1e-12);
        close(exact.hi, 0.967_929_062_814_455_2, 1e-12);
        let score = wilson(17, 20, Level::P95).unwrap().interval().unwrap();
        close(score.lo, 0.639_581_135_259_243_1, 1e-12);
        close(score.hi, 0.947_631_254_103_783_5, 1e-12);
    }

    #[test]
    fn the_edges_have_closed_forms() {
        let none = clopper_pearson(0, 10, Level::P95).unwrap().interval().unwrap();
        assert_eq!(none.lo, 0.0);
        close(none.hi, 1.0 - 0.025_f64.powf(0.1), 1e-12);
        let all = wilson(10, 10, Level::P95).unwrap().interval().unwrap();
        assert_eq!(all.hi, 1.0);
        let z2 = 1.959_963_984_540_054_f64.powi(2);
        close(all.lo, 10.0 / (10.0 + z2), 1e-12);
    }

    #[test]
    fn bad_counts_are_errors() {
        assert!(matches!(wilson(0, 0, Level::P95), Err(StatsError::Empty { .. })));
        assert!(matches!(clopper_pearson(3, 2, Level::P95), Err(StatsError::OutOfRange { .. })));
    }
}
