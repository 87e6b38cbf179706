//! What a chart shows, in data units.

use super::scale::{Axis, ScaleKind};

/// A value with the ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
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

    /// Whether nothing can be drawn.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|s| s.line.is_empty() && s.reported.is_empty())
    }
}
