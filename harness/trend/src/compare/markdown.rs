//! A comparison for a pull request.

use std::fmt::Write as _;

use harness_core::printable;

use super::text::APART;
use super::{Comparison, FamilyComparison, OnlyIn};

impl Comparison {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "# Comparison: {}\n", self.headline());
        let _ = writeln!(out, "- A: {}\n- B: {}", escape(&self.a.text()), escape(&self.b.text()));
        section(&mut out, "Regressions", "✗", self.regressions());
        section(&mut out, "Improvements", "✓", self.improvements());
        section(&mut out, "Changed, neither worse nor better", "·", self.changed());
        if !self.claims.is_empty() {
            let _ =
                writeln!(out, "\n## Claims with another verdict\n\n| claim | A | B |\n| --- | --- | --- |");
            for change in &self.claims {
                let proxy = if change.proxy { " (proxy)" } else { "" };
                let statement = escape(&change.statement);
                let _ = writeln!(
                    out,
                    "| {}: {statement}{proxy} | {} | {} |",
                    escape(&change.claim),
                    change.a,
                    change.b
                );
            }
        }
        let _ = writeln!(out, "\n## The rest\n\n- unchanged: {}", self.unchanged().count());
        for (reason, n) in self.not_judged() {
            let _ = writeln!(out, "- times not judged: {n} ({})", escape(reason));
        }
        for (side, all) in [("A", &self.only_in_a), ("B", &self.only_in_b)] {
            if !all.is_empty() {
                let names: Vec<String> =
                    all.iter().map(|OnlyIn { name, .. }| escape(&name.to_string())).collect();
                let _ = writeln!(out, "- only in {side}: {}", names.join("; "));
            }
        }
        if self.has_times_apart() {
            let _ = writeln!(out, "\n{}", APART.replace('\n', " "));
        }
        out
    }
}

fn section<'a>(out: &mut String, title: &str, sign: &str, all: impl Iterator<Item = &'a FamilyComparison>) {
    let mut rows = String::new();
    for family in all {
        for detail in family.details() {
            let (name, text) = (escape(&family.name.to_string()), escape(&detail.text));
            let _ = writeln!(rows, "| {sign} {name} | {text} | {} |", detail.standing);
        }
    }
    if !rows.is_empty() {
        let _ = writeln!(out, "\n## {title}\n\n| cells | what | |\n| --- | --- | --- |");
        out.push_str(&rows);
    }
}

/// Text that Markdown and its tables leave alone.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
