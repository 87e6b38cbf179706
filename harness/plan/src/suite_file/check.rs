//! What a suite file means: names exist, parameters resolve, ids are unique.

use harness_core::{Suite, suggest};

use super::draw::{By, FigureKind};
use super::select::Side;
use super::settings::RunSettings;
use super::{Profile, SuiteFile};
use crate::check::{Names, file_names, label_names, unique};
use crate::diagnostic::Diagnostics;
use crate::resolve;

/// All errors of meaning.
pub(super) fn check(file: &SuiteFile, suite: &Suite) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::default();
    if *file.suite != suite.id {
        let message =
            format!("this file is for suite `{}`, and the code is of suite `{}`", file.suite, suite.id);
        errors.push(&file.source, file.suite.span, message, None);
    }
    unique(file.papers.iter().map(|p| &p.id), "paper", &file.source, &mut errors);
    configured(file, suite, &mut errors);
    let names = Names::new(file, suite);
    if file.profile(&file.default_profile).is_none() {
        let known: Vec<&str> = file.profiles.iter().map(|p| p.name.as_str()).collect();
        let message = format!("unknown profile `{}`", file.default_profile);
        let help = suggest::hint(&file.default_profile, known);
        errors.push(&file.source, file.default_profile.span, message, Some(help));
    }
    file_names(file.profiles.iter().map(|p| &p.name), "profile", &file.source, &mut errors);
    for profile in &file.profiles {
        check_profile(profile, file, suite, &names, &mut errors);
    }
    tables(file, &names, &mut errors);
    figures(file, &names, &mut errors);
    comparisons(file, &names, &mut errors);
    rankings(file, &names, &mut errors);
    errors.into_result(())
}

/// Problems and solvers exist, and every combination of their parameters resolves.
fn configured(file: &SuiteFile, suite: &Suite, errors: &mut Diagnostics) {
    for (all, side) in [(&file.problems, Side::Problem), (&file.solvers, Side::Solver)] {
        label_names(all.iter().map(|c| &c.label), side, &file.source, errors);
        for configured in all {
            resolve::variants(configured, side, &[], suite, &file.source, errors);
        }
    }
}

fn check_profile(
    profile: &Profile,
    file: &SuiteFile,
    suite: &Suite,
    names: &Names<'_>,
    errors: &mut Diagnostics,
) {
    stop_metric(&profile.settings, names, file, errors);
    for exclude in &profile.settings.exclude {
        names.selection(&exclude.select, &file.source, errors);
    }
    for block in &profile.runs {
        for (labels, side) in [(&block.problems, Side::Problem), (&block.solvers, Side::Solver)] {
            for label in labels {
                names.label(label, side, &file.source, errors);
            }
            unique(labels, &format!("entry for {side}"), &file.source, errors);
        }
        let place = block.problems.first().map_or(profile.name.span, |p| p.span);
        if block.settings.stop.is_none() && profile.settings.stop.is_none() {
            let message = format!("no `stop` for these runs of profile `{}`", profile.name);
            let help = "give one to the profile or to the entry of `runs`".to_owned();
            errors.push(&file.source, place, message, Some(help));
        }
        stop_metric(&block.settings, names, file, errors);
        block_metrics(profile, block, file, suite, errors);
        for exclude in &block.settings.exclude {
            names.selection(&exclude.select, &file.source, errors);
        }
    }
}

fn stop_metric(settings: &RunSettings, names: &Names<'_>, file: &SuiteFile, errors: &mut Diagnostics) {
    if let Some(metric) = settings.stop.as_ref().and_then(|stop| stop.metric.as_ref()) {
        names.problem_metric(metric, &file.source, errors);
    }
}

/// A stop metric that is some problem's must be one of every problem that it is applied to.
fn block_metrics(
    profile: &Profile,
    block: &super::RunBlock,
    file: &SuiteFile,
    suite: &Suite,
    errors: &mut Diagnostics,
) {
    let stop = block.settings.stop.as_ref().or(profile.settings.stop.as_ref());
    let Some(metric) = stop.and_then(|stop| stop.metric.as_ref()) else { return };
    if suite.metrics().iter().all(|m| m.id != **metric) {
        return;
    }
    for label in &block.problems {
        let Some(entry) = file.problem(label).and_then(|p| suite.problem(&p.id)) else { continue };
        if entry.metrics.iter().all(|m| m.id != **metric) {
            let message = format!("problem `{label}` has no metric `{metric}` to stop on");
            let known: Vec<&str> = entry.metrics.iter().map(|m| m.id).collect();
            errors.push(&file.source, label.span, message, Some(suggest::hint(metric, known)));
        }
    }
}

fn tables(file: &SuiteFile, names: &Names<'_>, errors: &mut Diagnostics) {
    let source = &file.source;
    unique(file.tables.iter().map(|t| &t.id), "table", source, errors);
    file_names(file.tables.iter().map(|t| &t.id), "table", source, errors);
    for table in &file.tables {
        if let Some(paper) = &table.source {
            names.paper(&paper.paper, source, errors);
        }
        unique(&table.columns, "column", source, errors);
        for row in &table.rows {
            names.selection_with_values(&row.select, source, errors);
            for (column, cell) in &row.cells {
                if table.columns.iter().all(|c| c.value != column.value) {
                    let known: Vec<&str> = table.columns.iter().map(|c| c.as_str()).collect();
                    let message = format!("table `{}` has no column `{column}`", table.id);
                    errors.push(source, column.span, message, Some(suggest::hint(column, known)));
                }
                names.metric(&cell.metric, source, errors);
                names.selection_with_values(&cell.select, source, errors);
            }
        }
    }
}

fn figures(file: &SuiteFile, names: &Names<'_>, errors: &mut Diagnostics) {
    let source = &file.source;
    unique(file.figures.iter().map(|f| &f.id), "figure", source, errors);
    file_names(file.figures.iter().map(|f| &f.id), "figure", source, errors);
    for figure in &file.figures {
        if let Some(paper) = &figure.source {
            names.paper(&paper.paper, source, errors);
        }
        match &figure.kind {
            FigureKind::Convergence { y, mark, .. } => {
                names.trace_metric(y, source, errors);
                if let Some(mark) = mark {
                    names.trace_metric(mark, source, errors);
                }
            }
            FigureKind::Sweep { x, y, .. } => {
                let selections: Vec<_> = figure.panels.iter().map(|p| &p.select).collect();
                names.parameter(x, &selections, source, errors);
                names.metric(y, source, errors);
            }
            FigureKind::WorkPrecision { y, .. } => names.trace_metric(y, source, errors),
        }
        for panel in &figure.panels {
            names.selection_with_values(&panel.select, source, errors);
        }
        for series in &figure.reported {
            names.label_or_id(&series.series, Side::Solver, source, errors);
            if series.panel >= figure.panels.len() {
                let message =
                    format!("figure `{}` has {} panels, counted from 0", figure.id, figure.panels.len());
                let help = Some(format!("`panel` is {}", series.panel));
                errors.push(source, series.series.span, message, help);
            }
        }
    }
}

fn comparisons(file: &SuiteFile, names: &Names<'_>, errors: &mut Diagnostics) {
    let source = &file.source;
    unique(file.comparisons.iter().map(|c| &c.id), "comparison", source, errors);
    file_names(file.comparisons.iter().map(|c| &c.id), "comparison", source, errors);
    for comparison in &file.comparisons {
        names.selection_with_values(&comparison.select, source, errors);
        names.metric(&comparison.metric, source, errors);
        if let By::Param(param) = &comparison.by {
            names.parameter(param, &[&comparison.select], source, errors);
        }
        if let Some(baseline) = &comparison.baseline {
            names.label_or_id(baseline, Side::Solver, source, errors);
        }
    }
}

fn rankings(file: &SuiteFile, names: &Names<'_>, errors: &mut Diagnostics) {
    let source = &file.source;
    unique(file.rankings.iter().map(|r| &r.id), "ranking", source, errors);
    file_names(file.rankings.iter().map(|r| &r.id), "ranking", source, errors);
    for ranking in &file.rankings {
        names.selection_with_values(&ranking.select, source, errors);
        names.metric(&ranking.metric, source, errors);
    }
}
