//! Selections: which cells a table, a figure, a claim or an exclusion is about.

use harness_core::{CellSpec, Device, Dtype};
use serde_json::{Map, Value};

use super::Configured;
use super::values::same_value;
use crate::expr::named;
use crate::source::Spanned;

named!(
    /// A problem or a solver.
    Side as "side" {
        /// A problem.
        Problem = "problem",
        /// A solver.
        Solver = "solver",
    }
);

/// A parameter, perhaps of a problem or a solver only: `n`, `problem.n`, `solver.eta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamRef {
    /// Whose it is; none: either's.
    pub side: Option<Side>,
    /// Its name.
    pub name: String,
}

impl ParamRef {
    /// Reads `n`, `problem.n` or `solver.n`.
    pub fn parse(text: &str) -> Self {
        let (side, name) = match text.split_once('.') {
            Some((side, name)) if Side::from_name(side).is_some() => (Side::from_name(side), name),
            _ => (None, text),
        };
        Self { side, name: name.to_owned() }
    }

    /// The parameter's value in a cell: the problem's first when it is either's.
    pub fn of<'a>(&self, cell: &'a CellSpec) -> Option<&'a Value> {
        let get = |side, params: &'a Map<String, Value>| {
            if self.side.is_none_or(|own| own == side) { params.get(&self.name) } else { None }
        };
        get(Side::Problem, &cell.problem.params).or_else(|| get(Side::Solver, &cell.solver.params))
    }
}

impl std::fmt::Display for ParamRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.side {
            Some(side) => write!(f, "{side}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Which cells. What is not given selects all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Labels of problems; empty: all. An id in the file stands for every label that has it, unless it is a label itself.
    pub problem: Vec<Spanned<String>>,
    /// Labels of solvers; empty: all.
    pub solver: Vec<Spanned<String>>,
    /// Values of parameters; a parameter of either that has one of the values matches.
    pub conditions: Vec<Condition>,
    /// Devices; empty: all.
    pub device: Vec<Device>,
    /// Element types; empty: all.
    pub dtype: Vec<Dtype>,
    /// Thread counts; empty: all.
    pub threads: Vec<u32>,
}

/// One line of `where`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The parameter.
    pub param: Spanned<ParamRef>,
    /// The values that match.
    pub values: Vec<Value>,
}

/// What a selection looks at.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The label of the problem.
    pub problem_label: &'a str,
    /// The label of the solver.
    pub solver_label: &'a str,
    /// The cell.
    pub spec: &'a CellSpec,
}

fn any_or_all<T>(wanted: &[T], matches: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(matches)
}

/// Replaces each id by the labels that have it. A name that is a label means that label only.
fn expand_ids(names: &mut Vec<Spanned<String>>, configured: &[Configured]) {
    let mut labels: Vec<Spanned<String>> = Vec::new();
    for name in names.drain(..) {
        if configured.iter().all(|c| *c.label != *name) {
            let with_id = configured.iter().filter(|c| *c.id == *name);
            labels.extend(with_id.map(|c| Spanned { value: c.label.value.clone(), span: name.span }));
        }
        // An id that the command line names without a label becomes its own label.
        labels.push(name);
    }
    *names = labels;
}

impl Selection {
    /// Turns ids into labels, once the file's labels are known.
    pub(crate) fn expand(&mut self, problems: &[Configured], solvers: &[Configured]) {
        expand_ids(&mut self.problem, problems);
        expand_ids(&mut self.solver, solvers);
    }

    /// Whether a cell is selected.
    pub fn matches(&self, place: Place<'_>) -> bool {
        let spec = place.spec;
        any_or_all(&self.problem, |p| **p == place.problem_label)
            && any_or_all(&self.solver, |s| **s == place.solver_label)
            && any_or_all(&self.device, |d| *d == spec.device)
            && any_or_all(&self.dtype, |d| *d == spec.dtype)
            && any_or_all(&self.threads, |t| *t == spec.threads)
            && self.conditions.iter().all(|c| c.holds(spec))
    }
}

impl std::fmt::Display for Selection {
    /// As on the command line: `problem=a,b solver=c eta=100`; `all cells` if nothing is given.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn list<T: ToString>(values: &[T]) -> String {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
        let given = [
            ("problem".to_owned(), list(&self.problem)),
            ("solver".to_owned(), list(&self.solver)),
            ("device".to_owned(), list(&self.device)),
            ("dtype".to_owned(), list(&self.dtype)),
            ("threads".to_owned(), list(&self.threads)),
        ];
        let conditions = self.conditions.iter().map(|c| (c.param.to_string(), list(&c.values)));
        let pairs = given.into_iter().filter(|(_, values)| !values.is_empty()).chain(conditions);
        let words: Vec<String> = pairs.map(|(key, values)| format!("{key}={values}")).collect();
        f.write_str(if words.is_empty() { "all cells" } else { "" })?;
        f.write_str(&words.join(" "))
    }
}

impl Condition {
    /// Whether a cell has one of the values.
    pub fn holds(&self, spec: &CellSpec) -> bool {
        self.param.of(spec).is_some_and(|found| self.values.iter().any(|value| same_value(found, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn spanned(text: &str) -> Spanned<String> {
        Spanned::new(text.to_owned(), Span::new(0, 0))
    }

    fn configured(label: &str, id: &str) -> Configured {
        Configured { label: spanned(label), id: spanned(id), params: Vec::new() }
    }

    #[test]
    fn a_selection_is_written_as_on_the_command_line() {
        assert_eq!(Selection::default().to_string(), "all cells");
        let eta = Spanned::new(ParamRef::parse("solver.eta"), Span::new(0, 0));
        let selection = Selection {
            solver: vec![spanned("a"), spanned("b")],
            conditions: vec![Condition { param: eta, values: vec![100.into(), "x".into()] }],
            threads: vec![1, 2],
            ..Selection::default()
        };
        assert_eq!(selection.to_string(), r#"solver=a,b threads=1,2 solver.eta=100,"x""#);
    }

    #[test]
    fn a_name_that_is_a_label_and_an_id_means_the_label() {
        let all = [configured("sns", "sns"), configured("sns_8n", "sns"), configured("log", "sinkhorn_log")];
        let expanded = |names: &[&str]| {
            let mut names: Vec<Spanned<String>> = names.iter().map(|n| spanned(n)).collect();
            expand_ids(&mut names, &all);
            names.into_iter().map(|n| n.value).collect::<Vec<_>>()
        };
        assert_eq!(expanded(&["sns"]), ["sns"]);
        assert_eq!(expanded(&["sinkhorn_log"]), ["log", "sinkhorn_log"]);
        assert_eq!(expanded(&["unlabelled"]), ["unlabelled"]);
    }
}
