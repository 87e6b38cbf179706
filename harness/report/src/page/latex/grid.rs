//! A `tabular` with the rules of booktabs.

use std::fmt::Write as _;

/// A table in the making: a column of labels, then columns that may be divided.
pub(super) struct Grid {
    out: String,
    width: usize,
    rows: usize,
}

impl Grid {
    /// With the heading of the labels, and for each column its heading and the headings of its parts; a column of one part
    /// needs none. Headings are LaTeX already.
    pub(super) fn new(corner: &str, columns: &[(String, &[&str])]) -> Self {
        let width: usize = columns.iter().map(|(_, parts)| parts.len()).sum();
        let mut out = format!("\\begin{{tabular}}{{@{{}}l{}@{{}}}}\n\\toprule\n", "r".repeat(width));
        out.push_str(corner);
        for (name, parts) in columns {
            let align = if parts.len() > 1 { 'c' } else { 'r' };
            let _ = write!(out, " & \\multicolumn{{{}}}{{{align}}}{{{name}}}", parts.len());
        }
        out.push_str(" \\\\\n");
        if columns.iter().any(|(_, parts)| parts.len() > 1) {
            let mut at = 2;
            for (_, parts) in columns {
                if parts.len() > 1 {
                    let _ = write!(out, "\\cmidrule(lr){{{at}-{}}}", at + parts.len() - 1);
                }
                at += parts.len();
            }
            out.push('\n');
            for part in columns.iter().flat_map(|(_, parts)| parts.iter()) {
                let _ = write!(out, " & {part}");
            }
            out.push_str(" \\\\\n");
        }
        out.push_str("\\midrule\n");
        Self { out, width, rows: 0 }
    }

    /// A row with as many cells as the columns have parts.
    pub(super) fn row(&mut self, label: &str, cells: impl IntoIterator<Item = String>) {
        if self.rows > 0 {
            self.out.push_str("\\addlinespace\n");
        }
        self.rows += 1;
        self.out.push_str(label);
        let mut left = self.width;
        for cell in cells.into_iter().take(self.width) {
            let _ = write!(self.out, " & {cell}");
            left -= 1;
        }
        self.out.push_str(&" & ".repeat(left));
        self.out.push_str(" \\\\\n");
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str("\\bottomrule\n\\end{tabular}%\n");
        self.out
    }
}

/// Lines above one another in a cell; empty ones are left out.
pub(super) fn lines(lines: &[String]) -> String {
    let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    match lines[..] {
        [] => String::new(),
        [only] => only.to_owned(),
        _ => format!("\\begin{{tabular}}[t]{{@{{}}r@{{}}}}{}\\end{{tabular}}", lines.join(r" \\ ")),
    }
}
