//! What a comparison says about the peers in it: versions, and the seconds that are not part of a solve.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::Suite;
use harness_core::suite::is_peer;
use harness_stats::descriptive::median;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::campaign::Picked;
use crate::varying::plain;

/// A peer that ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeerFacts {
    /// Its id.
    pub id: String,
    /// Where it comes from, as its declaration says.
    pub source: String,
    /// Names and versions of what it said that it ran on: `python 3.11.7`.
    pub versions: Vec<String>,
    /// The median seconds that loading its code took.
    pub import_s: Option<f64>,
    /// The median seconds that compiling took.
    pub compile_s: Option<f64>,
}

/// The peers among cells that said anything, each once.
pub(super) fn facts(suite: &Suite, cells: &[Picked<'_>]) -> Vec<PeerFacts> {
    let mut by_id: BTreeMap<&str, Vec<&Picked<'_>>> = BTreeMap::new();
    let peer_ran = |p: &&Picked<'_>| p.run.is_some() && is_peer(&p.cell.spec.solver.id);
    for picked in cells.iter().filter(peer_ran) {
        by_id.entry(&picked.cell.spec.solver.id).or_default().push(picked);
    }
    let of = |(id, cells): (&str, Vec<&Picked<'_>>)| {
        let records = || cells.iter().filter_map(|p| p.run.map(|r| r.record));
        let seconds = |ns: fn(&harness_core::RunRecord) -> Option<i64>| {
            median(&records().filter_map(ns).map(|ns| ns as f64 * 1e-9).collect::<Vec<_>>()).ok()
        };
        let said = records().filter_map(|r| r.solver_facts.as_deref());
        let versions: BTreeSet<String> = said
            .flat_map(|text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default())
            .map(|(name, version)| format!("{name} {}", plain(&version)))
            .collect();
        PeerFacts {
            id: id.to_owned(),
            source: suite.solver(id).map(|s| s.source.clone().into_owned()).unwrap_or_default(),
            versions: versions.into_iter().collect(),
            import_s: seconds(|r| r.import_ns),
            compile_s: seconds(|r| r.compile_ns),
        }
    };
    // One that got nowhere says nothing.
    let says = |p: &PeerFacts| !p.versions.is_empty() || p.import_s.is_some() || p.compile_s.is_some();
    by_id.into_iter().map(of).filter(says).collect()
}
