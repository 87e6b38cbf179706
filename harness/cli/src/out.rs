//! The one place where the program prints: data on standard output, news on standard error.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write};

use harness_core::printable;
use harness_core::text::is_printable;
use serde::Serialize;

use crate::error::CliError;

/// Prints a line of output, whoever's words are in it.
pub(crate) fn text(line: &str) {
    write_out(&printable(line));
}

/// Prints a line on standard output. A reader that went away (`| head`) is no error.
fn write_out(line: &str) {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}") {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => {}
        other => drop(other),
    }
}

/// Prints a line of news, whoever's words are in it.
pub(crate) fn status(line: &str) {
    coloured(&printable(line));
}

/// Prints news that the terminal is to act on: colours of our own.
pub(crate) fn coloured(line: &str) {
    // Nothing can be done where standard error is closed.
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Prints a value as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<(), CliError> {
    json_text(&serde_json::to_string_pretty(value).map_err(CliError::failed)?);
    Ok(())
}

/// Prints JSON.
pub(crate) fn json_text(json: &str) {
    write_out(&escaped(json));
}

/// JSON that says the same without control characters: those that JSON lets stand in its texts are escaped.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_printable(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    out
}

/// A number of bytes as people read it.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// A table in columns.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|h| (*h).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    pub(crate) fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| {
            self.rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:<w$}")).collect();
            cells.join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_what_it_says_and_does_nothing_to_the_terminal() {
        let value = serde_json::json!({"a": "\u{1b}[2J\u{7f}\u{9b}ü\n"});
        let text = escaped(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.chars().all(is_printable), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn columns_line_up_by_letters_not_bytes() {
        let mut table = Table::new(&["a", "b"]);
        table.row(vec!["ηη".to_owned(), "x".to_owned()]);
        assert_eq!(table.render(), "a   b\nηη  x");
    }
}
