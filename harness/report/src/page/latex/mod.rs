//! The report as a LaTeX document, and each table as a fragment for a paper of one's own.

mod escape;
mod grid;

use std::fmt::Write as _;

use super::Parts;
use super::comparisons::{against, partly, ratio};
use super::rankings::{HEADS, numbers};
use super::transcribed_notes;
use crate::claims::{ClaimResult, Headline, Verdict};
use crate::comparison::{ComparisonView, EntryView, ProblemView, Standing};
use crate::number::times;
use crate::rankings::RankingView;
use crate::table::{CellView, TableView};
use escape::escape;
use grid::{Grid, lines};

const HEAD: &str = r"\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs,graphicx,longtable}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1}}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\setlength{\emergencystretch}{3em}
\raggedright
% As wide as it is, and no wider than the page.
\newsavebox{\wide}
\newcommand{\fit}[1]{\sbox{\wide}{#1}\ifdim\wd\wide>\linewidth\resizebox{\linewidth}{!}{\usebox{\wide}}\else\usebox{\wide}\fi}
\begin{document}
";

/// The report as a document that compiles by itself.
pub(crate) fn document(parts: &Parts<'_>) -> String {
    let page = parts.page;
    let mut out = format!("% Made by `harness report`; campaign {}.\n{HEAD}", escape(&page.campaign));
    let _ = writeln!(out, "{{\\LARGE\\bfseries {}\\par}}", escape(&page.title));
    for paper in &page.papers {
        let _ = writeln!(out, "{{\\small {}\\par}}", escape(paper));
    }
    let _ = writeln!(out, "\\medskip\\textbf{{{}.}}\\par", escape(&Headline::of(parts.claims).sentence()));
    let _ = writeln!(
        out,
        "Profile {}, campaign {}. {}.\\par",
        code(&page.profile),
        code(&page.campaign),
        escape(&page.summary)
    );
    for warning in &page.warnings {
        let _ = writeln!(out, "\\textbf{{!}} {}\\par", escape(warning));
    }
    claims(&mut out, parts.claims);
    let drawn: Vec<&TableView> = parts.tables.iter().filter(|t| t.ran()).collect();
    if !drawn.is_empty() {
        out.push_str("\\section*{The papers' tables, redrawn}\n");
    }
    for table in drawn {
        let _ = writeln!(out, "\\subsection*{{{}}}", escape(&table.title));
        paragraph(&mut out, table.source.as_deref());
        let _ = writeln!(out, "\\fit{{%\n{}}}\\par", fragment(table));
        paragraph(&mut out, table.note.as_deref());
    }
    let compared: Vec<&ComparisonView> = parts.comparisons.iter().filter(|c| !c.tables.is_empty()).collect();
    if !compared.is_empty() {
        out.push_str("\\section*{Solvers compared}\n");
    }
    for comparison in compared {
        compared_section(&mut out, comparison);
    }
    let ranked: Vec<&RankingView> = parts.rankings.iter().filter(|r| !r.solvers.is_empty()).collect();
    if !ranked.is_empty() {
        out.push_str("\\section*{Rankings}\n");
    }
    for ranking in ranked {
        ranking_section(&mut out, ranking);
    }
    out.push_str("\\section*{Provenance}\n\\begin{description}\\setlength{\\itemsep}{0pt}\n");
    for fact in &page.provenance {
        let _ = writeln!(out, "\\item[{}] {}", escape(&fact.name), code(&fact.value));
    }
    out.push_str("\\end{description}\n\\end{document}\n");
    out
}

/// A redrawn table as a `tabular`, for `\input` into a document that loads `amsmath`, `amssymb` and `booktabs`.
pub(crate) fn fragment(table: &TableView) -> String {
    // A column of the paper is three of ours where the paper has numbers in it.
    let beside = |column: usize| {
        let cells = table.rows.iter().filter_map(|row| row.cells[column].as_ref());
        cells.into_iter().any(|cell| cell.reported.is_some())
    };
    let columns: Vec<(String, &[&str])> = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let parts: &[&str] = if beside(i) { &["ours", "paper", "ratio"] } else { &[""] };
            (escape(name), parts)
        })
        .collect();
    let mut grid = Grid::new("", &columns);
    for row in &table.rows {
        let cells = columns.iter().zip(&row.cells).flat_map(|((_, parts), cell)| match cell {
            None => vec![String::new(); parts.len()],
            Some(cell) if parts.len() == 1 => vec![lines(&ours(cell))],
            Some(cell) => {
                let ratio = [escape(&cell.ratio_text()), verdict(cell)];
                vec![lines(&ours(cell)), escape(&cell.reported_text()), lines(&ratio)]
            }
        });
        grid.row(&escape(&row.label), cells);
    }
    grid.finish()
}

fn ours(cell: &CellView) -> [String; 3] {
    [escape(&cell.ours_text()), escape(&cell.interval_text()), escape(cell.reason.as_deref().unwrap_or(""))]
}

fn verdict(cell: &CellView) -> String {
    let proxy = if cell.proxy { " (proxy)" } else { "" };
    cell.verdict.map_or_else(String::new, |v| escape(&format!("{} {}{proxy}", v.sign(), v.as_str())))
}

fn claims(out: &mut String, claims: &[ClaimResult]) {
    let run: Vec<&ClaimResult> = claims.iter().filter(|c| c.ran).collect();
    if run.is_empty() {
        return;
    }
    out.push_str("\\section*{Claims}\n");
    out.push_str("\\begin{longtable}{@{}L{27mm}L{105mm}L{40mm}L{20mm}L{15mm}L{34mm}@{}}\n\\toprule\n");
    out.push_str("Verdict & Claim & Ours & Paper & Ratio & Accepted \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n");
    for claim in &run {
        let _ = write!(
            out,
            "{} & {} \\newline{{\\footnotesize {}; {}; {}}}",
            escape(&claim.verdict_text()),
            escape(&claim.statement),
            escape(&claim.source),
            escape(claim.transcribed),
            code(&claim.id),
        );
        let remark = claim.remark_text();
        if !remark.is_empty() {
            let _ = write!(out, " \\newline{{\\footnotesize\\itshape {}}}", escape(&remark));
        }
        let _ = writeln!(
            out,
            " & {} & {} & {} & {} \\\\\\addlinespace",
            escape(&claim.ours_text()),
            escape(&claim.reported_text()),
            escape(&claim.ratio.map_or_else(|| "–".to_owned(), times)),
            escape(&claim.region_text()),
        );
    }
    out.push_str("\\end{longtable}\n");
    let legend = Verdict::ALL.map(|v| format!("{} {}", v.sign(), v.as_str())).join(", ");
    paragraph(out, Some(&format!("{legend}, ▲ better than the paper's number.")));
    for note in transcribed_notes(&run) {
        paragraph(out, Some(note));
    }
    let not_run: Vec<String> = claims.iter().filter(|c| !c.ran).map(|c| code(&c.id)).collect();
    if !not_run.is_empty() {
        let _ = writeln!(out, "Not run in this profile: {}.\\par", not_run.join(", "));
    }
}

fn compared_section(out: &mut String, comparison: &ComparisonView) {
    let _ = writeln!(out, "\\subsection*{{{}}}", escape(&comparison.title));
    let _ = writeln!(
        out,
        "Median over blocks of {} with its 95\\,\\% interval; below it the ratio with its 95\\,\\% interval over blocks.\\par",
        code(&comparison.metric)
    );
    for warning in &comparison.warnings {
        let _ = writeln!(out, "\\textbf{{!}} {}\\par", escape(warning));
    }
    for table in &comparison.tables {
        let heading = format!("{}, ratios to {}", table.problem, against(comparison, table));
        let _ = writeln!(out, "\\textbf{{{}}}\\par\\nopagebreak", escape(&heading));
        let _ = writeln!(out, "\\fit{{%\n{}}}\\par", problem(comparison, table));
        for remark in &table.remarks {
            paragraph(out, Some(remark));
        }
    }
    for line in comparison.absent.iter().chain(&comparison.note) {
        paragraph(out, Some(line));
    }
}

fn ranking_section(out: &mut String, ranking: &RankingView) {
    let _ = writeln!(out, "\\subsection*{{{}}}", escape(&ranking.title));
    let _ = writeln!(out, "Cost of a run: {}.\\par", code(&ranking.metric));
    let columns: Vec<(String, &[&str])> = HEADS.iter().map(|name| (escape(name), &[""][..])).collect();
    let mut grid = Grid::new("Solver", &columns);
    for solver in &ranking.solvers {
        let peer = if solver.peer { " (peer)" } else { "" };
        let cells = numbers(ranking, solver).map(|(head, below)| lines(&[escape(&head), escape(&below)]));
        grid.row(&escape(&format!("{}{peer}", solver.name)), cells);
    }
    let _ = writeln!(out, "\\fit{{%\n{}}}\\par", grid.finish());
    paragraph(out, ranking.test_text().as_deref());
    for line in ranking.remarks.iter().chain(&ranking.note) {
        paragraph(out, Some(line));
    }
}

fn problem(comparison: &ComparisonView, table: &ProblemView) -> String {
    let columns: Vec<(String, &[&str])> =
        table.columns.iter().map(|name| (escape(name), &[""][..])).collect();
    let mut grid = Grid::new("Solver", &columns);
    for row in &table.rows {
        let peer = if row.peer { " (peer)" } else { "" };
        let cells =
            row.entries.iter().map(|e| e.as_ref().map_or_else(String::new, |e| entry(comparison, table, e)));
        grid.row(&escape(&format!("{}{peer}", row.name)), cells);
    }
    grid.finish()
}

fn entry(comparison: &ComparisonView, table: &ProblemView, entry: &EntryView) -> String {
    let value = escape(&entry.value_text(&comparison.unit));
    let value = if entry.standing == Standing::Best { format!("\\textbf{{{value}}}") } else { value };
    let standing = escape(entry.standing_text(comparison.best));
    let value = if standing.is_empty() { value } else { format!("{value} {standing}") };
    lines(&[
        value,
        escape(&entry.interval_text(&comparison.unit)),
        escape(&ratio(entry, table)),
        escape(partly(entry).unwrap_or("")),
        escape(entry.reason.as_deref().unwrap_or("")),
    ])
}

fn code(text: &str) -> String {
    format!("\\texttt{{{}}}", escape(text))
}

fn paragraph(out: &mut String, text: Option<&str>) {
    if let Some(text) = text {
        let _ = writeln!(out, "{{\\small {}\\par}}", escape(text));
    }
}
