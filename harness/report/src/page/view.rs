//! The facts of a campaign, as text.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::{EnvRow, Outcome, printable};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::campaign::{Campaign, Picked, Run};
use crate::csv::csv;
use crate::number;
use crate::sample::count;
use crate::timing::Timing;
use crate::varying::plain;
use crate::{Input, Link, Previous};

/// Most characters of a standard error tail that a page shows.
const STDERR_SHOWN: usize = 4000;

/// Everything about a campaign that is not a claim, a table or a figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PageView {
    pub(crate) title: String,
    pub(crate) papers: Vec<String>,
    pub(crate) campaign: String,
    pub(crate) suite: String,
    pub(crate) profile: String,
    pub(crate) profile_title: Option<String>,
    pub(crate) summary: String,
    /// The commits that the results come from, abbreviated; none: it is not known.
    pub(crate) commit: Option<String>,
    /// The processor, if its name is known.
    pub(crate) machine: Option<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) cells: Vec<CellRow>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) skipped: Vec<(String, usize)>,
    pub(crate) environment: Vec<Fact>,
    pub(crate) provenance: Vec<Fact>,
    /// What is not as it was in the campaign before; none: there was none.
    pub(crate) environment_changes: Option<EnvironmentChanges>,
    /// What can be downloaded, by what it is.
    pub(crate) downloads: Vec<Downloads>,
}

/// What changed in the environment since the campaign before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct EnvironmentChanges {
    /// The campaign before.
    pub(crate) campaign: String,
    /// When its last run began.
    pub(crate) ran: String,
    /// The facts that differ.
    pub(crate) changes: Vec<Change>,
}

/// A fact that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Change {
    pub(crate) name: String,
    /// What it was; none: it was not recorded.
    pub(crate) before: Option<String>,
    /// What it is.
    pub(crate) now: Option<String>,
    /// Whether it is part of the environment key: times before and after are not comparable.
    pub(crate) identity: bool,
}

/// Files of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Downloads {
    pub(crate) what: &'static str,
    pub(crate) links: Vec<Link>,
}

/// A row of the table of all cells.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CellRow {
    pub(crate) key: String,
    pub(crate) run_id: Option<String>,
    pub(crate) problem: String,
    pub(crate) problem_params: String,
    pub(crate) solver: String,
    pub(crate) solver_params: String,
    pub(crate) replicate: u32,
    pub(crate) place: String,
    pub(crate) status: String,
    pub(crate) good: bool,
    pub(crate) iterations: Option<i64>,
    pub(crate) seconds: Option<f64>,
    pub(crate) time: String,
    pub(crate) memory: String,
    pub(crate) bytes: Option<i64>,
    pub(crate) metrics: String,
    pub(crate) command: String,
}

/// A cell that failed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Failure {
    pub(crate) key: String,
    pub(crate) run_id: String,
    pub(crate) what: String,
    pub(crate) outcome: String,
    pub(crate) reason: Option<String>,
    pub(crate) stderr: Option<String>,
    pub(crate) command: String,
}

/// A name with a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Fact {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) identity: bool,
}

impl Fact {
    fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into(), identity: false }
    }
}

impl PageView {
    pub(crate) fn of(campaign: &Campaign<'_>, input: &Input<'_>, timing: Option<&Timing>) -> Self {
        let file = input.suite_file;
        let picked: Vec<Picked<'_>> = campaign.all();
        let cells: Vec<CellRow> = picked.iter().map(|p| cell_row(campaign, input, p)).collect();
        let failures = picked.iter().filter_map(|p| failure(campaign, input, p)).collect::<Vec<_>>();
        let papers = file.papers.iter().map(|p| {
            let parts = [Some(p.title.clone()), p.authors.clone(), p.venue.clone(), p.url.clone()];
            let parts: Vec<String> =
                parts.into_iter().flatten().map(|part| part.trim_end_matches('.').to_owned()).collect();
            format!("{}: {}", *p.id, parts.join(". "))
        });
        Self {
            title: input.suite.title.to_owned(),
            papers: papers.collect(),
            campaign: input.identity.campaign_id.clone(),
            suite: input.identity.suite.clone(),
            profile: input.identity.profile.clone(),
            profile_title: file.profile(&input.identity.profile).and_then(|p| p.title.clone()),
            summary: summary(&picked),
            commit: commit(&picked),
            machine: input
                .data
                .env
                .iter()
                .find(|row| row.env_key == input.identity.env_key && row.name == "cpu_brand")
                .map(|row| row.value.clone()),
            warnings: warnings(input, &picked, timing),
            cells,
            failures,
            skipped: skipped(&picked),
            environment: environment(input),
            environment_changes: input.previous.map(|previous| environment_changes(input, previous)),
            provenance: provenance(input, &picked),
            downloads: Vec::new(),
        }
    }
}

fn params(map: &serde_json::Map<String, Value>) -> String {
    map.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect::<Vec<_>>().join(" ")
}

fn status(picked: &Picked<'_>) -> (String, bool) {
    match picked.run {
        None => match &picked.cell.skip {
            Some(reason) => (format!("skipped: {reason}"), true),
            None => ("not run yet".to_owned(), true),
        },
        Some(run) => match (run.record.outcome, &run.record.solver_status) {
            (Outcome::Ok, Some(status)) => (status.clone(), true),
            (Outcome::Ok, None) => ("ok".to_owned(), true),
            (Outcome::Skipped, _) => {
                (format!("skipped: {}", run.record.reason.as_deref().unwrap_or("no reason given")), true)
            }
            (outcome, _) => (outcome.to_string(), false),
        },
    }
}

fn cell_row(campaign: &Campaign<'_>, input: &Input<'_>, picked: &Picked<'_>) -> CellRow {
    let spec = &picked.cell.spec;
    let record = picked.run.map(|r| r.record);
    let (status, good) = status(picked);
    let seconds = record.and_then(|r| r.solve_wall_ns).map(|ns| ns as f64 * 1e-9);
    let memory = record.and_then(|r| r.vmhwm_solve.or(r.vmhwm_setup));
    CellRow {
        key: picked.cell.key.to_string(),
        run_id: record.map(|r| r.run_id.to_string()),
        problem: picked.problem_label.to_owned(),
        problem_params: params(&spec.problem.params),
        solver: picked.solver_label.to_owned(),
        solver_params: params(&spec.solver.params),
        replicate: spec.replicate,
        place: format!("{} {} × {}", spec.device, spec.dtype, spec.threads),
        status,
        good,
        iterations: record.and_then(|r| r.n_iter),
        seconds,
        time: seconds.map_or_else(|| "–".to_owned(), number::seconds),
        bytes: memory,
        memory: memory.map_or_else(|| "–".to_owned(), |b| number::bytes(b as f64)),
        metrics: picked.run.map(metrics).unwrap_or_default(),
        command: campaign.command(&input.identity, picked),
    }
}

/// The final metrics, shortest first to read: `gap 1e-9, cost 0.0032`.
fn metrics(run: Run<'_>) -> String {
    let map: BTreeMap<String, Value> = serde_json::from_str(&run.record.metrics).unwrap_or_default();
    let show = |(name, value): (&String, &Value)| match value.as_f64() {
        Some(v) => format!("{name} {}", number::short(v)),
        None => format!("{name} {}", plain(value)),
    };
    map.iter().map(show).collect::<Vec<_>>().join(", ")
}

fn failure(campaign: &Campaign<'_>, input: &Input<'_>, picked: &Picked<'_>) -> Option<Failure> {
    let record = picked.run.map(|r| r.record).filter(|r| r.outcome.is_failure())?;
    let spec = &picked.cell.spec;
    let detail = match (record.outcome, record.signal, record.exit_code) {
        (Outcome::Signal, Some(signal), _) => format!("signal {signal}"),
        (Outcome::Error, _, Some(code)) => format!("error, exit code {code}"),
        (outcome, _, _) => outcome.to_string(),
    };
    Some(Failure {
        key: picked.cell.key.to_string(),
        run_id: record.run_id.to_string(),
        what: format!(
            "{} on {}, replicate {}{}",
            picked.solver_label,
            picked.problem_label,
            spec.replicate,
            if spec.solver.params.is_empty() {
                String::new()
            } else {
                format!(" ({})", params(&spec.solver.params))
            }
        ),
        outcome: detail,
        reason: record.reason.as_deref().map(|r| printable(r).into_owned()).filter(|r| !r.is_empty()),
        stderr: record.stderr_tail.as_deref().map(str::trim_end).filter(|t| !t.is_empty()).map(tail),
        command: campaign.command(&input.identity, picked),
    })
}

/// The end of a text.
fn tail(text: &str) -> String {
    let text = printable(text);
    let extra = text.chars().count().saturating_sub(STDERR_SHOWN);
    if extra == 0 {
        text.into_owned()
    } else {
        format!("…{}", text.chars().skip(extra).collect::<String>())
    }
}

fn summary(picked: &[Picked<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for p in picked {
        let word = match p.run.map(|r| r.record.outcome) {
            Some(Outcome::Ok) => "finished",
            Some(Outcome::Skipped) => "skipped",
            Some(_) => "failed",
            None if p.cell.skip.is_some() => "skipped",
            None => "not run yet",
        };
        *counts.entry(word).or_default() += 1;
    }
    let parts: Vec<String> = ["finished", "failed", "skipped", "not run yet"]
        .iter()
        .filter_map(|word| counts.get(word).map(|n| format!("{n} {word}")))
        .collect();
    let cells = count(picked.len(), "cell", "cells");
    format!("{cells}: {}", if parts.is_empty() { "none".to_owned() } else { parts.join(", ") })
}

fn commit(picked: &[Picked<'_>]) -> Option<String> {
    let known = picked.iter().filter_map(|p| p.run?.record.git_commit.as_deref());
    let short: BTreeSet<&str> = known.map(|commit| commit.get(..10).unwrap_or(commit)).collect();
    (!short.is_empty()).then(|| short.into_iter().collect::<Vec<_>>().join(", "))
}

fn warnings(input: &Input<'_>, picked: &[Picked<'_>], timing: Option<&Timing>) -> Vec<String> {
    let records: Vec<_> = picked.iter().filter_map(|p| p.run.map(|r| r.record)).collect();
    let mut out: Vec<String> = timing.map(Timing::banners).unwrap_or_default();
    if records.iter().any(|r| r.git_dirty == Some(true)) {
        out.push("Some results come from a source tree with uncommitted changes.".to_owned());
    }
    let leaked = records.iter().filter(|r| r.leaked).count();
    if leaked > 0 {
        let runs = if leaked == 1 { "run" } else { "runs" };
        out.push(format!(
            "{leaked} {runs} left processes behind, which were ended, or kept the output open."
        ));
    }
    let other_code = records.iter().filter(|r| r.code_key != input.identity.code_key).count();
    if other_code > 0 {
        let results = count(other_code, "result comes", "results come");
        out.push(format!("{results} from other code than the present one."));
    }
    let other_env = records.iter().filter(|r| r.env_key != input.identity.env_key).count();
    if other_env > 0 {
        let results = count(other_env, "result comes", "results come");
        out.push(format!("{results} from another machine: their times are not comparable."));
    }
    out
}

fn skipped(picked: &[Picked<'_>]) -> Vec<(String, usize)> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for p in picked {
        let (text, _) = status(p);
        if let Some(reason) = text.strip_prefix("skipped: ") {
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
    }
    reasons.into_iter().collect()
}

fn environment(input: &Input<'_>) -> Vec<Fact> {
    let rows = input.data.env.iter().filter(|row| row.env_key == input.identity.env_key);
    let facts: BTreeSet<Fact> = rows
        .map(|row| Fact { name: row.name.clone(), value: row.value.clone(), identity: row.identity })
        .collect();
    facts.into_iter().collect()
}

/// The facts with another value than before, in the order of their names.
fn environment_changes(input: &Input<'_>, previous: &Previous) -> EnvironmentChanges {
    type Facts<'r> = BTreeMap<&'r str, (BTreeSet<&'r str>, bool)>;
    fn facts<'r>(rows: impl Iterator<Item = &'r EnvRow>) -> Facts<'r> {
        let mut facts = Facts::new();
        for row in rows {
            let fact = facts.entry(&row.name).or_default();
            fact.0.insert(&row.value);
            fact.1 |= row.identity;
        }
        facts
    }
    let now = facts(input.data.env.iter().filter(|row| row.env_key == input.identity.env_key));
    let before = facts(previous.env.iter());
    let names: BTreeSet<&str> = now.keys().chain(before.keys()).copied().collect();
    let text = |fact: Option<&(BTreeSet<&str>, bool)>| {
        fact.map(|(values, _)| values.iter().copied().collect::<Vec<_>>().join(", "))
    };
    let change = |name: &str| {
        let (was, is) = (before.get(name), now.get(name));
        let differs = was.map(|f| &f.0) != is.map(|f| &f.0);
        let identity = [was, is].into_iter().flatten().any(|fact| fact.1);
        differs.then(|| Change { name: name.to_owned(), before: text(was), now: text(is), identity })
    };
    EnvironmentChanges {
        campaign: previous.campaign_id.clone(),
        ran: instant(previous.started_unix_ns),
        changes: names.into_iter().filter_map(change).collect(),
    }
}

fn provenance(input: &Input<'_>, picked: &[Picked<'_>]) -> Vec<Fact> {
    let records: Vec<_> = picked.iter().filter_map(|p| p.run.map(|r| r.record)).collect();
    let distinct = |values: Vec<String>| -> String {
        let set: BTreeSet<String> = values.into_iter().collect();
        if set.is_empty() { "–".to_owned() } else { set.into_iter().collect::<Vec<_>>().join(", ") }
    };
    let commit = |r: &&harness_core::RunRecord| {
        let dirty = if r.git_dirty == Some(true) { " + changes" } else { "" };
        format!("{}{dirty}", r.git_commit.as_deref().unwrap_or("unknown"))
    };
    let seeds = picked.iter().map(|p| p.cell.spec.master_seed.to_string()).collect();
    let mut facts = vec![
        Fact::new("campaign", input.identity.campaign_id.clone()),
        Fact::new("suite", input.identity.suite.clone()),
        Fact::new("profile", input.identity.profile.clone()),
        Fact::new("code key", input.identity.code_key.to_string()),
        Fact::new("environment key", input.identity.env_key.to_string()),
        Fact::new("commit", distinct(records.iter().map(commit).collect())),
        Fact::new("harness version", distinct(records.iter().map(|r| r.harness_version.clone()).collect())),
        Fact::new("master seed", distinct(seeds)),
    ];
    if !input.identity.overrides.is_empty() {
        facts.push(Fact::new("overrides", input.identity.overrides.join(" ")));
    }
    let first = records.iter().map(|r| r.started_unix_ns).min();
    let last = records.iter().map(|r| r.started_unix_ns + r.elapsed_ns).max();
    if let Some((first, last)) = first.zip(last) {
        facts.push(Fact::new("ran", format!("{} to {}", instant(first), instant(last))));
    }
    facts
}

/// A time as `2026-01-31 12:00 UTC`.
fn instant(unix_ns: i64) -> String {
    Timestamp::from_nanosecond(i128::from(unix_ns))
        .map_or_else(|_| "unknown".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// All cells as CSV.
pub(crate) fn cells_csv(cells: &[CellRow]) -> String {
    let header = [
        "cell_key",
        "run_id",
        "problem",
        "problem_params",
        "solver",
        "solver_params",
        "replicate",
        "place",
        "status",
        "iterations",
        "seconds",
        "metrics",
        "command",
    ];
    let row = |cell: &CellRow| {
        [
            cell.key.clone(),
            cell.run_id.clone().unwrap_or_default(),
            cell.problem.clone(),
            cell.problem_params.clone(),
            cell.solver.clone(),
            cell.solver_params.clone(),
            cell.replicate.to_string(),
            cell.place.clone(),
            cell.status.clone(),
            cell.iterations.map(|n| n.to_string()).unwrap_or_default(),
            cell.seconds.map(number::exact).unwrap_or_default(),
            cell.metrics.clone(),
            cell.command.clone(),
        ]
    };
    csv(&header, cells.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates() {
        assert_eq!(instant(1_767_225_600_000_000_000), "2026-01-01 00:00 UTC");
    }

    #[test]
    fn tails_lose_control_characters_and_their_beginning() {
        assert_eq!(tail("a\u{1b}[31mb\nc"), "a[31mb\nc");
        let long = tail(&"x".repeat(STDERR_SHOWN + 5));
        assert_eq!(long.chars().count(), STDERR_SHOWN + 1);
        assert!(long.starts_with('…'));
    }
}
