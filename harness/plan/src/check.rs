//! Checks that both files share: names of a suite and of its suite file.

use std::collections::BTreeSet;
use std::sync::Arc;

use harness_core::params::Resolved;
use harness_core::{Suite, suggest};

use crate::diagnostic::Diagnostics;
use crate::expr::{Metric, UseKind};
use crate::resolve;
use crate::source::{Source, Span, Spanned};
use crate::suite_file::{Configured, ParamRef, Selection, Side, SuiteFile, same_value};

/// Records an error for each id that was used before.
pub(crate) fn unique<'a>(
    ids: impl IntoIterator<Item = &'a Spanned<String>>,
    what: &str,
    source: &Arc<Source>,
    errors: &mut Diagnostics,
) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id.value.as_str()) {
            errors.push(source, id.span, format!("a second {what} `{id}`"), None);
        }
    }
}

/// What a name must be that becomes that of a file or folder, or part of one.
pub(crate) const FILE_NAME: &str =
    "files are called by it: use letters, digits, `_`, `-` and `.`, with neither `.` nor `-` in front";

/// Whether a name is one that [`FILE_NAME`] asks for: it leads nowhere, hides nothing, and no program takes it for an option.
pub(crate) fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(plain)
}

/// Records an error for each name that becomes that of a file or folder and cannot: it could lead out of its folder.
pub(crate) fn file_names<'a>(
    names: impl IntoIterator<Item = &'a Spanned<String>>,
    what: &str,
    source: &Arc<Source>,
    errors: &mut Diagnostics,
) {
    for name in names {
        if !is_file_name(name) {
            let message = format!("`{name}` cannot be the name of a {what}");
            errors.push(source, name.span, message, Some(FILE_NAME.to_owned()));
        }
    }
}

/// Records an error for each label that the command line could not name.
pub(crate) fn label_names<'a>(
    labels: impl IntoIterator<Item = &'a Spanned<String>>,
    what: Side,
    source: &Arc<Source>,
    errors: &mut Diagnostics,
) {
    for label in labels {
        let odd = |c: char| c == ',' || c.is_control();
        if label.is_empty() || label.trim() != label.value || label.contains(odd) {
            let help = "the command line names it in a list: no commas, no line ends, no blanks at its ends"
                .to_owned();
            let message = format!("`{}` cannot be the label of a {what}", label.escape_debug());
            errors.push(source, label.span, message, Some(help));
        }
    }
}

/// The names that a suite and its suite file know.
pub(crate) struct Names<'a> {
    file: &'a SuiteFile,
    suite: &'a Suite,
    problem_metrics: Vec<&'a str>,
    variants: Vec<Variants<'a>>,
}

/// What a label stands for.
struct Variants<'a> {
    side: Side,
    configured: &'a Configured,
    params: Vec<Resolved>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(file: &'a SuiteFile, suite: &'a Suite) -> Self {
        let mut variants = Vec::new();
        for (all, side) in [(&file.problems, Side::Problem), (&file.solvers, Side::Solver)] {
            for configured in all {
                // Their errors are reported where the labels are checked.
                let errors = &mut Diagnostics::default();
                let params = resolve::variants(configured, side, &[], suite, &file.source, errors);
                variants.push(Variants { side, configured, params });
            }
        }
        Self { file, suite, problem_metrics: suite.metrics().iter().map(|m| m.id).collect(), variants }
    }

    fn configured(&self, side: Side) -> &'a [Configured] {
        match side {
            Side::Problem => &self.file.problems,
            Side::Solver => &self.file.solvers,
        }
    }

    fn labels(&self, side: Side) -> Vec<&'a str> {
        self.configured(side).iter().map(|c| c.label.as_str()).collect()
    }

    fn unknown(
        what: &str,
        name: &Spanned<String>,
        known: &[&str],
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        let help = suggest::hint(name, known.iter().copied());
        errors.push(source, name.span, format!("unknown {what} `{name}`"), Some(help));
    }

    /// A label of the suite file.
    pub(crate) fn label(
        &self,
        label: &Spanned<String>,
        side: Side,
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        let known = self.labels(side);
        if !known.contains(&label.as_str()) {
            Self::unknown(side.as_str(), label, &known, source, errors);
        }
    }

    /// A label of the suite file, or the id of a problem or solver that has a label there.
    pub(crate) fn label_or_id(
        &self,
        name: &Spanned<String>,
        side: Side,
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        let mut known = self.labels(side);
        for configured in self.configured(side) {
            if !known.contains(&configured.id.as_str()) {
                known.push(&configured.id);
            }
        }
        if !known.contains(&name.as_str()) {
            Self::unknown(side.as_str(), name, &known, source, errors);
        }
    }

    /// A paper of the suite file.
    pub(crate) fn paper(&self, id: &Spanned<String>, source: &Arc<Source>, errors: &mut Diagnostics) {
        let known: Vec<&str> = self.file.papers.iter().map(|p| p.id.as_str()).collect();
        if !known.contains(&id.as_str()) {
            Self::unknown("paper", id, &known, source, errors);
        }
    }

    /// A profile of the suite file.
    pub(crate) fn profile(&self, name: &Spanned<String>, source: &Arc<Source>, errors: &mut Diagnostics) {
        let known: Vec<&str> = self.file.profiles.iter().map(|p| p.name.as_str()).collect();
        if !known.contains(&name.as_str()) {
            Self::unknown("profile", name, &known, source, errors);
        }
    }

    /// A metric of one of the suite's problems.
    pub(crate) fn problem_metric(
        &self,
        name: &Spanned<String>,
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        if !self.problem_metrics.contains(&name.as_str()) {
            Self::unknown("metric", name, &self.problem_metrics, source, errors);
        }
    }

    /// A metric of one of the suite's problems, or one that the suite file declares.
    pub(crate) fn trace_metric(
        &self,
        name: &Spanned<String>,
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        self.trace(name, name.span, source, errors);
    }

    fn trace(&self, name: &str, span: Span, source: &Arc<Source>, errors: &mut Diagnostics) {
        let mut known = self.problem_metrics.clone();
        known.extend(self.file.trace_metrics.iter().map(|m| m.as_str()));
        if !known.contains(&name) {
            let help = match suggest::nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "{}; declare a solver's own note in `trace_metrics` of the suite file",
                    suggest::hint(name, known)
                ),
            };
            errors.push(source, span, format!("unknown trace metric `{name}`"), Some(help));
        }
    }

    /// The trace metrics of an expression.
    pub(crate) fn metric(&self, metric: &Metric, source: &Arc<Source>, errors: &mut Diagnostics) {
        for used in metric.uses.iter().filter(|u| u.kind == UseKind::Trace) {
            self.trace(&used.name, used.span, source, errors);
        }
    }

    /// The names of a selection.
    pub(crate) fn selection(&self, select: &Selection, source: &Arc<Source>, errors: &mut Diagnostics) {
        for (names, side) in [(&select.problem, Side::Problem), (&select.solver, Side::Solver)] {
            for name in names {
                self.label_or_id(name, side, source, errors);
            }
        }
        for condition in &select.conditions {
            self.parameter(&condition.param, &[select], source, errors);
        }
    }

    /// The names of a selection, and that some label has the values that it asks for.
    pub(crate) fn selection_with_values(
        &self,
        select: &Selection,
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        let before = errors.len();
        self.selection(select, source, errors);
        if errors.len() > before {
            return;
        }
        for condition in &select.conditions {
            let mut known: Vec<String> = Vec::new();
            let (mut complete, mut matched) = (true, false);
            for variants in self.variants.iter().filter(|v| is_selected(v.configured, v.side, select)) {
                complete &= !variants.params.is_empty();
                if condition.param.side.is_some_and(|side| side != variants.side) {
                    continue;
                }
                for value in variants.params.iter().filter_map(|p| p.values.get(&condition.param.name)) {
                    if condition.values.iter().any(|wanted| same_value(value, wanted)) {
                        matched = true;
                        break;
                    }
                    if !known.contains(&value.to_string()) {
                        known.push(value.to_string());
                    }
                }
            }
            if complete && !matched {
                let message = format!("no label gives `{}` this value", condition.param.value);
                let help = format!("it is {}", known.join(", "));
                errors.push(source, condition.param.span, message, Some(help));
            }
        }
    }

    /// A parameter of at least one problem or solver that the selections (together) select.
    pub(crate) fn parameter(
        &self,
        param: &Spanned<ParamRef>,
        selections: &[&Selection],
        source: &Arc<Source>,
        errors: &mut Diagnostics,
    ) {
        let mut known: Vec<String> = Vec::new();
        for side in [Side::Problem, Side::Solver] {
            if param.side.is_some_and(|own| own != side) {
                continue;
            }
            let Some(names) = self.parameters(side, selections) else { return };
            for name in names {
                if !known.contains(&name) {
                    known.push(name);
                }
            }
        }
        if known.iter().all(|name| *name != param.name) {
            let help = suggest::hint(&param.name, known.iter().map(String::as_str).collect::<Vec<_>>());
            let whose = param.side.map_or("of the selected problems and solvers".to_owned(), |side| {
                format!("of the selected {side}s")
            });
            let message = format!("unknown parameter `{}` {whose}", param.name);
            errors.push(source, param.span, message, Some(help));
        }
    }

    /// The parameters of what is selected; none when one of them is unknown, which is an error of its own.
    fn parameters(&self, side: Side, selections: &[&Selection]) -> Option<Vec<String>> {
        let selected = |c: &&Configured| {
            selections.is_empty() || selections.iter().any(|select| is_selected(c, side, select))
        };
        let mut names = Vec::new();
        for configured in self.configured(side).iter().filter(selected) {
            let defaults = match side {
                Side::Problem => self.suite.problem(&configured.id)?.defaults(),
                Side::Solver => self.suite.solver(&configured.id)?.defaults(),
            };
            names.extend(defaults.into_iter().map(|(name, _)| name));
        }
        Some(names)
    }
}

fn is_selected(configured: &Configured, side: Side, select: &Selection) -> bool {
    let wanted = if side == Side::Problem { &select.problem } else { &select.solver };
    wanted.is_empty() || wanted.iter().any(|w| **w == *configured.label || **w == *configured.id)
}
