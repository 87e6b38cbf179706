//! Order of two methods over paired replicates: how often is a below b?

use crate::censored::Censored;
use crate::check;
use crate::dist;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::proportion;

/// What one pair says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairOrder {
    /// a < b.
    Less,
    /// a = b.
    Tie,
    /// a > b.
    Greater,
    /// Censoring hides the order.
    Undecided,
}

/// Order of one pair; a value below the other side's limit is less, two censored values are undecided.
pub fn compare(a: Censored, b: Censored) -> PairOrder {
    match (a, b) {
        (Censored::Value(x), Censored::Value(y)) if x < y => PairOrder::Less,
        (Censored::Value(x), Censored::Value(y)) if x > y => PairOrder::Greater,
        (Censored::Value(x), Censored::Value(y)) if x == y => PairOrder::Tie,
        (Censored::Value(x), Censored::AtLeast(limit)) if x < limit => PairOrder::Less,
        (Censored::AtLeast(limit), Censored::Value(y)) if y < limit => PairOrder::Greater,
        _ => PairOrder::Undecided,
    }
}

/// How many pairs fall in each order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderCounts {
    /// Pairs with a < b.
    pub less: usize,
    /// Pairs with a = b.
    pub ties: usize,
    /// Pairs with a > b.
    pub greater: usize,
    /// Pairs whose order is hidden by censoring.
    pub undecided: usize,
}

impl OrderCounts {
    /// Counts over the pairs (aᵢ, bᵢ).
    pub fn of(a: &[Censored], b: &[Censored]) -> Result<Self> {
        let lower = |xs: &[Censored]| -> Vec<f64> { xs.iter().map(|x| x.lower()).collect() };
        check::finite("a", &lower(a))?;
        check::finite("b", &lower(b))?;
        check::same_length(("a", a), ("b", b))?;
        let mut counts = Self::default();
        for (&a, &b) in a.iter().zip(b) {
            match compare(a, b) {
                PairOrder::Less => counts.less += 1,
                PairOrder::Tie => counts.ties += 1,
                PairOrder::Greater => counts.greater += 1,
                PairOrder::Undecided => counts.undecided += 1,
            }
        }
        Ok(counts)
    }

    /// Number of pairs.
    pub fn total(&self) -> usize {
        self.less + self.ties + self.greater + self.undecided
    }

    /// P(a < b) with an exact binomial interval. Ties count as not less. Undecided pairs count half in the value; the lower
    /// end counts them as not less and the upper end as less, so the interval holds whatever they hide.
    pub fn probability_less(&self, level: Level) -> Result<Estimate> {
        let n = self.total();
        if n == 0 {
            return Err(StatsError::Empty { what: "the set of pairs" });
        }
        let (lo, hi) = proportion::clopper_pearson_ends(self.less, self.less + self.undecided, n, level);
        let value = (self.less as f64 + 0.5 * self.undecided as f64) / n as f64;
        let interval = Interval::new(lo, hi, level.get())?;
        Ok(Estimate::exact(value, Uncertainty::Interval(interval), n, Method::ClopperPearson))
    }

    /// Two-sided p-value of the sign test of P(a < b) = P(a > b); ties and undecided pairs are left out. 1 if none is left.
    pub fn sign_test(&self) -> f64 {
        let (fewer, n) = (self.less.min(self.greater), self.less + self.greater);
        (2.0 * dist::fair_binomial_cdf(fewer as u64, n as u64)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Censored::{AtLeast, Value};
    use super::*;
    use crate::oracle::close;

    #[test]
    fn pairs_are_compared_as_far_as_the_limits_allow() {
        assert_eq!(compare(Value(1.0), Value(2.0)), PairOrder::Less);
        assert_eq!(compare(Value(2.0), Value(2.0)), PairOrder::Tie);
        assert_eq!(compare(Value(10.0), AtLeast(60.0)), PairOrder::Less);
        assert_eq!(compare(AtLeast(60.0), Value(10.0)), PairOrder::Greater);
        assert_eq!(compare(Value(60.0), AtLeast(60.0)), PairOrder::Undecided);
        assert_eq!(compare(AtLeast(5.0), AtLeast(60.0)), PairOrder::Undecided);
    }

    #[test]
    fn six_wins_of_six_show_a_majority_and_five_do_not() {
        for (n, shown) in [(5, false), (6, true)] {
            let counts = OrderCounts { less: n, ..OrderCounts::default() };
            let interval = counts.probability_less(Level::P95).unwrap().interval().unwrap();
            // Closed form at k = n: lower end 0.025^(1/n).
            close(interval.lo, 0.025_f64.powf(1.0 / n as f64), 1e-12);
            assert_eq!(interval.lo > 0.5, shown);
            close(counts.sign_test(), 2.0 * 0.5_f64.powi(n as i32), 1e-12);
        }
    }

    #[test]
    fn undecided_pairs_widen_the_interval_on_both_sides() {
        let a = [Value(1.0), Value(1.0), AtLeast(9.0), Value(3.0)];
        let b = [Value(2.0), AtLeast(9.0), AtLeast(9.0), Value(1.0)];
        let counts = OrderCounts::of(&a, &b).unwrap();
        assert_eq!(counts, OrderCounts { less: 2, ties: 0, greater: 1, undecided: 1 });
        let got = counts.probability_less(Level::P95).unwrap();
        let ends = |k| proportion::clopper_pearson(k, 4, Level::P95).unwrap().interval().unwrap();
        assert_eq!(got.value, 0.625);
        assert_eq!((got.interval().unwrap().lo, got.interval().unwrap().hi), (ends(2).lo, ends(3).hi));
        assert_eq!(counts.sign_test(), 1.0);
    }

    #[test]
    fn bad_input_is_named() {
        assert!(matches!(OrderCounts::of(&[], &[]), Err(StatsError::Empty { .. })));
        assert!(OrderCounts::of(&[Value(1.0)], &[Value(f64::NAN)]).is_err());
        assert!(OrderCounts::default().probability_less(Level::P95).is_err());
        assert_eq!(OrderCounts::default().sign_test(), 1.0);
    }
}
