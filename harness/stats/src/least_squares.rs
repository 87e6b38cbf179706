//! Least-squares lines: slope with Student t, and exponents as slopes in log-log coordinates.

use crate::check;
use crate::descriptive::mean_of;
use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::theil_sen;

/// A fitted line y = intercept + slope·x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The slope with its t interval on n − 2 degrees of freedom.
    pub slope: Estimate,
    /// Value of the line at x = 0.
    pub intercept: f64,
    /// Share of the variance of y that the line explains; 1 if y is constant.
    pub r_squared: f64,
}

/// The least-squares line through at least two points with different x. Two points give no interval.
pub fn line(x: &[f64], y: &[f64], level: Level) -> Result<Line> {
    check::finite("x", x)?;
    check::finite("y", y)?;
    check::same_length(("x", x), ("y", y))?;
    check::at_least("a slope", x.len(), 2)?;
    let n = x.len();
    let (mx, my) = (mean_of(x), mean_of(y));
    let sxx: f64 = x.iter().map(|x| (x - mx) * (x - mx)).sum();
    let sxy: f64 = x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
    let syy: f64 = y.iter().map(|y| (y - my) * (y - my)).sum();
    if sxx == 0.0 {
        return Err(StatsError::Degenerate { what: "the slope", why: "all x are equal" });
    }
    let b = sxy / sxx;
    let residual: f64 = x.iter().zip(y).map(|(x, y)| (y - my - b * (x - mx)).powi(2)).sum();
    let uncertainty = if n < 3 {
        Uncertainty::TooFew { needed: 3 }
    } else {
        let df = (n - 2) as f64;
        let half = dist::t_two_sided(level.get(), df) * (residual / df / sxx).sqrt();
        Uncertainty::Interval(Interval::new(b - half, b + half, level.get())?)
    };
    let slope = Estimate::exact(check::finite_value("the slope", b)?, uncertainty, n, Method::LeastSquares);
    let r_squared = if syy == 0.0 { 1.0 } else { (1.0 - residual / syy).max(0.0) };
    Ok(Line { slope, intercept: my - b * mx, r_squared })
}

/// The power law y ≈ c·x^p as a least-squares line in logarithms: slope p, intercept ln c.
pub fn power_law(x: &[f64], y: &[f64], level: Level) -> Result<Line> {
    check::positive("x", x)?;
    check::positive("y", y)?;
    line(&check::logs(x), &check::logs(y), level)
}

/// The exponent of a power law by Theil–Sen in logarithms: robust to single bad points.
pub fn exponent_theil_sen(x: &[f64], y: &[f64], level: Level) -> Result<Estimate> {
    check::positive("x", x)?;
    check::positive("y", y)?;
    theil_sen::slope(&check::logs(x), &check::logs(y), level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::close;

    #[test]
    fn a_textbook_line() {
        // x = 1..5, y = 2, 4, 5, 4, 5: slope 0.6, intercept 2.2, residual sum of squares 2.4, R² 0.6.
        let got = line(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 4.0, 5.0, 4.0, 5.0], Level::P95).unwrap();
        close(got.slope.value, 0.6, 1e-14);
        close(got.intercept, 2.2, 1e-14);
        close(got.r_squared, 0.6, 1e-14);
        // se = √(2.4/3/10), t₀.₉₇₅(3) = 3.182446305284263.
        let half = 3.182_446_305_284_263 * 0.08_f64.sqrt();
        close(got.slope.interval().unwrap().lo, 0.6 - half, 1e-12);
        close(got.slope.interval().unwrap().hi, 0.6 + half, 1e-12);
    }

    #[test]
    fn a_noisy_line_matches_scipy() {
        let x: Vec<f64> = (1..=10).map(f64::from).collect();
        let y = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1, 18.0, 19.7];
        let got = line(&x, &y, Level::P95).unwrap();
        close(got.slope.value, 1.98, 1e-13);
        close(got.intercept, 0.1, 1e-12);
        close(got.r_squared, 0.999_209_117_393_548, 1e-12);
        close(got.slope.interval().unwrap().lo, 1.934_584_082_046_928_7, 1e-12);
        close(got.slope.interval().unwrap().hi, 2.025_415_917_953_072, 1e-12);
    }

    #[test]
    fn exact_power_laws_give_their_exponent() {
        let x = [10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0];
        let y: Vec<f64> = x.iter().map(|x: &f64| 5.0 * x.powf(1.8)).collect();
        let got = power_law(&x, &y, Level::P95).unwrap();
        close(got.slope.value, 1.8, 1e-12);
        close(got.intercept.exp(), 5.0, 1e-10);
        let interval = got.slope.interval().unwrap();
        assert!(interval.half_width() < 1e-12);
        close(exponent_theil_sen(&x, &y, Level::P95).unwrap().value, 1.8, 1e-12);
    }

    #[test]
    fn few_points_and_bad_points() {
        let two = line(&[0.0, 1.0], &[1.0, 3.0], Level::P95).unwrap();
        assert_eq!((two.slope.value, two.slope.uncertainty), (2.0, Uncertainty::TooFew { needed: 3 }));
        assert!(matches!(line(&[1.0, 1.0], &[1.0, 3.0], Level::P95), Err(StatsError::Degenerate { .. })));
        assert!(matches!(
            power_law(&[0.0, 1.0], &[1.0, 3.0], Level::P95),
            Err(StatsError::NotPositive { .. })
        ));
        assert!(matches!(line(&[], &[], Level::P95), Err(StatsError::Empty { .. })));
    }
}
