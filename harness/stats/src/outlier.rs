//! Outliers: classified and shown, never dropped.

use crate::check;
use crate::descriptive;
use crate::error::{Result, StatsError};

/// Tukey's fences: the quartiles moved outwards by 1.5 (inner) and 3 (outer) interquartile ranges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fences {
    /// Lower and upper inner fence.
    pub inner: (f64, f64),
    /// Lower and upper outer fence.
    pub outer: (f64, f64),
}

/// Where a value lies with respect to the fences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlierClass {
    /// Between the inner fences.
    Regular,
    /// Between an inner and an outer fence.
    Mild,
    /// Beyond an outer fence.
    Severe,
}

impl Fences {
    /// The fences of a sample, from type-7 quartiles.
    pub fn of(xs: &[f64]) -> Result<Self> {
        check::finite("the values", xs)?;
        let sorted = check::sorted(xs);
        let q1 = descriptive::quantile_of_sorted(&sorted, 0.25);
        let q3 = descriptive::quantile_of_sorted(&sorted, 0.75);
        let range = q3 - q1;
        Ok(Self { inner: (q1 - 1.5 * range, q3 + 1.5 * range), outer: (q1 - 3.0 * range, q3 + 3.0 * range) })
    }

    /// The class of one value; NaN is severe.
    pub fn classify(&self, x: f64) -> OutlierClass {
        if (self.inner.0..=self.inner.1).contains(&x) {
            OutlierClass::Regular
        } else if (self.outer.0..=self.outer.1).contains(&x) {
            OutlierClass::Mild
        } else {
            OutlierClass::Severe
        }
    }
}

/// |x − median| / MAD for each value, MAD unscaled: 14.826 corresponds to ten standard deviations of a normal sample.
/// Undefined if more than half of the values are equal.
pub fn robust_z(xs: &[f64]) -> Result<Vec<f64>> {
    let centre = descriptive::median(xs)?;
    let spread = descriptive::median_absolute_deviation(xs)?;
    if spread == 0.0 {
        return Err(StatsError::Degenerate {
            what: "the robust z score",
            why: "at least half of the values are equal, so the median absolute deviation is zero",
        });
    }
    Ok(xs.iter().map(|x| (x - centre).abs() / spread).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{X, close};

    #[test]
    fn oracle_fences_and_scores() {
        let fences = Fences::of(&X).unwrap();
        close(fences.inner.0, 0.8375, 1e-12);
        close(fences.inner.1, 1.1975, 1e-12);
        close(robust_z(&X).unwrap()[7], 79.8, 1e-12);
        assert_eq!(fences.classify(5.0), OutlierClass::Severe);
        assert_eq!(fences.classify(1.3), OutlierClass::Mild);
        assert_eq!(fences.classify(0.9), OutlierClass::Regular);
    }

    #[test]
    fn equal_values_have_no_scores() {
        assert!(matches!(robust_z(&[1.0, 1.0, 1.0, 2.0]), Err(StatsError::Degenerate { .. })));
    }
}
