//! `harness data list|fetch|verify`.

use std::path::PathBuf;

use harness_datasets::{Catalogue, DataDir, DataSet, Progress, State, fetch};
use serde_json::json;

use crate::args::DataArgs;
use crate::error::CliError;
use crate::out::{self, bytes};
use crate::site;

pub(crate) fn data(args: &DataArgs) -> Result<(), CliError> {
    let (pairs, words): (Vec<&String>, Vec<&String>) = args.words.iter().partition(|w| w.contains('='));
    let mut root: Option<PathBuf> = None;
    for pair in pairs {
        match pair.split_once('=') {
            Some(("data", path)) => root = Some(path.into()),
            _ => {
                return Err(CliError::usage(format!("`data` takes the key `data=DIR` only, found `{pair}`")));
            }
        }
    }
    let data_dir = DataDir::new(root.unwrap_or_else(site::data_dir));
    let action = words.first().map_or("list", |w| w.as_str());
    let names = words.get(1..).unwrap_or_default();
    match action {
        "list" => list(&data_dir, args.json),
        "fetch" => fetch_all(&data_dir, &chosen(names, "fetch")?),
        "verify" => verify(&data_dir, &chosen(names, "verify")?, args.json),
        other => {
            let hint = harness_core::suggest::hint(other, ["list", "fetch", "verify"]);
            Err(CliError::usage(format!("`data {other}` is not known; {hint}")))
        }
    }
}

/// The data sets that are named; for `verify` all if none is.
fn chosen(names: &[&String], action: &str) -> Result<Vec<&'static DataSet>, CliError> {
    let catalogue = Catalogue::embedded();
    if names.is_empty() && action == "fetch" {
        let known: Vec<&str> = catalogue.datasets().iter().map(|d| d.name.as_str()).collect();
        return Err(CliError::usage(format!("which data set? known: {}; or `all`", known.join(", "))));
    }
    if names.is_empty() || names.iter().any(|n| *n == "all") {
        return Ok(catalogue.datasets().iter().collect());
    }
    names.iter().map(|name| catalogue.find(name).map_err(CliError::usage)).collect()
}

fn list(data_dir: &DataDir, as_json: bool) -> Result<(), CliError> {
    let listings = data_dir.list(Catalogue::embedded()).map_err(CliError::failed)?;
    if as_json {
        return out::json(&listings);
    }
    let mut table = out::Table::new(&["name", "version", "size", "state", "licence", "title"]);
    for l in listings {
        table.row(vec![l.name, l.version, bytes(l.bytes), l.state.word().to_owned(), l.licence, l.title]);
    }
    out::text(&table.render());
    out::text(&format!("\nin {}; `harness data fetch NAME` gets one", data_dir.root().display()));
    Ok(())
}

fn fetch_all(data_dir: &DataDir, datasets: &[&DataSet]) -> Result<(), CliError> {
    for dataset in datasets {
        let report = fetch::fetch(data_dir, dataset, &mut |progress| match progress {
            Progress::Downloading { package, bytes: size, .. } => {
                out::status(&format!("{}: downloading {package} (about {})", dataset.name, bytes(size)));
            }
            Progress::Waiting { elapsed } if elapsed.as_secs() % 15 == 0 => {
                out::status(&format!("{}: still downloading after {} s", dataset.name, elapsed.as_secs()));
            }
            Progress::Waiting { .. } => {}
            Progress::Placed { file, bytes: size } => {
                out::status(&format!("{}: {file}, {}, checksum right", dataset.name, bytes(size)));
            }
        })
        .map_err(CliError::failed)?;
        let (kept, placed) = (report.kept.len(), report.placed.len());
        let folder = data_dir.folder(dataset);
        out::text(&format!(
            "{}: {placed} fetched, {kept} there already, in {}",
            dataset.name,
            folder.display()
        ));
    }
    Ok(())
}

fn verify(data_dir: &DataDir, datasets: &[&DataSet], as_json: bool) -> Result<(), CliError> {
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for dataset in datasets {
        let state = data_dir.state(dataset).map_err(CliError::failed)?;
        rows.push(json!({"name": dataset.name, "state": state.word()}));
        if !as_json {
            out::text(&format!("{}: {}", dataset.name, state.word()));
        }
        // A data set that nobody fetched is no fault.
        if state != State::Absent {
            faults.extend(data_dir.faults(dataset).iter().map(ToString::to_string));
        }
    }
    if as_json {
        out::json(&rows)?;
    }
    if faults.is_empty() { Ok(()) } else { Err(CliError::usage(faults.join("\n"))) }
}
