//! A metric over campaigns: one point each, change points, and changes that were accepted.

mod annotations;
mod chart;
mod metric;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use harness_core::{Determinism, EnvKey, RunId};
use harness_stats::change_point::{self, Best, Found, Settings, Standing};
use harness_stats::descriptive::median;
use serde::Serialize;

use crate::compare::Options;
use crate::family::{Families, Family, FamilyName, Names};
use crate::measured::Measured;

pub use annotations::{Annotation, AnnotationError, append, parse};
pub use metric::{Metric, UnknownMetric};

/// The version of the JSON of a [`History`].
pub const SCHEMA: u32 = 1;

/// The least share by which something must change that is neither a time nor counted exactly.
const LEAST_OTHER: f64 = 0.05;

/// A campaign in a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The campaign.
    pub campaign: String,
    /// When its first run of the family started, since 1970-01-01 UTC in nanoseconds.
    pub started_unix_ns: i64,
    /// The commit that made the runs.
    pub commit: Option<String>,
    /// The code that made the runs.
    pub code: String,
    /// The median over replicates.
    pub value: f64,
    /// Replicates behind it.
    pub n: usize,
    #[serde(skip)]
    by_replicate: BTreeMap<u32, f64>,
}

/// A place where the level of a series changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The first point of the new level.
    pub at: usize,
    /// The level before.
    pub before: f64,
    /// The level from there on.
    pub after: f64,
    /// How it was found: `exactly`, `both procedures`, `E-divisive`, `Potts`, `the last value`.
    pub found: &'static str,
    /// The p-value of the test between the two levels, where there is one.
    pub p: Option<f64>,
    /// Whether it is worse; none if neither more nor less is.
    pub worse: Option<bool>,
    /// Whether one procedure alone found it.
    pub suspected: bool,
}

/// How far the newest level is from the best since the last change that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drift {
    /// The first point of the best level.
    pub best_at: usize,
    /// The best level.
    pub best: f64,
    /// The newest level over the best.
    pub ratio: f64,
}

/// A change that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// The first point of the level that counts anew.
    pub at: usize,
    /// Why.
    pub reason: String,
}

/// A metric of a family on one machine, campaign by campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// What was asked.
    pub family: Family,
    /// What it is called.
    pub name: FamilyName,
    /// The metric.
    pub metric: Metric,
    /// The machine: another one is another series.
    pub machine: EnvKey,
    /// Whether any difference is a change.
    pub exact: bool,
    /// One a campaign, oldest first.
    pub points: Vec<Point>,
    /// Where its level changed, oldest first.
    pub changes: Vec<Change>,
    /// Small changes that add up, if they do.
    pub drift: Option<Drift>,
    /// Changes that were accepted.
    pub accepted: Vec<Accepted>,
}

impl Series {
    /// Whether something is to be looked at.
    pub fn has_news(&self) -> bool {
        !self.changes.is_empty() || self.drift.is_some()
    }

    /// The change that began the newest level.
    pub fn newest_change(&self) -> Option<&Change> {
        self.changes.last()
    }

    /// The largest change, on logarithms.
    fn size(&self) -> f64 {
        let step = |change: &Change| match change.after / change.before {
            ratio if ratio > 0.0 && ratio.is_finite() => ratio.ln().abs(),
            _ => f64::MAX,
        };
        let drift = self.drift.map(|drift| drift.ratio.ln().abs());
        self.changes.iter().map(step).chain(drift).fold(0.0, f64::max)
    }
}

/// Every series of a metric: those with changes first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The metric.
    pub metric: Metric,
    /// The series.
    pub series: Vec<Series>,
}

/// The history of a metric over the campaigns that `runs` belong to.
pub fn history(
    runs: &[Measured<'_>],
    metric: &Metric,
    annotations: &[Annotation],
    options: &Options,
) -> History {
    let families = Families::of(runs.iter().map(|m| m.run));
    let mut grouped: BTreeMap<(Family, EnvKey), BTreeMap<&str, Vec<&Measured<'_>>>> = BTreeMap::new();
    for measured in runs {
        let key = (families.find(measured.run), measured.run.env_key.clone());
        grouped.entry(key).or_default().entry(&measured.run.campaign_id).or_default().push(measured);
    }
    let known: BTreeSet<&Family> = grouped.keys().map(|(family, _)| family).collect();
    let names = Names::of(known.iter().copied());
    let mut series: Vec<Series> = grouped
        .iter()
        .filter_map(|((family, machine), campaigns)| {
            let declared = options.determinism.get(&(family.suite.clone(), family.solver.clone()));
            let repeatable = declared.is_none_or(|d| *d == Determinism::Bitwise);
            let mut points: Vec<(RunId, Point)> =
                campaigns.iter().filter_map(|(id, runs)| point(id, runs, metric)).collect();
            points.sort_by_key(|(run, point)| (point.started_unix_ns, *run));
            (!points.is_empty()).then(|| Series {
                family: family.clone(),
                name: names.name(family),
                metric: metric.clone(),
                machine: machine.clone(),
                exact: metric.is_exact() && repeatable,
                points: points.into_iter().map(|(_, point)| point).collect(),
                changes: Vec::new(),
                drift: None,
                accepted: Vec::new(),
            })
        })
        .collect();
    for one in &mut series {
        judge(one, annotations, options);
    }
    series.sort_by(|a, b| {
        let rank = |s: &Series| s.has_news();
        rank(b).cmp(&rank(a)).then(b.size().total_cmp(&a.size())).then_with(|| a.name.cmp(&b.name))
    });
    History { schema: SCHEMA, metric: metric.clone(), series }
}

/// A campaign's value: the median over replicates, of each its latest run.
fn point(campaign: &str, runs: &[&Measured<'_>], metric: &Metric) -> Option<(RunId, Point)> {
    let mut latest: BTreeMap<u32, &Measured<'_>> = BTreeMap::new();
    for measured in runs.iter().filter(|m| metric.value(m).is_some()) {
        let slot = latest.entry(measured.run.replicate).or_insert(measured);
        if measured.run.recency() > slot.run.recency() {
            *slot = measured;
        }
    }
    let by_replicate: BTreeMap<u32, f64> =
        latest.iter().filter_map(|(replicate, m)| Some((*replicate, metric.value(m)?))).collect();
    let values: Vec<f64> = by_replicate.values().copied().collect();
    let first = latest.values().min_by_key(|m| m.run.started_unix_ns)?.run;
    let last = latest.values().max_by_key(|m| m.run.run_id)?.run;
    let point = Point {
        campaign: campaign.to_owned(),
        started_unix_ns: first.started_unix_ns,
        commit: last.git_commit.clone(),
        code: last.code_key.to_string(),
        value: median(&values).ok()?,
        n: values.len(),
        by_replicate,
    };
    Some((last.run_id, point))
}

/// Finds changes and drift, piece by piece between changes that were accepted.
fn judge(series: &mut Series, annotations: &[Annotation], options: &Options) {
    let places = annotations.iter().filter_map(|a| Some((a.place(series).filter(|at| *at > 0)?, &a.reason)));
    let accepted: BTreeMap<usize, &String> = places.collect();
    series.accepted =
        accepted.iter().map(|(at, reason)| Accepted { at: *at, reason: (*reason).clone() }).collect();
    let mut starts: Vec<usize> = vec![0];
    starts.extend(accepted.keys());
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(series.points.len());
        let is_newest = end == series.points.len();
        let found = if series.exact {
            exact_changes(series, *start, end)
        } else {
            level_changes(series, *start, end, options)
        };
        series.changes.extend(found);
        if is_newest {
            // Where one step is all that it came to, that step says it.
            let step = series.changes.last().map_or(1.0, |change| change.after / change.before);
            let more = |drift: &Drift| drift.ratio.ln().abs() > step.ln().abs() * (1.0 + 1e-9);
            series.drift = drift(series, *start, options).filter(more);
        }
    }
}

fn least(metric: &Metric, options: &Options) -> f64 {
    metric.clock().map_or(LEAST_OTHER, |clock| options.least(clock))
}

fn worse(metric: &Metric, before: f64, after: f64) -> Option<bool> {
    metric.more_is_worse().map(|more| (after > before) == more)
}

/// Any difference in a replicate that two neighbours have in common.
fn exact_changes(series: &Series, start: usize, end: usize) -> Vec<Change> {
    let differs = |at: &usize| {
        let (before, after) = (&series.points[at - 1], &series.points[*at]);
        let both =
            after.by_replicate.iter().filter_map(|(r, value)| Some((before.by_replicate.get(r)?, value)));
        both.into_iter().any(|(old, new)| old.to_bits() != new.to_bits())
    };
    let change = |at: usize| {
        let (before, after) = (series.points[at - 1].value, series.points[at].value);
        // Of replicates that moved both ways the median may be the same.
        let worse = if before == after { None } else { worse(&series.metric, before, after) };
        Change { at, before, after, found: "exactly", p: None, worse, suspected: false }
    };
    (start + 1..end).filter(differs).map(change).collect()
}

/// The values of a piece, if logarithms can be taken of them.
fn values(series: &Series, start: usize, end: usize) -> Vec<f64> {
    series.points[start..end].iter().map(|point| point.value).collect()
}

fn level_changes(series: &Series, start: usize, end: usize, options: &Options) -> Vec<Change> {
    let found = change_point::changes(
        &values(series, start, end),
        least(&series.metric, options),
        &Settings::default(),
    );
    let change = |change: change_point::Change| Change {
        at: start + change.at,
        before: change.before,
        after: change.after,
        found: match change.found {
            Found::Both => "both procedures",
            Found::Divisive => "E-divisive",
            Found::Potts => "Potts",
            Found::LastValue => "the last value",
        },
        p: Some(change.p),
        worse: worse(&series.metric, change.before, change.after),
        suspected: change.found != Found::Both,
    };
    // Values of which no logarithm can be taken, or none at all: nothing is found.
    found.unwrap_or_default().into_iter().map(change).collect()
}

/// Whether small changes add up: the newest level against the best.
fn drift(series: &Series, start: usize, options: &Options) -> Option<Drift> {
    let best = if series.metric.more_is_worse()? { Best::Smallest } else { Best::Largest };
    if series.exact {
        return None;
    }
    let values = values(series, start, series.points.len());
    let newest =
        change_point::newest(&values, least(&series.metric, options), best, &Settings::default()).ok()?;
    if matches!(newest.standing, Standing::TooShort { .. }) {
        return None;
    }
    let best = newest.since_best?;
    Some(Drift { best_at: start + best.start, best: best.level, ratio: best.ratio })
}
