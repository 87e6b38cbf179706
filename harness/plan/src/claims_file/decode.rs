//! Nodes → the plain data of a claims file.

use std::sync::Arc;

use super::{Accept, Claim, ClaimKind, ClaimScale, ClaimsFile, PaperSource};
use crate::decode::{Decode, Decoder, Dotted, Fields, Positive};
use crate::diagnostic::Diagnostics;
use crate::number::Reported;
use crate::source::{Source, Span, Spanned};
use crate::suite_file::{Aggregate, schema};
use crate::yaml::{self, Kind, Node};

pub(crate) fn claims_file(source: &Arc<Source>) -> Result<ClaimsFile, Diagnostics> {
    let root = yaml::parse(source)?;
    let mut d = Decoder::new(source);
    let file = read(&root, &mut d);
    // What could not be read has left an error.
    d.errors.into_result(file).map(|file| file.expect("a file without errors is read"))
}

fn read(root: &Node, d: &mut Decoder) -> Option<ClaimsFile> {
    let mut f = d.fields(root, "a claims file")?;
    let schema = schema(&mut f, d);
    let (suite, claims) = (f.need(d, "suite"), f.need(d, "claims"));
    f.end(d, Dotted::Ignore);
    schema?;
    Some(ClaimsFile { source: Arc::clone(&d.source), suite: suite?, claims: claims? })
}

impl Decode for PaperSource {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a source")?;
        let paper = f.need(d, "paper");
        let (table, figure, section) = (f.may(d, "table"), f.may(d, "figure"), f.may(d, "section"));
        let (row, column, text) = (f.may(d, "row"), f.may(d, "column"), f.may(d, "text"));
        f.end(d, Dotted::Refuse);
        Some(Self {
            paper: paper?,
            table: table?,
            figure: figure?,
            section: section?,
            row: row?,
            column: column?,
            text: text?,
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum KindName {
    Value,
    Ratio,
    Order,
    Slope,
}

impl Decode for KindName {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let all = [
            ("value", KindName::Value),
            ("ratio", KindName::Ratio),
            ("order", KindName::Order),
            ("slope", KindName::Slope),
        ];
        d.one_of(node, "kind of claim", all)
    }
}

impl Decode for Claim {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a claim")?;
        let (id, statement) = (f.need::<Spanned<String>>(d, "id"), f.need(d, "statement"));
        let (source, transcribed) = (f.need(d, "source"), f.need(d, "transcribed"));
        let name: Option<KindName> = f.need(d, "kind");
        let kind = name.map(|name| claim_kind(name, &mut f, d));
        let (select, metric) = (f.or_default(d, "select"), f.need(d, "metric"));
        let aggregate = f.may(d, "aggregate");
        let reported: Option<Option<Reported>> = f.may(d, "reported");
        let accept: Option<Option<Spanned<Accept>>> = f.may(d, "accept");
        let note: Option<Option<String>> = f.may(d, "note");
        let scale = f.node("scale").map_or(Some(Vec::new()), |node| scale(node, d));
        // Which further fields there are depends on the kind.
        let span = f.span;
        if name.is_some() {
            f.end(d, Dotted::Refuse);
        }
        let (reported, accept, note) = (reported?, accept?, note?);
        let at = id.as_ref().map_or(span, |id| id.span);
        region(name?, at, reported, accept, note.as_deref(), d)?;
        if let Some(Some(extreme @ (Aggregate::Min | Aggregate::Max))) = aggregate {
            let message = format!(
                "a claim's `aggregate` must be mean, median or geomean, found `{}`",
                extreme.as_str()
            );
            d.error(at, message, Some("an extreme has no interval that a verdict could rest on".to_owned()));
        }
        Some(Self {
            id: id?,
            statement: statement?,
            source: source?,
            transcribed: transcribed?,
            kind: kind??,
            select: select?,
            metric: metric?,
            aggregate: aggregate?.unwrap_or(Aggregate::Median),
            reported,
            accept: accept.map(|a| a.value),
            note,
            scale: scale?,
        })
    }
}

/// Checks that there is a region and a reason for it.
fn region(
    kind: KindName,
    at: Span,
    reported: Option<Reported>,
    accept: Option<Spanned<Accept>>,
    note: Option<&str>,
    d: &mut Decoder,
) -> Option<()> {
    let before = d.errors.len();
    match accept {
        None if kind == KindName::Order => {
            let help = "for example `accept: {at_least: 0.5}`".to_owned();
            d.error(at, "an `order` claim without `accept`: expected a share of pairs", Some(help));
        }
        None if reported.is_none() => {
            d.error(at, "a claim without `reported` and `accept`: there is nothing to agree with", None);
        }
        None => {}
        Some(accept) => {
            if matches!(accept.value, Accept::Within(_)) && reported.is_none() {
                d.error(accept.span, "`within` is relative to `reported`, which is missing", None);
            }
            if note.is_none_or(|n| n.trim().is_empty()) {
                let help = "add `note: \"why this region\"`".to_owned();
                d.error(accept.span, "a claim with `accept` and without `note`", Some(help));
            }
        }
    }
    (d.errors.len() == before).then_some(())
}

fn claim_kind(name: KindName, f: &mut Fields<'_>, d: &mut Decoder) -> Option<ClaimKind> {
    match name {
        KindName::Value => Some(ClaimKind::Value),
        KindName::Ratio => {
            let (numerator, denominator) = (f.need(d, "numerator"), f.need(d, "denominator"));
            Some(ClaimKind::Ratio { numerator: numerator?, denominator: denominator? })
        }
        KindName::Order => {
            let (less, greater) = (f.need(d, "less"), f.need(d, "greater"));
            Some(ClaimKind::Order { less: less?, greater: greater? })
        }
        KindName::Slope => Some(ClaimKind::Slope { x: f.need(d, "x")? }),
    }
}

impl Decode for Accept {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let expected = "one of `{at_least: x}`, `{at_most: x}`, `{between: [x, y]}`, `{within: r}`";
        let entry = match &node.kind {
            Kind::Map(entries) if entries.len() == 1 => &entries[0],
            _ => {
                d.wrong(node, expected, None);
                return None;
            }
        };
        match entry.key.as_str() {
            "at_least" => f64::decode(&entry.value, d).map(Self::AtLeast),
            "at_most" => f64::decode(&entry.value, d).map(Self::AtMost),
            "within" => Positive::decode(&entry.value, d).map(|r| Self::Within(r.0)),
            "between" => match <Vec<f64>>::decode(&entry.value, d)?.as_slice() {
                [low, high] if low <= high => Some(Self::Between(*low, *high)),
                _ => {
                    d.error(entry.value.span, "expected two numbers `[low, high]` with low ≤ high", None);
                    None
                }
            },
            other => {
                let help = harness_core::suggest::hint(other, ["at_least", "at_most", "between", "within"]);
                d.error(entry.key_span, format!("unknown region `{other}`"), Some(help));
                None
            }
        }
    }
}

fn scale(node: &Node, d: &mut Decoder) -> Option<Vec<(Spanned<String>, ClaimScale)>> {
    let entries = d.entries(node, "scales by profile (a mapping)")?;
    let read: Vec<Option<_>> = entries
        .iter()
        .map(|e| Some((Spanned::new(e.key.clone(), e.key_span), ClaimScale::decode(&e.value, d)?)))
        .collect();
    read.into_iter().collect()
}
