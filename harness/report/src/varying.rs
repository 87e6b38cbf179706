//! What tells the cells of one selection apart.

use std::collections::BTreeSet;

use harness_core::CellSpec;
use harness_plan::suite_file::{ParamRef, Side};
use serde_json::{Map, Value};

/// What is not the same in all cells of a selection, the replicate aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Varying {
    problem: BTreeSet<String>,
    solver: BTreeSet<String>,
    device: bool,
    dtype: bool,
    threads: bool,
}

impl Varying {
    /// What varies over `cells`.
    pub(crate) fn over<'a>(cells: impl IntoIterator<Item = &'a CellSpec>) -> Self {
        let mut cells = cells.into_iter();
        let mut varying = Self::default();
        let Some(first) = cells.next() else { return varying };
        for cell in cells {
            compare(&first.problem.params, &cell.problem.params, &mut varying.problem);
            compare(&first.solver.params, &cell.solver.params, &mut varying.solver);
            varying.device |= first.device != cell.device;
            varying.dtype |= first.dtype != cell.dtype;
            varying.threads |= first.threads != cell.threads;
        }
        varying
    }

    /// The same without a parameter.
    pub(crate) fn without(mut self, param: &ParamRef) -> Self {
        if param.side != Some(Side::Solver) {
            self.problem.remove(&param.name);
        }
        if param.side != Some(Side::Problem) {
            self.solver.remove(&param.name);
        }
        self
    }

    /// The values of what varies in a cell, as they are typed on the command line: `problem.n=500`, `threads=2`.
    pub(crate) fn pairs(&self, cell: &CellSpec) -> Vec<(&'static str, String, String)> {
        let params = |side: &'static str, names: &BTreeSet<String>, values: &Map<String, Value>| {
            let pair = |name: &String| Some((side, name.clone(), plain(values.get(name)?)));
            names.iter().filter_map(pair).collect::<Vec<_>>()
        };
        let mut pairs = params("problem.", &self.problem, &cell.problem.params);
        pairs.extend(params("solver.", &self.solver, &cell.solver.params));
        let mut setting = |varies: bool, name: &str, value: String| {
            if varies {
                pairs.push(("", name.to_owned(), value));
            }
        };
        setting(self.device, "device", cell.device.to_string());
        setting(self.dtype, "dtype", cell.dtype.to_string());
        setting(self.threads, "threads", cell.threads.to_string());
        pairs
    }
}

fn compare(first: &Map<String, Value>, other: &Map<String, Value>, varying: &mut BTreeSet<String>) {
    for (name, value) in first {
        if other.get(name) != Some(value) {
            varying.insert(name.clone());
        }
    }
    for name in other.keys().filter(|name| !first.contains_key(*name)) {
        varying.insert(name.clone());
    }
}

/// A parameter's value as it is typed on the command line.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) if n.is_f64() => n.as_f64().map_or_else(|| n.to_string(), crate::number::exact),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_written_as_typed() {
        assert_eq!(plain(&serde_json::json!(1200.0)), "1200");
        assert_eq!(plain(&serde_json::json!(1e-9)), "1e-9");
        assert_eq!(plain(&serde_json::json!("plan")), "plan");
        assert_eq!(plain(&serde_json::json!([1, 2])), "[1,2]");
    }
}
