//! Resume: which cells of a plan are answered by runs of the past, and for the others why they must run.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::{CellKey, CodeKey, EnvKey, Outcome, RunId, RunRecord};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::plan::PlannedCell;
use crate::suite_file::same_value;
use harness_core::Limits;

/// How many past configurations a new cell is compared with to say what changed.
const MAX_COMPARED: usize = 64;

/// The path of a peer's fingerprint, and of the parts that it is made of.
const CODE: &str = "solver.code";

/// What to do about runs of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Reuse what can be reused; run what is new or failed.
    #[default]
    Resume,
    /// Run everything again.
    Fresh,
    /// Run only the cells whose last run failed.
    RetryFailed,
}

/// What is done about a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// It is planned as skipped.
    Skip {
        /// Why.
        reason: String,
    },
    /// It never ran.
    New {
        /// Where a run of the same problem and solver is no longer asked for: what is different now.
        changed: Vec<Change>,
    },
    /// A run of the past answers it.
    Reuse {
        /// The run.
        run_id: RunId,
    },
    /// It ran, and must run again.
    Rerun {
        /// Why.
        why: String,
    },
    /// It is left alone in this mode.
    Leave {
        /// Why.
        why: String,
    },
}

/// A part of a cell that is different from a run of the past.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Which, as a path: `solver.params.eta`.
    pub part: String,
    /// Its value then; null if there was none.
    pub before: Value,
    /// Its value now; null if there is none.
    pub now: Value,
}

impl Decision {
    /// Whether the cell runs.
    pub fn runs(&self) -> bool {
        matches!(self, Decision::New { .. } | Decision::Rerun { .. })
    }
}

/// For `plan`: `reuse 0198…`, `new`, `changed: solver.params.eta 1200.0 → 5000.0`, `again: …`, `skipped: …`.
impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Decision::Skip { reason } => write!(f, "skipped: {reason}"),
            Decision::New { changed } if changed.is_empty() => f.write_str("new"),
            Decision::New { changed } => {
                let parts: Vec<String> = changed.iter().map(ToString::to_string).collect();
                write!(f, "changed: {}", parts.join(", "))
            }
            Decision::Reuse { run_id } => write!(f, "reuse {run_id}"),
            Decision::Rerun { why } => write!(f, "again: {why}"),
            Decision::Leave { why } => write!(f, "left: {why}"),
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A part whose values are in no table is named alone; so is one whose values are hashes.
        if self.before.is_null() && self.now.is_null() {
            return f.write_str(&self.part);
        }
        if let Some(part) = self.part.strip_prefix(CODE).and_then(|part| part.strip_prefix('.')) {
            return f.write_str(part);
        }
        write!(f, "{} {} → {}", self.part, self.before, self.now)
    }
}

/// Decides about every cell of a plan, in its order.
///
/// A run answers a cell when its key and its code are the same and it ended well; a timed cell also asks for the same
/// machine. A run that hit its time or memory limit answers as long as the limit is not raised. Of several the latest is
/// taken.
pub fn decide(
    cells: &[PlannedCell],
    code_key: &CodeKey,
    env_key: &EnvKey,
    runs: &[RunRecord],
    mode: Mode,
) -> Vec<Decision> {
    let history = History::new(cells, runs);
    cells.iter().map(|cell| history.decide(cell, code_key, env_key, mode)).collect()
}

struct History<'a> {
    by_key: BTreeMap<&'a CellKey, Vec<&'a RunRecord>>,
    /// Runs that the plan no longer asks for, by problem and solver, the latest first.
    orphans: BTreeMap<(&'a str, &'a str), Vec<Parts>>,
    /// The configurations of planned cells that ran before.
    answered: BTreeSet<String>,
}

impl<'a> History<'a> {
    fn new(cells: &'a [PlannedCell], runs: &'a [RunRecord]) -> Self {
        let mut by_key: BTreeMap<&CellKey, Vec<&RunRecord>> = BTreeMap::new();
        for run in runs {
            by_key.entry(&run.cell_key).or_default().push(run);
        }
        for runs in by_key.values_mut() {
            runs.sort_by_key(|run| run.recency());
        }
        let planned: BTreeSet<&CellKey> = cells.iter().map(|c| &c.key).collect();
        let mut latest: Vec<&RunRecord> = by_key
            .iter()
            .filter(|(key, _)| !planned.contains(*key))
            .filter_map(|(_, runs)| runs.last().copied())
            .collect();
        latest.sort_by_key(|run| std::cmp::Reverse(run.run_id));
        let mut orphans: BTreeMap<(&str, &str), Vec<Parts>> = BTreeMap::new();
        for run in latest {
            let all = orphans.entry((&run.problem, &run.solver)).or_default();
            if all.len() < MAX_COMPARED
                && let Some(parts) = Parts::of_run(run)
                && all.iter().all(|known| known.parts != parts.parts)
            {
                all.push(parts);
            }
        }
        let ran = cells.iter().filter(|c| by_key.contains_key(&c.key));
        let answered = ran.map(|c| Parts::of_cell(c).configuration()).collect();
        Self { by_key, orphans, answered }
    }

    fn decide(&self, cell: &PlannedCell, code_key: &CodeKey, env_key: &EnvKey, mode: Mode) -> Decision {
        if let Some(reason) = &cell.skip {
            return Decision::Skip { reason: reason.clone() };
        }
        let runs = self.by_key.get(&cell.key).map_or(&[][..], Vec::as_slice);
        let Some(last) = runs.last() else {
            return match mode {
                Mode::RetryFailed => Decision::Leave { why: "it never ran".to_owned() },
                _ => Decision::New { changed: self.changed(cell) },
            };
        };
        match mode {
            Mode::Fresh => Decision::Rerun { why: "asked for".to_owned() },
            Mode::RetryFailed => match runs.iter().rev().find(|r| r.code_key == *code_key) {
                Some(run) if run.outcome.is_failure() => {
                    Decision::Rerun { why: format!("its last run ended with {}", run.outcome) }
                }
                Some(_) => Decision::Leave { why: "its last run did not fail".to_owned() },
                None => Decision::Leave { why: "it never ran with this code".to_owned() },
            },
            Mode::Resume => {
                let reusable = runs.iter().rev().find(|r| obstacle(r, cell, code_key, env_key).is_none());
                match reusable {
                    Some(run) => Decision::Reuse { run_id: run.run_id },
                    None => {
                        // The run that comes closest says most: one of the same code, else the last.
                        let run = runs.iter().rev().find(|r| r.code_key == *code_key).unwrap_or(last);
                        let why = obstacle(run, cell, code_key, env_key);
                        Decision::Rerun { why: why.expect("no run of the cell is reusable") }
                    }
                }
            }
        }
    }

    fn changed(&self, cell: &PlannedCell) -> Vec<Change> {
        let Some(past) = self.orphans.get(&(cell.spec.problem.id.as_str(), cell.spec.solver.id.as_str()))
        else {
            return Vec::new();
        };
        let now = Parts::of_cell(cell);
        // Where other replicates of the same configuration ran, a further one is new, and nothing changed.
        if self.answered.contains(&now.configuration()) {
            return Vec::new();
        }
        let same_replicate = |changes: &Vec<Change>| changes.iter().all(|c| c.part != "replicate");
        let Some(best) =
            past.iter().map(|parts| parts.changes(&now)).filter(same_replicate).min_by_key(Vec::len)
        else {
            return Vec::new();
        };
        // Of a fingerprint that is one hash nobody knows which part of it changed.
        let (whole, mut best): (Vec<Change>, Vec<Change>) = if best.iter().any(|c| c.part == CODE) {
            best.into_iter().partition(|c| c.part.starts_with(CODE))
        } else {
            (Vec::new(), best)
        };
        let unnamed = |part: &str| Change { part: part.to_owned(), before: Value::Null, now: Value::Null };
        if !whole.is_empty() {
            best.push(unnamed("the peer's program or what it depends on"));
        }
        if best.is_empty() {
            best.push(unnamed("the problem's version, its data, or the protocol"));
        }
        best
    }
}

/// Why a run does not answer a cell with the same key.
fn obstacle(run: &RunRecord, cell: &PlannedCell, code_key: &CodeKey, env_key: &EnvKey) -> Option<String> {
    if run.code_key != *code_key {
        let (before, now) = (run.code_key.short(), code_key.short());
        return Some(format!("the code changed ({before} → {now})"));
    }
    match run.outcome {
        Outcome::Ok => {}
        Outcome::Timeout => return raised_time(run, cell.limits),
        Outcome::Oom => return raised_memory(run, cell.limits),
        outcome => return Some(format!("its last run ended with {outcome}")),
    }
    if cell.timed && run.env_key != *env_key {
        let (before, now) = (run.env_key.short(), env_key.short());
        return Some(format!("it was timed on another machine ({before} → {now})"));
    }
    None
}

fn raised_time(run: &RunRecord, limits: Limits) -> Option<String> {
    let now = limits.hard_s;
    match run.hard_limit_ns.map(|ns| ns as f64 / 1e9) {
        // A nanosecond of rounding is no raise.
        Some(then) if then >= now - 1e-6 => None,
        Some(then) => Some(format!("it was ended after {then} s, and the limit is now {now} s")),
        None => Some("it was ended at an unknown time limit".to_owned()),
    }
}

fn raised_memory(run: &RunRecord, limits: Limits) -> Option<String> {
    match (run.memory_limit, limits.memory) {
        (Some(then), Some(now)) if i128::from(then) >= i128::from(now) => None,
        (Some(then), Some(now)) => {
            Some(format!("it ran out of {then} bytes of memory, and the limit is now {now}"))
        }
        (Some(then), None) => {
            Some(format!("it ran out of {then} bytes of memory, and there is no limit now"))
        }
        // It ran out of the machine's memory: less will not help.
        (None, Some(_)) => None,
        (None, None) => Some("it ran out of the machine's memory".to_owned()),
    }
}

/// What a cell and a run can be compared by: the parts of the key that the tables hold.
struct Parts {
    parts: BTreeMap<String, Value>,
}

impl Parts {
    fn of_cell(cell: &PlannedCell) -> Self {
        let spec = &cell.spec;
        Self::new(&json!({
            "problem": {"params": spec.problem.params},
            "solver": {"params": spec.solver.params, "code": code(spec.solver.code.as_deref())},
            "stop": spec.stop,
            "measure": spec.measure,
            "replicate": spec.replicate,
            "master_seed": spec.master_seed,
            "device": spec.device,
            "dtype": spec.dtype,
            "threads": spec.threads,
        }))
    }

    /// None if the run's JSON columns cannot be read: it is then compared with nothing.
    fn of_run(run: &RunRecord) -> Option<Self> {
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        Some(Self::new(&json!({
            "problem": {"params": read(&run.problem_params)?},
            "solver": {"params": read(&run.solver_params)?, "code": code(run.solver_code.as_deref())},
            "stop": read(&run.stop)?,
            "measure": read(&run.measure)?,
            "replicate": run.replicate,
            "master_seed": run.master_seed,
            "device": run.device,
            "dtype": run.dtype,
            "threads": run.threads,
        })))
    }

    fn new(value: &Value) -> Self {
        let mut parts = BTreeMap::new();
        flatten("", value, &mut parts);
        Self { parts }
    }

    /// A text that is the same for the replicates of a cell.
    fn configuration(&self) -> String {
        let parts = self.parts.iter().filter(|(name, _)| *name != "replicate");
        parts.flat_map(|(name, value)| [name.clone(), value.to_string()]).collect::<Vec<_>>().join("\n")
    }

    fn changes(&self, now: &Self) -> Vec<Change> {
        let mut names: Vec<&String> = self.parts.keys().chain(now.parts.keys()).collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .filter_map(|name| {
                let get = |parts: &Self| parts.parts.get(name).cloned().unwrap_or(Value::Null);
                let (before, now) = (get(self), get(now));
                (!same_value(&before, &now)).then(|| Change { part: name.clone(), before, now })
            })
            .collect()
    }
}

/// A fingerprint as its parts, if it tells them.
fn code(fingerprint: Option<&str>) -> Value {
    fingerprint.map_or(Value::Null, |text| match serde_json::from_str(text) {
        Ok(Value::Object(parts)) => Value::Object(parts),
        _ => Value::from(text),
    })
}

fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() || path.is_empty() => flatten_all(path, map, out),
        other => {
            out.insert(path.to_owned(), other.clone());
        }
    }
}

fn flatten_all(path: &str, map: &Map<String, Value>, out: &mut BTreeMap<String, Value>) {
    for (name, value) in map {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        flatten(&path, value, out);
    }
}
