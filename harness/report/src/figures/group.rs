//! Which cells make one line of a chart.

use std::fmt::Write as _;

use harness_plan::SuiteFile;
use harness_plan::suite_file::{ParamRef, Side};
use serde_json::{Map, Value};

use crate::campaign::{Picked, plain};

/// The cells behind one line.
pub(super) struct Group<'a> {
    /// The solver's label, and what else tells the line from others of the panel.
    pub(super) name: String,
    pub(super) solver_label: &'a str,
    pub(super) cells: Vec<Picked<'a>>,
}

/// One line a solver label; where the panel holds several problem labels, several values of a parameter or several
/// devices, element types or thread counts, one line each. `along` is the parameter on the x axis.
pub(super) fn groups<'a>(cells: &[Picked<'a>], file: &SuiteFile, along: Option<&ParamRef>) -> Vec<Group<'a>> {
    let many_problems = cells.iter().any(|c| c.problem_label != cells[0].problem_label);
    let mut keyed: Vec<(Vec<usize>, String, Picked<'a>)> = Vec::new();
    for cell in cells {
        let mut words = vec![cell.solver_label.to_owned()];
        if many_problems {
            words.push(format!("on {}", cell.problem_label));
        }
        let siblings: Vec<&Picked<'_>> = cells
            .iter()
            .filter(|c| c.solver_label == cell.solver_label && c.problem_label == cell.problem_label)
            .collect();
        words.extend(distinctions(cell, &siblings, along));
        let place =
            |labels: Vec<&str>, own: &str| labels.iter().position(|l| *l == own).unwrap_or(labels.len());
        let order = vec![
            place(file.solvers.iter().map(|s| s.label.as_str()).collect(), cell.solver_label),
            place(file.problems.iter().map(|p| p.label.as_str()).collect(), cell.problem_label),
        ];
        keyed.push((order, words.join(" "), *cell));
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| natural(&a.1).cmp(&natural(&b.1))));
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (_, name, cell) in keyed {
        match groups.last_mut() {
            Some(group) if group.name == name => group.cells.push(cell),
            _ => groups.push(Group { name, solver_label: cell.solver_label, cells: vec![cell] }),
        }
    }
    for group in &mut groups {
        group.cells.sort_by_key(|c| c.cell.spec.replicate);
    }
    groups
}

/// What tells `cell` from its siblings beside the replicate, as `name=value`.
fn distinctions(cell: &Picked<'_>, siblings: &[&Picked<'_>], along: Option<&ParamRef>) -> Vec<String> {
    let spec = &cell.cell.spec;
    let mut words = Vec::new();
    let mut params = |side: Side, of: fn(&Picked<'_>) -> Map<String, Value>| {
        for (name, value) in of(cell) {
            let is_x = along.is_some_and(|x| x.name == name && x.side.is_none_or(|s| s == side));
            if !is_x && siblings.iter().any(|s| of(s).get(&name) != Some(&value)) {
                words.push(format!("{name}={}", plain(&value)));
            }
        }
    };
    params(Side::Problem, |p| p.cell.spec.problem.params.clone());
    params(Side::Solver, |p| p.cell.spec.solver.params.clone());
    if siblings.iter().any(|s| s.cell.spec.device != spec.device) {
        words.push(spec.device.to_string());
    }
    if siblings.iter().any(|s| s.cell.spec.dtype != spec.dtype) {
        words.push(spec.dtype.to_string());
    }
    if siblings.iter().any(|s| s.cell.spec.threads != spec.threads) {
        words.push(format!("threads={}", spec.threads));
    }
    words
}

/// A key that sorts `k=4` before `k=15`: numbers are padded.
fn natural(text: &str) -> String {
    let (mut out, mut digits) = (String::new(), String::new());
    let flush = |out: &mut String, digits: &mut String| {
        if !digits.is_empty() {
            let _ = write!(out, "{digits:0>20}");
            digits.clear();
        }
    };
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut out, &mut digits);
            out.push(c);
        }
    }
    flush(&mut out, &mut digits);
    out
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_sort_by_value() {
        let mut names = ["sns k=15", "sns k=4", "sns k=4 n=100", "sinkhorn"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["sinkhorn", "sns k=4", "sns k=4 n=100", "sns k=15"]);
    }
}
