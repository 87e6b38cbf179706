//! A chart: axes, series, legend below the plot where it covers nothing.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::paint::{Brush, INK, PAPER, Picture, Point, Type, text_width};
use super::scale::{Axis, ScaleKind};
use super::style::{Look, look, star};

/// Most points drawn of a series.
const MOST_POINTS: usize = 1000;

const WIDTH: f64 = 640.0;
const PLOT_HEIGHT: f64 = 380.0;
const MARGIN: f64 = 14.0;
const TITLE: Type = Type { size: 17.0, bold: true, anchor: HPos::Center, upward: false };
const LABEL: f64 = 16.0;
const TICK: f64 = 14.0;
const LEGEND: f64 = 15.0;
const LEGEND_ROW: f64 = 24.0;
const SAMPLE: f64 = 38.0;

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

impl Note {
    fn text(&self) -> &str {
        match self {
            Note::Band(t) | Note::Star(t) | Note::Reported(t) | Note::Plain(t) => t,
        }
    }
}

enum Entry<'a> {
    Series(Look, &'a Series),
    Note(&'a Note),
}

impl Entry<'_> {
    fn text(&self) -> &str {
        match self {
            Entry::Series(_, series) => &series.name,
            Entry::Note(note) => note.text(),
        }
    }

    fn symbol_width(&self) -> f64 {
        match self {
            Entry::Note(Note::Plain(_)) => 0.0,
            Entry::Note(Note::Star(_) | Note::Reported(_)) => 22.0,
            _ => SAMPLE + 8.0,
        }
    }

    fn width(&self) -> f64 {
        self.symbol_width() + text_width(self.text(), Type::plain(LEGEND, HPos::Left)) + 22.0
    }
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

    fn axes(&self) -> (Axis, Axis) {
        let xs = self.series.iter().flat_map(|s| s.line.iter().chain(&s.reported).map(|p| p.0));
        let ys = self.series.iter().flat_map(|s| {
            let points = s.line.iter().chain(&s.reported).map(|p| p.1);
            points.chain(s.band.iter().chain(&s.bars).chain(&s.reported_bars).flat_map(|w| [w.lo, w.hi]))
        });
        (Axis::around(self.x_scale, xs), Axis::around(self.y_scale, ys))
    }

    fn entries(&self) -> Vec<Entry<'_>> {
        let series = self.series.iter().map(|s| Entry::Series(look(s.look), s));
        series.chain(self.notes.iter().map(Entry::Note)).collect()
    }

    /// The legend in rows that fit the width.
    fn legend(&self) -> Vec<Vec<Entry<'_>>> {
        let (mut rows, mut used) = (Vec::<Vec<Entry<'_>>>::new(), f64::INFINITY);
        for entry in self.entries() {
            let width = entry.width();
            if used + width > WIDTH - 2.0 * MARGIN {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += width;
            rows.last_mut().expect("a row was pushed").push(entry);
        }
        rows
    }

    /// Whether nothing can be drawn.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|s| s.line.is_empty() && s.reported.is_empty())
    }
}

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
        let legend = self.legend().len() as f64 * LEGEND_ROW;
        (WIDTH, 40.0 + PLOT_HEIGHT + 56.0 + legend + 8.0)
    }

    fn draw<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>) {
        let (x, y) = self.axes();
        let labels: Vec<String> = y.ticks(7).into_iter().filter_map(|t| t.label).collect();
        let widest = labels.iter().map(|l| text_width(l, Type::plain(TICK, HPos::Right))).fold(0.0, f64::max);
        let frame = Frame {
            left: MARGIN + LABEL + 12.0 + widest + 8.0,
            right: WIDTH - MARGIN - 6.0,
            top: 40.0,
            bottom: 40.0 + PLOT_HEIGHT,
            x,
            y,
        };
        brush.text((WIDTH / 2.0, 20.0), &fitted(&self.title, TITLE, WIDTH - 2.0 * MARGIN), TITLE);
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
        self.draw_legend(brush, frame.bottom + 56.0);
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

    fn draw_legend<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, top: f64) {
        for (row, entries) in self.legend().iter().enumerate() {
            let y = top + (row as f64 + 0.5) * LEGEND_ROW;
            let mut x = MARGIN;
            for entry in entries {
                draw_symbol(brush, entry, x, y);
                let kind = Type::plain(LEGEND, HPos::Left);
                let room = WIDTH - MARGIN - x - entry.symbol_width();
                brush.text((x + entry.symbol_width(), y), &fitted(entry.text(), kind, room), kind);
                x += entry.width();
            }
        }
    }
}

fn draw_symbol<DB: DrawingBackend>(brush: &mut Brush<'_, '_, DB>, entry: &Entry<'_>, x: f64, y: f64) {
    match entry {
        Entry::Series(look, series) => {
            if series.line.len() > 1 || series.reported.is_empty() {
                look.line(brush, &[(x, y), (x + SAMPLE, y)]);
            }
            if series.line.is_empty() && !series.reported.is_empty() {
                hollow(brush, (x + SAMPLE / 2.0, y), *look);
            } else {
                look.marker(brush, (x + SAMPLE / 2.0, y));
            }
        }
        Entry::Note(Note::Band(_)) => {
            let (l, r, t, b) = (x, x + SAMPLE, y - 7.0, y + 7.0);
            brush.polygon(&[(l, t), (r, t), (r, b), (l, b)], INK, 0.18);
        }
        Entry::Note(Note::Star(_)) => brush.polygon(&star((x + 9.0, y), 8.0), INK, 1.0),
        Entry::Note(Note::Reported(_)) => brush.ring((x + 9.0, y), 5.5, INK, 1.5),
        Entry::Note(Note::Plain(_)) => {}
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

fn hollow<DB: DrawingBackend>(brush: &mut Brush<'_, '_, DB>, at: Point, look: Look) {
    brush.disc(at, 6.0, PAPER);
    brush.ring(at, 6.0, look.colour, 2.0);
}

fn whisker<DB: DrawingBackend>(brush: &mut Brush<'_, '_, DB>, x: f64, lo: f64, hi: f64, look: Look) {
    for path in [[(x, lo), (x, hi)], [(x - 5.0, lo), (x + 5.0, lo)], [(x - 5.0, hi), (x + 5.0, hi)]] {
        brush.path(&path, look.colour, 1.0, 1.5);
    }
}

/// Points of a line that are `gap` apart along the x axis, the first and the last among them.
fn spread_along(line: &[Point], gap: f64) -> Vec<Point> {
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

/// `text` cut with an ellipsis to fit `room`.
fn fitted(text: &str, kind: Type, room: f64) -> String {
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
    fn thinning_keeps_ends_peaks_and_order() {
        let mut points: Vec<(f64, f64)> = (0..50_000).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        points[25_001].1 = 1e6;
        let thin = thinned(&points, |p| p.0, |p| p.1);
        assert!(thin.len() <= MOST_POINTS);
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[49_999]));
        assert!(thin.contains(&(25_001.0, 1e6)));
        assert!(thin.windows(2).all(|w| w[0].0 <= w[1].0));
    }

    #[test]
    fn the_legend_wraps_to_the_width() {
        let series =
            |i: usize| Series { name: format!("a solver with a long name {i}"), ..Series::default() };
        let chart = Chart {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            x_scale: ScaleKind::Log,
            y_scale: ScaleKind::Log,
            series: (0..7).map(series).collect(),
            notes: Vec::new(),
        };
        let rows = chart.legend();
        assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), 7);
        for row in &rows {
            assert!(row.iter().map(Entry::width).sum::<f64>() <= WIDTH - 2.0 * MARGIN);
        }
    }

    #[test]
    fn long_titles_are_cut() {
        let long = "title ".repeat(100);
        let cut = fitted(&long, TITLE, 200.0);
        assert!(cut.ends_with('…') && text_width(&cut, TITLE) <= 200.0);
    }
}
