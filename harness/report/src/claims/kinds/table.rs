//! `table`: the worst factor between our numbers and the paper's over the cells of a table, with intervals that hold together.

use harness_plan::expr::Clocks;
use harness_plan::number::Reported;
use harness_plan::suite_file::{Row, TableCell};
use harness_stats::{
    Bound, Estimate, Interval, Level, Method, Needed, Result as StatsResult, StatsError, Uncertainty,
};

use super::super::evidence::{Evidence, Gap, remarks, selected};
use super::super::{Part, Shown};
use super::factor::Between;
use crate::campaign::Campaign;
use crate::number::short;
use crate::sample::{Sample, count};

/// A cell for which the paper reports a number.
struct Entry<'a> {
    label: String,
    cell: &'a TableCell,
    reported: f64,
    sample: Sample<'a>,
}

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    cells: Vec<(&'a Row, &'a str, &'a TableCell, Reported)>,
) -> Evidence<'a> {
    let entry = |(row, column, cell, reported): (&'a Row, &'a str, &'a TableCell, Reported)| Entry {
        label: format!("{}, {column}", row.label),
        cell,
        reported: reported.value,
        sample: Sample::of(campaign, &[&row.select, &cell.select], &cell.metric.expr),
    };
    let entries: Vec<Entry<'a>> = cells.into_iter().map(entry).collect();
    let mut evidence = Evidence::none(Gap::NotRun("no cell of the table was run".to_owned()));
    for Entry { label, cell, sample, .. } in &entries {
        let Clocks { wall, cpu } = cell.metric.expr.clocks();
        (evidence.clocks.wall, evidence.clocks.cpu) =
            (evidence.clocks.wall || wall, evidence.clocks.cpu || cpu);
        evidence.ran |= sample.ran();
        for of in selected(sample, "cell") {
            if !evidence.selected.contains(&of) {
                evidence.selected.push(of);
            }
        }
        evidence.remarks.extend(remarks(sample, label).into_iter().map(|r| r.replacen(" side: ", ": ", 1)));
        evidence.runs.extend(sample.measured.iter().map(|m| ("cell", *m)));
    }
    evidence.parts = entries.iter().map(|e| e.part(campaign, entries.len())).collect();
    if entries.iter().all(|e| e.sample.measured.is_empty()) {
        return evidence;
    }
    evidence.open = open(&entries, campaign);
    evidence.estimated(Box::new(move |level| worst(campaign, &entries, level)));
    evidence
}

/// The level of each of `cells` intervals that hold together at `level`.
fn simultaneous(level: Level, cells: usize) -> StatsResult<Level> {
    Level::new(1.0 - (1.0 - level.get()) / cells as f64)
}

impl Entry<'_> {
    fn estimate(&self, campaign: &Campaign<'_>, level: Level) -> StatsResult<Estimate> {
        self.sample.estimate_at(campaign, &self.cell.metric.expr, self.cell.aggregate, level)
    }

    fn part(&self, campaign: &Campaign<'_>, cells: usize) -> Part {
        let estimate = simultaneous(Level::P95, cells).and_then(|level| self.estimate(campaign, level));
        let remark = match (&estimate, self.sample.measured.is_empty()) {
            (_, true) => Some(super::super::evidence::absent(&self.sample)),
            (Err(e), false) => Some(e.to_string()),
            (Ok(_), false) => None,
        };
        let estimate = estimate.ok().filter(|_| !self.sample.measured.is_empty());
        Part {
            label: self.label.clone(),
            factor: estimate.as_ref().map(|e| Between::of(e, self.reported).value),
            estimate: estimate.as_ref().map(Shown::from),
            reported: Some(self.reported),
            remark,
        }
    }
}

/// The largest factor. A cell of which nothing is known may have any.
fn worst(campaign: &Campaign<'_>, entries: &[Entry<'_>], level: Level) -> StatsResult<Estimate> {
    let each = simultaneous(level, entries.len())?;
    let (mut value, mut bound, mut n) = (1.0_f64, Bound::Exact, 0);
    let (mut lo, mut hi, mut exact) = (1.0_f64, 1.0_f64, true);
    let (mut known, mut too_few) = (false, 0);
    for entry in entries {
        if entry.sample.measured.is_empty() {
            (hi, bound, exact) = (f64::INFINITY, Bound::AtLeast, false);
            continue;
        }
        let estimate = entry.estimate(campaign, each)?;
        let found = Between::of(&estimate, entry.reported);
        value = value.max(found.value);
        n += estimate.n;
        if found.bounded {
            bound = Bound::AtLeast;
        }
        exact &= matches!(estimate.uncertainty, Uncertainty::Deterministic(_));
        if let Some(interval) = found.interval {
            (lo, hi, known) = (lo.max(interval.lo), hi.max(interval.hi), true);
        } else {
            hi = f64::INFINITY;
        }
        if let Uncertainty::TooFew { needed } = estimate.uncertainty {
            too_few = too_few.max(needed);
        }
    }
    if !value.is_finite() {
        let (what, why) = ("the worst factor", "one of our numbers is not above 0");
        return Err(StatsError::Degenerate { what, why });
    }
    let uncertainty = match (known, exact) {
        (false, _) if too_few > 0 => Uncertainty::TooFew { needed: too_few },
        (_, true) => Uncertainty::Deterministic(Interval::new(lo, hi, 1.0)?),
        _ => Uncertainty::Interval(Interval::new(lo, hi, level.get())?),
    };
    Ok(Estimate { value, bound, uncertainty, n, method: Method::Bonferroni })
}

/// Why the interval is open above: cells without runs, or with too few.
fn open(entries: &[Entry<'_>], campaign: &Campaign<'_>) -> Option<(String, Option<Needed>)> {
    let each = simultaneous(Level::P95, entries.len()).ok()?;
    let missing = entries.iter().filter(|e| e.sample.measured.is_empty()).count();
    if missing > 0 {
        let of = count(missing, "cell has", "cells have");
        return Some((format!("{of} no value of ours, of {}", entries.len()), None));
    }
    let needs = |e: &Entry<'_>| match e.estimate(campaign, each).ok()?.uncertainty {
        Uncertainty::TooFew { needed } => Some(needed),
        _ => None,
    };
    let few = entries.iter().filter_map(|e| Some((needs(e)?, e)));
    let (needed, entry) = few.max_by_key(|(needed, _)| *needed)?;
    let (n, level) = (entry.sample.measured.len(), short(100.0 * each.get()));
    let why = format!(
        "`{}`: n = {n}, and an interval that allows for {} cells ({level} %) needs at least {needed}",
        entry.label,
        entries.len()
    );
    Some((why, Some(Needed::About(needed))))
}
