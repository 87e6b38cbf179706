//! From a selector to the rows of a side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use harness_core::record::ClaimRow;
use harness_core::{RunRecord, SampleRow, suggest};
use harness_trend::compare::{Side, SideLabel};
use harness_trend::measured;

use super::campaigns::{Known, SuiteRuns, confirms, is_confirmation, suites_in};
use super::selector::{Selector, Which};
use crate::error::CliError;

/// The rows of a side.
pub(crate) struct Rows {
    pub(crate) label: SideLabel,
    pub(crate) runs: Vec<RunRecord>,
    pub(crate) samples: Vec<SampleRow>,
    pub(crate) claims: Vec<ClaimRow>,
}

impl Rows {
    pub(crate) fn side(&self) -> Side<'_> {
        Side {
            label: self.label.clone(),
            runs: measured(&self.runs, &self.samples),
            claims: self.claims.clone(),
        }
    }

    pub(crate) fn suites(&self) -> BTreeSet<&str> {
        self.runs.iter().map(|run| run.suite.as_str()).collect()
    }
}

/// What narrows the search.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Within<'a> {
    pub(crate) suite: Option<&'a str>,
    /// The profile of `latest`.
    pub(crate) profile: Option<&'a str>,
}

/// The results of the suites that may be meant.
pub(crate) struct Results {
    suites: Vec<SuiteRuns>,
    folder: String,
}

impl Results {
    pub(crate) fn open(folder: &Path, suite: Option<&str>) -> Result<Self, CliError> {
        let here = suites_in(folder);
        if let Some(suite) = suite.filter(|suite| !here.iter().any(|s| s == suite)) {
            let hint = suggest::hint(suite, here.iter().map(String::as_str));
            return Err(CliError::usage(format!(
                "{} holds no results of suite `{suite}`; {hint}",
                folder.display()
            )));
        }
        let wanted = here.iter().filter(|name| suite.is_none_or(|suite| suite == name.as_str()));
        let suites: Vec<SuiteRuns> =
            wanted.map(|suite| SuiteRuns::read(folder, suite)).collect::<Result<_, _>>()?;
        if suites.is_empty() {
            return Err(CliError::usage(format!(
                "{} holds no results; `run` something first",
                folder.display()
            )));
        }
        Ok(Self { suites, folder: folder.display().to_string() })
    }

    /// The suite whose campaign is the newest.
    fn newest_suite(&self, profile: Option<&str>) -> Result<Option<String>, CliError> {
        let mut newest: Option<Known> = None;
        for suite in &self.suites {
            let last = asked_for(suite, profile)?.pop();
            newest = newest.into_iter().chain(last).max_by_key(|known| known.last);
        }
        Ok(newest.map(|known| known.suite))
    }

    /// The rows that a selector selects.
    pub(crate) fn rows(&self, selector: &Selector, within: Within<'_>) -> Result<Rows, CliError> {
        let mut chosen: Vec<(&SuiteRuns, Vec<&RunRecord>, Option<String>)> = Vec::new();
        match &selector.which {
            Which::Campaign(prefix) => {
                let known = self.campaign(prefix)?;
                let suite = self.suite(&known.suite)?;
                chosen.push((suite, suite.of_campaign(&known.id), Some(known.id)));
            }
            Which::Latest(back) => {
                let suite = match within.suite {
                    Some(suite) => Some(suite.to_owned()),
                    None => self.newest_suite(within.profile)?,
                };
                let of_profile = within.profile.map(|p| format!(" of profile `{p}`")).unwrap_or_default();
                let nothing =
                    || CliError::usage(format!("no campaign{of_profile} is stored in {}", self.folder));
                let suite = self.suite(&suite.ok_or_else(nothing)?)?;
                let campaigns = asked_for(suite, within.profile)?;
                let Some(at) = campaigns.len().checked_sub(back + 1) else {
                    return Err(CliError::usage(format!(
                        "`{}`: {} holds {} of suite `{}`{of_profile}",
                        selector.which,
                        self.folder,
                        if campaigns.len() == 1 {
                            "1 campaign".to_owned()
                        } else {
                            format!("{} campaigns", campaigns.len())
                        },
                        suite.store.suite()
                    )));
                };
                chosen.push((suite, suite.of_campaign(&campaigns[at].id), Some(campaigns[at].id.clone())));
            }
            Which::Commit(prefix) => {
                self.all("commit", prefix, |run| run.git_commit.as_deref(), &mut chosen)?;
            }
            Which::Code(prefix) => {
                self.all("code", prefix, |run| Some(run.code_key.as_str()), &mut chosen)?;
            }
        }
        let mut rows =
            Rows { label: SideLabel::default(), runs: Vec::new(), samples: Vec::new(), claims: Vec::new() };
        for (suite, runs, campaign) in chosen {
            let ids: Vec<_> = runs.iter().map(|run| run.run_id).collect();
            rows.samples.extend(suite.store.samples(&ids)?);
            rows.claims.extend(claims_of(suite, &runs, campaign.as_deref())?);
            rows.runs.extend(runs.into_iter().cloned());
            rows.label.campaigns.extend(campaign);
        }
        if rows.runs.is_empty() {
            return Err(CliError::usage(format!(
                "`{selector}` has no run that is stored in {}",
                self.folder
            )));
        }
        rows.label = label(selector, &rows);
        Ok(rows)
    }

    fn suite(&self, id: &str) -> Result<&SuiteRuns, CliError> {
        let found = self.suites.iter().find(|suite| suite.store.suite() == id);
        found.ok_or_else(|| CliError::usage(format!("{} holds no results of suite `{id}`", self.folder)))
    }

    /// The one campaign whose id begins so.
    fn campaign(&self, prefix: &str) -> Result<Known, CliError> {
        let mut all: Vec<Known> = Vec::new();
        for suite in &self.suites {
            all.extend(suite.campaigns()?);
        }
        let mut found: Vec<&Known> = all.iter().filter(|known| known.id == prefix).collect();
        if found.is_empty() {
            found = all.iter().filter(|known| known.id.starts_with(prefix)).collect();
        }
        match found[..] {
            [one] => Ok(one.clone()),
            [] => {
                let mut newest: Vec<&str> = all.iter().rev().map(|known| known.id.as_str()).collect();
                newest.truncate(20);
                let hint = suggest::hint(prefix, newest);
                Err(CliError::usage(format!("no campaign `{prefix}` is stored in {}; {hint}", self.folder)))
            }
            _ => {
                let ids: Vec<String> = found.iter().map(|k| format!("{} ({})", k.id, k.suite)).collect();
                Err(CliError::usage(format!("`{prefix}` begins several campaigns: {}", ids.join(", "))))
            }
        }
    }

    /// Every run whose commit or code begins so, of all suites; one commit or code only.
    fn all<'a>(
        &'a self,
        what: &str,
        prefix: &str,
        of: impl Fn(&RunRecord) -> Option<&str>,
        chosen: &mut Vec<(&'a SuiteRuns, Vec<&'a RunRecord>, Option<String>)>,
    ) -> Result<(), CliError> {
        let values: BTreeSet<&str> =
            self.suites.iter().flat_map(|suite| &suite.runs).filter_map(&of).collect();
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for suite in &self.suites {
            let is_one = |run: &&RunRecord| of(run).is_some_and(|value| value.starts_with(prefix));
            let runs: Vec<&RunRecord> = suite.runs.iter().filter(is_one).collect();
            // Each suite has a code of its own, and one commit for all.
            let mut of_suite: BTreeSet<&str> = runs.iter().copied().filter_map(&of).collect();
            found.append(&mut of_suite);
            if !runs.is_empty() {
                chosen.push((suite, runs, None));
            }
        }
        match found.len() {
            1 => Ok(()),
            0 => {
                let short = values.iter().map(|value| &value[..value.len().min(10)]);
                let hint = suggest::hint(prefix, short.collect::<Vec<_>>());
                Err(CliError::usage(format!(
                    "no run of {what} `{prefix}` is stored in {}; {hint}",
                    self.folder
                )))
            }
            _ => {
                let all: Vec<&str> = found.into_iter().collect();
                Err(CliError::usage(format!("`{what}:{prefix}` begins several: {}", all.join(", "))))
            }
        }
    }
}

/// The campaigns that have runs and that somebody asked for, oldest first.
fn asked_for(suite: &SuiteRuns, profile: Option<&str>) -> Result<Vec<Known>, CliError> {
    let mut campaigns = suite.campaigns()?;
    campaigns.retain(|known| {
        let is_asked = known.last.is_some() && !confirms(&known.id);
        is_asked && profile.is_none_or(|profile| known.profile.as_deref() == Some(profile))
    });
    Ok(campaigns)
}

/// The verdicts of a campaign; of several, for each claim those of the one that ran last.
fn claims_of(
    suite: &SuiteRuns,
    runs: &[&RunRecord],
    campaign: Option<&str>,
) -> Result<Vec<ClaimRow>, CliError> {
    let order: Vec<String> = match campaign {
        Some(id) => vec![id.to_owned()],
        None => {
            let mut last: BTreeMap<&str, _> = BTreeMap::new();
            for run in runs.iter().filter(|run| !is_confirmation(run)) {
                last.entry(run.campaign_id.as_str())
                    .and_modify(|id| *id = run.run_id.max(*id))
                    .or_insert(run.run_id);
            }
            let mut order: Vec<_> = last.into_iter().collect();
            order.sort_by_key(|(_, last)| *last);
            order.into_iter().map(|(id, _)| id.to_owned()).collect()
        }
    };
    let all = suite.store.claims()?;
    let mut chosen: BTreeMap<String, ClaimRow> = BTreeMap::new();
    for id in order {
        for row in all.iter().filter(|row| row.campaign_id == id) {
            chosen.insert(row.claim_id.clone(), row.clone());
        }
    }
    Ok(chosen.into_values().collect())
}

fn label(selector: &Selector, rows: &Rows) -> SideLabel {
    let distinct = |of: &dyn Fn(&RunRecord) -> Option<String>| -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for value in rows.runs.iter().filter_map(of) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    };
    let commit = |run: &RunRecord| {
        let dirty = if run.git_dirty == Some(true) { "+changes" } else { "" };
        run.git_commit.as_ref().map(|commit| format!("{}{dirty}", &commit[..commit.len().min(10)]))
    };
    let campaigns = match &rows.label.campaigns[..] {
        [] => distinct(&|run| Some(run.campaign_id.clone())),
        chosen => chosen.to_vec(),
    };
    let mut days = distinct(&|run| Some(day(run.started_unix_ns)));
    days.sort();
    let name = match (&selector.which, &campaigns[..]) {
        (Which::Campaign(_), [id]) => id.clone(),
        _ => selector.to_string(),
    };
    SideLabel {
        name,
        campaigns,
        commits: distinct(&commit),
        codes: distinct(&|run| Some(run.code_key.short().to_owned())),
        machines: distinct(&|run| Some(run.env_key.short().to_owned())),
        days,
    }
}

/// The day in UTC, as `YYYY-MM-DD`.
pub(crate) fn day(unix_ns: i64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(unix_ns)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::UTC.to_datetime(time).date().to_string()
}
