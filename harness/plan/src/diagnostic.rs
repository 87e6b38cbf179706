//! Errors of a file: all at once, each with its place, what was expected, and the nearest known name.

use std::fmt;
use std::sync::Arc;

use harness_core::printable;
use miette::{LabeledSpan, SourceCode};
use serde::Serialize;

use crate::source::{Source, Span};

/// One error in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The text it is in.
    pub source: Arc<Source>,
    /// Where.
    pub span: Span,
    /// What is wrong, and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Another place that matters, with a word about it.
    pub other: Option<(Span, String)>,
}

/// The errors of one or more files, in order of position. It is never empty where it is an `Err`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
    help: Option<&'a str>,
}

impl Diagnostic {
    /// The name of the file.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Line and column, both from 1.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.span.start)
    }

    /// The text under the span.
    pub fn excerpt(&self) -> &str {
        self.source.slice(self.span)
    }

    fn row(&self) -> Row<'_> {
        let ((line, column), (end_line, end_column)) =
            (self.line_column(), self.source.line_column(self.span.end));
        let help = self.help.as_deref();
        Row { file: self.file(), line, column, end_line, end_column, message: &self.message, help }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.message))
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Error)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(printable(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let first = LabeledSpan::new(None, self.span.start, self.span.len());
        let other = self
            .other
            .as_ref()
            .map(|(span, word)| LabeledSpan::new(Some(word.clone()), span.start, span.len()));
        Some(Box::new(std::iter::once(first).chain(other)))
    }
}

impl SourceCode for Diagnostic {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let contents = self.source.shown().read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            printable(self.source.name()).into_owned(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}

impl Diagnostics {
    /// The errors.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// One error.
    pub fn one(source: &Arc<Source>, span: Span, message: impl Into<String>, help: Option<String>) -> Self {
        let mut all = Self::default();
        all.push(source, span, message, help);
        all
    }

    /// Adds an error, unless the same one is there: a wrong value behind an anchor is one error, however often it is
    /// used.
    pub fn push(
        &mut self,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let source = Arc::clone(source);
        self.add(Diagnostic { source, span, message: message.into(), help, other: None });
    }

    /// Adds an error that is already made; see [`push`](Self::push).
    pub fn add(&mut self, item: Diagnostic) {
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }

    /// Adds all errors of `others`.
    pub fn extend(&mut self, others: Self) {
        for item in others.items {
            self.add(item);
        }
    }

    /// `Ok(value)` when there is no error, else the errors in order of file and position.
    ///
    /// # Errors
    ///
    /// When there is an error.
    pub fn into_result<T>(mut self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            return Ok(value);
        }
        self.items.sort_by(|a, b| (a.source.name(), a.span.start).cmp(&(b.source.name(), b.span.start)));
        Err(self)
    }

    /// The errors as a JSON array of `{file, line, column, end_line, end_column, message, help}`.
    pub fn to_json(&self) -> serde_json::Value {
        let rows: Vec<Row<'_>> = self.items.iter().map(Diagnostic::row).collect();
        serde_json::to_value(rows).expect("rows of text and numbers are JSON")
    }
}

/// One line an error: `file:line:column: message; help`.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.items.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            let (line, column) = item.line_column();
            write!(f, "{}:{line}:{column}: {}", item.file(), item.message)?;
            if let Some(help) = &item.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// Renders the errors of one or more files with excerpts, for a terminal. It is a value of its own because the plain
/// text of [`Diagnostics`] already holds every error, which a renderer would print twice.
#[derive(Debug)]
pub struct Rendered(pub Diagnostics);

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut files: Vec<&str> = self.0.iter().map(Diagnostic::file).collect();
        files.dedup();
        let n = self.0.len();
        write!(f, "{n} error{} in {}", if n == 1 { "" } else { "s" }, printable(&files.join(", ")))
    }
}

impl std::error::Error for Rendered {}

impl miette::Diagnostic for Rendered {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|item| item as &dyn miette::Diagnostic)))
    }
}
