//! The legend, below the plot where it covers nothing.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::chart::{Chart, Note, Series};
use super::page::{MARGIN, WIDTH, fitted, hollow};
use super::paint::{Brush, INK, Picture, Type, elements, text_width};
use super::style::{Look, look, star};

const TEXT: f64 = 14.5;
const ROW: f64 = 22.0;
const SAMPLE: f64 = 36.0;

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
        self.symbol_width() + text_width(self.text(), Type::plain(TEXT, HPos::Left)) + 22.0
    }
}

/// An entry of a legend for a page, which sets the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The series that it is about; none: an explanation.
    pub series: Option<usize>,
    /// Its symbol as an SVG element; empty: it has none.
    pub symbol: String,
    /// Its text.
    pub text: String,
}

/// The symbol of an entry.
struct Symbol<'a>(Entry<'a>);

impl Picture for Symbol<'_> {
    fn size(&self) -> (f64, f64) {
        (self.0.symbol_width(), ROW)
    }

    fn draw<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>) {
        draw_symbol(brush, &self.0, 2.0, ROW / 2.0);
    }
}

impl Chart {
    /// The legend for a page.
    pub(super) fn keys(&self) -> Result<Vec<Key>, String> {
        let key = |(at, entry): (usize, Entry<'_>)| {
            let text = entry.text().to_owned();
            let series = matches!(entry, Entry::Series(..)).then_some(at);
            let symbol = if entry.symbol_width() > 0.0 { symbol(entry)? } else { String::new() };
            Ok(Key { series, symbol, text })
        };
        self.entries().into_iter().enumerate().map(key).collect()
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

    /// How high the legend is.
    pub(super) fn legend_height(&self) -> f64 {
        self.legend().len() as f64 * ROW
    }

    /// Draws the legend below `top`.
    pub(super) fn draw_legend<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, top: f64) {
        for (row, entries) in self.legend().iter().enumerate() {
            let y = top + (row as f64 + 0.5) * ROW;
            let mut x = MARGIN;
            for entry in entries {
                draw_symbol(brush, entry, x, y);
                let kind = Type::plain(TEXT, HPos::Left);
                let room = WIDTH - MARGIN - x - entry.symbol_width();
                brush.text((x + entry.symbol_width(), y), &fitted(entry.text(), kind, room), kind);
                x += entry.width();
            }
        }
    }
}

fn symbol(entry: Entry<'_>) -> Result<String, String> {
    let symbol = Symbol(entry);
    let (elements, (width, height)) = elements(&symbol)?;
    Ok(format!(
        "<svg class=\"symbol\" aria-hidden=\"true\" viewBox=\"0 0 {width} {height}\">{elements}</svg>"
    ))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::ScaleKind;

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
}
