//! Which cells stand where: a table for each problem with its parameters, a row for each solver with its parameters, a
//! column for each accuracy or value of a parameter.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use harness_core::CellSpec;
use harness_core::canon::canon;
use harness_core::suite::is_peer;
use harness_plan::SuiteFile;
use harness_plan::suite_file::{By, Side};
use serde_json::{Value, json};

use crate::campaign::Picked;
use crate::natural::natural;
use crate::number;
use crate::varying::{Varying, plain};

/// The cells of one problem.
pub(super) struct Layout<'a> {
    pub(super) problem: &'a str,
    /// What tells it from other problems under the label: `n=500`.
    pub(super) words: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row<'a>>,
}

/// The cells of one solver on a problem, by column.
pub(super) struct Row<'a> {
    pub(super) solver: &'a str,
    pub(super) id: &'a str,
    /// What tells it from other solvers under the label.
    pub(super) words: String,
    pub(super) cells: Vec<Vec<Picked<'a>>>,
}

impl Row<'_> {
    pub(super) fn is_peer(&self) -> bool {
        is_peer(self.id)
    }

    /// The label with what tells it from others.
    pub(super) fn name(&self) -> String {
        if self.words.is_empty() { self.solver.to_owned() } else { format!("{} {}", self.solver, self.words) }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Column {
    /// The only one.
    Only,
    /// Runs with this tolerance.
    Tolerance(Option<f64>),
    /// Runs with this value of a parameter; none: without the parameter.
    Param(String, Option<Value>),
}

impl Column {
    fn of(by: &By, spec: &CellSpec) -> Self {
        match by {
            By::Nothing => Column::Only,
            By::Tolerance => Column::Tolerance(spec.stop.tol),
            By::Param(param) => Column::Param(param.name.clone(), param.of(spec).cloned()),
        }
    }

    /// The loosest accuracy and the smallest value first.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Column::Tolerance(a), Column::Tolerance(b)) => {
                let height = |tol: &Option<f64>| tol.unwrap_or(f64::INFINITY);
                height(b).total_cmp(&height(a))
            }
            (Column::Param(_, a), Column::Param(_, b)) => {
                let key = |v: &Option<Value>| {
                    let text = v.as_ref().map(plain);
                    (v.is_none(), v.as_ref().and_then(Value::as_f64), text.map(|t| natural(&t)))
                };
                let (a, b) = (key(a), key(b));
                let numbers = match (a.1, b.1) {
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    (a, b) => b.is_some().cmp(&a.is_some()),
                };
                a.0.cmp(&b.0).then(numbers).then(a.2.cmp(&b.2))
            }
            _ => Ordering::Equal,
        }
    }

    /// Its heading; `metric` heads the only one.
    pub(super) fn heading(&self, metric: &str) -> String {
        match self {
            Column::Only => metric.to_owned(),
            Column::Tolerance(None) => "no tolerance".to_owned(),
            Column::Tolerance(Some(tol)) if *tol < 0.1 => format!("to {tol:e}"),
            Column::Tolerance(Some(tol)) => format!("to {}", number::exact(*tol)),
            Column::Param(name, None) => format!("without {name}"),
            Column::Param(name, Some(value)) => format!("{name} = {}", plain(value)),
        }
    }

    /// Its value for programs.
    pub(super) fn value(&self) -> String {
        match self {
            Column::Only | Column::Tolerance(None) | Column::Param(_, None) => String::new(),
            Column::Tolerance(Some(tol)) => number::exact(*tol),
            Column::Param(_, Some(value)) => plain(value),
        }
    }
}

/// Lays cells out, problems and solvers in the order of the suite file.
pub(super) fn layouts<'a>(cells: &[Picked<'a>], by: &By, file: &SuiteFile) -> Vec<Layout<'a>> {
    let mut by_problem: BTreeMap<&str, Vec<Picked<'a>>> = BTreeMap::new();
    for cell in cells {
        by_problem.entry(cell.problem_label).or_default().push(*cell);
    }
    let place = |label: &str| file.problems.iter().position(|p| *p.label == *label).unwrap_or(usize::MAX);
    let mut all: Vec<((usize, String), Layout<'a>)> = Vec::new();
    for (problem, cells) in by_problem {
        let varying = without(Varying::over(cells.iter().map(|c| &c.cell.spec)), by);
        let mut variants: BTreeMap<String, Vec<Picked<'a>>> = BTreeMap::new();
        for cell in cells {
            variants.entry(problem_key(&cell.cell.spec, by)).or_default().push(cell);
        }
        for cells in variants.into_values() {
            let words = varying.problem_words(&cells[0].cell.spec).join(" ");
            all.push(((place(problem), natural(&words)), layout(problem, words, &cells, by)));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|(_, layout)| layout).collect()
}

/// What varies without what makes the columns.
fn without(varying: Varying, by: &By) -> Varying {
    match by {
        By::Nothing => varying,
        By::Tolerance => varying.without_tolerance(),
        By::Param(param) => varying.without(&param.value),
    }
}

/// The problem with its parameters, but for the one that makes the columns.
fn problem_key(spec: &CellSpec, by: &By) -> String {
    let mut params = spec.problem.params.clone();
    if let By::Param(param) = by
        && param.side != Some(Side::Solver)
    {
        params.remove(&param.name);
    }
    let key = json!({"id": spec.problem.id, "version": spec.problem.version, "params": params});
    canon(&key).unwrap_or_else(|_| key.to_string())
}

fn layout<'a>(problem: &'a str, words: String, cells: &[Picked<'a>], by: &By) -> Layout<'a> {
    let mut columns: Vec<Column> = Vec::new();
    for cell in cells {
        let column = Column::of(by, &cell.cell.spec);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns.sort_by(Column::order);
    let mut solvers: BTreeMap<&str, Vec<Picked<'a>>> = BTreeMap::new();
    for cell in cells {
        solvers.entry(cell.solver_label).or_default().push(*cell);
    }
    let mut rows: Vec<Row<'a>> = Vec::new();
    for (solver, cells) in solvers {
        let varying = without(Varying::over(cells.iter().map(|c| &c.cell.spec)), by).without_problem();
        let mut variants: BTreeMap<String, Vec<Picked<'a>>> = BTreeMap::new();
        for cell in cells {
            variants.entry(varying.words(&cell.cell.spec).join(" ")).or_default().push(cell);
        }
        for (words, cells) in variants {
            let id = cells[0].cell.spec.solver.id.as_str();
            let mut by_column = vec![Vec::new(); columns.len()];
            for cell in cells {
                let column = Column::of(by, &cell.cell.spec);
                if let Some(at) = columns.iter().position(|c| *c == column) {
                    by_column[at].push(cell);
                }
            }
            for cells in &mut by_column {
                cells.sort_by_key(|c: &Picked<'_>| c.cell.spec.replicate);
            }
            rows.push(Row { solver, id, words, cells: by_column });
        }
    }
    rows.sort_by_key(|row| natural(&row.name()));
    Layout { problem, words, columns, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_from_loose_to_tight_and_from_small_to_large() {
        let mut tolerances = [Some(1e-9), None, Some(1e-3)].map(Column::Tolerance);
        tolerances.sort_by(Column::order);
        assert_eq!(tolerances, [None, Some(1e-3), Some(1e-9)].map(Column::Tolerance));
        let param = |v: Option<Value>| Column::Param("n".to_owned(), v);
        let mut values = [json!(1000), json!("b"), json!(250.0), json!("a")].map(|v| param(Some(v))).to_vec();
        values.push(param(None));
        values.sort_by(Column::order);
        let headings: Vec<String> = values.iter().map(|c| c.heading("m")).collect();
        assert_eq!(headings, ["n = 250", "n = 1000", "n = a", "n = b", "without n"]);
    }
}
