//! PAR-k: the mean cost with every failure counted as k times the limit.
//!
//! Used in the SAT competitions and in algorithm configuration with k = 10 (Hutter, Hoos, Leyton-Brown and Stützle, JAIR 36,
//! 2009, section 2).

use crate::censored::Censored;
use crate::check;
use crate::descriptive::mean_of;
use crate::error::{Result, StatsError};
use crate::interval::{Estimate, Interval, Level, Method, Uncertainty};
use crate::mean;
use crate::proportion;

/// The factor k of PAR-10.
pub const FACTOR: f64 = 10.0;

/// PAR-`factor` of costs under `limit`: a censored cost counts as `factor`·`limit`, whatever its own limit, and so does a
/// value above `limit`.
///
/// With s of n runs solved, m their mean cost and p the probability to fail, PAR is p·k·limit + (1 − p)·m. The interval joins
/// Clopper and Pearson's for p and Student's t for m (cut to [0, limit]; the whole of it with less than two solved), each with half
/// of the error probability: it covers at least its level as far as the t interval does, also where no run or every run failed.
/// It speaks of runs like these, so for a fixed set of problems read the value alone. One run gives no interval.
pub fn penalised(costs: &[Censored], limit: f64, factor: f64, level: Level) -> Result<Estimate> {
    check::positive_value("the limit", limit)?;
    if !(factor >= 1.0 && (factor * limit).is_finite()) {
        return Err(StatsError::OutOfRange {
            what: "the penalty factor",
            value: factor,
            expected: "a number of at least 1 that does not overflow with the limit",
        });
    }
    let limits: Vec<f64> = costs.iter().map(|cost| cost.lower()).collect();
    check::finite("the costs", &limits)?;
    if let Some(&value) = limits.iter().find(|cost| **cost < 0.0) {
        return Err(StatsError::OutOfRange { what: "a cost", value, expected: "a number of at least 0" });
    }
    let n = costs.len();
    let penalty = factor * limit;
    let solved: Vec<f64> = costs.iter().map(|cost| cost.upper()).filter(|cost| *cost <= limit).collect();
    let failed = n - solved.len();
    let penalised: Vec<f64> =
        costs.iter().map(|cost| if cost.upper() <= limit { cost.upper() } else { penalty }).collect();
    let value = mean_of(&penalised);
    if !value.is_finite() {
        return Err(StatsError::Degenerate {
            what: "the penalised mean",
            why: "the sum of the costs overflows",
        });
    }
    let uncertainty = if n < 2 {
        Uncertainty::TooFew { needed: 2 }
    } else {
        let half = Level::new(1.0 - level.tail())?;
        let (p_lo, p_hi) = proportion::clopper_pearson_ends(failed, failed, n, half);
        let (m_lo, m_hi) = mean_ends(&solved, limit, half)?;
        let par = |p: f64, m: f64| p * penalty + (1.0 - p) * m;
        Uncertainty::Interval(Interval::new(par(p_lo, m_lo), par(p_hi, m_hi), level.get())?)
    };
    Ok(Estimate::exact(value, uncertainty, n, Method::PenalisedMean))
}

/// The ends of the interval of the mean cost of solved runs, within what costs under the limit can be.
fn mean_ends(solved: &[f64], limit: f64, level: Level) -> Result<(f64, f64)> {
    if solved.len() < 2 {
        return Ok((0.0, limit));
    }
    let interval = mean::student_t_of(solved, level, Method::StudentT)?.interval();
    Ok(interval.map_or((0.0, limit), |i| (i.lo.clamp(0.0, limit), i.hi.clamp(0.0, limit))))
}

#[cfg(test)]
mod tests {
    use super::Censored::{AtLeast, Value};
    use super::*;
    use crate::oracle::close;

    fn par10(costs: &[Censored]) -> Estimate {
        penalised(costs, 60.0, FACTOR, Level::P95).unwrap()
    }

    #[test]
    fn every_failure_costs_ten_limits() {
        // A crash after two seconds, a timeout, and a run that ended after the limit.
        let costs = [Value(10.0), Value(20.0), AtLeast(2.0), AtLeast(60.0), Value(61.0), Value(60.0)];
        close(par10(&costs).value, (10.0 + 20.0 + 60.0 + 3.0 * 600.0) / 6.0, 1e-14);
        let par1 = penalised(&costs, 60.0, 1.0, Level::P95).unwrap();
        close(par1.value, (10.0 + 20.0 + 60.0 + 3.0 * 60.0) / 6.0, 1e-14);
    }

    #[test]
    fn oracle_interval() {
        // SciPy: beta.ppf for the ends of Clopper and Pearson and t.interval, both at 97.5 %, joined.
        let costs = [10.0, 20.0, 15.0, 12.0, 30.0, 22.0, 18.0].map(Value);
        let costs = [&costs[..], &[AtLeast(60.0); 3]].concat();
        let got = par10(&costs);
        close(got.value, 192.7, 1e-13);
        let interval = got.interval().unwrap();
        close(interval.lo, 40.958_734_984_249_32, 1e-12);
        close(interval.hi, 422.832_439_599_378_8, 1e-12);
        assert_eq!(got.method, Method::PenalisedMean);
    }

    #[test]
    fn a_run_that_ends_at_the_limit_is_solved() {
        let got = par10(&[Value(60.0); 4]);
        assert_eq!((got.value, got.interval().unwrap().lo), (60.0, 60.0));
    }

    #[test]
    fn no_failure_seen_does_not_mean_that_none_will_come() {
        let got = par10(&[Value(10.0); 5]);
        let interval = got.interval().unwrap();
        assert_eq!((got.value, interval.lo), (10.0, 10.0));
        // Five of five solved leave a failure rate of up to 1 − 0.0125^(1/5).
        let p = 1.0 - 0.0125_f64.powf(0.2);
        close(interval.hi, p * 600.0 + (1.0 - p) * 10.0, 1e-12);
        let none = par10(&[AtLeast(60.0); 5]).interval().unwrap();
        close(none.lo, (1.0 - p) * 600.0, 1e-12);
        assert_eq!(none.hi, 600.0);
    }

    #[test]
    fn one_run_gives_no_interval_and_bad_input_is_named() {
        assert_eq!(par10(&[Value(3.0)]).uncertainty, Uncertainty::TooFew { needed: 2 });
        let par = |costs: &[Censored], limit, factor| penalised(costs, limit, factor, Level::P95);
        assert!(matches!(par(&[], 60.0, 10.0), Err(StatsError::Empty { .. })));
        assert!(matches!(par(&[Value(f64::NAN)], 60.0, 10.0), Err(StatsError::NotFinite { .. })));
        assert!(matches!(par(&[Value(-1.0)], 60.0, 10.0), Err(StatsError::OutOfRange { .. })));
        for (limit, factor) in
            [(0.0, 10.0), (f64::INFINITY, 10.0), (60.0, 0.5), (60.0, f64::NAN), (1e308, 10.0)]
        {
            assert!(par(&[Value(1.0)], limit, factor).is_err(), "{limit} {factor}");
        }
    }
}
