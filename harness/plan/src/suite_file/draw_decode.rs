//! Nodes → tables, figures, comparisons and rankings.

use super::aggregate::Aggregate;
use super::draw::{
    AxisScale, By, Comparison, Figure, FigureKind, Panel, Ranking, ReportedSeries, Row, Table, TableCell,
    XAxis,
};
use super::select::ParamRef;
use crate::decode::{Decode, Decoder, Dotted, Fields, NonNegative, Positive};
use crate::expr::{self, Expr, ExprError, GoalText, Metric, Quantity, Use};
use crate::number::Reported;
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node};

/// That a node is a text or a number, which is read as a text.
fn words(node: &Node, d: &mut Decoder, what: &str, example: &str) -> Option<()> {
    if matches!(node.kind, Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Bool(_)) {
        d.wrong(node, what, Some(format!("for example \"{example}\"")));
        return None;
    }
    Some(())
}

impl Decode for Metric {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        words(node, d, "a metric expression", "iters_to(gap <= 1e-6)")?;
        let parsed = parsed(expr::parse(&node.text), node, d)?;
        let uses = placed(parsed.uses, node, d);
        Some(Self { expr: parsed.expr, uses, text: node.text.clone(), span: node.span })
    }
}

impl Decode for GoalText {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        words(node, d, "a goal", "final(gap) <= 1e-6")?;
        let parsed = parsed(expr::parse_goal(&node.text), node, d)?;
        Some(Self { goal: parsed.goal, uses: placed(parsed.uses, node, d), span: node.span })
    }
}

/// What was parsed, or an error at its place in the file.
fn parsed<T>(result: Result<T, ExprError>, node: &Node, d: &mut Decoder) -> Option<T> {
    result
        .map_err(|error| {
            let span = within_text(node, d, error.span);
            d.error(span, error.message, error.help);
        })
        .ok()
}

fn placed(uses: Vec<Use>, node: &Node, d: &Decoder) -> Vec<Use> {
    uses.into_iter().map(|u| Use { span: within_text(node, d, u.span), ..u }).collect()
}

/// The place in the file of a place in a scalar's text: exact unless the scalar is escaped or folded.
fn within_text(node: &Node, d: &Decoder, within: Span) -> Span {
    let written = d.source.slice(node.span);
    let quote = usize::from(written.starts_with(['"', '\'']));
    let start = node.span.start + quote;
    if d.source.slice(Span::new(start, start + node.text.len())) != node.text {
        return node.span;
    }
    Span::new(start + within.start, start + within.end)
}

impl Decode for Reported {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        f64::decode(node, d)?;
        let reported = Self::parse(&node.text);
        if reported.is_none() {
            d.wrong(node, "a decimal number, as the paper prints it", None);
        }
        reported
    }
}

impl Decode for ParamRef {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        String::decode(node, d).map(|text| Self::parse(&text))
    }
}

impl Decode for Table {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a table")?;
        let (id, title, source) = (f.need(d, "id"), f.need(d, "title"), f.may(d, "source"));
        let (columns, rows, note) = (f.need(d, "columns"), f.need(d, "rows"), f.may(d, "note"));
        f.end(d, Dotted::Refuse);
        Some(Self { id: id?, title: title?, source: source?, columns: columns?, rows: rows?, note: note? })
    }
}

impl Decode for Row {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a row")?;
        let (label, select) = (f.need(d, "label"), f.or_default(d, "select"));
        let cells: Option<Columns> = f.need(d, "cells");
        f.end(d, Dotted::Refuse);
        Some(Self { label: label?, select: select?, cells: cells?.0 })
    }
}

struct Columns(Vec<(Spanned<String>, TableCell)>);

impl Decode for Columns {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let entries = d.entries(node, "cells by column (a mapping)")?;
        let read: Vec<Option<_>> = entries
            .iter()
            .map(|e| Some((Spanned::new(e.key.clone(), e.key_span), TableCell::decode(&e.value, d)?)))
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }
}

impl Decode for TableCell {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a table cell")?;
        let (metric, aggregate) = (f.need(d, "metric"), f.may(d, "aggregate"));
        let (reported, unit) = (f.may(d, "reported"), f.may(d, "unit"));
        let (claim, select) = (f.may(d, "claim"), f.or_default(d, "select"));
        f.end(d, Dotted::Refuse);
        Some(Self {
            metric: metric?,
            aggregate: aggregate?.unwrap_or(Aggregate::Median),
            reported: reported?,
            unit: unit?,
            claim: claim?,
            select: select?,
        })
    }
}

#[derive(Clone, Copy)]
enum KindName {
    Convergence,
    Sweep,
    WorkPrecision,
}

impl Decode for KindName {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let all = [
            ("convergence", KindName::Convergence),
            ("sweep", KindName::Sweep),
            ("work_precision", KindName::WorkPrecision),
        ];
        d.one_of(node, "kind of figure", all)
    }
}

impl Decode for Figure {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a figure")?;
        let (id, title, source) = (f.need(d, "id"), f.need(d, "title"), f.may(d, "source"));
        let name: Option<KindName> = f.need(d, "kind");
        let kind = name.map(|name| figure_kind(name, &mut f, d));
        let (x_scale, y_scale) = (f.may::<AxisScale>(d, "x_scale"), f.may::<AxisScale>(d, "y_scale"));
        let (x_label, y_label) = (f.may(d, "x_label"), f.may(d, "y_label"));
        let panels: Option<Vec<Panel>> = f.need(d, "panels");
        if panels.as_ref().is_some_and(Vec::is_empty) {
            d.error(f.span, "a figure without panels: expected at least one", None);
        }
        let reported = f.or_default(d, "reported");
        // Which further fields there are depends on the kind.
        if name.is_some() {
            f.end(d, Dotted::Refuse);
        }
        Some(Self {
            id: id?,
            title: title?,
            source: source?,
            kind: kind??,
            x_scale: x_scale?,
            y_scale: y_scale?,
            x_label: x_label?,
            y_label: y_label?,
            panels: panels?,
            reported: reported?,
        })
    }
}

fn figure_kind(name: KindName, f: &mut Fields<'_>, d: &mut Decoder) -> Option<FigureKind> {
    match name {
        KindName::Convergence => {
            let (x, y, mark) = (f.need::<XAxis>(d, "x"), f.need(d, "y"), f.may(d, "mark"));
            Some(FigureKind::Convergence { x: x?, y: y?, mark: mark? })
        }
        KindName::Sweep => {
            let (x, y) = (f.need(d, "x"), f.need(d, "y"));
            let (aggregate, slope) = (f.may(d, "aggregate"), f.or_default(d, "slope"));
            let aggregate = aggregate?.unwrap_or(Aggregate::Median);
            Some(FigureKind::Sweep { x: x?, y: y?, aggregate, slope: slope? })
        }
        KindName::WorkPrecision => {
            let (x, y) = (f.need::<XAxis>(d, "x"), f.need(d, "y"));
            Some(FigureKind::WorkPrecision { x: x?, y: y? })
        }
    }
}

impl Decode for Panel {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a panel")?;
        let (title, select) = (f.may(d, "title"), f.or_default(d, "select"));
        f.end(d, Dotted::Refuse);
        Some(Self { title: title?, select: select? })
    }
}

struct PointXy(f64, f64);

impl Decode for PointXy {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        match &node.kind {
            Kind::List(items) if items.len() == 2 => {
                let (x, y) = (f64::decode(&items[0], d), f64::decode(&items[1], d));
                Some(Self(x?, y?))
            }
            _ => {
                d.wrong(node, "a point `[x, y]`", None);
                None
            }
        }
    }
}

impl Decode for ReportedSeries {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a reported series")?;
        let (series, panel) = (f.need(d, "series"), f.or_default::<u32>(d, "panel"));
        let points: Option<Vec<PointXy>> = f.need(d, "points");
        let error: Option<Option<NonNegative>> = f.may(d, "error");
        f.end(d, Dotted::Refuse);
        Some(Self {
            series: series?,
            panel: panel? as usize,
            points: points?.into_iter().map(|p| (p.0, p.1)).collect(),
            error: error?.map(|e| e.0),
        })
    }
}

/// How `by` names the tolerance of the stop rule.
const TOLERANCE: &str = "stop.tol";

impl Decode for By {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let name = String::decode(node, d)?;
        if name == TOLERANCE {
            return Some(Self::Tolerance);
        }
        if name.starts_with("stop.") {
            let help = format!("columns can be `{TOLERANCE}` or a parameter, such as `problem.n`");
            d.error(node.span, format!("`by` cannot be `{name}`"), Some(help));
            return None;
        }
        Some(Self::Param(Spanned::new(ParamRef::parse(&name), node.span)))
    }
}

impl Decode for Comparison {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a comparison")?;
        let (id, title, note) = (f.need(d, "id"), f.need(d, "title"), f.may(d, "note"));
        let (select, metric) = (f.or_default(d, "select"), f.may(d, "metric"));
        let (by, baseline) = (f.may(d, "by"), f.may(d, "baseline"));
        f.end(d, Dotted::Refuse);
        Some(Self {
            id: id?,
            title: title?,
            note: note?,
            select: select?,
            metric: metric?.unwrap_or_else(|| Metric {
                expr: Expr::Quantity(Quantity::SampleCpu),
                uses: Vec::new(),
                text: Quantity::SampleCpu.to_string(),
                span: node.span,
            }),
            by: by?.unwrap_or(By::Nothing),
            baseline: baseline?,
        })
    }
}

impl Decode for Ranking {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a ranking")?;
        let (id, title, note) = (f.need(d, "id"), f.need(d, "title"), f.may(d, "note"));
        let (select, metric) = (f.or_default(d, "select"), f.need(d, "metric"));
        let limit: Option<Option<Positive>> = f.may(d, "limit");
        f.end(d, Dotted::Refuse);
        Some(Self {
            id: id?,
            title: title?,
            note: note?,
            select: select?,
            metric: metric?,
            limit: limit?.map(|limit| limit.0),
        })
    }
}
