//! Which cells make one line of a chart.

use std::collections::BTreeMap;

use harness_core::CellSpec;
use harness_plan::SuiteFile;
use harness_plan::suite_file::ParamRef;

use crate::campaign::Picked;
use crate::natural::natural;
use crate::varying::Varying;

/// The cells behind one line.
pub(super) struct Group<'a> {
    /// The solver's label, and what else tells the line from others of the panel.
    pub(super) name: String,
    pub(super) solver_label: &'a str,
    pub(super) cells: Vec<Picked<'a>>,
}

/// One line a solver label; where the panel holds several problem labels, several values of a parameter or several
/// devices, element types or thread counts, one line each. `along` is the parameter on the x axis; without one the lines go
/// along runs, which a looser tolerance only ends earlier: of several tolerances the tightest is drawn.
pub(super) fn groups<'a>(cells: &[Picked<'a>], file: &SuiteFile, along: Option<&ParamRef>) -> Vec<Group<'a>> {
    let many_problems = cells.iter().any(|c| c.problem_label != cells[0].problem_label);
    let mut labelled: BTreeMap<(&str, &str), Vec<&CellSpec>> = BTreeMap::new();
    for cell in cells {
        labelled.entry((cell.problem_label, cell.solver_label)).or_default().push(&cell.cell.spec);
    }
    let varying: BTreeMap<(&str, &str), Varying> = labelled
        .into_iter()
        .map(|(labels, specs)| {
            let varying = Varying::over(specs);
            (labels, if let Some(x) = along { varying.without(x) } else { varying.without_tolerance() })
        })
        .collect();
    let solver_place = |label: &str| file.solvers.iter().position(|s| *s.label == *label);
    let problem_place = |label: &str| file.problems.iter().position(|p| *p.label == *label);
    let mut keyed: Vec<((Option<usize>, Option<usize>), String, Picked<'a>)> = Vec::new();
    for cell in cells {
        let mut words = vec![cell.solver_label.to_owned()];
        if many_problems {
            words.push(format!("on {}", cell.problem_label));
        }
        if let Some(varying) = varying.get(&(cell.problem_label, cell.solver_label)) {
            words.extend(varying.words(&cell.cell.spec));
        }
        let order = (solver_place(cell.solver_label), problem_place(cell.problem_label));
        keyed.push((order, words.join(" "), *cell));
    }
    keyed.sort_by_cached_key(|k| (k.0, natural(&k.1)));
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (_, name, cell) in keyed {
        match groups.last_mut() {
            Some(group) if group.name == name => group.cells.push(cell),
            _ => groups.push(Group { name, solver_label: cell.solver_label, cells: vec![cell] }),
        }
    }
    for group in &mut groups {
        if along.is_none() {
            let tightest = group.cells.iter().map(tolerance).fold(f64::INFINITY, f64::min);
            group.cells.retain(|cell| tolerance(cell) <= tightest);
        }
        group.cells.sort_by_key(|c| c.cell.spec.replicate);
    }
    groups
}

/// The tolerance that a run was to reach; one without goes on as far as one can.
fn tolerance(cell: &Picked<'_>) -> f64 {
    cell.cell.spec.stop.tol.unwrap_or(0.0)
}
