//! Fewer points that look the same.

use super::paint::Point;

/// Most points drawn of a series.
const MOST_POINTS: usize = 1000;

/// Points of a line that are `gap` apart along the x axis, the first and the last among them.
pub(super) fn spread_along(line: &[Point], gap: f64) -> Vec<Point> {
    let mut out: Vec<Point> = Vec::new();
    for point in line {
        if out.last().is_none_or(|last| (point.0 - last.0).hypot(point.1 - last.1) >= gap) {
            out.push(*point);
        }
    }
    if let (Some(kept), Some(end)) = (out.last().copied(), line.last().copied())
        && kept != end
    {
        if out.len() > 1 && (end.0 - kept.0).hypot(end.1 - kept.1) < gap / 2.0 {
            out.pop();
        }
        out.push(end);
    }
    out
}

/// At most [`MOST_POINTS`] points: of each run of neighbours the lowest and the highest, and both ends.
pub(crate) fn thinned<T: Copy>(points: &[T], x: impl Fn(&T) -> f64, y: impl Fn(&T) -> f64) -> Vec<T> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let inner = &points[1..points.len() - 1];
    let size = inner.len().div_ceil((MOST_POINTS - 2) / 2);
    let mut out = vec![points[0]];
    for bucket in inner.chunks(size) {
        let by = |a: &&T, b: &&T| y(a).total_cmp(&y(b));
        let (Some(low), Some(high)) = (bucket.iter().min_by(by), bucket.iter().max_by(by)) else { continue };
        if x(low) <= x(high) {
            out.extend([*low, *high]);
        } else {
            out.extend([*high, *low]);
        }
    }
    out.push(points[points.len() - 1]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_ends_peaks_and_order() {
        let mut points: Vec<(f64, f64)> = (0..50_000).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        points[25_001].1 = 1e6;
        let thin = thinned(&points, |p| p.0, |p| p.1);
        assert!(thin.len() <= MOST_POINTS);
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[49_999]));
        assert!(thin.contains(&(25_001.0, 1e6)));
        assert!(thin.windows(2).all(|w| w[0].0 <= w[1].0));
    }
}
