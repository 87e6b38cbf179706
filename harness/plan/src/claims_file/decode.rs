//! Nodes → the plain data of a claims file.

use std::sync::Arc;

use super::decode_kind::{Field, KindName, claim_kind};
use super::{Accept, Better, Claim, ClaimScale, ClaimsFile, PaperSource, Printed, Transcribed};
use crate::decode::{Decode, Decoder, Dotted, Fields, NonNegative, Positive};
use crate::diagnostic::Diagnostics;
use crate::source::{Source, Span, Spanned};
use crate::suite_file::{Selection, schema};
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

impl Decode for Transcribed {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let how = "for example `{digitised: 0.05}`: the relative error of measuring it in the figure";
        match &node.kind {
            Kind::Map(_) => {
                let mut f = d.fields(node, "a way of transcription")?;
                let error = f.need::<Positive>(d, "digitised");
                f.end(d, Dotted::Refuse);
                Some(Self::Digitised { error: error?.0 })
            }
            Kind::Text if node.text == "digitised" => {
                d.error(node.span, "`digitised` without its error", Some(how.to_owned()));
                None
            }
            _ => {
                let all = [("read", Self::Read), ("second-hand", Self::SecondHand)];
                let all = all.into_iter().chain([("digitised", Self::Digitised { error: 0.0 })]);
                d.one_of(node, "way of transcription", all)
            }
        }
    }
}

impl Decode for Claim {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a claim")?;
        let (id, statement) = (f.need::<Spanned<String>>(d, "id"), f.need(d, "statement"));
        let (source, transcribed) = (f.need(d, "source"), f.need(d, "transcribed"));
        let name: Option<KindName> = f.need(d, "kind");
        let kind = name.map(|name| claim_kind(name, &mut f, d));
        let has = |field| name.is_some_and(|name| name.has(field));
        let select = if has(Field::Select) { f.or_default(d, "select") } else { Some(Selection::default()) };
        let agreement = Agreed::read(has, &mut f, d);
        let note: Option<Option<String>> = f.may(d, "note");
        let scale = f.node("scale").map_or(Some(Vec::new()), |node| scale(node, d));
        // Which further fields there are depends on the kind.
        let span = f.span;
        if name.is_some() {
            f.end(d, Dotted::Refuse);
        }
        let (agreement, note) = (agreement?, note?);
        let at = id.as_ref().map_or(span, |id| id.span);
        agreement.check(name?, at, note.as_deref(), d)?;
        Some(Self {
            id: id?,
            statement: statement?,
            source: source?,
            transcribed: transcribed?,
            kind: kind??,
            select: select?,
            reported: agreement.reported.map(|r| r.value),
            accept: agreement.accept.map(|a| a.value),
            tolerance: agreement.tolerance.map(|t| t.value),
            better: agreement.better.map(|b| b.value),
            note,
            scale: scale?,
        })
    }
}

/// What a claim says about the region that counts as agreement.
struct Agreed {
    reported: Option<Spanned<Printed>>,
    accept: Option<Spanned<Accept>>,
    tolerance: Option<Spanned<f64>>,
    better: Option<Spanned<Better>>,
}

impl Agreed {
    fn read(has: impl Fn(Field) -> bool, f: &mut Fields<'_>, d: &mut Decoder) -> Option<Self> {
        let reported = if has(Field::Reported) { f.may(d, "reported") } else { Some(None) };
        let accept = if has(Field::Accept) { f.may(d, "accept") } else { Some(None) };
        let tolerance =
            if has(Field::Tolerance) { f.may::<Spanned<NonNegative>>(d, "tolerance") } else { Some(None) };
        let better = if has(Field::Better) { f.may(d, "better") } else { Some(None) };
        Some(Self {
            reported: reported?,
            accept: accept?,
            tolerance: tolerance?.map(|t| Spanned::new(t.value.0, t.span)),
            better: better?,
        })
    }

    /// Checks that there is a region and a reason for it.
    fn check(&self, name: KindName, at: Span, note: Option<&str>, d: &mut Decoder) -> Option<()> {
        let before = d.errors.len();
        if let Some(what) = self.missing(name) {
            d.error(at, format!("{} claim without {what}", name.with_article()), name.region_help());
        }
        if let Some(accept) = &self.accept {
            self.check_accept(*accept, name, d);
        }
        let reason = note.is_some_and(|n| !n.trim().is_empty());
        let given = [
            ("accept", self.accept.as_ref().map(|a| a.span)),
            ("tolerance", self.tolerance.as_ref().map(|t| t.span)),
        ];
        for (field, span) in given {
            if let (Some(span), false) = (span, reason) {
                let help = "add `note: \"why this region\"`".to_owned();
                d.error(span, format!("a claim with `{field}` and without `note`"), Some(help));
            }
        }
        if let (Some(tolerance), None, true) = (&self.tolerance, &self.reported, name.has(Field::Reported)) {
            d.error(tolerance.span, "`tolerance` is around `reported`, which is missing", None);
        }
        (d.errors.len() == before).then_some(())
    }

    /// What a kind needs and the claim lacks.
    fn missing(&self, name: KindName) -> Option<&'static str> {
        let (reported, accept) = (self.reported.is_some(), self.accept.is_some());
        match name {
            KindName::Order if !accept => Some("`accept`: expected a share of pairs"),
            KindName::Table | KindName::Curve if !accept => Some("`accept`: expected a factor"),
            KindName::Threshold if !reported => Some("`reported`: expected the paper's bound"),
            KindName::Optimum if self.tolerance.is_none() => Some("`tolerance`"),
            KindName::Determinism | KindName::Optimum | KindName::Threshold => None,
            _ if !reported && !accept => Some("`reported` and `accept`: there is nothing to agree with"),
            _ => None,
        }
    }

    fn check_accept(&self, accept: Spanned<Accept>, name: KindName, d: &mut Decoder) {
        let span = accept.span;
        let is_factor = matches!(accept.value, Accept::WithinFactor(_));
        if matches!(name, KindName::Table | KindName::Curve) && !is_factor {
            let message = format!("{} claim accepts a factor", name.with_article());
            d.error(span, message, name.region_help());
        }
        if let (true, Accept::Within(_) | Accept::WithinFactor(_)) = (name.has(Field::Reported), accept.value)
        {
            let word = if is_factor { "within_factor" } else { "within" };
            match &self.reported {
                None => d.error(span, format!("`{word}` is relative to `reported`, which is missing"), None),
                Some(r) if is_factor && r.value.value() <= 0.0 => {
                    d.error(span, "`within_factor` needs a reported number above 0", None);
                }
                Some(_) => {}
            }
        }
        if let Some(tolerance) = &self.tolerance {
            let help = "keep one of them: `tolerance` is around `reported`, `accept` stands alone".to_owned();
            d.error(tolerance.span, "a claim with both `accept` and `tolerance`", Some(help));
        }
        if let (Some(better), Accept::AtLeast(_) | Accept::AtMost(_)) = (&self.better, accept.value) {
            d.error(better.span, "`better` beside a region with one end, which says it already", None);
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
