//! The page of a chart: plot, axes, title, legend.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::chart::{Chart, Series};
use super::paint::{Brush, INK, PAPER, Picture, Point, Type, text_width};
use super::scale::Axis;
use super::style::{Look, look, star};
use super::thin::{spread_along, thinned};

pub(super) const WIDTH: f64 = 640.0;
pub(super) const MARGIN: f64 = 14.0;
const PLOT_HEIGHT: f64 = 380.0;
/// Above the plot: the title.
const HEAD: f64 = 40.0;
/// Below the plot: tick labels and the axis label.
const FOOT: f64 = 56.0;
const TITLE: Type = Type { size: 17.0, bold: true, anchor: HPos::Center, upward: false };
const LABEL: f64 = 16.0;
const TICK: f64 = 14.0;

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
        let (x, y) = self.axes();
        let labels: Vec<String> = y.ticks(7).into_iter().filter_map(|t| t.label).collect();
        let widest = labels.iter().map(|l| text_width(l, Type::plain(TICK, HPos::Right))).fold(0.0, f64::max);
        let frame = Frame {
            left: MARGIN + LABEL + 12.0 + widest + 8.0,
            right: WIDTH - MARGIN - 6.0,
            top: HEAD,
            bottom: HEAD + PLOT_HEIGHT,
            x,
            y,
        };
        brush.text((WIDTH / 2.0, HEAD / 2.0), &fitted(&self.title, TITLE, WIDTH - 2.0 * MARGIN), TITLE);
        self.draw_axes(brush, &frame);
        for series in &self.series {
            draw_band(brush, &frame, look(series.look), series);
        }
        for series in &self.series {
            draw_series(brush, &frame, look(series.look), series);
        }
        if self.is_empty() {
            let middle = (f64::midpoint(frame.left, frame.right), f64::midpoint(frame.top, frame.bottom));
            brush.text(middle, "no data yet", Type::plain(LABEL, HPos::Center));
        }
        self.draw_legend(brush, frame.bottom + FOOT);
    }
}

impl Chart {
    fn draw_axes<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, frame: &Frame) {
        for tick in frame.x.ticks(8) {
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
        brush.text((f64::midpoint(l, r), b + 38.0), &self.x_label, label);
        let upward = Type { upward: true, ..label };
        brush.text((MARGIN + 4.0, f64::midpoint(t, b)), &fitted(&self.y_label, label, b - t), upward);
    }
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
pub(super) fn fitted(text: &str, kind: Type, room: f64) -> String {
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

    #[test]
    fn long_titles_are_cut() {
        let long = "title ".repeat(100);
        let cut = fitted(&long, TITLE, 200.0);
        assert!(cut.ends_with('…') && text_width(&cut, TITLE) <= 200.0);
    }
}
