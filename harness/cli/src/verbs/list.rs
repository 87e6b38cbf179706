//! `harness list`: what there is.

use std::path::PathBuf;

use harness_core::cell::Device;
use harness_core::{MetricInfo, ParamDoc};
use serde_json::{Map, Value, json};

use crate::args::ListArgs;
use crate::error::CliError;
use crate::out::{self, Table};
use crate::pairs::Pairs;
use crate::site;

pub(crate) fn list(args: &ListArgs) -> Result<(), CliError> {
    let pairs = Pairs::parse(&args.pairs, &["suite", "peers"])?;
    match pairs.suite() {
        None => suites(args),
        Some(id) => one(id, pairs.peer_files(), args.json),
    }
}

fn suites(args: &ListArgs) -> Result<(), CliError> {
    let suites: Vec<_> = suite_registry::suites().into_iter().filter(|s| !s.hidden).collect();
    if args.names {
        for suite in &suites {
            out::text(suite.id);
        }
        return Ok(());
    }
    if args.json {
        let rows: Vec<Value> = suites.iter().map(|s| json!({"suite": s.id, "title": s.title})).collect();
        return out::json(&rows);
    }
    let mut table = Table::new(&["suite", "title", "problems", "solvers"]);
    for s in &suites {
        table.row(vec![
            s.id.to_owned(),
            s.title.to_owned(),
            s.problems().len().to_string(),
            s.solvers().len().to_string(),
        ]);
    }
    out::text(&table.render());
    out::text("\n`harness list suite=NAME` shows its problems, solvers, profiles and claims");
    Ok(())
}

fn one(id: &str, peer_files: &[PathBuf], as_json: bool) -> Result<(), CliError> {
    let loaded = site::load(id, peer_files)?;
    let (suite, file, claims) = (&loaded.suite, &loaded.file, &loaded.claims);
    if as_json {
        return out::json(&json!({
            "suite": suite.id,
            "title": suite.title,
            "work_unit": suite.work_unit,
            "code_key": suite.code_key,
            "problems": suite.problems().iter().map(|p| json!({
                "problem": p.id, "summary": p.summary, "source": p.source, "stop_metric": p.stop_metric,
                "saves": p.saves, "params": params_json(&p.defaults(), p.docs),
            })).collect::<Vec<_>>(),
            "solvers": suite.solvers().iter().map(|s| json!({
                "solver": s.id, "summary": s.summary, "source": s.source, "determinism": s.determinism,
                "devices": s.devices, "dtypes": s.dtypes, "params": params_json(&s.defaults(), s.docs),
            })).collect::<Vec<_>>(),
            "metrics": suite.metrics().iter().map(|m| json!({"metric": m.id, "label": m.label, "doc": m.doc})).collect::<Vec<_>>(),
            "profiles": file.profiles.iter().map(|p| json!({"profile": *p.name, "title": p.title})).collect::<Vec<_>>(),
            "default_profile": *file.default_profile,
            "claims": claims.claims.iter().map(|c| json!({
                "claim": *c.id, "statement": c.statement, "source": c.source.to_string(), "kind": c.kind.as_str(),
            })).collect::<Vec<_>>(),
        }));
    }
    out::text(&format!("{}: {}", suite.id, suite.title));
    out::text("\nPROBLEMS");
    for p in suite.problems() {
        entry(p.id, p.summary, p.source, &p.defaults(), p.docs);
    }
    out::text("\nSOLVERS");
    for s in suite.solvers() {
        entry(&s.id, &s.summary, &s.source, &s.defaults(), s.docs);
        if s.devices.contains(&Device::Cuda) {
            out::text("      also on cuda");
        }
    }
    out::text("\nMETRICS");
    let mut metrics = Table::new(&[]);
    for MetricInfo { id, doc, .. } in suite.metrics() {
        metrics.row(vec![format!("  {id}"), doc.to_owned()]);
    }
    out::text(metrics.render().trim_start_matches('\n'));
    out::text("\nPROFILES");
    for p in &file.profiles {
        let default = if p.name == file.default_profile { " (default)" } else { "" };
        out::text(&format!("  {}{default}: {}", *p.name, p.title.as_deref().unwrap_or("")));
    }
    out::text("\nLABELS");
    for (kind, configured) in [("problem", &file.problems), ("solver", &file.solvers)] {
        for c in configured {
            let params: Vec<String> = c.params.iter().map(|p| format!("{}={}", *p.name, *p.given)).collect();
            out::text(&format!("  {kind} {} = {} {}", *c.label, *c.id, params.join(" ")));
        }
    }
    out::text("\nCLAIMS");
    for c in &claims.claims {
        out::text(&format!("  {}: {} [{}]", *c.id, c.statement, c.source));
    }
    Ok(())
}

fn params_json(defaults: &Map<String, Value>, docs: &[ParamDoc]) -> Vec<Value> {
    defaults
        .iter()
        .map(|(name, default)| json!({"param": name, "default": default, "doc": doc_of(name, docs)}))
        .collect()
}

fn doc_of(name: &str, docs: &[ParamDoc]) -> &'static str {
    docs.iter().find(|d| d.name == name).map_or("", |d| d.doc)
}

fn entry(id: &str, summary: &str, source: &str, defaults: &Map<String, Value>, docs: &[ParamDoc]) {
    out::text(&format!("  {id}: {summary} [{source}]"));
    for (name, default) in defaults {
        out::text(&format!("      {name} = {default}: {}", doc_of(name, docs)));
    }
}
