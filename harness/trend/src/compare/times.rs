//! What a clock measures: ratios within blocks, on logarithms.

use std::collections::BTreeMap;

use harness_core::EnvKey;
use harness_stats::descriptive::median;
use harness_stats::{Level, Region, StatsError, contradiction, multiple, ratio};
use serde::Serialize;

use super::{Certainty, FamilyComparison, Options, by_replicate};
use crate::measured::{Clock, Measured};

/// More than this share of disturbed runs, and wall times decide nothing.
const CONTENDED: f64 = 0.2;

/// The times of a family by one clock, `b` over `a`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeChange {
    /// Which clock.
    pub clock: Clock,
    /// Median over blocks of `a`, in seconds.
    pub a_seconds: f64,
    /// Median over blocks of `b`, in seconds.
    pub b_seconds: f64,
    /// The geometric mean of the ratios within blocks.
    pub ratio: f64,
    /// Its 95 % interval; none for one block.
    pub interval: Option<(f64, f64)>,
    /// Its interval at the level of Holm's step for it, by which it is judged.
    pub adjusted: Option<(f64, f64)>,
    /// How likely such a ratio is if nothing changed by more than the least share, adjusted for all that is judged.
    pub p: Option<f64>,
    /// How many blocks; how many replicates where the sides took no turns.
    pub blocks: usize,
    /// Whether both sides ran in turns, in blocks of one campaign.
    pub interleaved: bool,
    /// Whether it is judged, and differs by more than the least share.
    pub moved: bool,
    /// Why it is not judged.
    pub not_judged: Option<String>,
    #[serde(skip)]
    pairs: Pairs,
}

impl TimeChange {
    /// How sure a change is.
    pub fn certainty(&self) -> Certainty {
        if self.interleaved { Certainty::Confirmed } else { Certainty::Suspected }
    }
}

/// One time of each side a block.
#[derive(Debug, Clone, Default, PartialEq)]
struct Pairs {
    a: Vec<f64>,
    b: Vec<f64>,
}

/// The runs of both sides that belong together, block by block.
struct Matched<'b, 'a> {
    blocks: Vec<(Vec<&'b Measured<'a>>, Vec<&'b Measured<'a>>)>,
    interleaved: bool,
    same_machine: bool,
}

/// The times of a family; empty if it is not timed on both sides.
pub(super) fn times(a: &[&Measured<'_>], b: &[&Measured<'_>]) -> Vec<TimeChange> {
    Clock::ALL.into_iter().filter_map(|clock| time(a, b, clock)).collect()
}

fn time(a: &[&Measured<'_>], b: &[&Measured<'_>], clock: Clock) -> Option<TimeChange> {
    let timed = |runs: &[&'_ Measured<'_>]| runs.iter().any(|m| m.time(clock).is_some());
    if !timed(a) || !timed(b) {
        return None;
    }
    let matched = matched(a, b, clock)?;
    let mean = |runs: &Vec<&Measured<'_>>| {
        let logs: Vec<f64> = runs.iter().filter_map(|m| m.time(clock)).map(f64::ln).collect();
        (logs.iter().sum::<f64>() / logs.len() as f64).exp()
    };
    let (of_a, of_b): (Vec<f64>, Vec<f64>) = matched.blocks.iter().map(|(a, b)| (mean(a), mean(b))).unzip();
    let estimate = ratio::paired(&of_b, &of_a, Level::P95).ok()?;
    let runs = || matched.blocks.iter().flat_map(|(a, b)| a.iter().chain(b));
    let (known, disturbed) = runs()
        .filter_map(|m| m.run.contaminated)
        .fold((0, 0), |(known, disturbed), c| (known + 1, disturbed + usize::from(c)));
    let contended = clock == Clock::Wall && disturbed as f64 > CONTENDED * f64::from(known);
    let not_judged = if !matched.same_machine {
        Some("measured on different machines".to_owned())
    } else if contended {
        Some(format!("other work disturbed {disturbed} of {known} runs"))
    } else if estimate.interval().is_none() {
        Some("one pair of runs gives no interval".to_owned())
    } else {
        None
    };
    Some(TimeChange {
        clock,
        a_seconds: median(&of_a).ok()?,
        b_seconds: median(&of_b).ok()?,
        ratio: estimate.value,
        interval: estimate.interval().map(|i| (i.lo, i.hi)),
        adjusted: None,
        p: None,
        blocks: of_a.len(),
        interleaved: matched.interleaved && matched.same_machine,
        moved: false,
        not_judged,
        pairs: Pairs { a: of_a, b: of_b },
    })
}

/// Blocks of one campaign in which both sides ran, if there are any; else the latest run of each replicate, on a machine that
/// both sides know; else on different ones.
fn matched<'b, 'a>(a: &[&'b Measured<'a>], b: &[&'b Measured<'a>], clock: Clock) -> Option<Matched<'b, 'a>> {
    let timed = |runs: &[&'b Measured<'a>]| -> Vec<&'b Measured<'a>> {
        runs.iter().copied().filter(|m| m.time(clock).is_some()).collect()
    };
    let (a, b) = (timed(a), timed(b));
    let mut machines: Vec<&EnvKey> = a.iter().map(|m| &m.run.env_key).collect();
    machines.sort_unstable();
    machines.dedup();
    let on = |runs: &[&'b Measured<'a>], machine: &EnvKey| -> Vec<&'b Measured<'a>> {
        runs.iter().copied().filter(|m| m.run.env_key == *machine).collect()
    };
    let of_machine = |machine: &EnvKey| {
        let (a, b) = (on(&a, machine), on(&b, machine));
        let turns = in_turns(&a, &b);
        let interleaved = !turns.is_empty();
        let blocks = if interleaved { turns } else { by_pairs(&a, &b) };
        Matched { blocks, interleaved, same_machine: true }
    };
    let best = machines.into_iter().map(of_machine).filter(|m| !m.blocks.is_empty());
    let best = best.max_by_key(|m| (m.interleaved, m.blocks.len()));
    best.or_else(|| {
        let blocks = by_pairs(&a, &b);
        (!blocks.is_empty()).then_some(Matched { blocks, interleaved: false, same_machine: false })
    })
}

type Blocks<'b, 'a> = Vec<(Vec<&'b Measured<'a>>, Vec<&'b Measured<'a>>)>;

fn in_turns<'b, 'a>(a: &[&'b Measured<'a>], b: &[&'b Measured<'a>]) -> Blocks<'b, 'a> {
    let by_block = |runs: &[&'b Measured<'a>]| {
        let mut blocks: BTreeMap<(&'b str, u32), Vec<&'b Measured<'a>>> = BTreeMap::new();
        for measured in runs {
            if let Some(block) = measured.run.block {
                blocks.entry((measured.run.campaign_id.as_str(), block)).or_default().push(measured);
            }
        }
        blocks
    };
    let (a, mut b) = (by_block(a), by_block(b));
    a.into_iter().filter_map(|(block, of_a)| Some((of_a, b.remove(&block)?))).collect()
}

fn by_pairs<'b, 'a>(a: &[&'b Measured<'a>], b: &[&'b Measured<'a>]) -> Blocks<'b, 'a> {
    let (a, b) = (by_replicate(a), by_replicate(b));
    a.into_iter().filter_map(|(replicate, m)| Some((vec![m], vec![*b.get(&replicate)?]))).collect()
}

/// Judges all times of a comparison together: the probability of any false difference is at most `options.alpha` (Holm).
pub(super) fn judge(families: &mut [FamilyComparison], options: &Options) {
    let judged = families.iter_mut().flat_map(|f| &mut f.times).filter(|t| t.not_judged.is_none());
    let mut judged: Vec<&mut TimeChange> = judged.collect();
    let p: Result<Vec<f64>, StatsError> = judged.iter().map(|time| p_value(time, options)).collect();
    let Ok((p, adjusted)) = p.and_then(|p| Ok((multiple::holm(&p)?, p))).map(|(holm, p)| (p, holm)) else {
        return;
    };
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|i, j| p[*i].total_cmp(&p[*j]));
    for (rank, at) in order.into_iter().enumerate() {
        let time = &mut *judged[at];
        time.p = Some(adjusted[at]);
        time.moved = adjusted[at] < options.alpha;
        let level = Level::new(1.0 - options.alpha / (p.len() - rank) as f64);
        let interval = level.and_then(|level| ratio::paired(&time.pairs.b, &time.pairs.a, level));
        time.adjusted = interval.ok().and_then(|estimate| estimate.interval()).map(|i| (i.lo, i.hi));
    }
}

/// How likely the ratio is if it lies within the least share of 1.
fn p_value(time: &TimeChange, options: &Options) -> Result<f64, StatsError> {
    let factor = 1.0 + options.least(time.clock);
    let nothing = Region::between(1.0 / factor, factor)?;
    contradiction::p_value(&nothing, |level| ratio::paired(&time.pairs.b, &time.pairs.a, level))
}
