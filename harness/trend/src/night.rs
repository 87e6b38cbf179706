//! One night among others: what it shows that the last good night did not, and what a run in turns says of it.

use std::collections::BTreeSet;

use harness_core::{CodeKey, EnvKey};
use serde::Serialize;

use crate::compare::{Certainty, CountChange, FamilyComparison, Options, Side, TimeChange, compare};
use crate::family::{Family, FamilyName};
use crate::history::{Annotation, Metric, Series, history};
use crate::measured::{Clock, Measured};

/// How many nights back a change may have begun that only now is told from noise.
const LOOK_BACK: usize = 7;

/// A change that a night shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspicion {
    /// What was asked.
    pub family: Family,
    /// What it is called.
    pub name: FamilyName,
    /// What changed: `CPU time`, `iterations`, `outcome`, …
    pub what: String,
    /// The change in words.
    pub text: String,
    /// Whether it is worse; none: neither worse nor better.
    pub worse: Option<bool>,
    /// The campaign with which it began.
    pub since: String,
    /// The last campaign before it.
    pub before: String,
    /// Whether it is counted, on the same machine, so that no second look is needed.
    pub certain: bool,
    /// How large it is, to choose by.
    pub size: f64,
}

/// What a night shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown {
    /// Changes, the certain ones first, then the largest.
    pub suspicions: Vec<Suspicion>,
    /// Changes that were accepted, with the reason.
    pub accepted: Vec<(Suspicion, String)>,
}

/// The nights of one suite and profile.
#[derive(Debug, Clone, Copy)]
pub struct Nights<'a> {
    /// Their runs.
    pub runs: &'a [Measured<'a>],
    /// Their campaigns, oldest first; the last one is the night that is judged.
    pub campaigns: &'a [String],
    /// The last good night before it.
    pub reference: Option<&'a str>,
    /// The machine of the night that is judged.
    pub machine: &'a EnvKey,
}

impl<'a> Nights<'a> {
    fn of(&self, campaign: &str) -> Vec<Measured<'a>> {
        self.runs.iter().filter(|m| m.run.campaign_id == campaign).copied().collect()
    }

    fn place(&self, campaign: &str) -> Option<usize> {
        self.campaigns.iter().position(|id| id == campaign)
    }
}

/// What the last of the nights shows: against the last good night, and against the levels of the nights before.
pub fn shown(nights: &Nights<'_>, annotations: &[Annotation], options: &Options) -> Shown {
    let Some(tonight) = nights.campaigns.last() else { return Shown::default() };
    let mut all = Vec::new();
    if let Some(reference) = nights.reference.filter(|reference| *reference != tonight) {
        all.extend(against(nights, reference, tonight, options));
    }
    for metric in [Metric::Cpu, Metric::Wall] {
        let found = history(nights.runs, &metric, annotations, options);
        for suspicion in found.series.iter().filter_map(|series| newest_level(series, nights)) {
            let known = |other: &Suspicion| other.family == suspicion.family && other.what == suspicion.what;
            if !all.iter().any(known) {
                all.push(suspicion);
            }
        }
    }
    let mut shown = Shown::default();
    for suspicion in all {
        match accepted(&suspicion, nights, annotations) {
            Some(reason) => shown.accepted.push((suspicion, reason)),
            None => shown.suspicions.push(suspicion),
        }
    }
    shown.suspicions.sort_by(|a, b| {
        (b.certain, b.worse)
            .cmp(&(a.certain, a.worse))
            .then(b.size.total_cmp(&a.size))
            .then_with(|| a.name.cmp(&b.name))
    });
    shown
}

/// The differences of a night from the last good one.
fn against(nights: &Nights<'_>, reference: &str, tonight: &str, options: &Options) -> Vec<Suspicion> {
    let side = |campaign: &str| Side { runs: nights.of(campaign), ..Side::default() };
    let found = compare(&side(reference), &side(tonight), options);
    let same_machine = nights.of(reference).iter().any(|m| m.run.env_key == *nights.machine);
    let since =
        nights.place(reference).and_then(|at| nights.campaigns.get(at + 1)).map_or(tonight, String::as_str);
    let suspicion = |family: &FamilyComparison, what: &str, text: String, worse, certain, size| Suspicion {
        family: family.family.clone(),
        name: family.name.clone(),
        what: what.to_owned(),
        text,
        worse,
        since: since.to_owned(),
        before: reference.to_owned(),
        certain,
        size,
    };
    let counted = |family: &FamilyComparison, change: &CountChange| {
        let worse = match (change.worse, change.better) {
            (0, 0) => None,
            (worse, _) => Some(worse > 0),
        };
        // A limit in seconds is a matter of the machine's day.
        let by_time = change.certainty == Certainty::Suspected
            || change.b.contains("timeout")
            || change.a.contains("timeout");
        suspicion(family, &change.what, change.text(), worse, same_machine && !by_time, f64::MAX)
    };
    let timed = |family: &FamilyComparison, time: &TimeChange| {
        suspicion(
            family,
            time.clock.name(),
            time.text(),
            Some(time.ratio > 1.0),
            false,
            time.ratio.ln().abs(),
        )
    };
    let of_family = |family: &FamilyComparison| {
        let counts = family.counts.iter().map(|change| counted(family, change));
        let times = family.times.iter().filter(|time| time.moved).map(|time| timed(family, time));
        counts.chain(times).collect::<Vec<_>>()
    };
    found.families.iter().flat_map(of_family).collect()
}

/// The change that began the newest level of a series, if the night is part of it and it began not long ago.
fn newest_level(series: &Series, nights: &Nights<'_>) -> Option<Suspicion> {
    let tonight = nights.campaigns.last()?;
    let is_tonight = series.points.last().is_some_and(|point| point.campaign == *tonight);
    let change = series.newest_change().filter(|change| {
        is_tonight && series.machine == *nights.machine && change.at + LOOK_BACK >= series.points.len()
    })?;
    let (before, since) = (series.points.get(change.at.checked_sub(1)?)?, &series.points[change.at]);
    Some(Suspicion {
        family: series.family.clone(),
        name: series.name.clone(),
        what: series.metric.clock()?.name().to_owned(),
        text: series.change_text(change),
        worse: change.worse,
        since: since.campaign.clone(),
        before: before.campaign.clone(),
        certain: false,
        size: (change.after / change.before).ln().abs(),
    })
}

/// The reason if a night since the change began is one with which it was accepted.
fn accepted(suspicion: &Suspicion, nights: &Nights<'_>, annotations: &[Annotation]) -> Option<String> {
    let first = nights.place(&suspicion.since).unwrap_or(0);
    let since: BTreeSet<&str> = nights.campaigns[first..].iter().map(String::as_str).collect();
    let runs: Vec<_> =
        nights.runs.iter().map(|m| m.run).filter(|run| since.contains(run.campaign_id.as_str())).collect();
    let metric = match suspicion.what.as_str() {
        "CPU time" => "cpu".to_owned(),
        "wall time" => "wall".to_owned(),
        named @ ("iterations" | "work" | "objective" | "outcome" | "status" | "result bits") => {
            named.to_owned()
        }
        counter => format!("counter({counter})"),
    };
    let accepts = |annotation: &&Annotation| {
        annotation.is_about(&suspicion.family, &metric)
            && runs.iter().any(|run| annotation.names(run.git_commit.as_deref(), run.code_key.as_str()))
    };
    annotations.iter().find(accepts).map(|annotation| annotation.reason.clone())
}

/// What runs in turns say of a suspicion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The change is there, between the two codes, in the same minutes on the same machine.
    Confirmed(String),
    /// It is not.
    Cleared(String),
    /// The runs say nothing of it.
    Silent(String),
}

/// Judges suspicions by runs in which the old code and the new took turns.
pub fn answers(
    runs: &[Measured<'_>],
    old: &CodeKey,
    new: &CodeKey,
    suspicions: &[&Suspicion],
    options: &Options,
) -> Vec<Answer> {
    let side = |code: &CodeKey| {
        let of_code = runs.iter().filter(|m| m.run.code_key == *code);
        Side { runs: of_code.copied().collect(), ..Side::default() }
    };
    let found = compare(&side(old), &side(new), options);
    let answer = |suspicion: &&Suspicion| {
        let Some(family) = found.families.iter().find(|f| f.family == suspicion.family) else {
            return Answer::Silent("the cells did not run with both workers".to_owned());
        };
        match Clock::ALL.into_iter().find(|clock| clock.name() == suspicion.what) {
            Some(clock) => of_time(family, clock, suspicion.worse),
            None => of_count(family, &suspicion.what),
        }
    };
    suspicions.iter().map(answer).collect()
}

fn of_time(family: &FamilyComparison, clock: Clock, worse: Option<bool>) -> Answer {
    let Some(time) = family.times.iter().find(|time| time.clock == clock) else {
        return Answer::Silent("the cells were not timed with both workers".to_owned());
    };
    match &time.not_judged {
        Some(_) => Answer::Silent(time.text()),
        None if !time.interleaved => Answer::Silent("the two workers did not take turns".to_owned()),
        None if time.moved && worse.is_none_or(|worse| worse == (time.ratio > 1.0)) => {
            Answer::Confirmed(time.text())
        }
        None => Answer::Cleared(time.text()),
    }
}

fn of_count(family: &FamilyComparison, what: &str) -> Answer {
    match family.counts.iter().find(|change| change.what == what) {
        Some(change) => Answer::Confirmed(change.text()),
        None => Answer::Cleared(format!("{what}: the same with both workers")),
    }
}
