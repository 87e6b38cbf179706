//! The L1 Potts fit: a piecewise constant function, its number of pieces chosen by an information criterion, as airspeed velocity
//! (`asv/step_detect.py`, with the reasons in its head) finds steps.
//!
//! For k segments with levels μ the fit minimises Σ wᵢ |yᵢ − μ|, exactly, by dynamic programming (Friedrich, Kempe, Liebscher and
//! Winkler, J. Comp. Graph. Stat. 17, 2008). Of the fits, that one is taken which minimises
//!
//! β k + ln (σ₀ + s), β = 4 ln n / n, s = min over ρ of w₁|e₁| + Σ wᵢ |eᵢ − ρ eᵢ₋₁|
//!
//! with residuals e: Schwarz's criterion under Laplace noise with autocorrelation ρ. Two things differ from asv, which minimises
//! along a path of penalties by golden section: all k are tried, and ρ, a weighted median, is exact. And the floor σ₀ is a
//! thousandth of the cost of one segment instead of a part of the smallest step, so that perfectly constant levels are not
//! cut into rounding errors.

use crate::check;
use crate::error::{Result, StatsError};

/// Most values accepted: the costs of all stretches are formed.
pub const MOST_POINTS: usize = 1000;

/// Most segments tried.
const MOST_SEGMENTS: usize = 50;

/// Share of the cost of one segment below which no fit counts as better.
const FLOOR: f64 = 1e-3;

/// A stretch of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Index of its first value.
    pub start: usize,
    /// Index after its last value.
    pub end: usize,
    /// Its weighted median.
    pub level: f64,
}

/// The segments of a series, each of at least `shortest` values, with weights above zero (asv takes one over the width of each
/// value's confidence interval) or equal ones.
pub fn potts(y: &[f64], weights: Option<&[f64]>, shortest: usize) -> Result<Vec<Segment>> {
    check::finite("the series", y)?;
    check::at_most("the Potts fit", y.len(), MOST_POINTS)?;
    if shortest == 0 {
        return Err(StatsError::OutOfRange {
            what: "the fewest values of a segment",
            value: 0.0,
            expected: "at least 1",
        });
    }
    let equal = vec![1.0; y.len()];
    let weights = weights.unwrap_or(&equal);
    check::positive("the weights", weights)?;
    check::same_length(("the series", y), ("the weights", weights))?;
    let series = Series { y, weights };
    let costs = Costs::of(&series, shortest);
    let whole = costs.get(0, y.len());
    if whole == 0.0 {
        return Ok(series.segments(&[]));
    }
    if !whole.is_finite() {
        return Err(StatsError::Degenerate {
            what: "the Potts fit",
            why: "the sum of the distances overflows",
        });
    }
    let beta = 4.0 * (y.len() as f64).ln() / y.len() as f64;
    let mut best = (f64::INFINITY, Vec::new());
    for (k, cuts) in (1..).zip(fits(&costs, y.len(), shortest)) {
        let segments = series.segments(&cuts);
        let criterion = beta * f64::from(k) + (FLOOR * whole + series.spread(&segments)).ln();
        if criterion < best.0 {
            best = (criterion, segments);
        }
    }
    Ok(best.1)
}

struct Series<'a> {
    y: &'a [f64],
    weights: &'a [f64],
}

impl Series<'_> {
    fn segments(&self, cuts: &[usize]) -> Vec<Segment> {
        let ends = cuts.iter().copied().chain([self.y.len()]);
        let mut start = 0;
        ends.map(|end| {
            let pairs = (start..end).map(|i| (self.y[i], self.weights[i])).collect();
            let segment = Segment { start, end, level: weighted_median(pairs) };
            start = end;
            segment
        })
        .collect()
    }

    /// s of the criterion. The sum is convex in ρ with its minimum at the median of eᵢ/eᵢ₋₁ under weights wᵢ|eᵢ₋₁|; noise is
    /// stationary, so ρ is kept in [−1, 1].
    fn spread(&self, segments: &[Segment]) -> f64 {
        let residuals: Vec<f64> =
            segments.iter().flat_map(|s| self.y[s.start..s.end].iter().map(|y| y - s.level)).collect();
        let ratios: Vec<(f64, f64)> = residuals
            .windows(2)
            .zip(&self.weights[1..])
            .filter(|(e, _)| e[0] != 0.0)
            .map(|(e, w)| (e[1] / e[0], w * e[0].abs()))
            .collect();
        let rho = if ratios.is_empty() { 0.0 } else { weighted_median(ratios).clamp(-1.0, 1.0) };
        let first = self.weights[0] * residuals[0].abs();
        let others = residuals.windows(2).zip(&self.weights[1..]).map(|(e, w)| w * (e[1] - rho * e[0]).abs());
        first + others.sum::<f64>()
    }
}

/// The middle of the values that split the weights in half.
fn weighted_median(mut pairs: Vec<(f64, f64)>) -> f64 {
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * pairs.iter().map(|(_, w)| w).sum::<f64>();
    let mut below = 0.0;
    for (i, (x, w)) in pairs.iter().enumerate() {
        below += w;
        if below > half {
            return *x;
        }
        if below == half {
            return pairs.get(i + 1).map_or(*x, |next| 0.5 * x + 0.5 * next.0);
        }
    }
    pairs.last().map_or(f64::NAN, |(x, _)| *x)
}

/// The L1 cost of every stretch [a, b) of at least the shortest length; infinite for shorter ones.
struct Costs {
    costs: Vec<f64>,
    n: usize,
}

impl Costs {
    fn of(series: &Series<'_>, shortest: usize) -> Self {
        let n = series.y.len();
        let mut costs = vec![f64::INFINITY; n * (n + 1)];
        let mut sorted: Vec<(f64, f64)> = Vec::with_capacity(n);
        for a in 0..n {
            sorted.clear();
            for b in a + 1..=n {
                let next = (series.y[b - 1], series.weights[b - 1]);
                let place = sorted.partition_point(|pair| pair.0 < next.0);
                sorted.insert(place, next);
                if b - a >= shortest || (a, b) == (0, n) {
                    costs[a * (n + 1) + b] = cost(&sorted);
                }
            }
        }
        Self { costs, n }
    }

    fn get(&self, a: usize, b: usize) -> f64 {
        self.costs[a * (self.n + 1) + b]
    }
}

/// Weighted distances to the weighted median, in one pass: Σ over values of min(weight up to it, weight after it) · gap.
fn cost(sorted: &[(f64, f64)]) -> f64 {
    let total: f64 = sorted.iter().map(|(_, w)| w).sum();
    let mut below = 0.0;
    sorted
        .windows(2)
        .map(|pair| {
            below += pair[0].1;
            below.min(total - below) * (pair[1].0 - pair[0].0)
        })
        .sum()
}

/// For 1, 2, … segments the places to cut that cost least.
fn fits(costs: &Costs, n: usize, shortest: usize) -> Vec<Vec<usize>> {
    let most = (n / shortest).clamp(1, MOST_SEGMENTS);
    // best[b]: cost of [0, b) in as many segments as there are rows of `cuts`, the last of which begins at cuts[..][b].
    let mut best: Vec<f64> = (0..=n).map(|b| if b == 0 { f64::INFINITY } else { costs.get(0, b) }).collect();
    let mut cuts: Vec<Vec<usize>> = Vec::new();
    let mut found = vec![Vec::new()];
    for k in 2..=most {
        let mut next = vec![f64::INFINITY; n + 1];
        let mut from = vec![0; n + 1];
        for b in k * shortest..=n {
            let first = (k - 1) * shortest;
            for (a, before) in best.iter().enumerate().take(b - shortest + 1).skip(first) {
                let cost = before + costs.get(a, b);
                if cost < next[b] {
                    (next[b], from[b]) = (cost, a);
                }
            }
        }
        best = next;
        cuts.push(from);
        let mut places = Vec::with_capacity(k - 1);
        let mut end = n;
        for from in cuts.iter().rev() {
            end = from[end];
            places.push(end);
        }
        places.reverse();
        found.push(places);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change_point::divisive::tests::STEP;
    use crate::oracle::close;

    fn starts(segments: &[Segment]) -> Vec<usize> {
        segments.iter().map(|s| s.start).collect()
    }

    /// All ways to cut a short series, by counting.
    fn cheapest(series: &Series<'_>, k: usize) -> f64 {
        let n = series.y.len();
        (0..1_u32 << (n - 1))
            .filter(|cut| cut.count_ones() as usize == k - 1)
            .map(|cut| {
                let cuts: Vec<usize> = (1..n).filter(|i| cut >> (i - 1) & 1 == 1).collect();
                series
                    .segments(&cuts)
                    .iter()
                    .flat_map(|s| {
                        (s.start..s.end).map(move |i| series.weights[i] * (series.y[i] - s.level).abs())
                    })
                    .sum::<f64>()
            })
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn fits_are_the_cheapest_of_all_cuts() {
        let y = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
        let weights = [1.0, 2.0, 0.5, 1.0, 3.0, 1.0, 0.25, 1.0, 2.0, 1.0];
        let series = Series { y: &y, weights: &weights };
        let costs = Costs::of(&series, 1);
        for (k, cuts) in (1..).zip(fits(&costs, y.len(), 1)) {
            let got: f64 = series.segments(&cuts).iter().map(|s| costs.get(s.start, s.end)).sum();
            close(got + 1.0, cheapest(&series, k) + 1.0, 1e-14);
            assert_eq!(cuts.len(), k - 1);
        }
    }

    #[test]
    fn the_median_and_the_cost_respect_weights() {
        let pairs = vec![(3.0, 1.0), (1.0, 1.0), (2.0, 5.0)];
        assert_eq!(weighted_median(pairs), 2.0);
        assert_eq!(weighted_median(vec![(4.0, 1.0), (1.0, 2.0), (6.0, 1.0)]), 2.5);
        // 2·0 + 1·3 + 1·5 about any level from 1 to 4.
        assert_eq!(cost(&[(1.0, 2.0), (4.0, 1.0), (6.0, 1.0)]), 8.0);
    }

    #[test]
    fn oracle_one_step() {
        let got = potts(&STEP, None, 2).unwrap();
        assert_eq!(starts(&got), [0, 10]);
        assert_eq!((got[0].level, got[1].level), (100.0, 108.0));
    }

    #[test]
    fn an_outlier_is_no_level() {
        let mut y = STEP;
        y[4] = 115.0;
        assert_eq!(starts(&potts(&y, None, 2).unwrap()), [0, 10]);
        let mut flat = [&STEP[..10], &STEP[..10]].concat();
        flat[4] = 9000.0;
        assert_eq!(starts(&potts(&flat, None, 2).unwrap()), [0]);
    }

    #[test]
    fn perfectly_constant_levels_are_not_cut_into_rounding_errors() {
        assert_eq!(potts(&[0.1; 30], None, 2).unwrap(), [Segment { start: 0, end: 30, level: 0.1 }]);
        let y: Vec<f64> =
            (0..40).map(|i| if i < 25 { 0.1 } else { 0.3 } + 1e-15 * f64::from(i % 3)).collect();
        assert_eq!(starts(&potts(&y, None, 2).unwrap()), [0, 25]);
        // Here a third segment would leave no residuals at all.
        let runs: Vec<f64> = [0.1, 0.1 + 1e-15, 0.3].iter().flat_map(|level| [*level; 13]).collect();
        assert_eq!(starts(&potts(&runs, None, 2).unwrap()), [0, 26]);
    }

    #[test]
    fn a_light_weight_takes_no_part() {
        let mut y = STEP;
        (y[3], y[4]) = (300.0, 300.0);
        let mut weights = [1.0; 20];
        assert_eq!(starts(&potts(&y, Some(&weights), 2).unwrap()).len(), 4);
        (weights[3], weights[4]) = (1e-3, 1e-3);
        assert_eq!(starts(&potts(&y, Some(&weights), 2).unwrap()), [0, 10]);
    }

    #[test]
    fn short_and_bad_series() {
        assert_eq!(starts(&potts(&[1.0], None, 2).unwrap()), [0]);
        assert_eq!(starts(&potts(&[1.0, 9.0, 9.0], None, 2).unwrap()), [0]);
        assert!(potts(&[], None, 2).is_err());
        assert!(potts(&[1.0, 2.0], None, 0).is_err());
        assert!(potts(&[1.0, 2.0], Some(&[1.0]), 2).is_err());
        assert!(potts(&[1.0, 2.0], Some(&[1.0, 0.0]), 2).is_err());
        assert!(potts(&[f64::MAX, -f64::MAX], None, 2).is_err());
        assert!(matches!(potts(&[1.0; 1001], None, 2), Err(StatsError::TooMany { .. })));
    }
}
