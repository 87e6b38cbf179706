//! What a claims file means: labels, parameters, metrics, papers, tables and figures exist.

use harness_core::{Suite, suggest};

use super::{Claim, ClaimKind, ClaimsFile};
use crate::check::{Names, unique};
use crate::diagnostic::Diagnostics;
use crate::expr::{Axis, UseKind};
use crate::source::{Source, Spanned};
use crate::suite_file::{FigureKind, SuiteFile, XAxis};

/// All errors of meaning.
pub(super) fn check(file: &ClaimsFile, suite: &Suite, suite_file: &SuiteFile) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::default();
    let source = &file.source;
    if *file.suite != suite.id {
        let message =
            format!("this file is for suite `{}`, and the code is of suite `{}`", file.suite, suite.id);
        errors.push(source, file.suite.span, message, None);
    }
    unique(file.claims.iter().map(|c| &c.id), "claim", source, &mut errors);
    let names = Names::new(suite_file, suite);
    for claim in &file.claims {
        names.paper(&claim.source.paper, source, &mut errors);
        for selection in [&claim.select].into_iter().chain(claim.kind.selections()) {
            names.selection_with_values(selection, source, &mut errors);
        }
        for (profile, _) in &claim.scale {
            names.profile(profile, source, &mut errors);
        }
        let mut check = Check { names: &names, suite_file, source, errors: &mut errors };
        check.kind(claim);
    }
    errors.into_result(())
}

/// What to do instead of judging seconds.
const ON_SECONDS: &str = "seconds of a paper come from another machine: show them in a table of suite.yaml, and claim a \
                          `ratio`, an `order` or an `exponent` of times that are measured here";

struct Check<'a, 'b> {
    names: &'a Names<'b>,
    suite_file: &'a SuiteFile,
    source: &'a std::sync::Arc<Source>,
    errors: &'a mut Diagnostics,
}

impl Check<'_, '_> {
    fn kind(&mut self, claim: &Claim) {
        if let Some(metric) = claim.kind.metric() {
            self.names.metric(metric, self.source, self.errors);
        }
        self.seconds(claim);
        match &claim.kind {
            ClaimKind::Exponent { x, .. } => {
                self.names.parameter(x, &[&claim.select], self.source, self.errors);
            }
            ClaimKind::Rate { trace, .. } => self.names.trace_metric(trace, self.source, self.errors),
            ClaimKind::Success { goal } | ClaimKind::Negative { goal } => {
                for used in goal.uses.iter().filter(|u| u.kind == UseKind::Trace) {
                    let name = Spanned::new(used.name.clone(), used.span);
                    self.names.trace_metric(&name, self.source, self.errors);
                }
            }
            ClaimKind::Table { table, rows, columns } => self.table(table, rows, columns),
            ClaimKind::Curve { figure, panel, series, .. } => self.curve(figure, *panel, series),
            _ => {}
        }
    }

    /// Seconds of a paper are those of its machine. A claim may compare times with each other, and not with a number.
    fn seconds(&mut self, claim: &Claim) {
        let name = claim.kind.as_str();
        let found = match &claim.kind {
            ClaimKind::Value { metric, .. }
            | ClaimKind::Threshold { metric, .. }
            | ClaimKind::Optimum { metric, .. } => {
                metric.expr.is_in_seconds().then(|| (metric.span, format!("`{}`", metric.text.trim())))
            }
            ClaimKind::Success { goal } | ClaimKind::Negative { goal } => {
                goal.goal.is_in_seconds().then(|| (goal.span, format!("`{}`", goal.goal)))
            }
            ClaimKind::Rate { trace, per: Axis::Time, .. } => {
                Some((trace.span, format!("`{}` a second", **trace)))
            }
            _ => None,
        };
        if let Some((span, what)) = found {
            let message = format!("`{name}` claim on seconds: {what} is judged against a number");
            self.errors.push(self.source, span, message, Some(ON_SECONDS.to_owned()));
        }
    }

    fn unknown<'n>(
        &mut self,
        what: &str,
        name: &Spanned<String>,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) {
        let help = suggest::hint(name, known);
        self.errors.push(self.source, name.span, format!("unknown {what} `{name}`"), Some(help));
    }

    fn table(&mut self, id: &Spanned<String>, rows: &[Spanned<String>], columns: &[Spanned<String>]) {
        let Some(table) = self.suite_file.table(id) else {
            let known: Vec<&str> = self.suite_file.tables.iter().map(|t| t.id.as_str()).collect();
            return self.unknown("table", id, known);
        };
        let before = self.errors.len();
        for row in rows.iter().filter(|row| table.rows.iter().all(|r| r.label != row.value)) {
            self.unknown("row", row, table.rows.iter().map(|r| r.label.as_str()));
        }
        for column in columns.iter().filter(|column| table.columns.iter().all(|c| **c != column.value)) {
            self.unknown("column", column, table.columns.iter().map(|c| c.as_str()));
        }
        if self.errors.len() > before {
            return;
        }
        let cells = table.reported(rows, columns);
        if cells.is_empty() {
            let message = format!("nothing in these cells of table `{id}` is reported");
            self.errors.push(self.source, id.span, message, None);
        }
        for (row, column, cell, _) in cells.iter().filter(|(_, _, cell, _)| cell.aggregate.is_extreme()) {
            let (row, aggregate) = (&row.label, cell.aggregate);
            let message =
                format!("`{row}`, `{column}` of table `{id}` shows the {aggregate}, which has no interval");
            let help = "leave it out with `rows` or `columns`".to_owned();
            self.errors.push(self.source, id.span, message, Some(help));
        }
        for (row, column, ..) in cells.iter().filter(|(_, _, cell, _)| cell.metric.expr.is_in_seconds()) {
            let row = &row.label;
            let message = format!("`table` claim on seconds: `{row}`, `{column}` of table `{id}` is a time");
            let help = "seconds of a paper are shown and not judged: leave them out with `rows` or `columns`";
            self.errors.push(self.source, id.span, message, Some(help.to_owned()));
        }
        for (row, column, _, reported) in cells.iter().filter(|(.., reported)| reported.value <= 0.0) {
            let row = &row.label;
            let message =
                format!("the paper's {reported} in `{row}`, `{column}` is not above 0: no factor is known");
            self.errors.push(self.source, id.span, message, None);
        }
    }

    fn curve(&mut self, id: &Spanned<String>, panel: usize, series: &Spanned<String>) {
        let Some(figure) = self.suite_file.figure(id) else {
            let known: Vec<&str> = self.suite_file.figures.iter().map(|f| f.id.as_str()).collect();
            return self.unknown("figure", id, known);
        };
        if matches!(figure.kind, FigureKind::Convergence { x: XAxis::Seconds, .. }) {
            let message = format!("`curve` claim on seconds: figure `{id}` shows a metric against time");
            self.errors.push(self.source, id.span, message, Some(ON_SECONDS.to_owned()));
        }
        if !matches!(figure.kind, FigureKind::Convergence { .. }) {
            let message = format!("figure `{id}` does not show a metric along a run");
            let help = "a `curve` claim needs a figure of kind `convergence`".to_owned();
            return self.errors.push(self.source, id.span, message, Some(help));
        }
        let Some(reported) = figure.points(panel, series) else {
            let of_panel = figure.reported.iter().filter(|r| r.panel == panel);
            let known: Vec<&str> = of_panel.map(|r| r.series.as_str()).collect();
            let message = format!("figure `{id}` reports no points of `{series}` in panel {panel}");
            return self.errors.push(self.source, series.span, message, Some(suggest::hint(series, known)));
        };
        if reported.points.iter().any(|(_, y)| *y <= 0.0) {
            let message =
                format!("a point of `{series}` in figure `{id}` is not above 0: no factor is known");
            self.errors.push(self.source, series.span, message, None);
        }
    }
}

/// The horizontal axis of a claimed curve.
pub(super) fn axis_of(suite_file: &SuiteFile, figure: &str) -> Option<XAxis> {
    match &suite_file.figure(figure)?.kind {
        FigureKind::Convergence { x, .. } => Some(*x),
        _ => None,
    }
}

/// Every claim that a table cites is there.
pub(super) fn citations(suite_file: &SuiteFile, claims: &ClaimsFile) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::default();
    let cells = suite_file.tables.iter().flat_map(|t| &t.rows).flat_map(|r| &r.cells);
    for claim in cells.filter_map(|(_, cell)| cell.claim.as_ref()) {
        if claims.claim(claim).is_none() {
            let known: Vec<&str> = claims.claims.iter().map(|c| c.id.as_str()).collect();
            let message = format!("unknown claim `{claim}`");
            errors.push(&suite_file.source, claim.span, message, Some(suggest::hint(claim, known)));
        }
    }
    errors.into_result(())
}
