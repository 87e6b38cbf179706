//! `harness doctor`: what this machine can run, and what is missing.

use harness_datasets::{Catalogue, DataDir, State};
use harness_runner::{check_worker, env, find_worker, recover_into};
use harness_store::Store;
use serde_json::json;

use crate::args::DoctorArgs;
use crate::campaign::has_cuda;
use crate::error::CliError;
use crate::out;
use crate::pairs::Pairs;
use crate::sink::StoreSink;
use crate::site;
use crate::verbs::run::warn;

/// One thing that was looked at.
struct Finding {
    good: bool,
    what: String,
    text: String,
}

pub(crate) fn doctor(args: &DoctorArgs) -> Result<(), CliError> {
    let pairs = Pairs::parse(&args.pairs, &["suite", "out", "data"])?;
    for store in stores(&pairs)?.iter().filter(|store| store.suite_dir().is_dir()) {
        if args.repair {
            repair(store)?;
        }
        if args.compact {
            compact(store)?;
        }
    }
    let machine = env::Machine::probe();
    let mut findings = vec![worker(), cuda(&machine)];
    findings.extend(data_sets(&pairs));
    findings.extend(results(&pairs)?);
    if args.json {
        let rows: Vec<_> =
            findings.iter().map(|f| json!({"what": f.what, "good": f.good, "finding": f.text})).collect();
        let facts: Vec<_> = machine
            .rows
            .iter()
            .map(|r| json!({"name": r.name, "value": r.value, "identity": r.identity}))
            .collect();
        return out::json(&json!({"findings": rows, "env_key": machine.key, "machine": facts}));
    }
    for f in &findings {
        out::text(&format!("{} {}: {}", if f.good { "✓" } else { "–" }, f.what, f.text));
    }
    out::text(&format!("\nmachine {} (* is part of its identity)", machine.key.short()));
    for fact in &machine.rows {
        out::text(&format!("  {}{}: {}", if fact.identity { "* " } else { "  " }, fact.name, fact.value));
    }
    Ok(())
}

fn worker() -> Finding {
    let what = "worker".to_owned();
    let path = match find_worker() {
        Ok(path) => path,
        Err(e) => return Finding { good: false, what, text: e.to_string() },
    };
    for suite in suite_registry::suites() {
        if let Err(e) = check_worker(&path, suite.id, &suite.code_key) {
            return Finding { good: false, what, text: e.to_string() };
        }
    }
    Finding { good: true, what, text: format!("{} answers for every suite", path.display()) }
}

fn cuda(machine: &env::Machine) -> Finding {
    let good = has_cuda(machine);
    let finding = if good { "a device is there" } else { "no device: cells with device=cuda are skipped" };
    Finding { good, what: "CUDA".to_owned(), text: finding.to_owned() }
}

fn data_sets(pairs: &Pairs) -> Vec<Finding> {
    let data_dir = DataDir::new(pairs.data_dir());
    let finding = |dataset: &harness_datasets::DataSet| match data_dir.state(dataset) {
        Ok(State::Present) => (true, "present".to_owned()),
        Ok(_) => (false, data_dir.remedy(dataset)),
        Err(e) => (false, e.to_string()),
    };
    Catalogue::embedded()
        .datasets()
        .iter()
        .map(|dataset| {
            let (good, finding) = finding(dataset);
            Finding { good, what: format!("data set {}", dataset.name), text: finding }
        })
        .collect()
}

/// The results of a suite, or of every suite.
fn stores(pairs: &Pairs) -> Result<Vec<Store>, CliError> {
    let ids: Vec<&str> = match pairs.suite() {
        Some(id) => vec![site::entry(id)?.id],
        None => site::names(),
    };
    Ok(ids.into_iter().map(|id| Store::open(pairs.results_dir(), id)).collect())
}

/// Does what the next `run` would do first, and looks closer: at every byte of every part.
fn repair(store: &Store) -> Result<(), CliError> {
    warn(&store.repair()?);
    let mut sink = StoreSink(store.writer()?);
    let recovered = recover_into(&store.journal_dir(), &store.quarantine_dir(), &mut sink)?;
    out::status(&format!("{}: repaired, {recovered} runs recovered", store.suite()));
    Ok(())
}

fn compact(store: &Store) -> Result<(), CliError> {
    let done = store.compact()?;
    out::status(&match done.merged {
        0 => format!("{}: there is nothing to merge", store.suite()),
        merged => format!("{}: merged {merged} files into {}", store.suite(), done.into),
    });
    Ok(())
}

fn results(pairs: &Pairs) -> Result<Vec<Finding>, CliError> {
    let mut findings = Vec::new();
    for store in stores(pairs)? {
        let id = store.suite();
        let check = store.verify()?;
        let what = format!("results of {id}");
        let being = check.writer.as_ref().map_or(String::new(), |w| format!("; being written by {w}"));
        let text = format!("{} parts, {} rows, {}{being}", check.parts, check.rows, out::bytes(check.bytes));
        findings.push(Finding { good: check.is_clean(), what: what.clone(), text });
        for problem in check.problems {
            let text = format!("{}: {}", problem.path.display(), problem.what);
            findings.push(Finding { good: false, what: what.clone(), text });
        }
    }
    Ok(findings)
}
