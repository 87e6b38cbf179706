//! Pairs of runs on the same instance: what ratios and orders are computed over.

use std::collections::BTreeMap;

use harness_core::canon::canon;
use serde_json::{Map, Value, json};

use crate::campaign::Campaign;
use crate::sample::Measured;

/// Two runs on the same instance and replicate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) a: Measured<'a>,
    pub(super) b: Measured<'a>,
}

/// Pairs by problem with its parameters, replicate, device, element type and threads. Where a side holds several
/// configurations of its solver, parameters that both solvers have must agree as well. The single run of a cell without
/// randomness stands for every replicate.
///
/// # Errors
///
/// When a side still has several runs for one pair: the claim must say which is meant.
pub(super) fn pairs<'a>(
    campaign: &Campaign<'_>,
    a: &[Measured<'a>],
    b: &[Measured<'a>],
) -> Result<Vec<Pair<'a>>, String> {
    let shared = shared_parameters(a, b);
    let (a, b) = (side(campaign, a, &shared)?, side(campaign, b, &shared)?);
    let mut pairs = Vec::new();
    for (place, a) in &a {
        let Some(b) = b.get(place) else { continue };
        match (a.for_all(), b.for_all()) {
            (Some(a), Some(b)) => pairs.push(Pair { a, b }),
            (Some(a), None) => pairs.extend(b.runs.values().map(|b| Pair { a, b: *b })),
            (None, Some(b)) => pairs.extend(a.runs.values().map(|a| Pair { a: *a, b })),
            (None, None) => {
                let both = |(r, a): (&u32, &Measured<'a>)| Some(Pair { a: *a, b: *b.runs.get(r)? });
                pairs.extend(a.runs.iter().filter_map(both));
            }
        }
    }
    Ok(pairs)
}

/// The runs of one side at one place.
struct Side<'a> {
    /// Whether nothing is random: a single run then stands for all replicates.
    fixed: bool,
    runs: BTreeMap<u32, Measured<'a>>,
}

impl<'a> Side<'a> {
    fn for_all(&self) -> Option<Measured<'a>> {
        let only = self.runs.values().next().filter(|_| self.fixed && self.runs.len() == 1);
        only.copied()
    }
}

/// Solver parameters that both sides have and that vary within a side.
fn shared_parameters(a: &[Measured<'_>], b: &[Measured<'_>]) -> Vec<String> {
    let params = |m: &Measured<'_>| -> Map<String, Value> { m.picked.cell.spec.solver.params.clone() };
    let varies = |side: &[Measured<'_>], name: &str| {
        let mut values = side.iter().map(|m| params(m).get(name).cloned());
        let first = values.next();
        values.any(|v| Some(v) != first)
    };
    let Some(first) = a.first() else { return Vec::new() };
    let in_all = |name: &str| a.iter().chain(b).all(|m| m.picked.cell.spec.solver.params.contains_key(name));
    params(first)
        .keys()
        .filter(|name| in_all(name) && (varies(a, name) || varies(b, name)))
        .cloned()
        .collect()
}

fn side<'a>(
    campaign: &Campaign<'_>,
    measured: &[Measured<'a>],
    shared: &[String],
) -> Result<BTreeMap<String, Side<'a>>, String> {
    let mut places: BTreeMap<String, Side<'a>> = BTreeMap::new();
    for m in measured {
        let spec = &m.picked.cell.spec;
        let solver: Vec<&Value> = shared.iter().filter_map(|name| spec.solver.params.get(name)).collect();
        let place = canon(&json!({
            "problem": spec.problem.id,
            "params": spec.problem.params,
            "data": spec.problem.data_sha256,
            "solver": solver,
            "device": spec.device,
            "dtype": spec.dtype,
            "threads": spec.threads,
        }))
        .map_err(|e| e.to_string())?;
        let fixed = campaign.is_fixed(m.picked.cell);
        let side = places.entry(place).or_insert_with(|| Side { fixed, runs: BTreeMap::new() });
        if side.runs.insert(spec.replicate, *m).is_some() {
            return Err(format!(
                "several runs of `{}` on `{}` fit one pair: narrow the selection with `where`",
                m.picked.solver_label, m.picked.problem_label
            ));
        }
    }
    Ok(places)
}
