//! `harness history`: a metric over campaigns; `harness history annotate`: a change is accepted, with the reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harness_core::scratch::replace;
use harness_core::{RunRecord, SampleRow, remedy, suggest};
use harness_trend::compare::Options;
use harness_trend::history::{self, Annotation, History, Metric};
use harness_trend::measured;

use crate::args::HistoryArgs;
use crate::error::CliError;
use crate::out;
use crate::trend::campaigns::{SuiteRuns, is_confirmation, suites_in};
use crate::trend::words::Words;
use crate::trend::{annotations_path, determinism, read_annotations};

const KEYS: [&str; 9] = ["suite", "metric", "problem", "solver", "profile", "out", "svg", "cpu", "wall"];
const ANNOTATE_KEYS: [&str; 8] = ["commit", "code", "reason", "suite", "problem", "solver", "metric", "out"];
/// The most charts that are drawn.
const MOST_CHARTS: usize = 100;

pub(crate) fn history(args: &HistoryArgs) -> Result<(), CliError> {
    if args.words.first().is_some_and(|word| word == "annotate") {
        return annotate(&Words::parse(&args.words[1..], &ANNOTATE_KEYS)?);
    }
    let words = Words::parse(&args.words, &KEYS)?;
    let metric: Metric = words.get("metric").unwrap_or("cpu").parse().map_err(CliError::usage)?;
    let results = words.results_dir();
    let suite = suite(&words, &results)?;
    let (runs, samples) = rows(&words, &results, &suite, &metric)?;
    let defaults = Options::default();
    let options = Options {
        cpu: words.share("cpu", defaults.cpu)?,
        wall: words.share("wall", defaults.wall)?,
        determinism: determinism([suite.as_str()]),
        ..defaults
    };
    let found = history::history(&measured(&runs, &samples), &metric, &read_annotations()?, &options);
    if found.series.is_empty() {
        let measured = measured(&runs, &samples);
        let has = |other: &&Metric| !history::history(&measured, other, &[], &options).series.is_empty();
        let others: Vec<String> = Metric::named().filter(has).map(ToString::to_string).collect();
        return Err(CliError::usage(nothing(&suite, &metric, &others)));
    }
    if let Some(folder) = words.get("svg") {
        draw(&found, Path::new(folder))?;
    }
    if args.json {
        return out::json(&found);
    }
    out::text(found.text().trim_end());
    Ok(())
}

/// That no run has a metric, why that may be, and which `others` they have.
fn nothing(suite: &str, metric: &Metric, others: &[String]) -> String {
    let why = match metric.clock() {
        Some(_) => ": seconds are those of timed samples, and none of these runs has any",
        None => "",
    };
    let others = match others {
        [] => String::new(),
        some => format!("; they have metric={}", some.join(", ")),
    };
    format!("no run of suite `{suite}` that is selected has a value of `{metric}`{why}{others}")
}

/// The suite that is named, or the only one that has results.
fn suite(words: &Words, results: &Path) -> Result<String, CliError> {
    let here = suites_in(results);
    let named = match words.bare() {
        [] => words.get("suite"),
        [one] => Some(words.get("suite").unwrap_or(one)),
        [_, other, ..] => {
            return Err(CliError::usage(format!(
                "expected key=value, found `{other}`; the first word is the suite"
            )));
        }
    };
    match (named, &here[..]) {
        (Some(name), _) if here.iter().any(|suite| suite == name) => Ok(name.to_owned()),
        (Some(name), _) => {
            let hint = suggest::hint(name, here.iter().map(String::as_str));
            Err(CliError::usage(format!("{} holds no results of suite `{name}`; {hint}", results.display())))
        }
        (None, [only]) => Ok(only.clone()),
        (None, []) => {
            Err(CliError::usage(format!("{} holds no results; `run` something first", results.display())))
        }
        (None, several) => {
            Err(CliError::usage(format!("which suite? say suite=NAME; here are {}", several.join(", "))))
        }
    }
}

fn rows(
    words: &Words,
    results: &Path,
    suite: &str,
    metric: &Metric,
) -> Result<(Vec<RunRecord>, Vec<SampleRow>), CliError> {
    let SuiteRuns { store, mut runs } = SuiteRuns::read(results, suite)?;
    runs.retain(|run| !is_confirmation(run));
    let filters: [(&str, fn(&RunRecord) -> &str); 3] =
        [("problem", |run| &run.problem), ("solver", |run| &run.solver), ("profile", |run| &run.profile)];
    for (key, of) in filters {
        let Some(wanted) = words.get(key) else { continue };
        let known: BTreeSet<String> = runs.iter().map(|run| of(run).to_owned()).collect();
        if !known.contains(wanted) {
            let hint = suggest::hint(wanted, known.iter().map(String::as_str));
            // Labels are of the suite's file, and other runs of the same id had other labels.
            let id = if key == "profile" { "" } else { ": an id is wanted, no label of suite.yaml" };
            return Err(CliError::usage(format!("no stored run has {key} `{wanted}`{id}; {hint}")));
        }
        runs.retain(|run| of(run) == wanted);
    }
    let samples = if metric.clock().is_some() {
        store.samples(&runs.iter().map(|run| run.run_id).collect::<Vec<_>>())?
    } else {
        Vec::new()
    };
    Ok((runs, samples))
}

/// One file a series, those with changes first.
fn draw(history: &History, folder: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(folder)
        .map_err(|e| CliError::failed(format!("failed to make {}: {e}; {}", folder.display(), remedy(&e))))?;
    for (i, series) in history.series.iter().take(MOST_CHARTS).enumerate() {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "=.".contains(c) { c } else { '_' };
        let name: String = series.name.to_string().chars().map(plain).take(80).collect();
        let path = folder.join(format!("{:02}-{}-{name}.svg", i + 1, series.metric).replace(['(', ')'], "_"));
        let svg = series.svg().map_err(|e| CliError::failed(format!("a chart cannot be drawn: {e}")))?;
        std::fs::write(&path, svg).map_err(|e| {
            CliError::failed(format!("failed to write {}: {e}; {}", path.display(), remedy(&e)))
        })?;
    }
    let (drawn, left) =
        (history.series.len().min(MOST_CHARTS), history.series.len().saturating_sub(MOST_CHARTS));
    let left = if left > 0 { format!("; {left} more series have no chart") } else { String::new() };
    out::status(&format!("{drawn} charts in {}{left}", folder.display()));
    Ok(())
}

/// Writes an annotation into the file of the repository.
fn annotate(words: &Words) -> Result<(), CliError> {
    if let Some(word) = words.bare().first() {
        return Err(CliError::usage(format!("expected key=value, found `{word}`")));
    }
    let given = |key: &str| words.get(key).map(str::to_owned);
    let Some(reason) = given("reason") else {
        return Err(CliError::usage(
            "why is the change right? say reason=\"…\"; the reason is kept in the repository",
        ));
    };
    if let Some(metric) = words.get("metric") {
        metric.parse::<Metric>().map_err(CliError::usage)?;
    }
    let annotation = Annotation {
        commit: given("commit"),
        code: given("code"),
        suite: given("suite"),
        problem: given("problem"),
        solver: given("solver"),
        metric: given("metric"),
        reason,
    };
    let path = annotations_path();
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(CliError::failed(format!("cannot read {}: {e}", path.display()))),
    };
    let new =
        history::append(&path.display().to_string(), old.as_deref(), &annotation).map_err(CliError::usage)?;
    check_stored(words, &annotation)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    replace(&path, new.as_bytes())
        .map_err(|e| CliError::failed(format!("failed to write {}: {e}; {}", path.display(), remedy(&e))))?;
    out::status(&format!("noted in {}: commit that file", path.display()));
    Ok(())
}

/// An annotation of a commit that no campaign ran would never apply.
fn check_stored(words: &Words, annotation: &Annotation) -> Result<(), CliError> {
    let results: PathBuf = words.results_dir();
    let (what, wanted, of): (_, _, fn(&RunRecord) -> Option<&str>) =
        match (&annotation.commit, &annotation.code) {
            (Some(commit), _) => ("commit", commit, |run| run.git_commit.as_deref()),
            (None, Some(code)) => ("code", code, |run| Some(run.code_key.as_str())),
            (None, None) => return Ok(()),
        };
    let mut known: BTreeSet<String> = BTreeSet::new();
    let suites = suites_in(&results).into_iter();
    for suite in suites.filter(|suite| annotation.suite.as_ref().is_none_or(|wanted| wanted == suite)) {
        let runs = SuiteRuns::read(&results, &suite)?.runs;
        known.extend(runs.iter().filter_map(of).map(str::to_owned));
    }
    if known.iter().any(|value| value.starts_with(wanted.as_str())) {
        return Ok(());
    }
    let short: Vec<&str> = known.iter().map(|value| &value[..value.len().min(10)]).collect();
    let hint = suggest::hint(wanted, short);
    Err(CliError::usage(format!(
        "no run of {what} `{wanted}` is stored in {}: an annotation names a {what} that a campaign ran; {hint}",
        results.display()
    )))
}
