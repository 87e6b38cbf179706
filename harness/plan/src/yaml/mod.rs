//! YAML → a tree of typed nodes, each with its place in the text.
//!
//! One document; the core schema of YAML 1.2; anchors, aliases and merge keys (`<<`). Duplicate keys are errors. Limits
//! keep a document whose aliases multiply, or that nests too deep, from exhausting memory.

mod build;
mod scalar;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use build::parse;

use crate::source::Span;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it is written; for an alias, where the alias is.
    pub span: Span,
    /// Where the value is written; the same as `span` unless it is an alias.
    pub defined: Span,
    /// The text of a scalar, without quotes; empty for the rest.
    pub text: String,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer between the least `i64` and the greatest `u64`.
    Int(i128),
    /// Any other number, `.inf` and `.nan` among them.
    Float(f64),
    /// A text.
    Text,
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, merged ones included.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as it is written, without quotes.
    pub key: String,
    /// Where the key is written.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A number that JSON, and so a key, cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFinite(pub Span);

impl Node {
    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// A short description for errors: `the text "ten"`, `a list`.
    pub fn describe(&self) -> String {
        let shown = || {
            let mut text: String = self.text.chars().take(40).collect();
            if text.len() < self.text.len() {
                text.push('…');
            }
            text
        };
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(_) => format!("`{}`", self.text),
            Kind::Int(_) => format!("the integer {}", shown()),
            Kind::Float(_) => format!("the number {}", shown()),
            Kind::Text => format!("the text {:?}", shown()),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a mapping".to_owned(),
        }
    }

    /// The value as JSON.
    ///
    /// # Errors
    ///
    /// The place of a number that is not finite.
    pub fn to_json(&self) -> Result<Value, NotFinite> {
        Ok(match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Int(i) => match (i64::try_from(*i), u64::try_from(*i)) {
                (Ok(i), _) => i.into(),
                (_, Ok(u)) => u.into(),
                _ => unreachable!("larger integers are read as floats"),
            },
            Kind::Float(f) => {
                serde_json::Number::from_f64(*f).map(Value::Number).ok_or(NotFinite(self.span))?
            }
            Kind::Text => Value::String(self.text.clone()),
            Kind::List(items) => {
                Value::Array(items.iter().map(Node::to_json).collect::<Result<Vec<_>, _>>()?)
            }
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|e| Ok((e.key.clone(), e.value.to_json()?)))
                    .collect::<Result<Map<_, _>, _>>()?,
            ),
        })
    }

    /// The number of nodes, itself included.
    fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::List(items) => items.iter().map(Node::size).sum(),
            Kind::Map(entries) => entries.iter().map(|e| e.value.size()).sum(),
            _ => 0,
        }
    }
}
