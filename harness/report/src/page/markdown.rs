//! The report's essentials as Markdown, for a pull request.

use std::fmt::Write as _;

use harness_core::printable;

use super::view::PageView;
use super::{Parts, comparisons, rankings, timings, transcribed_notes};
use crate::claims::{ClaimResult, Headline};
use crate::number;
use crate::table::{CellView, TableView};

/// Most failures that are listed; the page has them all.
const FAILURES_SHOWN: usize = 10;
/// Most lines of a standard error tail.
const STDERR_LINES: usize = 8;

/// Renders the Markdown file.
pub(crate) fn markdown(parts: &Parts<'_>) -> String {
    let Parts { page, claims, tables, figures, .. } = *parts;
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n", text(&page.title));
    let _ = writeln!(out, "**{}.**\n", text(&Headline::of(claims).sentence()));
    let _ = writeln!(
        out,
        "Profile {}, campaign {}. {}.\n",
        code(&page.profile),
        code(&page.campaign),
        text(&page.summary)
    );
    for warning in &page.warnings {
        let _ = writeln!(out, "> ⚠ {}\n", text(warning));
    }
    claims_table(&mut out, claims);
    comparisons::markdown(&mut out, parts.comparisons);
    rankings::markdown(&mut out, parts.rankings);
    if let Some(timing) = parts.timing {
        timings::markdown(&mut out, timing);
    }
    for table in tables.iter().filter(|t| t.ran()) {
        paper_table(&mut out, table);
    }
    for figure in figures.iter().filter(|f| !f.panels.is_empty()) {
        let _ = writeln!(out, "## {}\n", text(&figure.title));
        for panel in &figure.panels {
            let _ = writeln!(out, "![{}](figures/{}.png)\n", text(&panel.alt), panel.name);
        }
    }
    let titles = tables.iter().filter(|t| !t.ran()).map(|t| &t.title);
    let titles = titles.chain(figures.iter().filter(|f| f.panels.is_empty()).map(|f| &f.title));
    let titles = titles.chain(parts.comparisons.iter().filter(|c| c.tables.is_empty()).map(|c| &c.title));
    let titles = titles.chain(parts.rankings.iter().filter(|r| !r.ran).map(|r| &r.title));
    not_run(&mut out, &titles.map(|t| text(t)).collect::<Vec<_>>().join("; "));
    failures(&mut out, page);
    let _ = writeln!(out, "## Provenance\n");
    for fact in &page.provenance {
        let _ = writeln!(out, "- {}: {}", text(&fact.name), code(&fact.value));
    }
    out
}

fn claims_table(out: &mut String, claims: &[ClaimResult]) {
    if claims.is_empty() {
        return;
    }
    out.push_str("## Claims\n\n");
    let run: Vec<&ClaimResult> = claims.iter().filter(|c| c.ran).collect();
    not_run(out, &claims.iter().filter(|c| !c.ran).map(|c| code(&c.id)).collect::<Vec<_>>().join(", "));
    if run.is_empty() {
        return;
    }
    out.push_str("| Verdict | Claim | Ours | Paper | Ratio | Accepted | n |\n");
    out.push_str("| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    for claim in claims.iter().filter(|c| c.ran) {
        let remark = claim.remark_text();
        let remark = if remark.is_empty() { remark } else { format!("<br>_{}_", text(&remark)) };
        let _ = writeln!(
            out,
            "| {} | {} ({}; {}){remark} | {} | {} | {} | {} | {} |",
            text(&claim.verdict_text()),
            text(&claim.statement),
            text(&claim.source),
            text(&claim.transcribed_text()),
            text(&claim.ours_text()),
            text(&claim.reported_text()),
            claim.ratio.map_or_else(|| "–".to_owned(), number::times),
            text(&claim.region_text()),
            claim.estimate.as_ref().map_or_else(|| "–".to_owned(), |e| e.n.to_string()),
        );
    }
    out.push('\n');
    for note in transcribed_notes(&run) {
        let _ = writeln!(out, "- {note}");
    }
    out.push('\n');
    let commands: Vec<&String> = claims.iter().flat_map(|c| &c.commands).collect();
    fold(out, "Commands that run the cells behind the claims again", &commands);
}

/// One line on what has no runs.
fn not_run(out: &mut String, names: &str) {
    if !names.is_empty() {
        let _ = writeln!(out, "Not run in this profile: {names}.\n");
    }
}

fn fold(out: &mut String, title: &str, commands: &[&String]) {
    let mut seen: Vec<&String> = Vec::new();
    for command in commands {
        if !seen.contains(command) {
            seen.push(command);
        }
    }
    if seen.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details><summary>{}</summary>\n", text(title));
    for command in seen {
        let _ = writeln!(out, "    {}", command.replace('\n', " "));
    }
    out.push_str("\n</details>\n\n");
}

fn paper_table(out: &mut String, table: &TableView) {
    let _ = writeln!(out, "## {}\n", text(&table.title));
    if let Some(source) = &table.source {
        let _ = writeln!(out, "{}. Each cell: ours | paper's | ratio | verdict.\n", text(source));
    }
    let heads: Vec<String> = table.columns.iter().map(|c| text(c)).collect();
    let _ = writeln!(out, "| | {} |", heads.join(" | "));
    let _ = writeln!(out, "| --- |{}", " --- |".repeat(heads.len()));
    for row in &table.rows {
        let cells: Vec<String> =
            row.cells.iter().map(|c| c.as_ref().map_or_else(String::new, cell)).collect();
        let _ = writeln!(out, "| {} | {} |", text(&row.label), cells.join(" | "));
    }
    out.push('\n');
    if let Some(note) = &table.note {
        let _ = writeln!(out, "{}\n", text(note));
    }
}

fn cell(cell: &CellView) -> String {
    let mut parts = vec![format!("**{}**", text(&cell.ours_text()))];
    if cell.reported.is_some() {
        parts.extend([text(&cell.reported_text()), cell.ratio_text()]);
    }
    if let Some(verdict) = cell.verdict {
        let proxy = if cell.proxy { " (proxy)" } else { "" };
        parts.push(format!("{} {}{proxy}", verdict.sign(), verdict.as_str()));
    }
    let mut out = parts.join(" / ");
    for line in [Some(cell.interval_text()), cell.reason.clone()].into_iter().flatten() {
        if !line.is_empty() {
            let _ = write!(out, "<br>{}", text(&line));
        }
    }
    out
}

fn failures(out: &mut String, page: &PageView) {
    if page.failures.is_empty() {
        return;
    }
    out.push_str("## Failures\n\n");
    for failure in page.failures.iter().take(FAILURES_SHOWN) {
        let _ = writeln!(out, "- **{}**: {}<br>", text(&failure.outcome), text(&failure.what));
        if let Some(reason) = &failure.reason {
            let _ = writeln!(out, "  {}<br>", text(reason));
        }
        let _ = writeln!(out, "  {}", code(&failure.command));
        if let Some(stderr) = &failure.stderr {
            let lines: Vec<&str> = stderr.lines().collect();
            out.push('\n');
            for line in &lines[lines.len().saturating_sub(STDERR_LINES)..] {
                let _ = writeln!(out, "      {line}");
            }
            out.push('\n');
        }
    }
    if page.failures.len() > FAILURES_SHOWN {
        let _ = writeln!(out, "- and {} more", page.failures.len() - FAILURES_SHOWN);
    }
    out.push('\n');
}

/// Text that Markdown, HTML and a terminal leave alone.
pub(super) fn text(raw: &str) -> String {
    let mut out = String::new();
    for c in printable(raw).chars() {
        match c {
            '\n' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '*' | '_' | '`' | '\\' | '[' | ']' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A code span that holds any text, outside of tables.
pub(super) fn code(raw: &str) -> String {
    let raw = printable(raw).replace('\n', " ");
    let longest = raw.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if raw.starts_with('`') || raw.ends_with('`') {
        format!("{fence} {raw} {fence}")
    } else {
        format!("{fence}{raw}{fence}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_disarmed() {
        assert_eq!(text("a|b <script> `x` [y](z)\n# h"), r"a\|b &lt;script&gt; \`x\` \[y\](z) \# h");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!((text("\u{1b}[2J"), code("`\u{1b}`a")), (r"\[2J".to_owned(), "``` ``a ```".to_owned()));
    }
}
