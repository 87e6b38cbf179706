//! A thin brush over a plotters drawing area: coordinates in points of the page, drawn at twice the resolution.

use std::fmt::Write as _;
use std::sync::Once;

use harness_core::printable;
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::prelude::{BitMapBackend, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle, register_font,
};

/// Drawn pixels to a point.
const RESOLUTION: f64 = 2.0;

/// The bitmap backend centres the line box, not the letters.
const BITMAP_RISE: f64 = 0.13;

/// The colour of text and axes.
pub(crate) const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
/// The colour of the page.
pub(crate) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// A figure could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("failed to draw figure `{figure}`: {message}")]
pub struct FigureError {
    /// The figure's id.
    pub figure: String,
    /// What the drawing library says.
    pub message: String,
}

/// A point on the page.
pub(crate) type Point = (f64, f64);

/// How text is set.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) anchor: HPos,
    pub(crate) upward: bool,
}

impl Type {
    pub(crate) fn plain(size: f64, anchor: HPos) -> Self {
        Self { size, bold: false, anchor, upward: false }
    }
}

/// Draws on one page.
pub(crate) struct Brush<'a, 'b, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    /// How far glyphs sit above the centre that was asked for, in parts of their size.
    rise: f64,
    error: &'b mut Option<String>,
}

impl<DB: DrawingBackend> Brush<'_, '_, DB> {
    fn pixel((x, y): Point) -> (i32, i32) {
        ((x * RESOLUTION).round() as i32, (y * RESOLUTION).round() as i32)
    }

    fn keep(&mut self, result: Result<(), impl std::fmt::Display>) {
        if let Err(e) = result {
            self.error.get_or_insert(e.to_string());
        }
    }

    fn stroke(colour: RGBColor, opacity: f64, width: f64) -> ShapeStyle {
        ShapeStyle {
            color: colour.mix(opacity),
            filled: false,
            stroke_width: (width * RESOLUTION).round().max(1.0) as u32,
        }
    }

    fn fill(colour: RGBColor, opacity: f64) -> ShapeStyle {
        ShapeStyle { color: colour.mix(opacity), filled: true, stroke_width: 0 }
    }

    pub(crate) fn path(&mut self, points: &[Point], colour: RGBColor, opacity: f64, width: f64) {
        let mut pixels: Vec<(i32, i32)> = points.iter().map(|p| Self::pixel(*p)).collect();
        pixels.dedup();
        if pixels.len() > 1 {
            let result = self.area.draw(&PathElement::new(pixels, Self::stroke(colour, opacity, width)));
            self.keep(result);
        }
    }

    pub(crate) fn polygon(&mut self, points: &[Point], colour: RGBColor, opacity: f64) {
        let pixels: Vec<(i32, i32)> = points.iter().map(|p| Self::pixel(*p)).collect();
        let result = self.area.draw(&Polygon::new(pixels, Self::fill(colour, opacity)));
        self.keep(result);
    }

    pub(crate) fn disc(&mut self, centre: Point, radius: f64, colour: RGBColor) {
        let result =
            self.area.draw(&Circle::new(Self::pixel(centre), radius * RESOLUTION, Self::fill(colour, 1.0)));
        self.keep(result);
    }

    pub(crate) fn ring(&mut self, centre: Point, radius: f64, colour: RGBColor, width: f64) {
        let style = Self::stroke(colour, 1.0, width);
        let result = self.area.draw(&Circle::new(Self::pixel(centre), radius * RESOLUTION, style));
        self.keep(result);
    }

    pub(crate) fn text(&mut self, at: Point, text: &str, kind: Type) {
        let font = font(kind);
        let font = if kind.upward { font.transform(FontTransform::Rotate270) } else { font };
        let style =
            TextStyle { font, color: INK.to_backend_color(), pos: Pos::new(kind.anchor, VPos::Center) };
        let drop = self.rise * kind.size;
        let at = if kind.upward { (at.0 + drop, at.1) } else { (at.0, at.1 + drop) };
        let result = self.area.draw(&Text::new(printable(text).into_owned(), Self::pixel(at), style));
        self.keep(result);
    }
}

fn font(kind: Type) -> FontDesc<'static> {
    let style = if kind.bold { FontStyle::Bold } else { FontStyle::Normal };
    // plotters writes size / 1.24 as the font size of SVG.
    FontDesc::new(FontFamily::SansSerif, kind.size * 1.24 * RESOLUTION, style)
}

/// How wide `text` is on the page.
pub(crate) fn text_width(text: &str, kind: Type) -> f64 {
    register_fonts();
    let (width, _) = font(kind).box_size(text).unwrap_or((0, 0));
    f64::from(width) / RESOLUTION
}

fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (style, bytes) in
            [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())]
        {
            // The font is part of the program: it can be read.
            let registered = register_font("sans-serif", style, bytes).is_ok();
            debug_assert!(registered, "DejaVu Sans is a valid font");
        }
    });
}

/// Something that can be drawn on any backend.
pub(crate) trait Picture {
    /// Width and height in points.
    fn size(&self) -> (f64, f64);
    /// Draws itself.
    fn draw<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>);
}

fn pixels(picture: &impl Picture) -> (u32, u32) {
    let (w, h) = picture.size();
    ((w * RESOLUTION).round() as u32, (h * RESOLUTION).round() as u32)
}

fn render<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    picture: &impl Picture,
    paper: Option<RGBColor>,
    rise: f64,
) -> Result<(), String> {
    register_fonts();
    if let Some(colour) = paper {
        area.fill(&colour).map_err(|e| e.to_string())?;
    }
    let mut error = None;
    picture.draw(&mut Brush { area, rise, error: &mut error });
    area.present().map_err(|e| e.to_string())?;
    error.map_or(Ok(()), Err)
}

/// The picture as an SVG document on white paper.
pub(crate) fn svg(picture: &impl Picture) -> Result<String, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, pixels(picture)).into_drawing_area();
        render(&area, picture, Some(PAPER), 0.0)?;
    }
    Ok(text)
}

/// The picture as SVG elements for a page, with its size: no paper, ink in the page's text colour, and nothing said that is
/// so anyway.
pub(crate) fn elements(picture: &impl Picture) -> Result<(String, (u32, u32)), String> {
    let (width, height) = pixels(picture);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        render(&area, picture, None, 0.0)?;
    }
    let ink = format!("\"#{:02X}{:02X}{:02X}\"", INK.0, INK.1, INK.2);
    let paper = format!("\"#{:02X}{:02X}{:02X}\"", PAPER.0, PAPER.1, PAPER.2);
    let inner = text.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>"));
    let inner = inner.map(|(inner, _)| inner).ok_or("the drawing library wrote no SVG element")?;
    let elements = inner
        .replace(&ink, "\"currentColor\"")
        .replace(&paper, "\"var(--card)\"")
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "");
    Ok((joined(&elements), (width, height)))
}

/// Lines that follow one another and look the same as one element: a dashed line is many lines.
fn joined(elements: &str) -> String {
    let line = |text: &str| {
        let (look, points) = text.strip_prefix("<polyline")?.strip_suffix("/>")?.split_once(" points=\"")?;
        Some((look.to_owned(), points.strip_suffix('"')?.trim_end().to_owned()))
    };
    let (mut out, mut path) = (String::new(), None::<(String, String)>);
    let end = |out: &mut String, path: Option<(String, String)>| {
        if let Some((look, lines)) = path {
            let _ = writeln!(out, "<path{look} d=\"{lines}\"/>");
        }
    };
    for text in elements.lines() {
        let Some((look, points)) = line(text) else {
            end(&mut out, path.take());
            out.push_str(text);
            out.push('\n');
            continue;
        };
        match &mut path {
            Some((other, lines)) if *other == look => {
                let _ = write!(lines, "M{points}");
            }
            _ => end(&mut out, path.replace((look, format!("M{points}")))),
        }
    }
    end(&mut out, path);
    out
}

/// Text as an attribute or the content of an element has it.
pub(crate) fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The picture as a PNG file on white paper.
pub(crate) fn png(picture: &impl Picture) -> Result<Vec<u8>, String> {
    let (width, height) = pixels(picture);
    let mut buffer = vec![0; width as usize * height as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut buffer, (width, height)).into_drawing_area();
        render(&area, picture, Some(PAPER), BITMAP_RISE)?;
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer.write_image_data(&buffer).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn the_dashes_of_a_line_become_one_path() {
        let dash = |stroke: &str, points: &str| {
            format!("<polyline fill=\"none\" stroke=\"{stroke}\" points=\"{points}\"/>\n")
        };
        let text = "<text x=\"1\">\n&lt;polyline\n</text>\n";
        let elements = [
            dash("a", "1,2 3,4 "),
            dash("a", "5,6 7,8 "),
            dash("b", "1,1 2,2 "),
            text.to_owned(),
            dash("b", "3,3 4,4 "),
        ];
        let path = |stroke: &str, d: &str| format!("<path fill=\"none\" stroke=\"{stroke}\" d=\"{d}\"/>\n");
        let want =
            [path("a", "M1,2 3,4M5,6 7,8"), path("b", "M1,1 2,2"), text.to_owned(), path("b", "M3,3 4,4")];
        assert_eq!(joined(&elements.concat()), want.concat());
    }
}
