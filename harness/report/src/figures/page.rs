//! The page of a chart: plot, axes, title, legend. Set 85 mm wide, as in a paper of two columns, its smallest text is 7 pt.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::chart::{Chart, Series};
use super::paint::{Brush, INK, PAPER, Picture, Point, Type, text_width};
use super::scale::{Axis, Tick};
use super::style::{Look, look, star};
use super::thin::{spread_along, thinned};

pub(super) const WIDTH: f64 = 480.0;
pub(super) const MARGIN: f64 = 8.0;
const PLOT_HEIGHT: f64 = 290.0;
/// Above the plot: the title.
const HEAD: f64 = 34.0;
/// Below the plot: tick labels and the axis label.
const FOOT: f64 = 54.0;
const TITLE: Type = Type { size: 15.5, bold: true, anchor: HPos::Center, upward: false };
const LABEL: f64 = 15.0;
const TICK: f64 = 14.0;
/// Between the labels of ticks.
const TICK_GAP: f64 = 9.0;

/// Where the plot lies on the page, and its axes.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl Frame {
    fn x(&self, value: f64) -> Option<f64> {
        self.x.position(value).map(|p| self.left + p * (self.right - self.left))
    }

    fn y(&self, value: f64) -> Option<f64> {
        self.y.position(value).map(|p| self.bottom - p * (self.bottom - self.top))
    }

    fn at(&self, (x, y): (f64, f64)) -> Option<Point> {
        Some((self.x(x)?, self.y(y)?))
    }

    /// The end of a whisker: what a logarithm cannot show ends at the bottom.
    fn end(&self, value: f64) -> f64 {
        self.y(value).unwrap_or(if value > 0.0 { self.top } else { self.bottom }).clamp(self.top, self.bottom)
    }
}

impl Picture for Chart {
    fn size(&self) -> (f64, f64) {
        (WIDTH, HEAD + PLOT_HEIGHT + FOOT + self.legend_height() + 8.0)
    }

    fn draw<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>) {
        let frame = self.frame();
        for layer in self.layers() {
            self.draw_layer(brush, &frame, layer);
        }
        self.draw_legend(brush, frame.bottom + FOOT);
    }
}

/// A part of a plot that is drawn by itself, so that a page can hide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// Title, axes and grid.
    Axes,
    /// The band of a series.
    Band(usize),
    /// The line of a series with its markers.
    Line(usize),
}

impl Layer {
    /// The series that it belongs to.
    pub(super) fn series(self) -> Option<usize> {
        match self {
            Layer::Axes => None,
            Layer::Band(at) | Layer::Line(at) => Some(at),
        }
    }
}

/// One layer of a chart, without the legend: a page has one of its own.
pub(super) struct Plot<'a>(pub(super) &'a Chart, pub(super) Layer);

impl Picture for Plot<'_> {
    fn size(&self) -> (f64, f64) {
        (WIDTH, HEAD + PLOT_HEIGHT + FOOT)
    }

    fn draw<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>) {
        self.0.draw_layer(brush, &self.0.frame(), self.1);
    }
}

impl Chart {
    /// The layers from back to front.
    pub(super) fn layers(&self) -> Vec<Layer> {
        let bands = (0..self.series.len()).filter(|i| self.series[*i].band.len() > 1).map(Layer::Band);
        let lines = (0..self.series.len()).map(Layer::Line);
        std::iter::once(Layer::Axes).chain(bands).chain(lines).collect()
    }

    fn frame(&self) -> Frame {
        let (x, y) = self.axes();
        let labels: Vec<String> = y.ticks(7).into_iter().filter_map(|t| t.label).collect();
        let widest = labels.iter().map(|l| tick_width(l)).fold(0.0, f64::max);
        Frame {
            left: MARGIN + LABEL + 9.0 + widest + 9.0,
            right: WIDTH - MARGIN - 6.0,
            top: HEAD,
            bottom: HEAD + PLOT_HEIGHT,
            x,
            y,
        }
    }

    fn draw_layer<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, frame: &Frame, layer: Layer) {
        match layer {
            Layer::Axes => {
                let title = fitted(&self.title, TITLE, WIDTH - 2.0 * MARGIN);
                brush.text((WIDTH / 2.0, HEAD / 2.0), &title, TITLE);
                self.draw_axes(brush, frame);
                if self.is_empty() {
                    let middle =
                        (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
                    brush.text(middle, "no data yet", Type::plain(LABEL, HPos::Center));
                }
            }
            Layer::Band(at) => draw_band(brush, frame, look(self.series[at].look), &self.series[at]),
            Layer::Line(at) => draw_series(brush, frame, look(self.series[at].look), &self.series[at]),
        }
    }

    fn draw_axes<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, frame: &Frame) {
        for tick in spaced(frame) {
            let Some(x) = frame.x(tick.at) else { continue };
            let major = tick.label.is_some();
            brush.path(&[(x, frame.top), (x, frame.bottom)], INK, if major { 0.14 } else { 0.05 }, 0.5);
            brush.path(
                &[(x, frame.bottom), (x, frame.bottom + if major { 6.0 } else { 3.0 })],
                INK,
                1.0,
                1.0,
            );
            if let Some(label) = tick.label {
                brush.text((x, frame.bottom + 17.0), &label, Type::plain(TICK, HPos::Center));
            }
        }
        for tick in frame.y.ticks(7) {
            let Some(y) = frame.y(tick.at) else { continue };
            let major = tick.label.is_some();
            brush.path(&[(frame.left, y), (frame.right, y)], INK, if major { 0.14 } else { 0.05 }, 0.5);
            brush.path(&[(frame.left - if major { 6.0 } else { 3.0 }, y), (frame.left, y)], INK, 1.0, 1.0);
            if let Some(label) = tick.label {
                brush.text((frame.left - 9.0, y), &label, Type::plain(TICK, HPos::Right));
            }
        }
        let (l, r, t, b) = (frame.left, frame.right, frame.top, frame.bottom);
        brush.path(&[(l, t), (l, b), (r, b)], INK, 1.0, 1.0);
        let label = Type::plain(LABEL, HPos::Center);
        let middle = f64::midpoint(l, r);
        let room = 2.0 * (WIDTH - MARGIN - middle).min(middle - MARGIN);
        brush.text((middle, b + 38.0), &fitted(&self.x_label, label, room), label);
        let upward = Type { upward: true, ..label };
        brush.text((MARGIN + 4.0, f64::midpoint(t, b)), &fitted(&self.y_label, label, b - t), upward);
    }
}

fn tick_width(label: &str) -> f64 {
    text_width(label, Type::plain(TICK, HPos::Center))
}

/// The ticks of the x axis: as many as there is room for their labels, none of which touch.
fn spaced(frame: &Frame) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for most in (3..=8).rev() {
        ticks = frame.x.ticks(most);
        if touching(&ticks, frame).is_empty() {
            return ticks;
        }
    }
    for at in touching(&ticks, frame) {
        ticks[at].label = None;
    }
    ticks
}

/// Which ticks have a label that would touch the one before that does not.
fn touching(ticks: &[Tick], frame: &Frame) -> Vec<usize> {
    let (mut last, mut out) = (f64::NEG_INFINITY, Vec::new());
    for (i, tick) in ticks.iter().enumerate() {
        let (Some(label), Some(x)) = (&tick.label, frame.x(tick.at)) else { continue };
        let half = 0.5 * tick_width(label);
        if x - half < last + TICK_GAP {
            out.push(i);
        } else {
            last = x + half;
        }
    }
    out
}

fn draw_band<DB: DrawingBackend>(brush: &mut Brush<'_, '_, DB>, frame: &Frame, look: Look, series: &Series) {
    let ends: Vec<(f64, f64, f64)> = thinned(&series.band, |w| w.x, |w| w.hi)
        .into_iter()
        .filter_map(|w| Some((frame.x(w.x)?, frame.end(w.lo), frame.end(w.hi))))
        .collect();
    if ends.len() > 1 {
        let upper = ends.iter().map(|(x, _, hi)| (*x, *hi));
        let lower = ends.iter().rev().map(|(x, lo, _)| (*x, *lo));
        brush.polygon(&upper.chain(lower).collect::<Vec<_>>(), look.colour, 0.18);
    }
}

fn draw_series<DB: DrawingBackend>(
    brush: &mut Brush<'_, '_, DB>,
    frame: &Frame,
    look: Look,
    series: &Series,
) {
    let line: Vec<Point> =
        thinned(&series.line, |p| p.0, |p| p.1).into_iter().filter_map(|p| frame.at(p)).collect();
    for bar in &series.bars {
        if let Some(x) = frame.x(bar.x) {
            whisker(brush, x, frame.end(bar.lo), frame.end(bar.hi), look);
        }
    }
    look.line(brush, &line);
    let markers = if series.every_point { line } else { spread_along(&line, 60.0) };
    for at in markers {
        look.marker(brush, at);
    }
    for at in series.stars.iter().filter_map(|p| frame.at(*p)) {
        brush.polygon(&star(at, 11.0), PAPER, 1.0);
        brush.polygon(&star(at, 9.0), INK, 1.0);
    }
    for bar in &series.reported_bars {
        if let Some(x) = frame.x(bar.x) {
            whisker(brush, x, frame.end(bar.lo), frame.end(bar.hi), look);
        }
    }
    for at in series.reported.iter().filter_map(|p| frame.at(*p)) {
        hollow(brush, at, look);
    }
}

pub(super) fn hollow<DB: DrawingBackend>(brush: &mut Brush<'_, '_, DB>, at: Point, look: Look) {
    brush.disc(at, 6.0, PAPER);
    brush.ring(at, 6.0, look.colour, 2.0);
}

fn whisker<DB: DrawingBackend>(brush: &mut Brush<'_, '_, DB>, x: f64, lo: f64, hi: f64, look: Look) {
    for path in [[(x, lo), (x, hi)], [(x - 5.0, lo), (x + 5.0, lo)], [(x - 5.0, hi), (x + 5.0, hi)]] {
        brush.path(&path, look.colour, 1.0, 1.5);
    }
}

/// `text` cut with an ellipsis to fit `room`.
pub(crate) fn fitted(text: &str, kind: Type, room: f64) -> String {
    if text_width(text, kind) <= room {
        return text.to_owned();
    }
    let mut chars: Vec<char> = text.chars().collect();
    while !chars.is_empty() {
        chars.pop();
        let cut: String = chars.iter().collect::<String>() + "…";
        if text_width(&cut, kind) <= room {
            return cut;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::ScaleKind;
    use crate::figures::paint::svg;

    #[test]
    fn the_smallest_text_is_seven_points_where_a_column_of_a_paper_is_85_mm_wide() {
        let series = |name: &str| Series {
            name: name.to_owned(),
            line: vec![(1.0, 1.0), (9.0, 4.0)],
            ..Series::default()
        };
        let chart = Chart {
            title: "T".to_owned(),
            x_label: "x".to_owned(),
            series: vec![series("a")],
            ..Chart::empty()
        };
        let svg = svg(&chart).unwrap();
        let number = |name: &str, text: &str| -> f64 {
            text.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap().parse().unwrap()
        };
        let points = 85.0 / 25.4 * 72.0;
        let sizes: Vec<f64> = svg.split("<text").skip(1).map(|text| number("font-size", text)).collect();
        assert!(sizes.len() > 5);
        for size in sizes {
            assert!(size * points / number("width", &svg) >= 7.0, "{size}");
        }
    }

    #[test]
    fn labels_of_ticks_do_not_touch() {
        for (lo, hi) in [(1.0, 1e12), (0.0, 123_456.0), (99_990.0, 100_010.0), (2.0, 9.0)] {
            for kind in [ScaleKind::Linear, ScaleKind::Log] {
                let axis = Axis::around(kind, [lo, hi]);
                let frame =
                    Frame { left: 80.0, right: 466.0, top: 0.0, bottom: 1.0, x: axis.clone(), y: axis };
                let ticks = spaced(&frame);
                assert!(touching(&ticks, &frame).is_empty(), "{lo} to {hi}");
                assert!(ticks.iter().filter(|t| t.label.is_some()).count() >= 2, "{lo} to {hi}");
            }
        }
    }

    #[test]
    fn long_titles_are_cut() {
        let long = "title ".repeat(100);
        let cut = fitted(&long, TITLE, 200.0);
        assert!(cut.ends_with('…') && text_width(&cut, TITLE) <= 200.0);
    }
}
