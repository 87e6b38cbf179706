//! Two sets of runs, side by side: what became worse, what better, what only changed.

mod claims;
mod counts;
mod html;
mod markdown;
mod text;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use harness_core::record::ClaimRow;
use harness_core::{Determinism, Outcome, RunRecord};
use serde::Serialize;

use crate::family::{Families, Family, FamilyName, Names};
use crate::measured::{Clock, Measured};

pub use claims::{VerdictChange, changes as verdict_changes};
pub use counts::CountChange;
pub use html::PageError;
pub use markdown::escape;
pub use times::TimeChange;

/// The version of the JSON of a [`Comparison`].
pub const SCHEMA: u32 = 1;

/// One side of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Side<'a> {
    /// Who it is, for the head of the page.
    pub label: SideLabel,
    /// Its runs. Of several runs of a cell the latest counts, except within blocks.
    pub runs: Vec<Measured<'a>>,
    /// Its verdicts.
    pub claims: Vec<ClaimRow>,
}

/// Who a side is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SideLabel {
    /// As it was asked for, or what that stands for.
    pub name: String,
    /// Campaigns that its runs are of.
    pub campaigns: Vec<String>,
    /// Commits that made its runs.
    pub commits: Vec<String>,
    /// The code that made its runs.
    pub codes: Vec<String>,
    /// Machines that they ran on.
    pub machines: Vec<String>,
    /// The days on which they ran, first and last.
    pub days: Vec<String>,
}

/// What counts as a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The least share by which CPU time must differ: 0.02.
    pub cpu: f64,
    /// The least share by which wall time must differ: 0.05.
    pub wall: f64,
    /// The probability of any false difference in time, over the whole comparison: 0.05.
    pub alpha: f64,
    /// What solvers declare, by suite and solver. One that is not named counts as bitwise repeatable while its runs agree.
    pub determinism: BTreeMap<(String, String), Determinism>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cpu: 0.02, wall: 0.05, alpha: 0.05, determinism: BTreeMap::new() }
    }
}

impl Options {
    /// The least share by which a clock must differ.
    pub fn least(&self, clock: Clock) -> f64 {
        match clock {
            Clock::Cpu => self.cpu,
            Clock::Wall => self.wall,
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The two sides did not take turns: the machine may have been another that day.
    Suspected,
    /// It is so.
    Confirmed,
}

impl Certainty {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Certainty::Suspected => "suspected",
            Certainty::Confirmed => "confirmed",
        }
    }
}

/// What is found about a family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FamilyComparison {
    /// What was asked.
    pub family: Family,
    /// What it is called.
    pub name: FamilyName,
    /// What is counted and differs.
    pub counts: Vec<CountChange>,
    /// Its times, if it is timed: CPU time first.
    pub times: Vec<TimeChange>,
    /// What a reader should know.
    pub remarks: Vec<String>,
    /// How sure it is that something became worse; none: nothing did.
    pub worse: Option<Certainty>,
    /// The same for better.
    pub better: Option<Certainty>,
}

impl FamilyComparison {
    /// Whether something changed that is neither worse nor better.
    pub fn only_changed(&self) -> bool {
        self.worse.is_none() && self.better.is_none() && !self.counts.is_empty()
    }

    /// Whether everything is as it was.
    pub fn is_unchanged(&self) -> bool {
        self.worse.is_none() && self.better.is_none() && self.counts.is_empty()
    }

    /// The largest change, to sort by.
    fn size(&self) -> f64 {
        let counted = self.counts.iter().map(|change| f64::from(u8::from(change.is_judged())) * 1e3);
        let times = self.times.iter().filter(|time| time.moved).map(|time| time.ratio.ln().abs());
        counted.chain(times).fold(0.0, f64::max)
    }
}

/// A family that one side has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnlyIn {
    /// What it is called.
    pub name: FamilyName,
    /// Why the other side has it not, where it says so.
    pub reason: Option<String>,
}

/// Two sides, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The first side: what was.
    pub a: SideLabel,
    /// The second side: what is.
    pub b: SideLabel,
    /// What counts as a change in CPU time.
    pub least_cpu: f64,
    /// What counts as a change in wall time.
    pub least_wall: f64,
    /// The families that both have: worse first, then better, then changed, then the rest.
    pub families: Vec<FamilyComparison>,
    /// Families of the first side only.
    pub only_in_a: Vec<OnlyIn>,
    /// Families of the second side only.
    pub only_in_b: Vec<OnlyIn>,
    /// Claims whose verdict is another.
    pub claims: Vec<VerdictChange>,
}

impl Comparison {
    /// Families in which something became worse.
    pub fn regressions(&self) -> impl Iterator<Item = &FamilyComparison> {
        self.families.iter().filter(|family| family.worse.is_some())
    }

    /// Families in which something became better.
    pub fn improvements(&self) -> impl Iterator<Item = &FamilyComparison> {
        self.families.iter().filter(|family| family.better.is_some())
    }

    /// Families in which something changed that is neither.
    pub fn changed(&self) -> impl Iterator<Item = &FamilyComparison> {
        self.families.iter().filter(|family| family.only_changed())
    }

    /// Families in which nothing changed.
    pub fn unchanged(&self) -> impl Iterator<Item = &FamilyComparison> {
        self.families.iter().filter(|family| family.is_unchanged())
    }

    /// Families in which something certainly became worse.
    pub fn confirmed_regressions(&self) -> usize {
        self.families.iter().filter(|family| family.worse == Some(Certainty::Confirmed)).count()
    }

    /// Whether some time is no more than suspected, or not judged at all, for a reason that is worth explaining.
    pub fn has_times_apart(&self) -> bool {
        self.families.iter().flat_map(|family| &family.times).any(|time| !time.interleaved)
    }
}

/// The runs of a side that say something, by family.
type Grouped<'b, 'a> = BTreeMap<Family, Vec<&'b Measured<'a>>>;

fn grouped<'b, 'a>(side: &'b Side<'a>, families: &Families) -> Grouped<'b, 'a> {
    let mut grouped = Grouped::new();
    let says = |m: &&Measured<'_>| !matches!(m.run.outcome, Outcome::Skipped | Outcome::Interrupted);
    for measured in side.runs.iter().filter(says) {
        grouped.entry(families.find(measured.run)).or_default().push(measured);
    }
    grouped
}

/// Of each replicate the latest run.
fn by_replicate<'b, 'a>(runs: &[&'b Measured<'a>]) -> BTreeMap<u32, &'b Measured<'a>> {
    let mut chosen: BTreeMap<u32, &Measured<'_>> = BTreeMap::new();
    for measured in runs {
        let slot = chosen.entry(measured.run.replicate).or_insert(measured);
        if measured.run.recency() > slot.run.recency() {
            *slot = measured;
        }
    }
    chosen
}

/// Compares `b` with `a`. Swapping them inverts ratios, and makes improvements of regressions.
pub fn compare(a: &Side<'_>, b: &Side<'_>, options: &Options) -> Comparison {
    let all: Vec<&RunRecord> = a.runs.iter().chain(&b.runs).map(|m| m.run).collect();
    let families = Families::of(all.iter().copied());
    let known: BTreeSet<Family> = all.iter().map(|run| families.find(run)).collect();
    let names = Names::of(&known);
    let (in_a, in_b) = (grouped(a, &families), grouped(b, &families));
    let only = |ours: &Grouped<'_, '_>, theirs: &Grouped<'_, '_>, other: &Side<'_>| -> Vec<OnlyIn> {
        let missing = ours.keys().filter(|family| !theirs.contains_key(family));
        let why = |family: &Family| {
            let skipped = |m: &&Measured<'_>| m.run.outcome == Outcome::Skipped;
            let row = other.runs.iter().filter(skipped).find(|m| families.find(m.run) == *family);
            row.and_then(|m| m.run.reason.clone())
        };
        missing.map(|family| OnlyIn { name: names.name(family), reason: why(family) }).collect()
    };
    let mut found: Vec<FamilyComparison> = in_a
        .iter()
        .filter_map(|(family, of_a)| {
            Some(family_comparison(family, &names, of_a, in_b.get(family)?, options))
        })
        .collect();
    times::judge(&mut found, options);
    for family in &mut found {
        conclude(family);
    }
    found.sort_by(|x, y| {
        let rank = |f: &FamilyComparison| (f.worse, f.better, f.only_changed());
        rank(y).cmp(&rank(x)).then(y.size().total_cmp(&x.size())).then_with(|| x.family.cmp(&y.family))
    });
    Comparison {
        schema: SCHEMA,
        a: a.label.clone(),
        b: b.label.clone(),
        least_cpu: options.cpu,
        least_wall: options.wall,
        families: found,
        only_in_a: only(&in_a, &in_b, b),
        only_in_b: only(&in_b, &in_a, a),
        claims: claims::changes(&a.claims, &b.claims),
    }
}

fn family_comparison(
    family: &Family,
    names: &Names,
    a: &[&Measured<'_>],
    b: &[&Measured<'_>],
    options: &Options,
) -> FamilyComparison {
    let times = times::times(a, b);
    // In blocks that both sides share, a limit that only one of them meets is not the day's.
    let took_turns = share_blocks(a, b);
    let declared = options.determinism.get(&(family.suite.clone(), family.solver.clone())).copied();
    let (counts, remarks) = counts::changes(a, b, declared, took_turns);
    let name = names.name(family);
    FamilyComparison { family: family.clone(), name, counts, times, remarks, worse: None, better: None }
}

/// Whether both sides ran in blocks of one campaign.
fn share_blocks(a: &[&Measured<'_>], b: &[&Measured<'_>]) -> bool {
    let blocks = |runs: &[&Measured<'_>]| -> BTreeSet<(String, u32)> {
        let block = |m: &&Measured<'_>| Some((m.run.campaign_id.clone(), m.run.block?));
        runs.iter().filter_map(block).collect()
    };
    !blocks(a).is_disjoint(&blocks(b))
}

/// Takes what is found about parts of a family together.
fn conclude(family: &mut FamilyComparison) {
    let counted = |changed: fn(&CountChange) -> usize| {
        let certainties = family.counts.iter().filter(|change| changed(change) > 0);
        certainties.map(|change| change.certainty).max()
    };
    let timed = |slower: bool| {
        let moved = family.times.iter().filter(|time| time.moved && (time.ratio > 1.0) == slower);
        moved.map(TimeChange::certainty).max()
    };
    let (worse, better) = (counted(|c| c.worse).max(timed(true)), counted(|c| c.better).max(timed(false)));
    family.worse = worse;
    family.better = better;
}
