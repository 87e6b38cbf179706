//! A comparison for a terminal of 100 columns, and the words that all forms share.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use harness_report::number;

use super::{Certainty, Comparison, CountChange, FamilyComparison, OnlyIn, SideLabel, TimeChange};

/// Where the word for the certainty stands.
const CERTAINTY_AT: usize = 88;
/// The most names that are listed.
const MOST: usize = 12;

/// One thing about a family, in words.
pub(super) struct Detail {
    pub(super) text: String,
    /// `confirmed`, `suspected`, `not judged`, or nothing.
    pub(super) standing: &'static str,
}

impl CountChange {
    /// `iterations 10 → 12 in 3 of 5 replicates`.
    pub fn text(&self) -> String {
        let of = if self.of == 1 {
            String::new()
        } else {
            format!(" in {} of {} replicates", self.changed, self.of)
        };
        format!("{} {} → {}{of}", self.what, self.a, self.b)
    }
}

impl TimeChange {
    /// `1.23× [1.19, 1.27]`.
    pub fn ratio_text(&self) -> String {
        // Ends that six digits do not tell apart are no news.
        let interval = self.interval.filter(|(lo, hi)| hi / lo > 1.0 + 1e-5);
        let interval = interval.map(|(lo, hi)| format!(" {}", number::interval(lo, hi)));
        format!("{}×{}", number::significant(self.ratio, 4), interval.unwrap_or_default())
    }

    /// `CPU time 1.23× [1.19, 1.27], 10 blocks in turns, 1.2 ms → 1.5 ms`.
    pub fn text(&self) -> String {
        let (one, many) = if self.interleaved {
            ("block in turns", "blocks in turns")
        } else {
            ("pair apart", "pairs apart")
        };
        let unit = if self.blocks == 1 { one } else { many };
        let (name, ratio, blocks) = (self.clock.name(), self.ratio_text(), self.blocks);
        let (a, b) = (number::seconds(self.a_seconds), number::seconds(self.b_seconds));
        let why = self.not_judged.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
        format!("{name} {ratio}, {blocks} {unit}, {a} → {b}{why}")
    }

    /// `confirmed`, `suspected`, `not judged`, or nothing where it did not move.
    pub fn standing(&self) -> &'static str {
        match (&self.not_judged, self.moved) {
            (Some(_), _) => "not judged",
            (None, true) => self.certainty().as_str(),
            (None, false) => "",
        }
    }
}

impl FamilyComparison {
    pub(super) fn details(&self) -> Vec<Detail> {
        let count = |change: &CountChange| Detail {
            text: change.text(),
            standing: if change.is_judged() { change.certainty.as_str() } else { "" },
        };
        let time = |time: &TimeChange| Detail { text: time.text(), standing: time.standing() };
        let remark = |text: &String| Detail { text: text.clone(), standing: "" };
        let counts = self.counts.iter().map(count);
        counts.chain(self.times.iter().map(time)).chain(self.remarks.iter().map(remark)).collect()
    }
}

impl SideLabel {
    /// One line.
    pub fn text(&self) -> String {
        let mut parts = vec![self.name.clone()];
        let mut add = |what: &str, all: &[String]| match all {
            [] => {}
            [one] => parts.push(format!("{what} {one}")),
            [first, .., last] => parts.push(format!("{} {what}s from {first} to {last}", all.len())),
        };
        if self.campaigns != [self.name.clone()] {
            add("campaign", &self.campaigns);
        }
        add("commit", &self.commits);
        add("machine", &self.machines);
        match &self.days[..] {
            [] => {}
            [first, .., last] if first != last => parts.push(format!("{first} to {last}")),
            [first, ..] => parts.push(first.clone()),
        }
        parts.join(", ")
    }
}

impl Comparison {
    /// The number of regressions and improvements, and how sure they are: the first line.
    pub fn headline(&self) -> String {
        let count = |what: &str, certainties: Vec<Certainty>| {
            let of = |wanted| certainties.iter().filter(|c| **c == wanted).count();
            match (of(Certainty::Confirmed), of(Certainty::Suspected)) {
                (0, 0) => format!("no {what}s"),
                (1, 0) => format!("1 {what} confirmed"),
                (n, 0) => format!("{n} {what}s confirmed"),
                (0, n) => format!("{n} {what}{} suspected", if n == 1 { "" } else { "s" }),
                (n, m) => format!("{n} {what}{} confirmed, {m} suspected", if n == 1 { "" } else { "s" }),
            }
        };
        let worse = count("regression", self.regressions().filter_map(|f| f.worse).collect());
        let better = count("improvement", self.improvements().filter_map(|f| f.better).collect());
        format!("{worse}; {better}; {} cell families compared", self.families.len())
    }

    /// Why times of some families decide nothing, with the number of families.
    pub(super) fn not_judged(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for family in &self.families {
            let first = family.times.iter().find_map(|time| time.not_judged.as_deref());
            if let Some(reason) = first {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        reasons
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "A  {}\nB  {}\n\n{}", self.a.text(), self.b.text(), self.headline());
        section(&mut out, "REGRESSIONS", "✗", self.regressions());
        section(&mut out, "IMPROVEMENTS", "✓", self.improvements());
        section(&mut out, "CHANGED, NEITHER WORSE NOR BETTER", "·", self.changed());
        if !self.claims.is_empty() {
            let _ = writeln!(out, "\nCLAIMS WITH ANOTHER VERDICT");
            for change in &self.claims {
                let proxy = if change.proxy { " (proxy)" } else { "" };
                let _ =
                    writeln!(out, "  {}/{}{proxy}: {} → {}", change.suite, change.claim, change.a, change.b);
                if let Some(reason) = &change.reason {
                    let _ = writeln!(out, "      {reason}");
                }
            }
        }
        let _ = writeln!(out, "\nUNCHANGED: {}", families(self.unchanged().count()));
        for (reason, n) in self.not_judged() {
            let _ = writeln!(out, "TIMES NOT JUDGED: {}, {reason}", families(n));
        }
        only(&mut out, "A", &self.only_in_a);
        only(&mut out, "B", &self.only_in_b);
        if self.has_times_apart() {
            let _ = writeln!(out, "\n{APART}");
        }
        out
    }
}

/// What every form says about times of sides that took no turns.
pub(super) const APART: &str = "Where the two sides did not take turns in one campaign, the machine may have been slower that day:\n\
    differences in time are then suspected, never confirmed (docs/over_time.md).";

fn families(n: usize) -> String {
    if n == 1 { "1 cell family".to_owned() } else { format!("{n} cell families") }
}

fn section<'a>(out: &mut String, title: &str, sign: &str, all: impl Iterator<Item = &'a FamilyComparison>) {
    let mut all = all.peekable();
    if all.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for family in all {
        let _ = writeln!(out, "{sign} {}", family.name);
        for Detail { text, standing } in family.details() {
            let padded = format!("    {text:<width$}  {standing}", width = CERTAINTY_AT - 6);
            let _ = writeln!(out, "{}", padded.trim_end());
        }
    }
}

fn only(out: &mut String, side: &str, all: &[OnlyIn]) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nONLY IN {side}: {}", families(all.len()));
    for OnlyIn { name, reason } in all.iter().take(MOST) {
        let why =
            reason.as_ref().map(|why| format!(" (the other side skipped it: {why})")).unwrap_or_default();
        let _ = writeln!(out, "  {name}{why}");
    }
    if all.len() > MOST {
        let _ = writeln!(out, "  and {} more", all.len() - MOST);
    }
}
