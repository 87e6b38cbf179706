//! From nodes to typed values, collecting every error: unknown fields with the nearest name, missing fields, wrong types
//! with what was expected and found.

use std::sync::Arc;

use harness_core::suggest;
use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::source::{Source, Span, Spanned};
use crate::yaml::{Entry, Kind, Node};

/// Collects the errors of one text.
#[derive(Debug)]
pub(crate) struct Decoder {
    pub(crate) source: Arc<Source>,
    pub(crate) errors: Diagnostics,
}

/// A type that is read from a node. `None` means that an error was recorded.
pub(crate) trait Decode: Sized {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self>;
}

impl Decoder {
    pub(crate) fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), errors: Diagnostics::default() }
    }

    /// Records an error. A span over several lines is cut at the end of its first.
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        let first_line = self.source.slice(span).lines().next().map_or(0, str::len);
        let span = Span::new(span.start, span.start + first_line);
        self.errors.push(&self.source, span, message, help);
    }

    /// Records that `node` is not what was expected.
    pub(crate) fn wrong(&mut self, node: &Node, expected: &str, help: Option<String>) {
        self.error(node.span, format!("expected {expected}, found {}", node.describe()), help);
    }

    /// The entries of a mapping.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n [Entry]> {
        if let Kind::Map(entries) = &node.kind {
            Some(entries)
        } else {
            self.wrong(node, expected, None);
            None
        }
    }

    /// The fields of a mapping with known names.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<Fields<'n>> {
        let entries = self.entries(node, &format!("{what} (a mapping)"))?;
        Some(Fields { span: node.defined, entries, what, known: Vec::new() })
    }

    /// One of several names.
    pub(crate) fn one_of<T>(
        &mut self,
        node: &Node,
        what: &str,
        all: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Option<T> {
        let all: Vec<(&'static str, T)> = all.into_iter().collect();
        let names: Vec<&'static str> = all.iter().map(|(name, _)| *name).collect();
        if node.kind != Kind::Text {
            let list: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
            self.wrong(node, &format!("{what}: one of {}", list.join(", ")), None);
            return None;
        }
        let found = all.into_iter().find(|(name, _)| *name == node.text);
        if found.is_none() {
            let help = suggest::hint(&node.text, names);
            self.error(node.span, format!("unknown {what} `{}`", node.text), Some(help));
        }
        found.map(|(_, value)| value)
    }

    /// Any value, as JSON.
    pub(crate) fn json(&mut self, node: &Node) -> Option<Value> {
        match node.to_json() {
            Ok(value) => Some(value),
            Err(not_finite) => {
                let help = Some("write a number, or leave the field out".to_owned());
                self.error(not_finite.0, "expected a finite number", help);
                None
            }
        }
    }
}

/// The fields of a mapping that are read one by one; what remains is unknown.
pub(crate) struct Fields<'n> {
    pub(crate) span: Span,
    entries: &'n [Entry],
    what: &'static str,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// A field's node, if it is given and not null.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.entry(name).map(|e| &e.value).filter(|node| node.kind != Kind::Null)
    }

    fn entry(&mut self, name: &'static str) -> Option<&'n Entry> {
        self.known.push(name);
        self.entries.iter().find(|e| e.key == name)
    }

    /// A field that must be there.
    pub(crate) fn need<T: Decode>(&mut self, d: &mut Decoder, name: &'static str) -> Option<T> {
        if let Some(entry) = self.entry(name) {
            return T::decode(&entry.value, d);
        }
        d.error(self.span, format!("missing field `{name}` of {}", self.what), None);
        None
    }

    /// A field that may be left out.
    #[expect(
        clippy::option_option,
        reason = "the outer is whether it could be read, the inner whether it is given"
    )]
    pub(crate) fn may<T: Decode>(&mut self, d: &mut Decoder, name: &'static str) -> Option<Option<T>> {
        match self.node(name) {
            None => Some(None),
            Some(node) => T::decode(node, d).map(Some),
        }
    }

    /// A field that may be left out for its default.
    pub(crate) fn or_default<T: Decode + Default>(
        &mut self,
        d: &mut Decoder,
        name: &'static str,
    ) -> Option<T> {
        self.may(d, name).map(Option::unwrap_or_default)
    }

    /// Refuses the fields that were not asked for. At the root of a file those that start with a dot are the place for
    /// anchors.
    pub(crate) fn end(self, d: &mut Decoder, dotted: Dotted) {
        for entry in self.entries {
            let ignored = dotted == Dotted::Ignore && entry.key.starts_with('.');
            if !ignored && !self.known.contains(&entry.key.as_str()) {
                let help = suggest::hint(&entry.key, self.known.iter().copied());
                d.error(
                    entry.key_span,
                    format!("unknown field `{}` of {}", entry.key, self.what),
                    Some(help),
                );
            }
        }
    }
}

/// What to do with keys that start with a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dotted {
    Ignore,
    Refuse,
}

impl Decode for String {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        match node.kind {
            Kind::Text => Some(node.text.clone()),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
                d.wrong(node, "a text", Some(format!("write it in quotes: \"{}\"", node.text)));
                None
            }
            _ => {
                d.wrong(node, "a text", None);
                None
            }
        }
    }
}

impl Decode for bool {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        if let Kind::Bool(value) = node.kind {
            return Some(value);
        }
        d.wrong(node, "`true` or `false`", None);
        None
    }
}

impl Decode for f64 {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        match node.kind {
            Kind::Int(value) => Some(value as f64),
            Kind::Float(value) if value.is_finite() => Some(value),
            Kind::Float(_) => {
                d.wrong(node, "a finite number", None);
                None
            }
            _ => {
                d.wrong(node, "a number", None);
                None
            }
        }
    }
}

fn integer<T: TryFrom<i128> + Copy + std::fmt::Display>(
    node: &Node,
    d: &mut Decoder,
    least: i128,
    greatest: T,
) -> Option<T> {
    let value = match node.kind {
        Kind::Int(value) => Some(value),
        // `1e5` is a float in YAML, and what people write for a hundred thousand.
        Kind::Float(f) if f == f.trunc() && f.abs() < 9e15 => Some(f as i128),
        _ => None,
    };
    let value = value.filter(|v| *v >= least).and_then(|v| T::try_from(v).ok());
    if value.is_none() {
        let expected = match node.kind {
            Kind::Int(found) if found > least => format!("an integer of at most {greatest}"),
            _ => format!("an integer of at least {least}"),
        };
        d.wrong(node, &expected, None);
    }
    value
}

impl Decode for u32 {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        integer(node, d, 0, u32::MAX)
    }
}

impl Decode for u64 {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        integer(node, d, 0, u64::MAX)
    }
}

/// A number of things, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u32);

impl Decode for Count {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        integer(node, d, 1, u32::MAX).map(Self)
    }
}

/// A number above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Positive(pub(crate) f64);

impl Decode for Positive {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let value = f64::decode(node, d)?;
        if value > 0.0 {
            return Some(Self(value));
        }
        d.wrong(node, "a number above 0", None);
        None
    }
}

/// A number that is at least zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NonNegative(pub(crate) f64);

impl Decode for NonNegative {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let value = f64::decode(node, d)?;
        if value >= 0.0 {
            return Some(Self(value));
        }
        d.wrong(node, "a number of at least 0", None);
        None
    }
}

impl<T: Decode> Decode for Spanned<T> {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        T::decode(node, d).map(|value| Spanned::new(value, node.span))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let Kind::List(items) = &node.kind else {
            d.wrong(node, "a list", Some("write `[…]`, or one `- …` a line".to_owned()));
            return None;
        };
        // Every item is read before a wrong one makes the list wrong.
        let read: Vec<Option<T>> = items.iter().map(|item| T::decode(item, d)).collect();
        read.into_iter().collect()
    }
}

/// A list, or one item alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        match &node.kind {
            Kind::List(items) if items.is_empty() => {
                d.error(node.span, "an empty list: expected at least one", None);
                None
            }
            Kind::List(_) => Vec::decode(node, d).map(Self),
            _ => T::decode(node, d).map(|one| Self(vec![one])),
        }
    }
}

/// A size of memory in bytes: an integer, or a text such as `2GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl Bytes {
    pub(crate) fn parse(text: &str) -> Option<u64> {
        let units: [(&str, u64); 9] = [
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
            ("TiB", 1 << 40),
            ("kB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("TB", 1_000_000_000_000),
            ("B", 1),
        ];
        let (number, unit) = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
        let bytes = number.trim().parse::<f64>().ok()? * *unit as f64;
        ((1.0..1e18).contains(&bytes)).then_some(bytes as u64)
    }
}

impl Decode for Bytes {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let bytes = match node.kind {
            Kind::Int(value) => u64::try_from(value).ok().filter(|v| *v > 0),
            Kind::Text => Self::parse(&node.text),
            _ => None,
        };
        if bytes.is_none() {
            d.wrong(node, "a size such as `512MiB` or `2GiB`", None);
        }
        bytes.map(Self)
    }
}
