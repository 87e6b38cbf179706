//! What a night came to: for people as Markdown, for machines as JSON (`docs/over_time.md` has the schema).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use harness_core::scratch::replace;
use harness_core::{CodeKey, EnvKey, remedy};
use harness_trend::compare::{VerdictChange, escape};
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::exit::Exit;
use crate::out;

/// The version of `summary.json`.
pub(crate) const SCHEMA: u32 = 1;

/// A night.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NightSummary {
    pub(crate) schema: u32,
    /// The day in UTC, which is the folder's name.
    pub(crate) date: String,
    pub(crate) profile: String,
    pub(crate) machine: EnvKey,
    pub(crate) commit: Option<String>,
    pub(crate) dirty: Option<bool>,
    /// Whether every suite was run and judged.
    pub(crate) finished: bool,
    /// The exit code of the last call; none while it runs.
    pub(crate) exit_code: Option<u8>,
    pub(crate) seconds: f64,
    pub(crate) suites: Vec<SuiteSummary>,
}

/// How far a suite got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// It was run and judged; single cells may have failed.
    Ok,
    /// It could not be run or judged: see `error`.
    Failed,
    /// Ctrl-C: the same command goes on.
    Interrupted,
}

/// A suite in a night.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SuiteSummary {
    pub(crate) suite: String,
    pub(crate) status: Status,
    pub(crate) error: Option<String>,
    /// The night's campaign.
    pub(crate) campaign: Option<String>,
    pub(crate) code_key: Option<CodeKey>,
    pub(crate) machine: Option<EnvKey>,
    /// The campaign of the last good night, with which it was compared.
    pub(crate) reference: Option<String>,
    pub(crate) cells: Cells,
    /// Claims by verdict.
    pub(crate) claims: BTreeMap<String, usize>,
    /// The ids of those that are contradicted.
    pub(crate) contradicted: Vec<String>,
    /// Those whose verdict is another than in the last good night.
    pub(crate) verdict_changes: Vec<VerdictChange>,
    /// What changed, and what became of each suspicion.
    pub(crate) findings: Vec<Finding>,
    /// The page, relative to the results folder.
    pub(crate) report: Option<String>,
    pub(crate) seconds: f64,
}

/// Cells of a suite.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Cells {
    pub(crate) planned: usize,
    /// Those with a run of this night.
    pub(crate) run: usize,
    pub(crate) skipped: usize,
    /// Of those run.
    pub(crate) failed: usize,
}

/// What became of a suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It is so.
    Confirmed,
    /// It is not: the alarm is cleared.
    Cleared,
    /// It cannot be said.
    Unconfirmed,
    /// It is so, and is right: an annotation says why.
    Accepted,
}

/// A change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// The cell family.
    pub(crate) cells: String,
    /// What changed.
    pub(crate) what: String,
    /// The change in words.
    pub(crate) text: String,
    /// Whether it is worse; null: neither worse nor better.
    pub(crate) worse: Option<bool>,
    /// The campaign with which it began.
    pub(crate) since: String,
    pub(crate) verdict: Verdict,
    /// Why.
    pub(crate) reason: String,
    /// The campaign in which both workers took turns, if there was one.
    pub(crate) confirmation: Option<String>,
}

impl Finding {
    pub(crate) fn is_alarm(&self) -> bool {
        self.verdict == Verdict::Confirmed && self.worse == Some(true)
    }
}

impl SuiteSummary {
    pub(crate) fn new(suite: &str) -> Self {
        Self {
            suite: suite.to_owned(),
            status: Status::Failed,
            error: None,
            campaign: None,
            code_key: None,
            machine: None,
            reference: None,
            cells: Cells::default(),
            claims: BTreeMap::new(),
            contradicted: Vec::new(),
            verdict_changes: Vec::new(),
            findings: Vec::new(),
            report: None,
            seconds: 0.0,
        }
    }

    /// Whether later nights may be compared with it.
    pub(crate) fn is_good(&self) -> bool {
        self.status == Status::Ok && !self.findings.iter().any(Finding::is_alarm)
    }
}

impl NightSummary {
    /// What the program's exit says of it.
    pub(crate) fn exit(&self) -> Exit {
        let any = |is: &dyn Fn(&SuiteSummary) -> bool| self.suites.iter().any(is);
        if any(&|s| s.status == Status::Interrupted) {
            Exit::Interrupted
        } else if any(&|s| s.findings.iter().any(Finding::is_alarm)) {
            Exit::Regression
        } else if any(&|s| s.status == Status::Failed) {
            Exit::CellsFailed
        } else if any(&|s| s.verdict_changes.iter().any(|c| c.is_new_contradiction() && !c.proxy)) {
            Exit::Contradicted
        } else {
            Exit::Ok
        }
    }

    /// Writes both files.
    pub(crate) fn write(&self, results: &Path) -> Result<PathBuf, CliError> {
        let folder = folder(results).join(&self.date);
        let json = serde_json::to_string_pretty(self).map_err(CliError::failed)?;
        let page = folder.join("summary.md");
        for (path, text) in
            [(folder.join("summary.json"), format!("{json}\n")), (page.clone(), self.markdown())]
        {
            std::fs::create_dir_all(&folder).and_then(|()| replace(&path, text.as_bytes())).map_err(|e| {
                CliError::failed(format!("failed to write {}: {e}; {}", path.display(), remedy(&e)))
            })?;
        }
        Ok(page)
    }

    /// For people.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        let state = if self.finished { self.headline() } else { "not finished".to_owned() };
        let _ = writeln!(out, "# Night of {}: {state}\n", self.date);
        let commit = self.commit.as_ref().map_or("no commit".to_owned(), |c| {
            let changes = if self.dirty == Some(true) { " with uncommitted changes" } else { "" };
            format!("commit `{}`{changes}", &c[..c.len().min(10)])
        });
        let took = crate::progress::human(std::time::Duration::from_secs_f64(self.seconds.max(0.0)));
        let _ = writeln!(
            out,
            "Profile `{}`, {commit}, machine `{}`, {took}.\n",
            self.profile,
            self.machine.short()
        );
        let _ =
            writeln!(out, "| suite | cells | failed | claims | confirmed | cleared | unconfirmed | time |");
        let _ = writeln!(out, "| --- | --- | --- | --- | --- | --- | --- | --- |");
        for suite in &self.suites {
            let count = |verdict| suite.findings.iter().filter(|f| f.verdict == verdict).count();
            let claims: Vec<String> =
                suite.claims.iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
            let status = match suite.status {
                Status::Ok => "",
                Status::Failed => " (not finished: see below)",
                Status::Interrupted => " (interrupted)",
            };
            let _ = writeln!(
                out,
                "| {}{status} | {} of {} | {} | {} | {} | {} | {} | {:.0} s |",
                escape(&suite.suite),
                suite.cells.run,
                suite.cells.planned - suite.cells.skipped.min(suite.cells.planned),
                suite.cells.failed,
                claims.join(", "),
                count(Verdict::Confirmed),
                count(Verdict::Cleared),
                count(Verdict::Unconfirmed),
                suite.seconds
            );
        }
        for suite in &self.suites {
            suite.write_markdown(&mut out);
        }
        out
    }

    /// One line.
    pub(crate) fn headline(&self) -> String {
        let all = || self.suites.iter().flat_map(|s| &s.findings);
        let count = |is: &dyn Fn(&&Finding) -> bool| all().filter(is).count();
        let worse = count(&|f| f.is_alarm());
        let cleared = count(&|f| f.verdict == Verdict::Cleared);
        let failed = self.suites.iter().filter(|s| s.status == Status::Failed).count();
        let mut parts = vec![match worse {
            0 => "no confirmed regression".to_owned(),
            1 => "1 confirmed regression".to_owned(),
            n => format!("{n} confirmed regressions"),
        }];
        if cleared > 0 {
            parts.push(format!("{cleared} cleared"));
        }
        if failed > 0 {
            let suites = if failed == 1 { "suite" } else { "suites" };
            parts.push(format!("{failed} {suites} not finished"));
        }
        parts.join(", ")
    }
}

impl SuiteSummary {
    fn write_markdown(&self, out: &mut String) {
        let quiet = self.error.is_none()
            && self.findings.is_empty()
            && self.verdict_changes.is_empty()
            && self.contradicted.is_empty();
        if quiet {
            return;
        }
        let _ = writeln!(out, "\n## {}\n", escape(&self.suite));
        if let Some(error) = &self.error {
            let _ = writeln!(out, "- not finished: {}", escape(error));
        }
        for finding in &self.findings {
            let (word, sign) = match (finding.verdict, finding.worse) {
                (Verdict::Confirmed, Some(true)) => ("confirmed, worse", "✗"),
                (Verdict::Confirmed, Some(false)) => ("confirmed, better", "✓"),
                (Verdict::Confirmed, None) => ("changed", "·"),
                (Verdict::Cleared, _) => ("cleared", "○"),
                (Verdict::Unconfirmed, _) => ("cannot be confirmed", "?"),
                (Verdict::Accepted, _) => ("accepted", "○"),
            };
            let (cells, text, reason) =
                (escape(&finding.cells), escape(&finding.text), escape(&finding.reason));
            let _ = writeln!(out, "- {sign} **{word}**: {cells}: {text}. {reason}");
        }
        for change in &self.verdict_changes {
            let _ = writeln!(out, "- claim {}: {} → {}", escape(&change.claim), change.a, change.b);
        }
        if !self.contradicted.is_empty() {
            let ids: Vec<String> = self.contradicted.iter().map(|id| escape(id)).collect();
            let _ = writeln!(out, "- contradicted: {}", ids.join(", "));
        }
        if let Some(report) = &self.report {
            let _ = writeln!(out, "- report: `{report}`");
        }
    }
}

/// Where nights are kept.
pub(crate) fn folder(results: &Path) -> PathBuf {
    results.join("nightly")
}

/// The nights before a day, oldest first. One that cannot be read is passed over, with a warning.
pub(crate) fn before(results: &Path, date: &str) -> Vec<NightSummary> {
    let entries = std::fs::read_dir(folder(results)).into_iter().flatten().flatten();
    let mut dates: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    dates.retain(|name| is_date(name) && name.as_str() < date);
    dates.sort();
    let read = |date: &String| {
        let path = folder(results).join(date).join("summary.json");
        let summary = std::fs::read(&path).map_err(|e| e.to_string());
        let summary = summary.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
        match summary {
            Ok(summary) => Some(summary),
            Err(e) => {
                out::status(&format!("warning: {} is passed over: {e}", path.display()));
                None
            }
        }
    };
    dates.iter().filter_map(read).collect()
}

/// Whether a text is a day, `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}
