//! What tells the cells of one selection apart.

use std::collections::BTreeSet;

use harness_core::{CellSpec, Measure};
use harness_plan::suite_file::{ParamRef, Side};
use serde_json::{Map, Value};

/// How a name says that an optional value is not given.
const NONE: &str = "null";

/// What a cell is run with beside its problem and solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Setting {
    Device,
    Dtype,
    Threads,
    Tolerance,
    MaxIter,
    Budget,
    Measure,
}

impl Setting {
    const ALL: [Setting; 7] = [
        Setting::Device,
        Setting::Dtype,
        Setting::Threads,
        Setting::Tolerance,
        Setting::MaxIter,
        Setting::Budget,
        Setting::Measure,
    ];

    fn differs(self, a: &CellSpec, b: &CellSpec) -> bool {
        match self {
            Setting::Device => a.device != b.device,
            Setting::Dtype => a.dtype != b.dtype,
            Setting::Threads => a.threads != b.threads,
            Setting::Tolerance => a.stop.tol != b.stop.tol,
            Setting::MaxIter => a.stop.max_iter != b.stop.max_iter,
            Setting::Budget => a.stop.budget_s != b.stop.budget_s,
            Setting::Measure => a.measure != b.measure,
        }
    }

    /// Key and value as they are typed on the command line; the kind of a measurement cannot be.
    fn pair(self, cell: &CellSpec) -> Option<(&'static str, String)> {
        let optional = |x: Option<f64>| x.map_or_else(|| NONE.to_owned(), crate::number::exact);
        Some(match self {
            Setting::Device => ("device", cell.device.to_string()),
            Setting::Dtype => ("dtype", cell.dtype.to_string()),
            Setting::Threads => ("threads", cell.threads.to_string()),
            Setting::Tolerance => ("stop.tol", optional(cell.stop.tol)),
            Setting::MaxIter => ("stop.max_iter", cell.stop.max_iter.to_string()),
            Setting::Budget => ("stop.budget_s", optional(cell.stop.budget_s)),
            Setting::Measure => return None,
        })
    }
}

/// What is not the same in all cells of a selection, the replicate aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Varying {
    problem: BTreeSet<String>,
    solver: BTreeSet<String>,
    settings: BTreeSet<Setting>,
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
            varying.settings.extend(Setting::ALL.into_iter().filter(|setting| setting.differs(first, cell)));
        }
        varying
    }

    /// The same without the tolerance.
    pub(crate) fn without_tolerance(mut self) -> Self {
        self.settings.remove(&Setting::Tolerance);
        self
    }

    /// The same without how runs are stopped and measured.
    pub(crate) fn without_stop(mut self) -> Self {
        self.settings.retain(|s| matches!(s, Setting::Device | Setting::Dtype | Setting::Threads));
        self
    }

    /// The same without the problem and its parameters.
    pub(crate) fn without_problem(mut self) -> Self {
        self.problem.clear();
        self
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
            let pair = |name: &String| Some((side, name.clone(), typed(values.get(name)?)));
            names.iter().filter_map(pair).collect::<Vec<_>>()
        };
        let mut pairs = params("problem.", &self.problem, &cell.problem.params);
        pairs.extend(params("solver.", &self.solver, &cell.solver.params));
        let settings = self.settings.iter().filter_map(|setting| setting.pair(cell));
        pairs.extend(settings.map(|(name, value)| ("", name.to_owned(), value)));
        pairs
    }

    /// The values of the problem's parameters that vary: `n=500`.
    pub(crate) fn problem_words(&self, cell: &CellSpec) -> Vec<String> {
        let own = self.pairs(cell).into_iter().filter(|(side, ..)| *side == "problem.");
        own.map(|(_, name, value)| format!("{name}={value}")).collect()
    }

    /// The values of what varies in a cell, as a name has them: `n=500 tol=1e-9`.
    pub(crate) fn words(&self, cell: &CellSpec) -> Vec<String> {
        let short = |name: String| name.strip_prefix("stop.").map(str::to_owned).unwrap_or(name);
        let mut words: Vec<String> =
            self.pairs(cell).into_iter().map(|(_, name, value)| format!("{}={value}", short(name))).collect();
        if self.settings.contains(&Setting::Measure) {
            words.push(match &cell.measure {
                Measure::Trace {} => "untimed".to_owned(),
                Measure::Solve { warmup, samples } => format!("warmup={warmup} samples={samples}"),
                Measure::Step { warmup, samples, min_sample_s } => {
                    format!("steps of {min_sample_s} s, warmup={warmup} samples={samples}")
                }
            });
        }
        words
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

/// A parameter's value as it is typed on the command line, which reads it as YAML: a text that would be read as something
/// else stands in quotes.
fn typed(value: &Value) -> String {
    match value {
        Value::String(text) if !is_plain_word(text) => value.to_string(),
        other => plain(other),
    }
}

/// Whether YAML reads a text as that text.
fn is_plain_word(text: &str) -> bool {
    const WORDS_OF_YAML: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "inf", "nan"];
    let of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '/'))
        && text.chars().all(of_word)
        && !WORDS_OF_YAML.contains(&text.to_ascii_lowercase().as_str())
}

/// A parameter's value as people read it.
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
    fn a_text_that_yaml_reads_as_something_else_is_typed_in_quotes() {
        for text in ["plan", "log_domain", "data/x-1.npz", "/tmp/a.npz", "v1.2"] {
            assert_eq!(typed(&serde_json::json!(text)), text);
        }
        for text in [
            "", "1", "1e3", "1..3", "true", "No", "null", "~", ".inf", "a, b", "[x]", "a: b", "a #b", "'q'",
            "-", "ü",
        ] {
            assert_eq!(typed(&serde_json::json!(text)), format!("\"{text}\""));
        }
        assert_eq!(typed(&serde_json::json!("a \"b\" \\\n")), r#""a \"b\" \\\n""#);
    }

    #[test]
    fn parameters_are_written_as_typed() {
        assert_eq!(plain(&serde_json::json!(1200.0)), "1200");
        assert_eq!(plain(&serde_json::json!(1e-9)), "1e-9");
        assert_eq!(plain(&serde_json::json!("plan")), "plan");
        assert_eq!(plain(&serde_json::json!([1, 2])), "[1,2]");
    }
}
