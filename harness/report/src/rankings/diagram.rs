//! The critical-difference diagram: mean ranks on an axis, bars over what is not told apart, and how long a difference must be.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::HPos;

use super::RankingView;
use crate::figures::draw::{Brush, INK, Picture, Type, elements, escape, fitted, look, png, svg, text_width};
use crate::number;

const WIDTH: f64 = 480.0;
const MARGIN: f64 = 8.0;
const TITLE: Type = Type { size: 15.5, bold: true, anchor: HPos::Center, upward: false };
const TEXT: f64 = 14.5;
const ROW: f64 = 23.0;
/// Where the axis lies; above it the title and the critical difference.
const AXIS: f64 = 104.0;
/// Between the bars of groups.
const BAR: f64 = 9.0;
/// Most of the width that names take.
const NAMES: f64 = 210.0;

/// A diagram, drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DiagramView {
    /// A sentence for those who cannot see it.
    pub(crate) alt: String,
    /// An SVG element for a page.
    pub(crate) inline: String,
    pub(crate) svg: String,
    pub(crate) png: Vec<u8>,
}

/// The diagram of a ranking; none without a test of its ranks.
pub(super) fn diagram(ranking: &RankingView) -> Result<Option<DiagramView>, String> {
    let Some(test) = &ranking.friedman else { return Ok(None) };
    let ranks: Vec<(String, f64)> = ranking.solvers.iter().map(|s| (s.name.clone(), s.mean_rank)).collect();
    let of = |name: &String| ranks.iter().find(|(other, _)| other == name).map(|(_, rank)| *rank);
    let ends = |group: &Vec<String>| {
        let ranks = group.iter().filter_map(of);
        ranks.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), r| (f64::min(lo, r), f64::max(hi, r)))
    };
    let diagram = Diagram {
        difference: test.critical_difference,
        groups: ranking.groups.iter().map(ends).collect(),
        ranks,
    };
    let listed: Vec<String> =
        diagram.ranks.iter().map(|(name, rank)| format!("{name} {}", number::short(*rank))).collect();
    let alt = format!(
        "Mean ranks: {}; critical difference {}",
        listed.join(", "),
        number::short(diagram.difference)
    );
    let (groups, (width, height)) = elements(&diagram)?;
    let label = escape(&alt);
    Ok(Some(DiagramView {
        inline: format!(
            "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width} {height}\">{groups}</svg>"
        ),
        svg: svg(&diagram)?,
        png: png(&diagram)?,
        alt,
    }))
}

struct Diagram {
    /// Names with mean ranks, from the best.
    ranks: Vec<(String, f64)>,
    /// The least and the greatest mean rank of each set that is not told apart.
    groups: Vec<(f64, f64)>,
    difference: f64,
}

impl Diagram {
    fn first_row(&self) -> f64 {
        AXIS + 14.0 + BAR * self.groups.len() as f64 + ROW / 2.0
    }
}

impl Picture for Diagram {
    fn size(&self) -> (f64, f64) {
        (WIDTH, self.first_row() + ROW * self.ranks.len() as f64)
    }

    fn draw<DB: DrawingBackend>(&self, brush: &mut Brush<'_, '_, DB>) {
        let plain = |anchor| Type::plain(TEXT, anchor);
        let widest =
            self.ranks.iter().map(|(name, _)| text_width(name, plain(HPos::Left))).fold(0.0, f64::max);
        let number_width = text_width("00.00", plain(HPos::Right));
        let left = MARGIN + widest.min(NAMES) + 10.0 + number_width + 16.0;
        let right = WIDTH - MARGIN - 12.0;
        let last = (self.ranks.len() as f64).max(1.0 + self.difference).ceil();
        let x = |rank: f64| left + (rank - 1.0) / (last - 1.0) * (right - left);

        brush.text((WIDTH / 2.0, 17.0), "Mean ranks and critical difference", TITLE);
        let (cd_from, cd_to, cd_at) = (x(1.0), x(1.0 + self.difference), 62.0);
        brush.path(&[(cd_from, cd_at), (cd_to, cd_at)], INK, 1.0, 1.5);
        for end in [cd_from, cd_to] {
            brush.path(&[(end, cd_at - 5.0), (end, cd_at + 5.0)], INK, 1.0, 1.5);
        }
        let words = format!("critical difference {}", number::short(self.difference));
        let half = 0.5 * text_width(&words, plain(HPos::Center));
        let middle = f64::midpoint(cd_from, cd_to).clamp(MARGIN + half, WIDTH - MARGIN - half);
        brush.text((middle, cd_at - 16.0), &words, plain(HPos::Center));

        brush.path(&[(left, AXIS), (right, AXIS)], INK, 1.0, 1.0);
        let stride = (last / 10.0).ceil() as usize;
        for rank in (1..=last as usize).step_by(stride.max(1)) {
            let at = x(rank as f64);
            brush.path(&[(at, AXIS - 5.0), (at, AXIS)], INK, 1.0, 1.0);
            brush.text((at, AXIS - 15.0), &rank.to_string(), plain(HPos::Center));
        }
        for (i, (lo, hi)) in self.groups.iter().enumerate() {
            let y = AXIS + 10.0 + BAR * i as f64;
            brush.path(&[(x(*lo) - 3.0, y), (x(*hi) + 3.0, y)], INK, 1.0, 4.0);
        }
        for (i, (name, rank)) in self.ranks.iter().enumerate() {
            let y = self.first_row() + ROW * i as f64;
            let (at, look) = (x(*rank), look(i));
            brush.path(&[(at, AXIS), (at, y)], INK, 0.35, 1.0);
            brush.path(&[(left - 10.0, y), (at, y)], INK, 0.35, 1.0);
            brush.text((MARGIN, y), &fitted(name, plain(HPos::Left), NAMES), plain(HPos::Left));
            brush.text((left - 14.0, y), &format!("{rank:.2}"), plain(HPos::Right));
            look.marker(brush, (at, y));
        }
    }
}
