//! What CI calls each night: every suite is run, judged against the nights before, and what looks changed is looked at again
//! before anybody is woken.

mod confirm;
mod suite;
mod summary;
mod workers;

use std::path::PathBuf;
use std::time::Instant;

use harness_runner::{Cancel, env};
use harness_trend::compare::Options;

use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::site;
use crate::trend::side::day;
use crate::trend::words::Words;
use suite::Night;
use summary::{NightSummary, SCHEMA, Status, SuiteSummary};

const KEYS: [&str; 11] =
    ["suites", "suite", "profile", "out", "data", "slots", "date", "blocks", "most", "cpu", "wall"];

/// How a night is run.
pub(crate) struct Settings {
    pub(crate) suites: Vec<String>,
    pub(crate) profile: String,
    pub(crate) date: String,
    pub(crate) results: PathBuf,
    /// Pairs that go on to the plan of each suite.
    pub(crate) passed_on: Vec<String>,
    /// Blocks of a second look.
    pub(crate) blocks: u32,
    /// The most cell families of a suite that are looked at again.
    pub(crate) most: u32,
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

impl Settings {
    pub(crate) fn parse(words: &[String]) -> Result<Self, CliError> {
        let words = Words::parse(words, &KEYS)?;
        if let Some(word) = words.bare().first() {
            return Err(CliError::usage(format!(
                "expected key=value, found `{word}`; suites=a,b chooses suites"
            )));
        }
        let named = [words.list("suites"), words.list("suite")].concat();
        let suites = if named.is_empty() { site::names() } else { named };
        for suite in &suites {
            site::entry(suite)?;
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let date = words.get("date").map_or_else(|| day(now.as_nanos() as i64), str::to_owned);
        if !summary::is_date(&date) {
            return Err(CliError::usage(format!("`date` is a day as 2026-03-01, found `{date}`")));
        }
        let passed_on = ["data", "slots"].into_iter();
        let passed_on = passed_on.filter_map(|key| Some(format!("{key}={}", words.get(key)?)));
        let defaults = Options::default();
        Ok(Self {
            suites: suites.into_iter().map(str::to_owned).collect(),
            profile: words.get("profile").unwrap_or("ci").to_owned(),
            date,
            results: words.results_dir(),
            passed_on: passed_on.collect(),
            blocks: words.count("blocks", 6)?.max(2),
            most: words.count("most", 12)?,
            cpu: words.share("cpu", defaults.cpu)?,
            wall: words.share("wall", defaults.wall)?,
        })
    }
}

/// Says what a night would do, and does nothing.
pub(crate) fn dry_run(settings: &Settings) {
    let earlier = summary::before(&settings.results, &settings.date);
    out::text(&format!("night of {}, profile {}", settings.date, settings.profile));
    for suite in &settings.suites {
        match Night::resolve(settings, suite).and_then(|night| night.foresee(&earlier)) {
            Ok(lines) => lines.iter().for_each(|line| out::text(line)),
            Err(e) => out::text(&format!("{suite}: cannot be planned: {}", message(e))),
        }
    }
    out::text(&format!(
        "summary: {}",
        summary::folder(&settings.results).join(&settings.date).join("summary.md").display()
    ));
}

/// The whole night.
pub(crate) fn run(settings: &Settings) -> Result<(), CliError> {
    let cancel = Cancel::new()?;
    cancel.on_signals()?;
    let began = Instant::now();
    let earlier = summary::before(&settings.results, &settings.date);
    let git = site::commit();
    let mut night = NightSummary {
        schema: SCHEMA,
        date: settings.date.clone(),
        profile: settings.profile.clone(),
        machine: env::Machine::probe().key,
        commit: git.commit,
        dirty: git.dirty,
        finished: false,
        exit_code: None,
        seconds: 0.0,
        suites: Vec::new(),
    };
    for id in &settings.suites {
        let mut suite = SuiteSummary::new(id);
        let started = Instant::now();
        let went = Night::resolve(settings, id).and_then(|night| night.run(&earlier, &mut suite, &cancel));
        suite.status = match went {
            Ok(()) => Status::Ok,
            Err(CliError::Ended(Exit::Interrupted)) => Status::Interrupted,
            Err(e) => {
                let said = message(e);
                out::status(&format!("{id}: not finished: {said}"));
                suite.error = Some(said);
                Status::Failed
            }
        };
        suite.seconds = started.elapsed().as_secs_f64();
        let interrupted = suite.status == Status::Interrupted || cancel.is_requested();
        if interrupted {
            suite.status = Status::Interrupted;
        }
        night.suites.push(suite);
        night.seconds = began.elapsed().as_secs_f64();
        night.write(&settings.results)?;
        if interrupted {
            break;
        }
    }
    let exit = night.exit();
    night.finished = exit != Exit::Interrupted;
    night.exit_code = Some(exit as u8);
    night.seconds = began.elapsed().as_secs_f64();
    let page = night.write(&settings.results)?;
    if night.finished {
        out::text(&format!("night of {}: {}", night.date, night.headline()));
    } else {
        out::status("interrupted: what finished is stored; the same command goes on from here");
    }
    out::text(&format!("summary: {}", page.display()));
    match exit {
        Exit::Ok => Ok(()),
        other => Err(CliError::Ended(other)),
    }
}

/// An error in words, for the summary.
fn message(error: CliError) -> String {
    match error {
        CliError::Usage(message) | CliError::Damaged(message) | CliError::Failed(message) => message,
        CliError::Files(diagnostics) => diagnostics.to_string(),
        CliError::Ended(exit) => format!("it ended with exit code {}", exit as u8),
    }
}
