//! One suite in a night: run, judge, look again.

use std::collections::BTreeMap;

use harness_core::record::ClaimRow;
use harness_core::{CodeKey, Outcome, RunRecord};
use harness_plan::resume::Mode;
use harness_report::number::count;
use harness_runner::{Cancel, find_worker};
use harness_store::Filter;
use harness_trend::compare::{Options, verdict_changes};
use harness_trend::measured;
use harness_trend::night::{Answer, Nights, Suspicion, shown};

use super::Settings;
use super::confirm::look_again;
use super::summary::{Cells, Finding, NightSummary, SuiteSummary, Verdict, is_date};
use super::workers::{self, Manifest};
use crate::campaign::Campaign;
use crate::error::CliError;
use crate::exit::Exit;
use crate::out;
use crate::trend::{determinism, read_annotations};
use crate::verbs::run;

/// A suite's campaign of a night.
pub(crate) struct Night<'a> {
    settings: &'a Settings,
    campaign: Campaign,
}

/// A good night before this one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Good {
    date: String,
    campaign: String,
    code: CodeKey,
}

impl<'a> Night<'a> {
    pub(crate) fn resolve(settings: &'a Settings, suite: &str) -> Result<Self, CliError> {
        let mut pairs = vec![
            format!("suite={suite}"),
            format!("profile={}", settings.profile),
            format!("out={}", settings.results.display()),
        ];
        pairs.extend(settings.passed_on.iter().cloned());
        let campaign = Campaign::resolve(&pairs, &[])?.of_night(&settings.date);
        Ok(Self { settings, campaign })
    }

    fn suite(&self) -> &str {
        &self.campaign.plan.suite
    }

    /// The good nights of this suite and profile before this one, oldest first.
    fn good_nights(&self, earlier: &[NightSummary]) -> Vec<Good> {
        let of_profile = earlier.iter().filter(|night| night.profile == self.settings.profile);
        let good = of_profile.filter_map(|night| {
            let suite = night.suites.iter().find(|s| s.suite == self.suite()).filter(|s| s.is_good())?;
            Some(Good {
                date: night.date.clone(),
                campaign: suite.campaign.clone()?,
                code: suite.code_key.clone()?,
            })
        });
        good.collect()
    }

    /// What would be done, in lines.
    pub(crate) fn foresee(&self, earlier: &[NightSummary]) -> Result<Vec<String>, CliError> {
        let runs = self.campaign.store.runs(&Filter::default())?;
        let decisions = self.campaign.decisions(&runs, Mode::Resume);
        let to_run = decisions.iter().filter(|d| d.runs()).count();
        let against = match self.good_nights(earlier).pop() {
            None => "nothing to compare with: no good night yet".to_owned(),
            Some(good) => {
                let worker = match workers::find(&self.settings.results, self.suite(), &good.code) {
                    _ if good.code == self.campaign.plan.code_key => "the same code as now".to_owned(),
                    Ok(_) => "its worker is kept".to_owned(),
                    Err(why) => format!("changes cannot be confirmed: {why}"),
                };
                format!("to compare with the night of {} ({worker})", good.date)
            }
        };
        Ok(vec![
            format!(
                "{}: campaign {}, {}, {to_run} to run",
                self.suite(),
                self.campaign.id,
                count(decisions.len(), "cell", "cells")
            ),
            format!("    {against}"),
        ])
    }

    /// Runs, judges, and looks again. What is known so far is in `summary` whatever happens.
    pub(crate) fn run(
        &self,
        earlier: &[NightSummary],
        summary: &mut SuiteSummary,
        cancel: &Cancel,
    ) -> Result<(), CliError> {
        let campaign = &self.campaign;
        summary.campaign = Some(campaign.id.clone());
        summary.code_key = Some(campaign.plan.code_key.clone());
        summary.machine = Some(campaign.env_key.clone());
        self.keep_worker()?;
        let went = run::execute_and_publish(campaign, Mode::Resume);
        // What finished is told also where the rest did not.
        self.count(summary)?;
        went?;
        if cancel.is_requested() {
            return Err(CliError::Ended(Exit::Interrupted));
        }
        summary.report = Some(format!("{}/campaigns/{}/report.html", self.suite(), campaign.id));
        let good = self.good_nights(earlier);
        summary.reference = good.last().map(|good| good.campaign.clone());
        self.verdicts(summary)?;
        let found = self.judge(&good, earlier, summary, cancel);
        let in_use: Vec<&CodeKey> = good.last().map(|good| &good.code).into_iter().collect();
        workers::prune(
            &self.settings.results,
            self.suite(),
            &[&in_use[..], &[&campaign.plan.code_key]].concat(),
        )?;
        found
    }

    fn keep_worker(&self) -> Result<(), CliError> {
        let columns = self.campaign.columns();
        let manifest = Manifest {
            schema: 1,
            suite: self.suite().to_owned(),
            code_key: self.campaign.plan.code_key.clone(),
            protocol: harness_core::protocol::WORKER_PROTOCOL,
            harness_version: columns.harness_version,
            commit: columns.git_commit,
            dirty: columns.git_dirty,
            date: self.settings.date.clone(),
        };
        let worker = find_worker().map_err(CliError::failed)?;
        workers::keep(&self.settings.results, &worker, &manifest)
    }

    fn count(&self, summary: &mut SuiteSummary) -> Result<(), CliError> {
        let runs = self.campaign.store.runs(&Filter::campaign(&self.campaign.id))?;
        let last = run::last_by_cell(&runs);
        let planned = &self.campaign.plan.cells;
        summary.cells = Cells {
            planned: planned.len(),
            run: last.values().filter(|run| run.outcome != Outcome::Skipped).count(),
            skipped: planned.iter().filter(|cell| cell.skip.is_some()).count(),
            failed: last.values().filter(|run| run.outcome.is_failure()).count(),
        };
        Ok(())
    }

    fn verdicts(&self, summary: &mut SuiteSummary) -> Result<(), CliError> {
        let all = self.campaign.store.claims()?;
        let of =
            |id: &str| -> Vec<ClaimRow> { all.iter().filter(|row| row.campaign_id == id).cloned().collect() };
        let tonight = of(&self.campaign.id);
        let mut claims: BTreeMap<String, usize> = BTreeMap::new();
        for row in &tonight {
            *claims.entry(row.verdict.clone()).or_default() += 1;
        }
        summary.claims = claims;
        let contradicted = tonight.iter().filter(|row| row.verdict == "contradicted");
        summary.contradicted = contradicted.map(|row| row.claim_id.clone()).collect();
        if let Some(reference) = &summary.reference {
            summary.verdict_changes = verdict_changes(&of(reference), &tonight);
        }
        Ok(())
    }

    /// Finds what changed, looks again at what is no more than suspected, and notes what became of it.
    fn judge(
        &self,
        good: &[Good],
        earlier: &[NightSummary],
        summary: &mut SuiteSummary,
        cancel: &Cancel,
    ) -> Result<(), CliError> {
        let campaign = &self.campaign;
        let runs = self.nights(&campaign.store.runs(&Filter::default())?);
        let samples = campaign.store.samples(&runs.iter().map(|run| run.run_id).collect::<Vec<_>>())?;
        let measured = measured(&runs, &samples);
        let campaigns = in_order(&runs, &campaign.id);
        let options = Options {
            cpu: self.settings.cpu,
            wall: self.settings.wall,
            determinism: determinism([self.suite()]),
            ..Options::default()
        };
        let reference = good.last().map(|good| good.campaign.as_str());
        let nights = Nights { runs: &measured, campaigns: &campaigns, reference, machine: &campaign.env_key };
        let shown = shown(&nights, &read_annotations()?, &options);
        for (suspicion, reason) in shown.accepted {
            summary.findings.push(finding(&suspicion, Verdict::Accepted, reason, None));
        }
        let (certain, suspected): (Vec<&Suspicion>, Vec<&Suspicion>) =
            shown.suspicions.iter().partition(|suspicion| suspicion.certain);
        let same_code = good.last().is_some_and(|good| good.code == campaign.plan.code_key);
        for suspicion in certain {
            let reason = if same_code {
                "counted by the same code: the solver does not repeat itself".to_owned()
            } else {
                "counted, so that no second look is needed".to_owned()
            };
            summary.findings.push(finding(suspicion, Verdict::Confirmed, reason, None));
        }
        // One that an earlier night looked at is not looked at again.
        let suspected: Vec<&Suspicion> = suspected
            .into_iter()
            .filter(|suspicion| !was_answered(suspicion, self.suite(), earlier))
            .collect();
        self.look_again(&suspected, good, &options, summary, cancel)
    }

    fn look_again(
        &self,
        suspected: &[&Suspicion],
        good: &[Good],
        options: &Options,
        summary: &mut SuiteSummary,
        cancel: &Cancel,
    ) -> Result<(), CliError> {
        let most = self.settings.most as usize;
        let mut by_worker: BTreeMap<CodeKey, Vec<&Suspicion>> = BTreeMap::new();
        let mut families = std::collections::BTreeSet::new();
        for suspicion in suspected {
            families.insert(&suspicion.family);
            let too_many = families.len() > most;
            match before(good, suspicion) {
                _ if too_many => {
                    families.remove(&suspicion.family);
                    let reason =
                        format!("more than {most} cell families are suspected: `most=` looks at more");
                    summary.findings.push(finding(suspicion, Verdict::Unconfirmed, reason, None));
                }
                None => {
                    let reason = "there is no good night before it".to_owned();
                    summary.findings.push(finding(suspicion, Verdict::Unconfirmed, reason, None));
                }
                Some(good) if good.code == self.campaign.plan.code_key => {
                    let reason =
                        format!("the code is that of {}: the machine was another, not the code", good.date);
                    summary.findings.push(finding(suspicion, Verdict::Cleared, reason, None));
                }
                Some(good) => by_worker.entry(good.code.clone()).or_default().push(suspicion),
            }
        }
        for (code, suspicions) in by_worker {
            let old = match workers::find(&self.settings.results, self.suite(), &code) {
                Ok(old) => old,
                Err(why) => {
                    for suspicion in suspicions {
                        summary.findings.push(finding(suspicion, Verdict::Unconfirmed, why.clone(), None));
                    }
                    continue;
                }
            };
            let (date, blocks) = (&self.settings.date, self.settings.blocks);
            let look = look_again(&self.campaign, date, &old, &suspicions, blocks, options, cancel)?;
            for (suspicion, answer) in suspicions.into_iter().zip(look.answers) {
                let (verdict, said) = match answer {
                    Answer::Confirmed(said) => (Verdict::Confirmed, said),
                    Answer::Cleared(said) => (Verdict::Cleared, said),
                    Answer::Silent(said) => (Verdict::Unconfirmed, said),
                };
                let reason = format!("in turns with the worker of {}: {said}", old.manifest.date);
                let found = finding(suspicion, verdict, reason, Some(look.campaign.clone()));
                if verdict == Verdict::Cleared {
                    out::status(&format!("{}: cleared: {}: {}", self.suite(), found.cells, found.reason));
                }
                summary.findings.push(found);
            }
        }
        Ok(())
    }

    /// The runs of this suite's nights in this profile.
    fn nights(&self, runs: &[RunRecord]) -> Vec<RunRecord> {
        let is_night = |run: &&RunRecord| {
            let date = run.campaign_id.get(..10).unwrap_or_default();
            is_date(date) && date <= self.settings.date.as_str() && run.profile == self.settings.profile
        };
        runs.iter().filter(is_night).cloned().collect()
    }
}

/// The campaigns of nights, oldest first, this one last. Their ids begin with the day.
fn in_order(runs: &[RunRecord], tonight: &str) -> Vec<String> {
    let mut last: BTreeMap<&str, _> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.campaign_id != tonight) {
        let slot = last.entry(run.campaign_id.as_str()).or_insert(run.run_id);
        *slot = run.run_id.max(*slot);
    }
    let mut order: Vec<(&str, _)> = last.into_iter().collect();
    order.sort_by_key(|(id, last)| (id.get(..10).unwrap_or_default().to_owned(), *last));
    order.into_iter().map(|(id, _)| id.to_owned()).chain([tonight.to_owned()]).collect()
}

/// The last good night before a change began.
fn before<'a>(good: &'a [Good], suspicion: &Suspicion) -> Option<&'a Good> {
    let since = suspicion.since.get(..10).unwrap_or_default();
    good.iter().rev().find(|good| good.date.as_str() < since)
}

/// Whether a night before this one has looked at a change.
fn was_answered(suspicion: &Suspicion, suite: &str, earlier: &[NightSummary]) -> bool {
    let suites = earlier.iter().flat_map(|night| &night.suites).filter(|s| s.suite == suite && s.is_good());
    suites.flat_map(|s| &s.findings).any(|finding| {
        finding.cells == suspicion.name.to_string()
            && finding.what == suspicion.what
            && finding.since == suspicion.since
            && matches!(finding.verdict, Verdict::Cleared | Verdict::Confirmed)
    })
}

fn finding(suspicion: &Suspicion, verdict: Verdict, reason: String, confirmation: Option<String>) -> Finding {
    Finding {
        cells: suspicion.name.to_string(),
        what: suspicion.what.clone(),
        text: suspicion.text.clone(),
        worse: suspicion.worse,
        since: suspicion.since.clone(),
        verdict,
        reason,
        confirmation,
    }
}
