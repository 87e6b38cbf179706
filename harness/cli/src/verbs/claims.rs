//! `harness claims`: the verdicts from what is stored, all or some of them, or one from end to end.

use std::path::Path;

use glob::Pattern;
use harness_core::suggest;
use harness_plan::Overrides;
use harness_plan::claims_file::ClaimKind;
use harness_report::claims::{explain, text_selection};
use harness_report::{ClaimResult, Headline, Judgement, Verdict};
use serde_json::json;

use crate::args::ClaimsArgs;
use crate::campaign::{Campaign, own_key};
use crate::error::CliError;
use crate::export::export;
use crate::out;
use crate::verbs::report::{Strictness, store_verdicts, verdict_exit};

/// The keys that choose claims, the one that explains one, and those that name a stored campaign and a folder for an excerpt.
const KEYS: &[&str] = &["claim", "verdict", "kind", "paper", "explain", "campaign", "export"];

pub(crate) fn claims(args: &ClaimsArgs) -> Result<(), CliError> {
    let campaign = Campaign::stored_or_resolved(&args.pairs, KEYS)?;
    let judged = campaign.judge()?;
    let keys = Keys(&campaign.overrides);
    let chosen = choose(&judged.claims, &keys)?;
    let unanswered = campaign.unanswered("claims")?;
    // The verdicts on a campaign that is over are those of its time, until a report is made of it.
    if judged.claims.iter().any(|c| c.ran) && !campaign.is_over() && campaign.reference().is_none() {
        store_verdicts(&campaign, &judged.claim_rows())?;
    }
    if let Some(dir) = keys.get("export") {
        if let Some(why) = unanswered {
            return Err(CliError::usage(why));
        }
        export(&campaign, &judged, Path::new(dir))?;
    }
    let explained = keys.get("explain").is_some();
    match (args.json, explained) {
        (true, true) => out::json(chosen[0])?,
        (true, false) => out::json(&document(&judged, &chosen))?,
        (false, true) => out::text(explain(chosen[0]).trim_end()),
        (false, false) => out::text(text_selection(&chosen, &judged.claims).trim_end()),
    }
    // No error: a campaign that has just begun has none either.
    if let Some(why) = &unanswered {
        out::status(why);
    }
    verdict_exit(&chosen, if args.strict { Strictness::Strict } else { Strictness::Lenient })
}

/// The command line with the verb's own keys.
struct Keys<'a>(&'a Overrides);

impl Keys<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        own_key(self.0, key)
    }

    /// A comma list.
    fn list(&self, key: &str) -> Option<Vec<&str>> {
        self.get(key).map(|text| text.split(',').map(str::trim).filter(|w| !w.is_empty()).collect())
    }
}

/// The claims that the command line names, in the order of the file.
fn choose<'a>(claims: &'a [ClaimResult], keys: &Keys<'_>) -> Result<Vec<&'a ClaimResult>, CliError> {
    let ids: Vec<&str> = claims.iter().map(|c| c.id.as_str()).collect();
    if let Some(id) = keys.get("explain") {
        let found = claims.iter().find(|c| c.id == id);
        return found.map(|c| vec![c]).ok_or_else(|| unknown("claim", id, &ids));
    }
    let mut chosen: Vec<&ClaimResult> = claims.iter().collect();
    if let Some(words) = keys.list("claim") {
        let patterns: Vec<Pattern> = words.iter().map(|w| pattern(w, &ids)).collect::<Result<_, _>>()?;
        chosen.retain(|c| patterns.iter().any(|p| p.matches(&c.id)));
    }
    if let Some(words) = keys.list("verdict") {
        let names = Verdict::ALL.map(|v| v.as_str().replace(' ', "_"));
        known("verdict", &words, &names.each_ref().map(String::as_str))?;
        chosen.retain(|c| words.contains(&c.verdict.as_str().replace(' ', "_").as_str()));
    }
    if let Some(words) = keys.list("kind") {
        known("kind of claim", &words, &ClaimKind::NAMES)?;
        chosen.retain(|c| words.contains(&c.kind));
    }
    if let Some(words) = keys.list("paper") {
        let mut papers: Vec<&str> = claims.iter().map(|c| c.paper.as_str()).collect();
        papers.sort_unstable();
        papers.dedup();
        known("paper with claims", &words, &papers)?;
        chosen.retain(|c| words.contains(&c.paper.as_str()));
    }
    Ok(chosen)
}

fn pattern(word: &str, ids: &[&str]) -> Result<Pattern, CliError> {
    let pattern = Pattern::new(word).map_err(|e| CliError::usage(format!("claim={word}: {e}")))?;
    if ids.iter().any(|id| pattern.matches(id)) { Ok(pattern) } else { Err(unknown("claim", word, ids)) }
}

fn known(what: &str, words: &[&str], names: &[&str]) -> Result<(), CliError> {
    words.iter().find(|word| !names.contains(word)).map_or(Ok(()), |word| Err(unknown(what, word, names)))
}

fn unknown(what: &str, name: &str, names: &[&str]) -> CliError {
    CliError::usage(format!("unknown {what} `{name}`; {}", suggest::hint(name, names.iter().copied())))
}

/// The chosen claims, with the headline of all.
fn document(judged: &Judgement, chosen: &[&ClaimResult]) -> serde_json::Value {
    let identity = &judged.identity;
    json!({
        "campaign": identity.campaign_id,
        "suite": identity.suite,
        "profile": identity.profile,
        "code_key": identity.code_key,
        "env_key": identity.env_key,
        "headline": Headline::of(&judged.claims),
        "timing": judged.timing,
        "claims": chosen,
    })
}
