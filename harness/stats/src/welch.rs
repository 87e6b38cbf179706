//! Welch's comparison of two means with unequal variances, the paired t test, and equivalence (TOST).

use crate::check;
use crate::descriptive::{mean_of, variance_of};
use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};

/// A t statistic with its degrees of freedom and two-sided p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// The statistic.
    pub t: f64,
    /// Degrees of freedom (Satterthwaite's for Welch).
    pub df: f64,
    /// Two-sided p-value.
    pub p: f64,
}

/// Two one-sided tests of |difference| < margin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tost {
    /// p-value against a difference at or below −margin.
    pub p_lower: f64,
    /// p-value against a difference at or above +margin.
    pub p_upper: f64,
    /// Degrees of freedom.
    pub df: f64,
}

impl Tost {
    /// The p-value of the equivalence claim: the larger of the two.
    pub fn p(&self) -> f64 {
        self.p_lower.max(self.p_upper)
    }
}

/// Difference of means, its standard error, and Satterthwaite's degrees of freedom.
pub(crate) struct Difference {
    pub(crate) value: f64,
    pub(crate) se: f64,
    pub(crate) df: f64,
}

impl Difference {
    /// mean(b) − mean(a) of checked samples of at least two values each.
    pub(crate) fn of(b: &[f64], a: &[f64]) -> Self {
        let (n, m) = (b.len() as f64, a.len() as f64);
        let (vb, va) = (variance_of(b) / n, variance_of(a) / m);
        let value = mean_of(b) - mean_of(a);
        let sum = vb + va;
        // Shares of the variance, so that tiny variances do not underflow when squared.
        let df = if sum > 0.0 {
            let (sb, sa) = (vb / sum, va / sum);
            1.0 / (sb * sb / (n - 1.0) + sa * sa / (m - 1.0))
        } else {
            n + m - 2.0
        };
        Self { value, se: sum.sqrt(), df }
    }

    pub(crate) fn interval(&self, level: Level) -> Result<Interval> {
        let half = dist::t_two_sided(level.get(), self.df) * self.se;
        Interval::new(self.value - half, self.value + half, level.get())
    }

    fn test(&self) -> Result<TTest> {
        let t = ratio(self.value, self.se)?;
        Ok(TTest { t, df: self.df, p: 2.0 * dist::t_sf(t.abs(), self.df) })
    }
}

/// difference / standard error; infinite if only the standard error is zero.
fn ratio(value: f64, se: f64) -> Result<f64> {
    if value.is_finite() && se.is_finite() && (se > 0.0 || value != 0.0) {
        Ok(value / se)
    } else {
        Err(StatsError::Degenerate {
            what: "the t statistic",
            why: "difference and spread are both zero, or the values overflow when squared",
        })
    }
}

fn check_two(b: &[f64], a: &[f64]) -> Result<()> {
    check::finite("b", b)?;
    check::finite("a", a)
}

fn check_two_for_test(b: &[f64], a: &[f64]) -> Result<()> {
    check_two(b, a)?;
    check::at_least("Welch's test", b.len().min(a.len()), 2)
}

/// mean(b) − mean(a) with Welch's interval. Fewer than two values on a side give no interval.
pub fn difference(b: &[f64], a: &[f64], level: Level) -> Result<Estimate> {
    check_two(b, a)?;
    difference_of(b, a, level, Method::WelchT)
}

pub(crate) fn difference_of(b: &[f64], a: &[f64], level: Level, method: Method) -> Result<Estimate> {
    let n = a.len() + b.len();
    if a.len().min(b.len()) < 2 {
        let value = mean_of(b) - mean_of(a);
        return Ok(Estimate::exact(value, Uncertainty::TooFew { needed: 2 }, n, method));
    }
    let difference = Difference::of(b, a);
    Ok(Estimate::exact(difference.value, Uncertainty::Interval(difference.interval(level)?), n, method))
}

/// Welch's test of equal means, statistic of b − a; at least two values a side.
pub fn test(b: &[f64], a: &[f64]) -> Result<TTest> {
    check_two_for_test(b, a)?;
    Difference::of(b, a).test()
}

/// Paired t test of b − a; at least two pairs.
pub fn paired_test(b: &[f64], a: &[f64]) -> Result<TTest> {
    check_two(b, a)?;
    check::same_length(("b", b), ("a", a))?;
    check::at_least("the paired t test", b.len(), 2)?;
    let d: Vec<f64> = b.iter().zip(a).map(|(b, a)| b - a).collect();
    let n = d.len() as f64;
    Difference { value: mean_of(&d), se: (variance_of(&d) / n).sqrt(), df: n - 1.0 }.test()
}

/// Student's test of mean(b) − mean(a) with the pooled variance (divisor n + m − 2): for samples known to share one spread. One
/// value on a side will do if the other has two.
pub fn pooled_test(b: &[f64], a: &[f64]) -> Result<TTest> {
    check_two(b, a)?;
    check::at_least("Student's test", a.len() + b.len(), 3)?;
    let squares = |xs: &[f64]| if xs.len() < 2 { 0.0 } else { variance_of(xs) * (xs.len() - 1) as f64 };
    let (n, m) = (b.len() as f64, a.len() as f64);
    let df = n + m - 2.0;
    let variance = (squares(b) + squares(a)) / df;
    let t = ratio(mean_of(b) - mean_of(a), (variance * (1.0 / n + 1.0 / m)).sqrt())?;
    Ok(TTest { t, df, p: 2.0 * dist::t_sf(t.abs(), df) })
}

/// Equivalence of means within ±`margin` by two one-sided Welch tests; at least two values a side.
pub fn tost(b: &[f64], a: &[f64], margin: f64) -> Result<Tost> {
    check_two_for_test(b, a)?;
    check::positive_value("the margin", margin)?;
    let d = Difference::of(b, a);
    let lower = ratio(d.value + margin, d.se)?;
    let upper = ratio(d.value - margin, d.se)?;
    Ok(Tost { p_lower: dist::t_sf(lower, d.df), p_upper: dist::t_cdf(upper, d.df), df: d.df })
}

/// Equivalence of geometric means within a factor 1 + `margin` (0.03 for ±3 %): TOST on logarithms.
pub fn tost_ratio(b: &[f64], a: &[f64], margin: f64) -> Result<Tost> {
    check::positive("b", b)?;
    check::positive("a", a)?;
    check::positive_value("the margin", margin)?;
    tost(&check::logs(b), &check::logs(a), margin.ln_1p())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{A, B, close};

    #[test]
    fn oracle_welch_and_paired_tests() {
        let welch = test(&B, &A).unwrap();
        close(welch.t, 5.178_124_552_744_98, 1e-12);
        close(welch.df, 17.625_600_980_750_56, 1e-12);
        close(welch.p, 6.752_554_285_331_613e-5, 1e-12);
        let paired = paired_test(&B, &A).unwrap();
        close(paired.t, 5.697_849_412_653_494, 1e-12);
        close(paired.p, 0.000_295_111_188_138_103_8, 1e-12);
    }

    #[test]
    fn oracle_pooled_tests() {
        // SciPy's ttest_ind with equal variances, ten against ten and one against ten.
        let pooled = pooled_test(&B, &A).unwrap();
        close(pooled.t, 5.178_124_552_744_98, 1e-12);
        assert_eq!(pooled.df, 18.0);
        close(pooled.p, 6.324_266_793_128_301e-5, 1e-12);
        let one = pooled_test(&[11.0], &A).unwrap();
        close(one.t, 3.404_542_420_195_274_8, 1e-12);
        close(one.p, 0.007_816_879_469_068_99, 1e-12);
        assert!(pooled_test(&[1.0], &[2.0]).is_err());
        assert!(pooled_test(&[], &A).is_err());
        assert_eq!(pooled_test(&[2.0], &[1.0, 1.0]).unwrap().p, 0.0);
        assert!(matches!(pooled_test(&[1.0], &[1.0, 1.0]), Err(StatsError::Degenerate { .. })));
    }

    #[test]
    fn oracle_equivalence() {
        let tost = tost_ratio(&B, &A, 0.03).unwrap();
        close(tost.df, 17.370_394_257_305_16, 1e-12);
        close(tost.p_lower, 9.971_837e-8, 1e-6);
        close(tost.p_upper, 0.974_212_568_856_916_3, 1e-12);
        close(tost.p(), tost.p_upper, 0.0);
    }

    #[test]
    fn the_test_rejects_exactly_when_the_interval_excludes_zero() {
        let p = test(&B, &A).unwrap().p;
        let at_p = difference(&B, &A, Level::new(1.0 - p).unwrap()).unwrap().interval().unwrap();
        assert!(at_p.lo.abs() < 1e-9, "{at_p:?}");
    }

    #[test]
    fn zero_spread_is_an_infinite_statistic_or_an_error() {
        let got = test(&[2.0, 2.0], &[1.0, 1.0]).unwrap();
        assert_eq!((got.t, got.p), (f64::INFINITY, 0.0));
        assert!(matches!(test(&[1.0, 1.0], &[1.0, 1.0]), Err(StatsError::Degenerate { .. })));
        assert!(matches!(test(&[1.0], &[1.0, 2.0]), Err(StatsError::TooFew { .. })));
        assert!(tost(&B, &A, -1.0).is_err());
    }
}
