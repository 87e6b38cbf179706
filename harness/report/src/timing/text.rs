//! What is known of the timings, in words.

use std::cmp::Reverse;
use std::fmt::Write as _;

use harness_plan::expr::Clocks;

use super::{Clock, Samples, Timing, percent};
use crate::claims::Shown;
use crate::number;
use crate::sample::count;

/// One thing that is known of the timings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Whether it speaks for them; none: neither for nor against.
    pub(crate) good: Option<bool>,
    pub(crate) what: &'static str,
    pub(crate) text: String,
}

/// A ratio of a control: `1.003 [0.991, 1.02]`.
pub(crate) fn control_text(shown: &Shown) -> String {
    let value = number::significant(shown.value, 4);
    match (shown.lo, shown.hi) {
        (Some(lo), Some(hi)) if shown.has_interval => {
            let end = |x| number::significant(x, 4);
            format!("{value} [{}, {}]", end(lo), end(hi))
        }
        _ => format!("{value}, one block: no interval"),
    }
}

impl Timing {
    /// What a reader should know before anything else.
    pub(crate) fn banners(&self) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(contended) = self.contended() {
            out.push(format!(
                "Timings {contended}. Read ratios of CPU time; claims on wall time are left undecided."
            ));
        }
        for clock in Clock::ALL {
            if let Some(failed) = self.biased(clock.only()) {
                out.push(format!("Timings: {failed}. Claims on {} are left undecided.", clock.name()));
            }
        }
        out
    }

    /// Everything that is known, one line each.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut out: Vec<Finding> = Clock::ALL.into_iter().map(|clock| self.control_finding(clock)).collect();
        out.extend([self.samples_finding(), self.orders_finding(), self.pinned_finding()]);
        out.extend(self.quiet.iter().filter(|a| a.what != "pinning").map(|attempt| Finding {
            good: attempt.outcomes.iter().all(|(outcome, _)| outcome == "granted").then_some(true),
            what: match attempt.what.as_str() {
                "aslr" => "Same addresses in every process",
                "governor" => "Steady frequency",
                "turbo" => "No turbo",
                _ => "Attempt to keep the machine quiet",
            },
            text: format!("{}: {}", attempt.what, by_runs(&attempt.outcomes)),
        }));
        out
    }

    fn control_finding(&self, clock: Clock) -> Finding {
        let (what, shown) = match clock {
            Clock::Cpu => ("A/A control, CPU time", &self.control_cpu),
            Clock::Wall => ("A/A control, wall time", &self.control_wall),
        };
        let Some(shown) = shown else {
            let text = if self.controls.is_empty() {
                "none: it takes at least two replicates of timed cells".to_owned()
            } else {
                "no block in which both arms gave a time".to_owned()
            };
            return Finding { good: None, what, text };
        };
        let pairs = count(self.controls.len(), "pair", "pairs");
        let blocks = count(shown.n, "block", "blocks");
        let text =
            format!("the same solver, timed twice: ratio {} (99 %; {pairs}, {blocks})", control_text(shown));
        Finding { good: shown.has_interval.then(|| self.biased(clock.only()).is_none()), what, text }
    }

    fn samples_finding(&self) -> Finding {
        let samples = &self.samples;
        let warmup = match samples.warmup {
            0 => String::new(),
            n => format!("; {} left out as warm-up", count(n, "sample is", "samples are")),
        };
        let text = match samples.share() {
            None => format!("nothing is known of them{warmup}"),
            Some(share) => {
                let unknown = match samples.unknown {
                    0 => String::new(),
                    n => format!("; of {n} nothing is known"),
                };
                format!(
                    "{} of {} that count ({} %){}{warmup}{unknown}",
                    samples.contaminated,
                    count(samples.known, "sample", "samples"),
                    percent(share),
                    by_sign(samples)
                )
            }
        };
        let good = samples.share().map(|_| !self.is_contended());
        Finding { good, what: "Samples disturbed by other work", text }
    }

    fn orders_finding(&self) -> Finding {
        let orders = &self.orders;
        let what = "Compared solvers took turns";
        if orders.groups == 0 {
            let text = "nothing to take turns with: one timed solver on each problem".to_owned();
            return Finding { good: None, what, text };
        }
        let groups = count(orders.groups, "group", "groups");
        let mut text = format!(
            "block by block in {} of {groups}; every solver at every place of the order equally often (give or take one) in {}",
            orders.in_turns, orders.balanced
        );
        if !orders.split.is_empty() {
            let split: Vec<&str> = orders.split.iter().map(String::as_str).collect();
            let _ = write!(text, "; not run together: {}", split.join(", "));
        }
        let good = orders.in_turns == orders.groups && orders.balanced == orders.groups;
        Finding { good: Some(good), what, text }
    }

    fn pinned_finding(&self) -> Finding {
        let where_to = |(cpus, runs): &(Option<String>, usize)| {
            let runs = count(*runs, "run", "runs");
            cpus.as_ref().map_or_else(|| format!("{runs} not pinned"), |cpus| format!("{runs} on {cpus}"))
        };
        let list: Vec<String> = self.pinned.iter().map(where_to).collect();
        let all = self.pinned.iter().all(|(cpus, _)| cpus.is_some());
        Finding { good: all.then_some(true), what: "Pinned to processors", text: list.join(", ") }
    }
}

impl Clock {
    fn only(self) -> Clocks {
        Clocks { wall: self == Clock::Wall, cpu: self == Clock::Cpu }
    }
}

/// How many disturbed samples show which sign, the most frequent first; nothing where signs are not stored.
fn by_sign(samples: &Samples) -> String {
    if samples.signs.is_empty() {
        return String::new();
    }
    let mut signs: Vec<(&str, usize)> = samples.signs.iter().map(|(sign, n)| (sign.as_str(), *n)).collect();
    signs.sort_by_key(|(_, n)| Reverse(*n));
    signs.extend((samples.without_sign > 0).then_some(("not recorded", samples.without_sign)));
    let signs: Vec<String> = signs.iter().map(|(sign, n)| format!("{sign} {n}")).collect();
    format!(", by sign: {}", signs.join(", "))
}

fn by_runs(outcomes: &[(String, usize)]) -> String {
    let parts: Vec<String> =
        outcomes.iter().map(|(outcome, n)| format!("{outcome} in {}", count(*n, "run", "runs"))).collect();
    parts.join(", ")
}
