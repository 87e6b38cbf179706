//! `harness audit`: are the solvers as deterministic as they declare?

use std::collections::BTreeSet;

use harness_core::{Determinism, Outcome};
use harness_runner::Cancel;
use serde_json::json;

use crate::args::AuditArgs;
use crate::audit::{self, Attempts, Audit, Declared, Finding, Kind, Level, Subject};
use crate::campaign::{Campaign, own_key};
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::progress::Display;
use crate::verbs::run::{job, last_by_cell, open};

/// The key that chooses what is tried.
const KINDS: &str = "kinds";

pub(crate) fn audit(args: &AuditArgs) -> Result<(), CliError> {
    let campaign = Campaign::resolve(&args.pairs, &[KINDS])?;
    let kinds = kinds(own_key(&campaign.overrides, KINDS))?;
    let subjects = subjects(&campaign);
    if subjects.is_empty() {
        return Err(CliError::usage("there is nothing to audit: every selected cell is skipped"));
    }
    let (mut sink, runs) = open(&campaign)?;
    let attempts = Attempts::after(&last_by_cell(&runs));
    sink.0.put_env(&campaign.env_rows, &campaign.id)?;
    let config = campaign.config(campaign.columns())?;
    let cancel = Cancel::new()?;
    cancel.on_signals()?;
    let mut display = Display::new();
    let audit = audit::audit(&subjects, &kinds, attempts, &config, &mut sink, &mut display, &cancel);
    display.finish();
    let Audit { findings, summary } = audit?;
    if !findings.is_empty() {
        sink.0.put_audits(&audit::rows(&findings, &subjects))?;
    }
    show(&findings, &subjects, args.json)?;
    if summary.was_interrupted() {
        out::status(&format!(
            "interrupted: {} runs finished and are stored, {} did not start",
            summary.done() - summary.count(Outcome::Interrupted),
            summary.not_started
        ));
        return Err(CliError::Ended(Exit::Interrupted));
    }
    if findings.iter().any(|f| !f.comparison.passed) {
        return Err(CliError::Ended(Exit::CellsFailed));
    }
    Ok(())
}

fn kinds(given: Option<&str>) -> Result<Vec<Kind>, CliError> {
    let Some(given) = given else { return Ok(Kind::ALL.to_vec()) };
    let kind = |name: &str| {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
            let hint = harness_core::suggest::hint(name, Kind::ALL.map(Kind::as_str));
            CliError::usage(format!("`kinds={name}` is not known; {hint}"))
        })
    };
    given.split(',').map(|name| kind(name.trim())).collect()
}

/// The first replicate of every cell that is run, traced.
fn subjects(campaign: &Campaign) -> Vec<Subject> {
    let suite = &campaign.loaded.suite;
    let mut seen = BTreeSet::new();
    let mut subjects = Vec::new();
    for cell in &campaign.plan.cells {
        if cell.skip.is_some() || cell.spec.control || cell.spec.replicate > 0 {
            continue;
        }
        let cell = audit::untimed(cell.clone());
        if !seen.insert(cell.key.clone()) {
            continue;
        }
        let solver = suite.solver(&cell.spec.solver.id);
        let determinism = solver.map_or(Determinism::Statistical, |s| s.determinism);
        subjects.push(Subject { job: job(&cell, None, suite), determinism });
    }
    subjects
}

fn show(findings: &[Finding], subjects: &[Subject], as_json: bool) -> Result<(), CliError> {
    if as_json {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| {
                let (subject, found) = (&subjects[f.subject], &f.comparison);
                json!({
                    "kind": f.kind.as_str(), "problem": subject.job.labels.problem, "solver": subject.job.labels.solver,
                    "declared": Declared(subject.determinism).to_string(), "level": found.level.as_str(),
                    "max_ulp": found.max_ulp, "max_diff": found.max_diff, "first_diff_step": found.first_diff_step,
                    "passed": found.passed, "reason": found.reason,
                })
            })
            .collect();
        return out::json(&rows);
    }
    let mut table = out::Table::new(&[
        "solver",
        "declared",
        "kind",
        "cells",
        "least agreement",
        "max ulp",
        "max diff",
        "",
    ]);
    let mut groups: Vec<(&str, Kind)> =
        findings.iter().map(|f| (subjects[f.subject].job.labels.solver.as_str(), f.kind)).collect();
    groups.sort_unstable();
    groups.dedup();
    for (solver, kind) in groups {
        let of: Vec<&Finding> = findings
            .iter()
            .filter(|f| f.kind == kind && subjects[f.subject].job.labels.solver == solver)
            .collect();
        let compared = of.iter().filter(|f| f.comparison.level != Level::None);
        let worst = compared.clone().map(|f| f.comparison.level).max();
        let ulp = compared.clone().filter_map(|f| f.comparison.max_ulp).max();
        let diff = compared.clone().filter_map(|f| f.comparison.max_diff).fold(0.0, f64::max);
        let failed = of.iter().any(|f| !f.comparison.passed);
        table.row(vec![
            solver.to_owned(),
            Declared(subjects[of[0].subject].determinism).to_string(),
            kind.as_str().to_owned(),
            format!("{} of {}", compared.count(), of.len()),
            worst.map_or("not compared", Level::as_str).to_owned(),
            ulp.map_or("–".to_owned(), |u| u.to_string()),
            format!("{diff:.1e}"),
            if failed { "✗ less than declared" } else { "✓" }.to_owned(),
        ]);
    }
    out::text(&table.render());
    for f in findings.iter().filter(|f| !f.comparison.passed) {
        let (labels, reason) =
            (&subjects[f.subject].job.labels, f.comparison.reason.as_deref().unwrap_or(""));
        out::text(&format!("✗ {} on {} ({}): {reason}", labels.solver, labels.problem, f.kind.as_str()));
    }
    Ok(())
}
