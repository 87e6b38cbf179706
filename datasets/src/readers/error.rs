//! What readers say when a file is not what it should be.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Where in a file something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// The file as a whole.
    Whole,
    /// A byte, counted from 0.
    Byte(u64),
    /// A line, counted from 1.
    Line(u64),
    /// A field of a line, both counted from 1.
    Field {
        /// The line.
        line: u64,
        /// The field.
        field: usize,
    },
    /// A place inside a named array of an archive.
    Array {
        /// The array.
        name: String,
        /// The place in it.
        at: Box<Position>,
    },
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => write!(f, "whole file"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Field { line, field } => write!(f, "line {line}, field {field}"),
            Self::Array { name, at } if **at == Self::Whole => write!(f, "array `{name}`"),
            Self::Array { name, at } => write!(f, "array `{name}`, {at}"),
        }
    }
}

/// The content does not have the form it should have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: expected {expected}, found {found}; {remedy}")]
pub struct FormatError {
    /// Where.
    pub at: Position,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do about it.
    pub remedy: &'static str,
}

impl FormatError {
    pub(crate) fn new(
        at: Position,
        expected: impl Into<String>,
        found: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self { at, expected: expected.into(), found: found.into(), remedy }
    }

    pub(crate) fn in_array(mut self, name: &str) -> Self {
        self.at = Position::Array { name: name.to_owned(), at: Box::new(self.at) };
        self
    }

    pub(crate) fn in_file(self, path: &Path) -> ReadError {
        ReadError::Format { path: path.to_owned(), error: self }
    }
}

/// A file cannot be read as what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The content does not have the right form.
    #[error("{}: {error}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where and why.
        error: FormatError,
    },
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}; check that it exists, is readable and complete", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ReadError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk or the folder refuses.
    #[error("cannot write {}: {source}; check that its folder exists, is writable and has room", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content cannot be expressed in the format.
    #[error("cannot write {}: {message}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        message: String,
    },
}

/// The first bytes of a piece of content, fit for an error message.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    let mut shown = String::new();
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    format!("`{shown}{}`", if bytes.len() > LONGEST { "…" } else { "" })
}
