//! Performance profiles of several solvers over several problems, and the score of them that the `AlgoPerf` benchmark ranks by.
//!
//! - tₚₛ is the cost of solver s on problem p, and rₚₛ = tₚₛ / minₛ tₚₛ its performance ratio, +∞ if s failed on p.
//! - ρₛ(τ) is the share of problems with rₚₛ ≤ τ: a step function, ρₛ(1) the share that s solves fastest (ties count for each),
//!   its limit the share that s solves at all (Dolan and Moré, Mathematical Programming 91, 2002, section 2).
//! - Bₛ = 1/(R − 1) ∫₁ᴿ ρₛ(τ) dτ, R the largest ratio looked at, is the score, in [0, 1] (Dahl et al. 2023, arXiv:2306.07179).
//!
//! A problem that no solver solves has only infinite ratios. It stays in the number of problems and counts against all, as in
//! `AlgoPerf`, so that leaving the hard problems unsolved together does not raise anybody's score; it is listed.
//!
//! Profiles say how each solver fares against the best of all of them. With more than two solvers they do *not* rank pairs:
//! without the best one the order of the others may turn (Gould and Scott, ACM TOMS 43, 2016). Compare two solvers by a
//! profile of these two, or by [`crate::ratio`].

use crate::censored::Censored;
use crate::check;
use crate::error::{Result, StatsError};

/// The largest ratio that `AlgoPerf` looks at.
pub const R_MAX: f64 = 4.0;

/// The profiles of all solvers.
#[derive(Debug, Clone, PartialEq)]
pub struct Profiles {
    /// One profile a solver, in the order of the columns.
    pub solvers: Vec<Profile>,
    /// The problems that no solver solves.
    pub unsolved: Vec<usize>,
}

/// The profile of one solver.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its ratio on each problem, +∞ where it failed.
    ratios: Vec<f64>,
    /// The finite ones, sorted.
    sorted: Vec<f64>,
}

/// A step of ρ: from `ratio` on, up to the next step, ρ is `share`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The ratio τ.
    pub ratio: f64,
    /// The share of problems solved within that ratio.
    pub share: f64,
}

/// The profiles of a table of costs above zero, small ones good: one row a problem, one column a solver. A censored cost is a
/// failure, whatever its limit.
pub fn profiles(rows: &[&[Censored]]) -> Result<Profiles> {
    check::non_empty("the set of problems", rows)?;
    check::non_empty("the set of solvers", rows[0])?;
    let mut ratios = vec![Vec::with_capacity(rows.len()); rows[0].len()];
    let mut unsolved = Vec::new();
    for (problem, row) in rows.iter().enumerate() {
        check::same_length(("the first row", rows[0]), ("a later row", row))?;
        let costs: Vec<f64> = row.iter().map(|cost| cost.lower()).collect();
        check::positive("a problem's costs", &costs)?;
        let best = row.iter().map(|cost| cost.upper()).fold(f64::INFINITY, f64::min);
        if best.is_infinite() {
            unsolved.push(problem);
        }
        for (ratios, cost) in ratios.iter_mut().zip(*row) {
            ratios.push(match cost {
                // A quotient that overflows is still not a failure.
                Censored::Value(cost) => (cost / best).min(f64::MAX),
                Censored::AtLeast(_) => f64::INFINITY,
            });
        }
    }
    Ok(Profiles { solvers: ratios.into_iter().map(Profile::of).collect(), unsolved })
}

impl Profile {
    fn of(ratios: Vec<f64>) -> Self {
        let finite: Vec<f64> = ratios.iter().copied().filter(|r| r.is_finite()).collect();
        Self { ratios, sorted: check::sorted(&finite) }
    }

    /// Its ratio on each problem, +∞ where it failed.
    pub fn ratios(&self) -> &[f64] {
        &self.ratios
    }

    /// ρ(τ): the share of problems solved within `ratio` times the best cost.
    pub fn share_within(&self, ratio: f64) -> f64 {
        self.share(self.sorted.partition_point(|r| *r <= ratio))
    }

    /// The share of problems on which no solver is better: ρ(1).
    pub fn best_share(&self) -> f64 {
        self.share_within(1.0)
    }

    /// The share of problems that it solves: ρ(τ) for large τ.
    pub fn solved_share(&self) -> f64 {
        self.share(self.sorted.len())
    }

    /// ρ as its steps: the first at τ = 1, also if the share there is zero, then one for each larger ratio that occurs.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = vec![Step { ratio: 1.0, share: self.best_share() }];
        for (i, ratio) in self.sorted.iter().enumerate() {
            let last = self.sorted.get(i + 1).is_none_or(|next| next > ratio);
            if last && *ratio > 1.0 {
                steps.push(Step { ratio: *ratio, share: self.share(i + 1) });
            }
        }
        steps
    }

    /// The score B up to the ratio `r_max` > 1 ([`R_MAX`] in the paper), the step function integrated exactly: a problem solved
    /// within r ≤ R adds (R − r)/(R − 1) to the sum that B is the mean of.
    pub fn score(&self, r_max: f64) -> Result<f64> {
        if !(r_max > 1.0 && r_max.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "the largest ratio of the score",
                value: r_max,
                expected: "a finite number above 1",
            });
        }
        let sum: f64 = self.sorted.iter().map(|r| ((r_max - r) / (r_max - 1.0)).max(0.0)).sum();
        Ok(sum / self.ratios.len() as f64)
    }

    fn share(&self, problems: usize) -> f64 {
        problems as f64 / self.ratios.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Censored::{AtLeast, Value};
    use super::*;
    use crate::oracle::close;

    fn of(rows: &[Vec<Censored>]) -> Profiles {
        let rows: Vec<&[Censored]> = rows.iter().map(Vec::as_slice).collect();
        profiles(&rows).unwrap()
    }

    /// Costs, NaN for a failure.
    fn table(rows: &[&[f64]]) -> Vec<Vec<Censored>> {
        let cost = |x: &f64| if x.is_nan() { AtLeast(1.0) } else { Value(*x) };
        rows.iter().map(|row| row.iter().map(cost).collect()).collect()
    }

    const FAILED: f64 = f64::NAN;

    fn example() -> Vec<Vec<Censored>> {
        table(&[
            &[1.0, 2.0, 8.0],
            &[6.0, 3.0, 3.0],
            &[5.0, 12.5, FAILED],
            &[FAILED, 10.0, 15.0],
            &[FAILED, FAILED, FAILED],
        ])
    }

    #[test]
    fn ratios_and_steps_of_a_table_by_hand() {
        let got = of(&example());
        let inf = f64::INFINITY;
        assert_eq!(got.unsolved, [4]);
        assert_eq!(got.solvers[0].ratios(), [1.0, 2.0, 1.0, inf, inf]);
        assert_eq!(got.solvers[1].ratios(), [2.0, 1.0, 2.5, 1.0, inf]);
        assert_eq!(got.solvers[2].ratios(), [8.0, 1.0, inf, 1.5, inf]);
        let step = |ratio, share| Step { ratio, share };
        assert_eq!(got.solvers[0].steps(), [step(1.0, 0.4), step(2.0, 0.6)]);
        assert_eq!(got.solvers[1].steps(), [step(1.0, 0.4), step(2.0, 0.6), step(2.5, 0.8)]);
        assert_eq!(got.solvers[2].steps(), [step(1.0, 0.2), step(1.5, 0.4), step(8.0, 0.6)]);
        assert_eq!(got.solvers[2].share_within(7.999), 0.4);
        assert_eq!((got.solvers[1].best_share(), got.solvers[1].solved_share()), (0.4, 0.8));
        // Never the best: the steps begin at one all the same.
        let worse = of(&table(&[&[1.0, 3.0]]));
        assert_eq!(worse.solvers[1].steps(), [step(1.0, 0.0), step(3.0, 1.0)]);
    }

    #[test]
    fn scores_by_hand() {
        let got = of(&example());
        // (1/3)·[0.4·1 + 0.6·2], [0.4·1 + 0.6·0.5 + 0.8·1.5], [0.2·0.5 + 0.4·2.5].
        for (profile, want) in got.solvers.iter().zip([1.6 / 3.0, 1.9 / 3.0, 1.1 / 3.0]) {
            close(profile.score(R_MAX).unwrap(), want, 1e-14);
        }
        assert!(got.solvers[0].score(1.0).is_err());
        assert!(got.solvers[0].score(f64::NAN).is_err());
        // Always the best: 1; nothing within reach: 0.
        let extremes = of(&table(&[&[1.0, 4.0], &[2.0, 9.0]]));
        assert_eq!(extremes.solvers[0].score(R_MAX), Ok(1.0));
        assert_eq!(extremes.solvers[1].score(R_MAX), Ok(0.0));
    }

    #[test]
    fn a_problem_that_no_solver_solves_counts_against_all() {
        let solved = table(&[&[1.0, 2.0], &[3.0, 3.0]]);
        let mut with = solved.clone();
        with.extend(table(&[&[FAILED, FAILED], &[FAILED, FAILED]]));
        let (before, after) = (of(&solved), of(&with));
        assert_eq!((before.unsolved.len(), after.unsolved), (0, vec![2, 3]));
        for (x, y) in before.solvers.iter().zip(&after.solvers) {
            close(y.score(R_MAX).unwrap(), 0.5 * x.score(R_MAX).unwrap(), 1e-15);
            close(y.solved_share(), 0.5 * x.solved_share(), 1e-15);
        }
    }

    #[test]
    fn the_order_of_two_solvers_may_turn_when_a_third_leaves() {
        // Within 1.6 times the best of three, the first solves two problems of three and the second one. Of the two alone, the
        // second solves all.
        let full = table(&[&[2.0, 1.0, 9.0], &[3.0, 4.5, 2.0], &[3.0, 4.5, 2.0]]);
        let pair: Vec<Vec<Censored>> = full.iter().map(|row| row[..2].to_vec()).collect();
        let within = |p: &Profiles| [p.solvers[0].share_within(1.6), p.solvers[1].share_within(1.6)];
        assert_eq!(within(&of(&full)), [2.0 / 3.0, 1.0 / 3.0]);
        assert_eq!(within(&of(&pair)), [2.0 / 3.0, 1.0]);
    }

    #[test]
    fn a_limit_is_not_a_cost_and_overflow_is_not_a_failure() {
        // A run cut off below the best cost says nothing about its own.
        let got = of(&[vec![Value(10.0), AtLeast(2.0)]]);
        assert_eq!(got.solvers[0].ratios(), [1.0]);
        assert_eq!(got.solvers[1].ratios(), [f64::INFINITY]);
        let got = of(&[vec![Value(1e-300), Value(1e300)]]);
        assert_eq!((got.solvers[1].ratios()[0], got.solvers[1].solved_share()), (f64::MAX, 1.0));
    }

    #[test]
    fn bad_tables_are_errors() {
        assert!(profiles(&[]).is_err());
        assert!(profiles(&[&[]]).is_err());
        assert!(profiles(&[&[Value(1.0)], &[Value(1.0), Value(2.0)]]).is_err());
        assert!(matches!(profiles(&[&[Value(0.0)]]), Err(StatsError::NotPositive { .. })));
        assert!(matches!(profiles(&[&[AtLeast(f64::INFINITY)]]), Err(StatsError::NotFinite { .. })));
    }
}
