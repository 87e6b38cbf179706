//! What a chart shows, in data units.

use serde::Serialize;

use super::scale::{Axis, ScaleKind};

/// A value with the ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Whisker {
    /// Where on the x axis.
    pub x: f64,
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

/// One line of a chart, in data units.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Which look it has; series of one name share it across the panels of a figure.
    pub look: usize,
    /// The line.
    pub line: Vec<(f64, f64)>,
    /// Spread around the line; drawn as a band.
    pub band: Vec<Whisker>,
    /// Intervals of single points; drawn as error bars.
    pub bars: Vec<Whisker>,
    /// Whether every point of the line gets a marker, or only a few.
    pub every_point: bool,
    /// Places marked with a star.
    pub stars: Vec<(f64, f64)>,
    /// The paper's points, drawn hollow.
    pub reported: Vec<(f64, f64)>,
    /// Intervals of the paper's points.
    pub reported_bars: Vec<Whisker>,
}

/// Everything that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Above the plot.
    pub title: String,
    /// Below the x axis.
    pub x_label: String,
    /// Beside the y axis.
    pub y_label: String,
    /// The x axis.
    pub x_scale: ScaleKind,
    /// The y axis.
    pub y_scale: ScaleKind,
    /// The lines.
    pub series: Vec<Series>,
    /// Explanations that follow the legend, such as what the band and the stars are.
    pub notes: Vec<Note>,
}

/// One explanation in the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// What the band is.
    Band(String),
    /// What the stars are.
    Star(String),
    /// What the hollow points are.
    Reported(String),
    /// Without a symbol.
    Plain(String),
}

impl Chart {
    /// A chart without data.
    pub fn empty() -> Self {
        Self {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            x_scale: ScaleKind::Linear,
            y_scale: ScaleKind::Linear,
            series: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The axes that hold everything.
    pub(super) fn axes(&self) -> (Axis, Axis) {
        let xs = self.series.iter().flat_map(|s| s.line.iter().chain(&s.reported).map(|p| p.0));
        let ys = self.series.iter().flat_map(|s| {
            let points = s.line.iter().chain(&s.reported).map(|p| p.1);
            points.chain(s.band.iter().chain(&s.bars).chain(&s.reported_bars).flat_map(|w| [w.lo, w.hi]))
        });
        (Axis::around(self.x_scale, xs), Axis::around(self.y_scale, ys))
    }

    /// The same on other axes, where that shows as much: along x wherever values are positive and differ; along y from a
    /// logarithmic axis to a linear one only where the least is not lost on it.
    pub(super) fn on_other_axes(&self) -> Vec<Chart> {
        let (xs, ys) = (self.range(|p| p.0), self.range(|p| p.1));
        let other = |kind: ScaleKind, range: Option<(f64, f64)>, lost: f64| {
            let (lo, hi) = range.filter(|(lo, hi)| *lo > 0.0 && lo < hi)?;
            match kind {
                ScaleKind::Linear => (hi / lo >= 3.0).then_some(ScaleKind::Log),
                ScaleKind::Log => (hi / lo <= lost).then_some(ScaleKind::Linear),
            }
        };
        let x = other(self.x_scale, xs, f64::INFINITY);
        let y = other(self.y_scale, ys, 200.0);
        let with = |x_scale, y_scale| Chart { x_scale, y_scale, ..self.clone() };
        let both = x.zip(y).map(|(x, y)| with(x, y));
        let alone = [x.map(|x| with(x, self.y_scale)), y.map(|y| with(self.x_scale, y))];
        alone.into_iter().flatten().chain(both).collect()
    }

    /// The least and the greatest coordinate of all points; zeros, which begin many curves, aside.
    fn range(&self, of: fn(&(f64, f64)) -> f64) -> Option<(f64, f64)> {
        let values = self.series.iter().flat_map(|s| s.line.iter().chain(&s.reported)).map(of);
        values.filter(|v| v.is_finite() && *v != 0.0).fold(None, |range, v| {
            let (lo, hi) = range.unwrap_or((v, v));
            Some((f64::min(lo, v), f64::max(hi, v)))
        })
    }

    /// Whether nothing can be drawn.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|s| s.line.is_empty() && s.reported.is_empty())
    }
}
