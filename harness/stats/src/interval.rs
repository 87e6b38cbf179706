//! Confidence levels, intervals, and estimates: what every interval procedure of this crate returns.

use std::fmt;

use crate::check;
use crate::error::{Result, StatsError};

/// A two-sided confidence level, strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// 95 %, the level of verdicts.
    pub const P95: Self = Self(0.95);
    /// 90 %, the level of equivalence claims (two one-sided tests at 5 %).
    pub const P90: Self = Self(0.90);

    /// A level from a number strictly between 0 and 1.
    pub fn new(level: f64) -> Result<Self> {
        check::open_unit("the confidence level", level).map(Self)
    }

    /// The level as a number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The probability outside one end, (1 − level) / 2.
    pub fn tail(self) -> f64 {
        0.5 * (1.0 - self.0)
    }
}

/// A closed interval on the extended real line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end; −∞ where nothing bounds the quantity from below.
    pub lo: f64,
    /// Upper end; +∞ where nothing bounds the quantity from above.
    pub hi: f64,
    /// Confidence, in (0, 1]; 1 for a quantity without randomness.
    pub level: f64,
}

impl Interval {
    /// An interval with `lo` ≤ `hi`, neither NaN, and `level` in (0, 1].
    pub fn new(lo: f64, hi: f64, level: f64) -> Result<Self> {
        if lo.is_nan() || hi.is_nan() {
            return Err(StatsError::Degenerate {
                what: "the interval",
                why: "an end is not a number; the values are too large or too small to be squared",
            });
        }
        if lo > hi {
            return Err(StatsError::Reversed { lo, hi });
        }
        if !(level > 0.0 && level <= 1.0) {
            return Err(StatsError::OutOfRange {
                what: "the level",
                value: level,
                expected: "a number in (0, 1]",
            });
        }
        Ok(Self { lo, hi, level })
    }

    /// Whether `x` lies between the ends, ends included.
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// Half of the distance between the ends.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.hi - self.lo)
    }

    /// The interval of an increasing function of the quantity.
    pub(crate) fn map_increasing(self, f: impl Fn(f64) -> f64) -> Result<Self> {
        Self::new(f(self.lo), f(self.hi), self.level)
    }
}

/// How well a value is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Uncertainty {
    /// A confidence interval.
    Interval(Interval),
    /// The quantity has no randomness: a point, or a half-line if the run was cut off at a limit; level 1.
    Deterministic(Interval),
    /// Too few replicates for this method at this level; `needed` is the smallest number that gives an interval.
    TooFew {
        /// How many replicates the method needs.
        needed: usize,
    },
}

/// Whether the value of an estimate is the quantity itself or a bound on it, left by censored runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The value is the estimate.
    Exact,
    /// The estimate is at least the value.
    AtLeast,
    /// The estimate is at most the value.
    AtMost,
}

/// The procedure behind an estimate, for reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Method {
    /// All replicates equal, declared free of randomness.
    Deterministic,
    /// Mean, Student t.
    StudentT,
    /// Mean of paired differences, Student t.
    PairedT,
    /// Difference of means, Welch.
    WelchT,
    /// Geometric mean: Student t on logarithms.
    LogT,
    /// Geometric mean of paired ratios: Student t on differences of logarithms.
    PairedLogT,
    /// Ratio of geometric means: Welch on logarithms.
    WelchLogT,
    /// Median, exact binomial interval between order statistics.
    OrderStatistics,
    /// Hodges–Lehmann centre, exact Wilcoxon signed-rank interval.
    SignedRankExact,
    /// Hodges–Lehmann centre, normal approximation of the signed-rank interval.
    SignedRankNormal,
    /// Hodges–Lehmann shift, exact Mann–Whitney interval.
    RankSumExact,
    /// Hodges–Lehmann shift, normal approximation of the Mann–Whitney interval.
    RankSumNormal,
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Theil–Sen slope, exact Kendall interval.
    TheilSenExact,
    /// Theil–Sen slope, normal approximation of the Kendall interval.
    TheilSenNormal,
    /// Least-squares slope, Student t.
    LeastSquares,
    /// Proportion, Wilson score.
    Wilson,
    /// Proportion, Clopper–Pearson.
    ClopperPearson,
    /// Mean with penalised failures: Clopper–Pearson for the failures joined with Student t for the others.
    PenalisedMean,
    /// The largest of several factors, each with an interval that allows for the others.
    Bonferroni,
}

impl Method {
    /// A short name for tables and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deterministic => "deterministic",
            Self::StudentT => "Student t",
            Self::PairedT => "paired t",
            Self::WelchT => "Welch t",
            Self::LogT => "t on logarithms",
            Self::PairedLogT => "paired t on logarithms",
            Self::WelchLogT => "Welch t on logarithms",
            Self::OrderStatistics => "exact order statistics",
            Self::SignedRankExact => "Wilcoxon signed-rank, exact",
            Self::SignedRankNormal => "Wilcoxon signed-rank, normal",
            Self::RankSumExact => "Mann-Whitney, exact",
            Self::RankSumNormal => "Mann-Whitney, normal",
            Self::Bca => "BCa bootstrap",
            Self::TheilSenExact => "Theil-Sen, exact",
            Self::TheilSenNormal => "Theil-Sen, normal",
            Self::LeastSquares => "least squares, t",
            Self::Wilson => "Wilson score",
            Self::ClopperPearson => "Clopper-Pearson",
            Self::PenalisedMean => "Clopper-Pearson and t, joined",
            Self::Bonferroni => "worst of several, Bonferroni",
        }
    }
}

impl Method {
    /// Whether the interval was made in the logarithm of the quantity.
    pub fn is_logarithmic(self) -> bool {
        matches!(self, Self::LogT | Self::PairedLogT | Self::WelchLogT | Self::Bonferroni)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value, how well it is known, from how many replicates, and by which method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The point estimate, or the bound on it that `bound` says it is.
    pub value: f64,
    /// Exact, or a bound left by censored runs.
    pub bound: Bound,
    /// How well the value is known.
    pub uncertainty: Uncertainty,
    /// Replicates used: pairs for paired methods, the sum of both sides for unpaired ones.
    pub n: usize,
    /// The procedure.
    pub method: Method,
}

impl Estimate {
    /// An exact point estimate.
    pub(crate) fn exact(value: f64, uncertainty: Uncertainty, n: usize, method: Method) -> Self {
        Self { value, bound: Bound::Exact, uncertainty, n, method }
    }

    /// An estimate of a quantity that the caller declares free of randomness: all values must be identical.
    pub fn deterministic(xs: &[f64]) -> Result<Self> {
        check::finite("the values", xs)?;
        let lo = xs.iter().copied().fold(f64::INFINITY, f64::min);
        let hi = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if lo != hi {
            return Err(StatsError::NotDeterministic { lo, hi });
        }
        let point = Interval::new(xs[0], xs[0], 1.0)?;
        Ok(Self::exact(xs[0], Uncertainty::Deterministic(point), xs.len(), Method::Deterministic))
    }

    /// The interval, a point or half-line for a deterministic quantity, `None` with too few replicates.
    pub fn interval(&self) -> Option<Interval> {
        match self.uncertainty {
            Uncertainty::Interval(interval) | Uncertainty::Deterministic(interval) => Some(interval),
            Uncertainty::TooFew { .. } => None,
        }
    }

    /// The estimate of an increasing function of the quantity, such as `exp`.
    pub(crate) fn map_increasing(self, method: Method, f: impl Fn(f64) -> f64) -> Result<Self> {
        let uncertainty = match self.uncertainty {
            Uncertainty::Interval(interval) => Uncertainty::Interval(interval.map_increasing(&f)?),
            Uncertainty::Deterministic(interval) => Uncertainty::Deterministic(interval.map_increasing(&f)?),
            too_few @ Uncertainty::TooFew { .. } => too_few,
        };
        Ok(Self { value: f(self.value), uncertainty, method, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_outside_the_open_unit_interval_are_refused() {
        for bad in [0.0, 1.0, -0.1, 95.0, f64::NAN] {
            assert!(Level::new(bad).is_err(), "{bad}");
        }
        assert!((Level::P95.tail() - 0.025).abs() < 1e-16);
    }

    #[test]
    fn intervals_refuse_nan_and_reversed_ends() {
        assert!(Interval::new(f64::NAN, 1.0, 0.95).is_err());
        assert_eq!(Interval::new(2.0, 1.0, 0.95), Err(StatsError::Reversed { lo: 2.0, hi: 1.0 }));
        assert!(Interval::new(1.0, f64::INFINITY, 0.95).unwrap().contains(1e300));
    }

    #[test]
    fn deterministic_values_must_agree() {
        let same = Estimate::deterministic(&[3.0, 3.0]).unwrap();
        assert_eq!(same.interval(), Some(Interval { lo: 3.0, hi: 3.0, level: 1.0 }));
        assert_eq!(
            Estimate::deterministic(&[3.0, 4.0]),
            Err(StatsError::NotDeterministic { lo: 3.0, hi: 4.0 })
        );
        assert!(matches!(Estimate::deterministic(&[]), Err(StatsError::Empty { .. })));
    }
}
