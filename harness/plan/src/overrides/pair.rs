//! One `key=value` pair: its value as a name, as names, or as YAML.

use super::COMMAND_LINE;
use crate::decode::{Decode, Decoder};
use crate::source::{Source, Span, Spanned};
use crate::sweep;
use crate::yaml::{self, Kind, Node};

/// A pair with its places on the command line.
pub(super) struct Pair<'a> {
    pub(super) key: Spanned<&'a str>,
    pub(super) value: Spanned<&'a str>,
}

impl Pair<'_> {
    pub(super) fn text(&self) -> Spanned<String> {
        Spanned::new(self.value.value.to_owned(), self.value.span)
    }

    /// The parts between commas.
    pub(super) fn names(&self) -> Vec<Spanned<String>> {
        let mut start = self.value.span.start;
        let mut all = Vec::new();
        for part in self.value.value.split(',') {
            if !part.trim().is_empty() {
                all.push(Spanned::new(part.trim().to_owned(), Span::new(start, start + part.len())));
            }
            start += part.len() + 1;
        }
        all
    }

    /// The value as YAML: the elements of a flow sequence.
    pub(super) fn nodes(&self, d: &mut Decoder) -> Option<Vec<Node>> {
        let bracketed = Source::new(COMMAND_LINE, &format!("[{}]", self.value.value));
        match yaml::parse(&bracketed) {
            Ok(Node { kind: Kind::List(mut items), .. }) if !items.is_empty() => {
                for item in &mut items {
                    shift(item, self.value.span.start);
                }
                Some(items)
            }
            _ => {
                let message = format!("`{}` is not a value", self.value.value);
                let help = "a number, a name, a list `a,b`, a range `1..10`, or a text in quotes".to_owned();
                d.error(self.value.span, message, Some(help));
                None
            }
        }
    }

    pub(super) fn one<T: Decode>(&self, d: &mut Decoder) -> Option<T> {
        match self.nodes(d)?.as_slice() {
            [node] => T::decode(node, d),
            _ => {
                let message = format!("`{}` takes one value", self.key.value);
                d.error(self.value.span, message, None);
                None
            }
        }
    }

    /// Several values; ranges are expanded.
    pub(super) fn list<T: Decode>(&self, d: &mut Decoder) -> Option<Vec<T>> {
        let mut read = Vec::new();
        for node in self.nodes(d)? {
            match sweep::range(&node.text).filter(|_| node.kind == Kind::Text) {
                None => read.push(T::decode(&node, d)),
                Some(Err(message)) => {
                    d.error(node.span, message, None);
                    read.push(None);
                }
                Some(Ok(values)) => {
                    for value in values {
                        let text = value.to_string();
                        let kind = match value.as_i64() {
                            Some(i) => Kind::Int(i128::from(i)),
                            None => Kind::Float(value.as_f64().unwrap_or(f64::NAN)),
                        };
                        read.push(T::decode(&Node { span: node.span, defined: node.span, text, kind }, d));
                    }
                }
            }
        }
        read.into_iter().collect()
    }

    pub(super) fn list_or_null<T: Decode>(
        &self,
        d: &mut Decoder,
        value: fn(T) -> f64,
    ) -> Option<Vec<Option<f64>>> {
        let all: Vec<OrNull<T>> = self.list(d)?;
        Some(all.into_iter().map(|one| one.0.map(value)).collect())
    }
}

/// A value that null takes away.
pub(super) struct OrNull<T>(pub(super) Option<T>);

impl<T: Decode> Decode for OrNull<T> {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        if node.kind == Kind::Null { Some(Self(None)) } else { T::decode(node, d).map(|v| Self(Some(v))) }
    }
}

/// Moves positions in `[value]` to positions in the command line.
fn shift(node: &mut Node, start: usize) {
    let moved = |span: Span| Span::new(start + span.start - 1, start + span.end - 1);
    node.span = moved(node.span);
    node.defined = moved(node.defined);
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| shift(item, start)),
        Kind::Map(entries) => {
            for entry in entries {
                entry.key_span = moved(entry.key_span);
                shift(&mut entry.value, start);
            }
        }
        _ => {}
    }
}
