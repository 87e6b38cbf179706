//! Claims whose verdict is another.

use std::collections::BTreeMap;

use harness_core::record::ClaimRow;
use serde::{Deserialize, Serialize};

/// A claim with two verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictChange {
    /// The suite's id.
    pub suite: String,
    /// The claim's id.
    pub claim: String,
    /// The claim in words.
    pub statement: String,
    /// The verdict of the first side.
    pub a: String,
    /// The verdict of the second.
    pub b: String,
    /// Why, where the second says it.
    pub reason: Option<String>,
    /// Whether the profile tests a smaller stand-in for what the paper did.
    pub proxy: bool,
}

impl VerdictChange {
    /// Whether the claim is contradicted now and was not before.
    pub fn is_new_contradiction(&self) -> bool {
        self.b == "contradicted"
    }
}

/// The claims of which both sides have a verdict, and another one.
pub fn changes(a: &[ClaimRow], b: &[ClaimRow]) -> Vec<VerdictChange> {
    let before: BTreeMap<_, _> = a.iter().map(|row| ((&row.suite, &row.claim_id), row)).collect();
    let changed = b.iter().filter_map(|row| {
        let old = before.get(&(&row.suite, &row.claim_id)).filter(|old| old.verdict != row.verdict)?;
        Some(VerdictChange {
            suite: row.suite.clone(),
            claim: row.claim_id.clone(),
            statement: row.statement.clone(),
            a: old.verdict.clone(),
            b: row.verdict.clone(),
            reason: row.reason.clone(),
            proxy: row.proxy,
        })
    });
    changed.collect()
}
