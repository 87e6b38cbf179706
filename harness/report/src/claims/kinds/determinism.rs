//! `determinism`: the share of pairs of runs that agree as far as is claimed: those that `harness audit` compared, and, where
//! nothing was different, runs of one cell by the same code.

use std::collections::BTreeSet;

use harness_core::record::AuditRow;
use harness_core::{CellKey, CellSpec, Measure};
use harness_plan::claims_file::{Across, Agreement};
use harness_plan::suite_file::Selection;
use harness_stats::{Bound, Censored, Estimate, Interval, Method, StatsError, Uncertainty};

use super::super::Part;
use super::super::evidence::{Evidence, Gap, selected};
use crate::campaign::{Campaign, Picked};
use crate::sample::{Measured, Sample, count};

/// A comparison of two runs.
struct Pair {
    key: CellKey,
    agrees: bool,
    part: Part,
}

pub(super) fn evidence<'a>(
    campaign: &'a Campaign<'_>,
    select: &Selection,
    across: Across,
    level: Agreement,
) -> Evidence<'a> {
    let cells = campaign.select(&[select]);
    let mut pairs = audited(campaign, &cells, across, level);
    let audited = pairs.len();
    if (across, level) == (Across::Same, Agreement::Bitwise) {
        pairs.extend(repeated(campaign, &cells));
    }
    let compared: BTreeSet<CellKey> = pairs.iter().map(|p| p.key.clone()).collect();
    let agrees = |key: &CellKey| pairs.iter().all(|p| p.key != *key || p.agrees);
    let mut sample = Sample { measured: Vec::new(), missing: Vec::new() };
    for picked in cells {
        if compared.contains(&picked.cell.key) {
            let value = Censored::Value(f64::from(u8::from(agrees(&picked.cell.key))));
            sample.measured.push(Measured { picked, value });
        }
    }
    let (n, agree) = (pairs.len(), pairs.iter().filter(|p| p.agrees).count());
    let gap = Gap::NotRun(format!("no two runs were compared: `harness audit kinds={across}` does it"));
    let mut evidence = Evidence::none(gap);
    evidence.ran = n > 0;
    evidence.selected = selected(&sample, "compared");
    if n == 0 {
        return evidence;
    }
    let repeats = n - audited;
    evidence.pairing = Some(format!(
        "{} by an audit, {} of one cell by the same code",
        count(audited, "pair of runs compared", "pairs of runs compared"),
        count(repeats, "repeated run", "repeated runs")
    ));
    if agree < n {
        evidence
            .remarks
            .push(format!("{} of {n} agree less than {level}", count(n - agree, "pair", "pairs")));
    }
    evidence.parts = pairs.into_iter().map(|p| p.part).collect();
    evidence.runs = sample.measured.iter().map(|m| ("compared", *m)).collect();
    evidence.estimated(Box::new(move |_| share(agree, n)));
    evidence
}

/// A share of what there is: nothing is sampled, so it has no interval.
fn share(agree: usize, n: usize) -> Result<Estimate, StatsError> {
    let value = agree as f64 / n as f64;
    let uncertainty = Uncertainty::Deterministic(Interval::new(value, value, 1.0)?);
    Ok(Estimate { value, bound: Bound::Exact, uncertainty, n, method: Method::Deterministic })
}

/// How far two runs agree, from the closest to none at all.
fn rank(level: &str) -> Option<usize> {
    Agreement::ALL.iter().position(|a| a.as_str() == level)
}

fn audited(campaign: &Campaign<'_>, cells: &[Picked<'_>], across: Across, level: Agreement) -> Vec<Pair> {
    // An audit runs the first replicate of a cell, traced and not timed.
    let as_audited = |spec: &CellSpec| CellSpec { measure: Measure::Trace {}, ..spec.clone() }.key();
    let keys: Vec<(CellKey, &Picked<'_>)> =
        cells.iter().map(|picked| (as_audited(&picked.cell.spec), picked)).collect();
    let of_kind = campaign.audits().iter().filter(|a| a.kind == across.as_str());
    let pair = |audit: &&AuditRow| {
        let (_, picked) = keys.iter().find(|(key, _)| *key == audit.cell_key_a)?;
        // What could not be compared is no evidence.
        let agrees = rank(&audit.level)? <= rank(level.as_str())?;
        let how = match (audit.max_ulp, audit.first_diff_step) {
            (Some(ulp), Some(step)) if ulp > 0 => format!(", {ulp} ulp apart from step {step} on"),
            _ => String::new(),
        };
        let part = Part {
            label: format!("{} on {}", audit.solver, audit.problem),
            estimate: None,
            reported: None,
            factor: None,
            remark: Some(format!("{}{how}; runs {} and {}", audit.level, audit.run_a, audit.run_b)),
        };
        Some(Pair { key: picked.cell.key.clone(), agrees, part })
    };
    of_kind.filter_map(pair).collect()
}

/// Every later run of a cell against its first.
fn repeated(campaign: &Campaign<'_>, cells: &[Picked<'_>]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for picked in cells {
        let mut runs = campaign.repeats(picked.cell).iter().filter(|r| r.result_hash.is_some());
        let Some(first) = runs.next() else { continue };
        for run in runs.filter(|run| run.run_id != first.run_id) {
            let agrees = run.result_hash == first.result_hash;
            let how = if agrees { "bitwise" } else { "results differ" };
            let part = Part {
                label: format!(
                    "{} on {}, replicate {}",
                    picked.solver_label, picked.problem_label, run.replicate
                ),
                estimate: None,
                reported: None,
                factor: None,
                remark: Some(format!("{how}; runs {} and {}", first.run_id, run.run_id)),
            };
            pairs.push(Pair { key: picked.cell.key.clone(), agrees, part });
        }
    }
    pairs
}
