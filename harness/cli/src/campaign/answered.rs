//! Which cells of a campaign the stored runs answer, and what is said where only other code or another machine ran them.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::record::RunRecord;
use harness_core::{CellKey, Outcome, shell_word};
use harness_plan::PlannedCell;
use harness_store::Filter;

use super::{Campaign, OWN_KEYS, own_key};
use crate::error::CliError;
use crate::out;

impl Campaign {
    /// Why no stored row answers any of its cells, with whatever outcome, and what to do; none if some row does. Then says how many
    /// cells have only runs that do not answer. `verb` is the one that shows a stored campaign.
    pub(crate) fn unanswered(&self, verb: &str) -> Result<Option<String>, CliError> {
        let cells: BTreeMap<&CellKey, &PlannedCell> = self.plan.cells.iter().map(|c| (&c.key, c)).collect();
        let mut runs = self.store.runs(&Filter::cells(cells.keys().copied().cloned()))?;
        runs.retain(|run| self.counts(run));
        let (own, others): (Vec<&RunRecord>, Vec<&RunRecord>) =
            runs.iter().partition(|run| self.answers(run, cells[&run.cell_key].timed));
        let answered: BTreeSet<&CellKey> = own.iter().map(|run| &run.cell_key).collect();
        // A campaign that is over has what it has: runs that others made of its cells since are not missing in it.
        let is_stale = |run: &&RunRecord| {
            let skipped = cells[&run.cell_key].skip.is_some() || run.outcome == Outcome::Skipped;
            !self.is_over() && !skipped && !answered.contains(&run.cell_key)
        };
        let stale: Vec<&RunRecord> = others.into_iter().filter(is_stale).collect();
        let Some(latest) = stale.iter().max_by_key(|run| run.recency()) else {
            return Ok(own.is_empty().then(|| self.nothing_stored()));
        };
        let made = self.made(&stale, latest);
        let anew = command("run", &self.asked());
        if own.is_empty() {
            return Ok(Some(format!(
                "what {} holds of this campaign was made {made}, which answers nothing now: `{anew}` makes it anew{}",
                self.store.suite_dir().display(),
                self.as_it_was(verb, &stale)?,
            )));
        }
        let n = stale.iter().map(|run| &run.cell_key).collect::<BTreeSet<_>>().len();
        let of = self.plan.cells.len();
        let (was, count) = if n == 1 { ("was", "counts") } else { ("were", "count") };
        out::status(&format!(
            "{n} of {of} cells {was} run only {made}, and {count} as not run: `{anew}` makes them anew"
        ));
        Ok(None)
    }

    /// By what runs were made that do not answer.
    fn made(&self, stale: &[&RunRecord], latest: &RunRecord) -> String {
        let other_code = |run: &&&RunRecord| run.code_key != self.plan.code_key;
        match stale.iter().filter(other_code).count() {
            0 => {
                format!("on another machine ({} → {})", latest.env_key.short(), self.env_key.short())
            }
            n if n == stale.len() => {
                format!("by other code ({} → {})", latest.code_key.short(), self.plan.code_key.short())
            }
            _ => "by other code or on another machine".to_owned(),
        }
    }

    /// The command that shows the campaign that made most of these runs, as it was: of those whose plan is there.
    fn as_it_was(&self, verb: &str, stale: &[&RunRecord]) -> Result<String, CliError> {
        let there = self.store.campaigns()?;
        let mut made: BTreeMap<&str, (usize, _)> = BTreeMap::new();
        for run in stale.iter().filter(|run| there.contains(&run.campaign_id)) {
            let (n, last) = made.entry(&run.campaign_id).or_insert((0, run.recency()));
            *n += 1;
            *last = run.recency().max(*last);
        }
        let Some((id, _)) = made.into_iter().max_by_key(|(_, most)| *most) else { return Ok(String::new()) };
        // Of an excerpt there are verdicts only.
        let verb = if self.reference().is_some() { "claims" } else { verb };
        let out = self.pairs.iter().filter(|pair| pair.starts_with("out=")).cloned();
        let words = [format!("suite={}", self.plan.suite), format!("campaign={id}")];
        let command = command(verb, &words.into_iter().chain(out).collect::<Vec<_>>());
        Ok(format!(", and `{command}` shows it as it was run"))
    }

    /// The pairs that it was asked for with, without those of the verb and without a folder that nothing is run in.
    fn asked(&self) -> Vec<String> {
        let is_asked = |pair: &&String| {
            let key = pair.split('=').next().unwrap_or_default();
            let of_verb = own_key(&self.overrides, key).is_some() && !OWN_KEYS.contains(&key);
            !of_verb && (key != "out" || self.reference().is_none())
        };
        self.pairs.iter().filter(is_asked).cloned().collect()
    }
}

fn command(verb: &str, words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
    format!("just {verb} {}", words.join(" "))
}
