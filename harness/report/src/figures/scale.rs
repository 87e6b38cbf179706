//! Axes: from data to the unit interval, and where the ticks are.

use crate::number;

/// Linear or logarithmic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleKind {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart; positive values only.
    Log,
}

/// A labelled or unlabelled mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, in data units.
    pub at: f64,
    /// The label; none for a minor tick.
    pub label: Option<String>,
}

/// An axis with its range.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    kind: ScaleKind,
    lo: f64,
    hi: f64,
}

impl Axis {
    /// The axis that holds all `values` that can be drawn on it, with a little room at the ends.
    pub fn around(kind: ScaleKind, values: impl IntoIterator<Item = f64>) -> Self {
        let drawable = |v: &f64| v.is_finite() && (kind == ScaleKind::Linear || *v > 0.0);
        let (lo, hi) = values
            .into_iter()
            .filter(drawable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
        let (lo, hi) = match kind {
            _ if lo > hi => (1.0, 10.0),
            ScaleKind::Log if lo == hi => (lo / 2.0, hi * 2.0),
            ScaleKind::Linear if lo == hi => (lo - 0.5 * lo.abs().max(1.0), hi + 0.5 * hi.abs().max(1.0)),
            _ => (lo, hi),
        };
        let axis = Self { kind, lo, hi };
        let pad = 0.03 * (axis.inner(hi) - axis.inner(lo));
        let outer = |v: f64| match kind {
            ScaleKind::Linear => v,
            ScaleKind::Log => 10f64.powf(v),
        };
        // A linear axis that starts at zero starts exactly there.
        let low = if kind == ScaleKind::Linear && lo == 0.0 { 0.0 } else { outer(axis.inner(lo) - pad) };
        Self { kind, lo: low, hi: outer(axis.inner(hi) + pad) }
    }

    /// Linear or logarithmic.
    pub fn kind(&self) -> ScaleKind {
        self.kind
    }

    /// The smallest value that the axis shows.
    pub fn lo(&self) -> f64 {
        self.lo
    }

    fn inner(&self, value: f64) -> f64 {
        match self.kind {
            ScaleKind::Linear => value,
            ScaleKind::Log => value.log10(),
        }
    }

    /// Where `value` lies between the ends, 0 to 1; none if it cannot be drawn on this axis.
    pub fn position(&self, value: f64) -> Option<f64> {
        if !value.is_finite() || (self.kind == ScaleKind::Log && value <= 0.0) {
            return None;
        }
        Some((self.inner(value) - self.inner(self.lo)) / (self.inner(self.hi) - self.inner(self.lo)))
    }

    /// At most about `most` labelled ticks, and minor ticks between them.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.kind {
            ScaleKind::Linear => self.linear_ticks(most),
            ScaleKind::Log => self.log_ticks(most),
        }
    }

    fn linear_ticks(&self, most: usize) -> Vec<Tick> {
        let step = nice_step((self.hi - self.lo) / most.max(2) as f64);
        let first = (self.lo / step).ceil() as i64;
        let last = (self.hi / step).floor() as i64;
        (first..=last)
            .map(|i| {
                let at = i as f64 * step;
                Tick { at, label: Some(number::significant(at, 4)) }
            })
            .collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let (low, high) = (self.lo.log10(), self.hi.log10());
        let (first, last) = (low.ceil() as i32, high.floor() as i32);
        let decades = (last - first + 1).max(0) as usize;
        if decades < 2 {
            return self.ticks_within_a_decade(low, high);
        }
        let stride = decades.div_ceil(most.max(2)).max(1) as i32;
        let mut ticks = Vec::new();
        for k in low.floor() as i32..=last {
            let at = 10f64.powi(k);
            if k >= first {
                let label = (k.rem_euclid(stride) == 0).then(|| number::power_of_ten(k));
                ticks.push(Tick { at, label });
            }
            if decades <= 4 {
                ticks.extend((2..10).map(|m| Tick { at: f64::from(m) * at, label: None }));
            }
        }
        ticks.retain(|t| self.lo <= t.at && t.at <= self.hi);
        ticks
    }

    fn ticks_within_a_decade(&self, low: f64, high: f64) -> Vec<Tick> {
        let wide = high - low > 0.6;
        let mut ticks = Vec::new();
        for k in low.floor() as i32..=high.ceil() as i32 {
            for m in 1..10 {
                let at = f64::from(m) * 10f64.powi(k);
                let labelled = !wide || matches!(m, 1 | 2 | 5);
                ticks.push(Tick { at, label: labelled.then(|| number::short(at)) });
            }
        }
        ticks.retain(|t| self.lo <= t.at && t.at <= self.hi);
        if ticks.iter().filter(|t| t.label.is_some()).count() < 2 { self.linear_ticks(4) } else { ticks }
    }
}

/// 1, 2 or 5 times a power of ten, at least `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let mantissa = rough / power;
    power
        * if mantissa <= 1.0 {
            1.0
        } else if mantissa <= 2.0 {
            2.0
        } else if mantissa <= 5.0 {
            5.0
        } else {
            10.0
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks(7).into_iter().filter_map(|t| t.label).collect()
    }

    #[test]
    fn decades_are_powers_of_ten() {
        let axis = Axis::around(ScaleKind::Log, [1e-12, 1.0]);
        assert_eq!(labels(&axis), ["10⁻¹²", "10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
    }

    #[test]
    fn less_than_a_decade_is_labelled_by_multiples() {
        assert_eq!(labels(&Axis::around(ScaleKind::Log, [250.0, 2000.0])), ["500", "1000", "2000"]);
        assert_eq!(labels(&Axis::around(ScaleKind::Log, [3.0, 6.0])), ["3", "4", "5", "6"]);
        assert!(labels(&Axis::around(ScaleKind::Log, [1.0, 1.01])).len() >= 2);
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(labels(&Axis::around(ScaleKind::Linear, [0.0, 29.0])), ["0", "5", "10", "15", "20", "25"]);
    }

    #[test]
    fn values_that_a_logarithm_cannot_show_are_left_out() {
        let axis = Axis::around(ScaleKind::Log, [0.0, -1.0, f64::NAN, 1e-3, 1.0]);
        assert_eq!(axis.position(0.0), None);
        assert!(axis.position(1e-3).unwrap() > 0.0 && axis.position(1.0).unwrap() < 1.0);
    }

    #[test]
    fn nothing_to_draw_still_gives_an_axis() {
        assert!(!Axis::around(ScaleKind::Log, []).ticks(7).is_empty());
        assert!(labels(&Axis::around(ScaleKind::Linear, [5.0])).len() >= 2);
    }
}
