//! How series are told apart: colour, dashes and marker together, so that no single one is needed.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use super::paint::{Brush, Point};

/// The colours of Okabe and Ito that show on white and on dark paper, the most distinct first.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// Lengths drawn and skipped, in points; empty is solid.
const DASHES: [&[f64]; 4] = [&[], &[9.0, 4.0], &[2.5, 3.0], &[10.0, 3.0, 2.5, 3.0]];

/// The shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
}

const SHAPES: [Shape; 5] = [Shape::Disc, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Cross];

/// The look of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) colour: RGBColor,
    dashes: &'static [f64],
    shape: Shape,
}

/// The look of the `index`-th series.
pub(crate) fn look(index: usize) -> Look {
    Look {
        colour: COLOURS[index % COLOURS.len()],
        dashes: DASHES[index % DASHES.len()],
        shape: SHAPES[index % SHAPES.len()],
    }
}

impl Look {
    /// A dashed line through `points`.
    pub(crate) fn line<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, points: &[Point]) {
        for dash in dashed(points, self.dashes) {
            brush.path(&dash, self.colour, 1.0, 2.0);
        }
    }

    /// A filled marker.
    pub(crate) fn marker<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>, at: Point) {
        match self.shape {
            Shape::Disc => brush.disc(at, 4.0, self.colour),
            Shape::Cross => {
                for (dx, dy) in [(3.8, 3.8), (3.8, -3.8)] {
                    let ends = [(at.0 - dx, at.1 - dy), (at.0 + dx, at.1 + dy)];
                    brush.path(&ends, self.colour, 1.0, 2.0);
                }
            }
            Shape::Square => brush.polygon(&around(at, SQUARE), self.colour, 1.0),
            Shape::Triangle => brush.polygon(&around(at, TRIANGLE), self.colour, 1.0),
            Shape::Diamond => brush.polygon(&around(at, DIAMOND), self.colour, 1.0),
        }
    }
}

const SQUARE: &[Point] = &[(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)];
const TRIANGLE: &[Point] = &[(0.0, -5.0), (4.6, 3.2), (-4.6, 3.2)];
const DIAMOND: &[Point] = &[(0.0, -5.2), (5.2, 0.0), (0.0, 5.2), (-5.2, 0.0)];

/// The corners of `shape` around a point.
pub(crate) fn around(at: Point, shape: &[Point]) -> Vec<Point> {
    shape.iter().map(|(dx, dy)| (at.0 + dx, at.1 + dy)).collect()
}

/// A five-pointed star, for the place where a method changes its phase.
pub(crate) fn star(at: Point, radius: f64) -> Vec<Point> {
    (0..10)
        .map(|i| {
            let r = if i % 2 == 0 { radius } else { 0.42 * radius };
            let angle = std::f64::consts::PI * (f64::from(i) / 5.0 - 0.5);
            (at.0 + r * angle.cos(), at.1 + r * angle.sin())
        })
        .collect()
}

/// Cuts a line into dashes by length along the line; an empty pattern keeps it whole.
fn dashed(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    if pattern.is_empty() || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let (mut dashes, mut dash) = (Vec::new(), vec![points[0]]);
    let (mut slot, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let at = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length);
            if slot % 2 == 0 {
                dash.push(at);
                dashes.push(std::mem::take(&mut dash));
            } else {
                dash = vec![at];
            }
            slot = (slot + 1) % pattern.len();
            left = pattern[slot];
        }
        left -= length - done;
        if slot % 2 == 0 {
            dash.push((x1, y1));
        }
    }
    if dash.len() > 1 {
        dashes.push(dash);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(path: &[Point]) -> f64 {
        path.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum()
    }

    #[test]
    fn dashes_follow_the_line_around_corners() {
        let corner = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)];
        let dashes = dashed(&corner, &[6.0, 2.0]);
        let lengths: Vec<f64> = dashes.iter().map(|d| length(d)).collect();
        assert_eq!(lengths, [6.0, 6.0, 4.0]);
        assert_eq!(dashes[1], [(8.0, 0.0), (10.0, 0.0), (10.0, 4.0)]);
    }

    /// The page lightens the first colour on dark paper, and knows it by how it is written.
    #[test]
    fn the_page_knows_the_darkest_colour() {
        let RGBColor(r, g, b) = COLOURS[0];
        for attribute in ["stroke", "fill"] {
            let rule = format!("svg [{attribute}=\"#{r:02X}{g:02X}{b:02X}\"]");
            assert!(include_str!("../page/style.css").contains(&rule), "{rule}");
        }
    }

    #[test]
    fn neighbours_differ_in_everything() {
        for i in 0..20 {
            let (a, b) = (look(i), look(i + 1));
            assert!(a.colour != b.colour && a.dashes != b.dashes && a.shape != b.shape);
        }
        // Sixty series before a look repeats.
        assert!((1..60).all(|i| look(i) != look(0)));
    }
}
