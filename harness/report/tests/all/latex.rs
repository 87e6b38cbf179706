//! LaTeX: the document and its fragments compile, hostile names included.

use std::path::Path;
use std::process::Command;

use harness_report::Report;

use crate::pages::{hostile_campaign, shared};
use crate::skipped;

/// The engines that compile the document, the quickest first.
const ENGINES: [&str; 3] = ["pdflatex", "lualatex", "tectonic"];

fn engine() -> Option<&'static str> {
    let works = |engine: &&str| {
        Command::new(engine).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    let found = ENGINES.into_iter().find(works);
    if found.is_none() {
        skipped(
            "no LaTeX here; `apt-get install --no-install-recommends texlive-latex-recommended` brings one",
        );
    }
    found
}

/// Compiles `name` in `dir`, and gives back what it said if it did not.
fn compile(engine: &str, dir: &Path, name: &str) {
    let mut command = Command::new(engine);
    if engine != "tectonic" {
        command.args(["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]);
    }
    let output = command.arg(name).current_dir(dir).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let tail: Vec<&str> = said.lines().rev().take(30).collect();
    assert!(output.status.success(), "{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
    let pdf = dir.join(name).with_extension("pdf");
    assert!(std::fs::metadata(pdf).unwrap().len() > 1000);
}

fn compiles(report: &Report) {
    let Some(engine) = engine() else { return };
    let dir = tempfile::tempdir().unwrap();
    report.write(dir.path()).unwrap();
    compile(engine, dir.path(), "report.tex");
    // In another document, as the head comment of docs/report.md says.
    let inputs: Vec<String> = report.tables.iter().map(|t| format!("\\input{{tables/{}}}", t.id)).collect();
    let inputs = inputs.join("\n\n");
    let paper = format!(
        "\\documentclass[twocolumn]{{article}}\n\\usepackage{{amsmath,amssymb,booktabs}}\n\\begin{{document}}\n{inputs}\n\\end{{document}}\n"
    );
    std::fs::write(dir.path().join("paper.tex"), paper).unwrap();
    compile(engine, dir.path(), "paper.tex");
}

#[test]
fn the_document_and_its_fragments_compile() {
    compiles(shared());
}

#[test]
fn hostile_names_compile_too() {
    compiles(
        &hostile_campaign(
            r"\input{/etc/passwd} $x_1^2$ & 50 % #1 ~{[2pt] *\\ \end{document} η ✓ 中 --x ^^41",
        )
        .report(),
    );
}

#[test]
fn a_table_as_latex() {
    let report = shared();
    insta::assert_snapshot!("latex_table", text(report, "tables/table1.tex"));
    let document = text(report, "report.tex");
    assert!(document.contains(&text(report, "tables/table1.tex")), "the document holds the fragment");
    assert!(document.is_ascii());
}

fn text(report: &Report, name: &str) -> String {
    String::from_utf8(report.files[name].clone()).unwrap()
}
