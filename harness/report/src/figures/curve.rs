//! Curves of several runs as one line with a band.

use super::chart::Whisker;
use super::scale::ScaleKind;

/// Most places at which curves are compared.
const GRID: usize = 500;

/// From this many runs on the band shows the quartiles; below it, all of them.
pub(super) const QUARTILES_FROM: usize = 5;

/// The curve of one run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve {
    /// Points with finite values, x not falling.
    pub(super) points: Vec<(f64, f64)>,
    /// Whether the run ended by itself: its last value then holds from there on.
    pub(super) finished: bool,
}

impl Curve {
    fn end(&self) -> f64 {
        self.points.last().map_or(f64::NEG_INFINITY, |p| p.0)
    }

    /// The value at `x`, straight on the axis between points.
    fn at(&self, x: f64, scale: ScaleKind) -> Option<f64> {
        let after = self.points.partition_point(|p| p.0 < x);
        let next = self.points.get(after);
        let Some(before) = after.checked_sub(1).map(|i| self.points[i]) else {
            return next.filter(|p| p.0 == x).map(|p| p.1);
        };
        match next {
            Some(next) if next.0 == x => Some(next.1),
            Some(next) => {
                let share = (x - before.0) / (next.0 - before.0);
                Some(if scale == ScaleKind::Log && before.1 > 0.0 && next.1 > 0.0 {
                    before.1 * (next.1 / before.1).powf(share)
                } else {
                    before.1 + share * (next.1 - before.1)
                })
            }
            None => self.finished.then_some(before.1),
        }
    }
}

/// The median of curves, up to where half of them have ended, and its band; a single curve has none.
pub(super) fn summarised(curves: &[Curve], scale: ScaleKind) -> (Vec<(f64, f64)>, Vec<Whisker>) {
    match curves {
        [] => return (Vec::new(), Vec::new()),
        [only] => return (only.points.clone(), Vec::new()),
        _ => {}
    }
    let mut ends: Vec<f64> = curves.iter().map(Curve::end).collect();
    ends.sort_by(f64::total_cmp);
    let last = ends[ends.len() / 2];
    let mut grid: Vec<f64> =
        curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)).filter(|x| *x <= last).collect();
    grid.sort_by(f64::total_cmp);
    grid.dedup();
    let stride = grid.len().div_ceil(GRID).max(1);
    let kept = |i: usize| i.is_multiple_of(stride) || i + 1 == grid.len();
    let (mut line, mut band) = (Vec::new(), Vec::new());
    for x in grid.iter().enumerate().filter(|(i, _)| kept(*i)).map(|(_, x)| *x) {
        let mut values: Vec<f64> = curves.iter().filter_map(|c| c.at(x, scale)).collect();
        // Where runs have not begun or were cut off, the median of the rest would jump.
        if values.len() * 2 <= curves.len() {
            continue;
        }
        values.sort_by(f64::total_cmp);
        line.push((x, quantile(&values, 0.5, scale)));
        let (lo, hi) = if curves.len() < QUARTILES_FROM {
            (values[0], values[values.len() - 1])
        } else {
            (quantile(&values, 0.25, scale), quantile(&values, 0.75, scale))
        };
        band.push(Whisker { x, lo, hi });
    }
    (line, band)
}

/// A quantile of sorted values, between neighbours straight on the axis.
fn quantile(sorted: &[f64], q: f64, scale: ScaleKind) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    let share = place.fract();
    if scale == ScaleKind::Log && below > 0.0 {
        below * (above / below).powf(share)
    } else {
        below + share * (above - below)
    }
}

/// The value of a line at `x`, straight on the axis between points.
pub(super) fn on_line(line: &[(f64, f64)], x: f64, scale: ScaleKind) -> Option<f64> {
    Curve { points: line.to_vec(), finished: true }.at(x, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Curve {
        Curve { points: points.to_vec(), finished: true }
    }

    #[test]
    fn one_run_is_its_own_line() {
        let points = [(1.0, 1.0), (2.0, 0.1)];
        assert_eq!(summarised(&[curve(&points)], ScaleKind::Log), (points.to_vec(), Vec::new()));
    }

    #[test]
    fn the_median_is_taken_on_the_axis_and_ends_with_the_median_run() {
        let runs = [1.0, 10.0, 100.0].map(|y| curve(&[(1.0, y), (3.0, y / 100.0)]));
        let (line, band) = summarised(&runs, ScaleKind::Log);
        assert_eq!(line, [(1.0, 10.0), (3.0, 0.1)]);
        assert_eq!((band[0].lo, band[0].hi), (1.0, 100.0));
        let short = [curve(&[(1.0, 1.0), (2.0, 0.5)]), curve(&[(1.0, 1.0), (4.0, 0.1)])];
        let (line, _) = summarised(&short, ScaleKind::Log);
        assert_eq!(line.last().map(|p| p.0), Some(4.0));
    }

    #[test]
    fn between_points_a_log_axis_is_straight_in_logarithms() {
        let c = curve(&[(0.0, 1.0), (2.0, 0.01)]);
        assert!((c.at(1.0, ScaleKind::Log).unwrap() - 0.1).abs() < 1e-15);
        assert!((c.at(1.0, ScaleKind::Linear).unwrap() - 0.505).abs() < 1e-15);
        assert_eq!(c.at(9.0, ScaleKind::Log), Some(0.01));
        assert_eq!(Curve { finished: false, ..c }.at(9.0, ScaleKind::Log), None);
    }

    #[test]
    fn five_runs_show_quartiles() {
        let runs: Vec<Curve> = (1..=5).map(|y| curve(&[(1.0, f64::from(y))])).collect();
        let (line, band) = summarised(&runs, ScaleKind::Linear);
        assert_eq!((line[0].1, band[0].lo, band[0].hi), (3.0, 2.0, 4.0));
    }
}
