//! The one place where the program prints: data on standard output, news on standard error.

use std::io::{ErrorKind, Write};

use serde::Serialize;

use crate::error::CliError;

/// Prints a line of output. A reader that went away (`| head`) is no error.
pub(crate) fn text(line: &str) {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}") {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => {}
        other => drop(other),
    }
}

/// Prints a line of news.
pub(crate) fn status(line: &str) {
    // Nothing can be done where standard error is closed.
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// A text of a solver's, without what a terminal would act on.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Prints a value as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<(), CliError> {
    text(&serde_json::to_string_pretty(value).map_err(CliError::failed)?);
    Ok(())
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
    fn a_solver_s_text_does_nothing_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\u{7}\u{9b}c\n\tü"), "a[2Jbc\n\tü");
    }

    #[test]
    fn columns_line_up_by_letters_not_bytes() {
        let mut table = Table::new(&["a", "b"]);
        table.row(vec!["ηη".to_owned(), "x".to_owned()]);
        assert_eq!(table.render(), "a   b\nηη  x");
    }
}
