//! How far the timings can be trusted, as the template takes it, and as Markdown.

use std::fmt::Write as _;

use serde::Serialize;

use super::markdown::text;
use crate::timing::{ControlPair, Finding, Timing, control_text};

#[derive(Serialize)]
pub(super) struct Timings {
    runs: usize,
    findings: Vec<Line>,
    controls: Vec<Control>,
}

#[derive(Serialize)]
struct Line {
    sign: &'static str,
    class: &'static str,
    what: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Control {
    problem: String,
    solver: String,
    cpu: String,
    wall: String,
    blocks: usize,
    runs: String,
    command: String,
}

fn sign(finding: &Finding) -> (&'static str, &'static str) {
    match finding.good {
        Some(true) => ("✓", "good"),
        Some(false) => ("✗", "bad"),
        None => ("–", "none"),
    }
}

fn ratio(shown: Option<&crate::claims::Shown>) -> String {
    shown.map_or_else(|| "–".to_owned(), control_text)
}

impl Timings {
    pub(super) fn of(timing: &Timing) -> Self {
        let line = |finding: Finding| {
            let (sign, class) = sign(&finding);
            Line { sign, class, what: finding.what, text: finding.text }
        };
        let control = |pair: &ControlPair| Control {
            problem: pair.problem.clone(),
            solver: pair.solver.clone(),
            cpu: ratio(pair.cpu.as_ref()),
            wall: ratio(pair.wall.as_ref()),
            blocks: pair.blocks,
            runs: pair.runs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            command: pair.command.clone(),
        };
        Self {
            runs: timing.runs,
            findings: timing.findings().into_iter().map(line).collect(),
            controls: timing.controls.iter().map(control).collect(),
        }
    }
}

pub(super) fn markdown(out: &mut String, timing: &Timing) {
    out.push_str("## How far the timings can be trusted\n\n");
    for finding in timing.findings() {
        let _ = writeln!(out, "- {} {}: {}", sign(&finding).0, text(finding.what), text(&finding.text));
    }
    out.push('\n');
    if timing.controls.is_empty() {
        return;
    }
    out.push_str("| A/A control | CPU time | Wall time | Blocks |\n| --- | ---: | ---: | ---: |\n");
    for pair in &timing.controls {
        let (cpu, wall) = (ratio(pair.cpu.as_ref()), ratio(pair.wall.as_ref()));
        let name = text(&format!("{} on {}", pair.solver, pair.problem));
        let _ = writeln!(out, "| {name} | {} | {} | {} |", text(&cpu), text(&wall), pair.blocks);
    }
    out.push('\n');
}
