//! Checks that both files share: names of a suite and of its suite file.

use std::collections::BTreeSet;
use std::sync::Arc;

use harness_core::{Suite, suggest};

use crate::diagnostic::Diagnostics;
use crate::expr::{Metric, UseKind};
use crate::source::{Source, Span, Spanned};
use crate::suite_file::{Configured, ParamRef, Selection, Side, SuiteFile};

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

/// The names that a suite and its suite file know.
pub(crate) struct Names<'a> {
    file: &'a SuiteFile,
    suite: &'a Suite,
    problem_metrics: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(file: &'a SuiteFile, suite: &'a Suite) -> Self {
        Self { file, suite, problem_metrics: suite.metrics().iter().map(|m| m.id).collect() }
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
            let hint = suggest::hint(name, known);
            let help =
                format!("{hint}; a solver's own note is declared in `trace_metrics` of the suite file");
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
            for name in self.parameters(side, selections) {
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

    fn parameters(&self, side: Side, selections: &[&Selection]) -> Vec<String> {
        let selected = |c: &&Configured| {
            let matches = |select: &&Selection| {
                let wanted = if side == Side::Problem { &select.problem } else { &select.solver };
                wanted.is_empty() || wanted.iter().any(|w| **w == *c.label || **w == *c.id)
            };
            selections.is_empty() || selections.iter().any(matches)
        };
        let defaults = |c: &Configured| match side {
            Side::Problem => self.suite.problem(&c.id).map(harness_core::suite::ProblemEntry::defaults),
            Side::Solver => self.suite.solver(&c.id).map(harness_core::suite::SolverEntry::defaults),
        };
        let entries = self.configured(side).iter().filter(selected).filter_map(defaults);
        entries.flat_map(|params| params.into_iter().map(|(name, _)| name)).collect()
    }
}
