//! How far the timings of a campaign can be trusted: what the A/A control says, how many samples were disturbed, what was
//! done to keep the machine quiet, and whether the compared solvers took turns. `docs/measurements.md` explains it.

mod control;
mod order;
mod text;

use std::collections::BTreeMap;

use harness_plan::expr::Clocks;
use harness_stats::Estimate;
use serde::Serialize;

use crate::Identity;
use crate::campaign::{Campaign, Picked, Run};
use crate::claims::Shown;
use crate::number;

pub use control::ControlPair;
pub use order::Orders;
pub(crate) use order::took_turns;
pub(crate) use text::{Finding, control_text};

/// More than this share of disturbed samples, and wall times decide nothing.
const CONTENDED: f64 = 0.2;

/// A clock by which runs are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Clock {
    Cpu,
    Wall,
}

impl Clock {
    pub(crate) const ALL: [Clock; 2] = [Clock::Cpu, Clock::Wall];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Clock::Cpu => "CPU time",
            Clock::Wall => "wall time",
        }
    }

    fn is_in(self, clocks: Clocks) -> bool {
        match self {
            Clock::Cpu => clocks.cpu,
            Clock::Wall => clocks.wall,
        }
    }
}

/// What became of an attempt to keep the machine quiet, in how many runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// What was attempted: `aslr`, `governor`, `pinning`, `turbo`.
    pub what: String,
    /// `granted`, `refused` or `absent`, with the number of runs.
    pub outcomes: Vec<(String, usize)>,
}

/// Samples that count, by whether what else went on spoils them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Samples {
    /// Those of which it is known.
    pub known: usize,
    /// Those that are spoilt.
    pub contaminated: usize,
    /// Of those, how many show which sign; one may show several.
    pub signs: BTreeMap<String, usize>,
    /// Of those, how many were stored before signs were.
    pub without_sign: usize,
    /// Those of which nothing is known.
    pub unknown: usize,
    /// Those that were taken to warm up, and do not count.
    pub warmup: usize,
}

impl Samples {
    /// The share of spoilt samples among those of which it is known.
    pub fn share(&self) -> Option<f64> {
        (self.known > 0).then(|| self.contaminated as f64 / self.known as f64)
    }

    fn add(&mut self, run: Run<'_>) {
        for sample in run.samples {
            match (sample.warmup, sample.contaminated) {
                (true, _) => self.warmup += 1,
                (false, None) => self.unknown += 1,
                (false, Some(contaminated)) => {
                    self.known += 1;
                    self.contaminated += usize::from(contaminated);
                    if contaminated {
                        self.add_signs(sample.contamination.as_deref());
                    }
                }
            }
        }
    }

    fn add_signs(&mut self, contamination: Option<&str>) {
        match contamination {
            None => self.without_sign += 1,
            Some(signs) => {
                for sign in signs.split(", ") {
                    *self.signs.entry(sign.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

/// How far the timings of a campaign can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timing {
    /// Timed runs.
    pub runs: usize,
    /// Samples that count.
    pub samples: Samples,
    /// The A/A controls one by one.
    pub controls: Vec<ControlPair>,
    /// All controls together in CPU time: the double's over its original's, 99 % interval.
    pub control_cpu: Option<Shown>,
    /// All controls together in wall time.
    pub control_wall: Option<Shown>,
    /// What was attempted to keep the machine quiet.
    pub quiet: Vec<Attempt>,
    /// The processors that runs were pinned to, with the number of runs; none: not pinned.
    pub pinned: Vec<(Option<String>, usize)>,
    /// Whether the compared solvers took turns in balanced order.
    pub orders: Orders,
    #[serde(skip)]
    pooled: BTreeMap<Clock, Estimate>,
}

impl Timing {
    /// What is known of the campaign's timed runs; none if it has none.
    pub(crate) fn of(campaign: &Campaign<'_>, identity: &Identity) -> Option<Self> {
        let all = campaign.all();
        let timed: Vec<(&Picked<'_>, Run<'_>)> =
            all.iter().filter(|p| p.cell.timed).filter_map(|p| Some((p, p.run?))).collect();
        if timed.is_empty() {
            return None;
        }
        let mut samples = Samples::default();
        let mut quiet: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        let mut pinned: BTreeMap<Option<String>, usize> = BTreeMap::new();
        for (_, run) in &timed {
            samples.add(*run);
            *pinned.entry(run.record.cpu_list.clone()).or_default() += 1;
            let said = run.record.quiet.as_deref().unwrap_or_default();
            let said: BTreeMap<String, String> = serde_json::from_str(said).unwrap_or_default();
            for (what, outcome) in said {
                *quiet.entry(what).or_default().entry(outcome).or_default() += 1;
            }
        }
        let arms = campaign.controls();
        let pooled: BTreeMap<Clock, Estimate> = Clock::ALL
            .into_iter()
            .filter_map(|clock| Some((clock, control::pooled(&arms, clock)?)))
            .collect();
        let attempt = |(what, outcomes): (String, BTreeMap<String, usize>)| Attempt {
            what,
            outcomes: outcomes.into_iter().collect(),
        };
        Some(Self {
            runs: timed.len(),
            samples,
            controls: control::pairs(campaign, identity, &arms),
            control_cpu: pooled.get(&Clock::Cpu).map(Shown::from),
            control_wall: pooled.get(&Clock::Wall).map(Shown::from),
            quiet: quiet.into_iter().map(attempt).collect(),
            pinned: pinned.into_iter().collect(),
            orders: Orders::of(timed.iter().map(|(picked, _)| **picked)),
            pooled,
        })
    }

    fn control(&self, clock: Clock) -> Option<&Estimate> {
        self.pooled.get(&clock)
    }

    /// Whether so many samples were disturbed that wall times decide nothing.
    pub fn is_contended(&self) -> bool {
        self.samples.share().is_some_and(|share| share > CONTENDED)
    }

    /// Why wall times decide nothing, if they do not.
    pub(crate) fn contended(&self) -> Option<String> {
        let share = self.samples.share().filter(|_| self.is_contended())?;
        Some(format!("contended: other work disturbed {} % of the timed samples", percent(share)))
    }

    /// Why the control says that one of `clocks` is off, if it does: its interval leaves out 1.
    pub(crate) fn biased(&self, clocks: Clocks) -> Option<String> {
        Clock::ALL.into_iter().filter(|clock| clock.is_in(clocks)).find_map(|clock| {
            let control = self.control(clock)?;
            let interval = control.interval().filter(|i| !i.contains(1.0))?;
            Some(format!(
                "control failed: the same solver, timed twice, differs from itself in {} by a factor of {} {}",
                clock.name(),
                number::significant(control.value, 4),
                number::interval(interval.lo, interval.hi)
            ))
        })
    }

    /// Why the control says that one of `clocks` is too coarse for a distance, in logarithms, that parts what `parted` says.
    pub(crate) fn coarse(&self, clocks: Clocks, distance: f64, parted: &str) -> Option<String> {
        Clock::ALL.into_iter().filter(|clock| clock.is_in(clocks)).find_map(|clock| {
            let half = half_width(self.control(clock)?).filter(|half| *half > distance)?;
            Some(format!(
                "control failed: the same solver, timed twice, agrees with itself in {} only to within {} %, and only \
                 {} % part {parted}",
                clock.name(),
                percent(half.exp_m1()),
                percent(distance.exp_m1())
            ))
        })
    }
}

/// Half of an interval's width, in logarithms.
fn half_width(estimate: &Estimate) -> Option<f64> {
    let interval = estimate.interval().filter(|i| i.lo > 0.0 && i.hi.is_finite())?;
    Some(0.5 * (interval.hi.ln() - interval.lo.ln()))
}

/// A share in percent, to two digits.
pub(crate) fn percent(share: f64) -> String {
    number::significant(100.0 * share, 2)
}
