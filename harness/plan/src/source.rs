//! Source texts and positions in them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use harness_core::text::is_printable;

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it holds no byte: a position between two.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A value with its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A text and the name under which errors cite it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    shown: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// A text under the name of its file.
    pub fn new(name: &str, text: &str) -> Arc<Self> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            shown: blanked(text),
            line_starts: starts,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text as a terminal may show it: control characters are blanks of the same length.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn line_column(&self, byte: usize) -> (usize, usize) {
        let byte = byte.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..byte).map_or(byte - start, |before| before.chars().count());
        (line, column + 1)
    }
}

/// What a terminal would act on is one, two or three bytes long, and so are these: positions stay what they are.
fn blanked(text: &str) -> String {
    let blank = |c: char| match c {
        c if is_printable(c) => c,
        c if c.len_utf8() == 1 => ' ',
        c if c.len_utf8() == 2 => '\u{a0}',
        _ => '\u{fffd}',
    };
    text.chars().map(blank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("a", "é: 1\nb: 2");
        assert_eq!(source.line_column(0), (1, 1));
        assert_eq!(source.line_column(4), (1, 4));
        assert_eq!(source.line_column(6), (2, 1));
        assert_eq!(source.line_column(99), (2, 5));
    }

    #[test]
    fn what_is_shown_holds_no_control_characters_and_keeps_its_places() {
        let text = "é: \u{1b}[31m\u{9b}1 # \u{202e}\r\n\tb: 2";
        let source = Source::new("a", text);
        assert_eq!(source.shown(), "é:  [31m\u{a0}1 # \u{fffd} \n\tb: 2");
        assert_eq!((source.shown().len(), source.text()), (text.len(), text));
    }
}
