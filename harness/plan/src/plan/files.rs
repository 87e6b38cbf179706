//! The files of a campaign: `plan.jsonl` and `resolved.yaml`.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use harness_core::{CodeKey, EnvKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Plan, PlannedCell};

/// Writes cells, one JSON object a line.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write_cells(cells: &[PlannedCell], mut out: impl Write) -> io::Result<()> {
    for cell in cells {
        serde_json::to_writer(&mut out, cell)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Reads what [`write_cells`] wrote, and checks that each key is that of its cell.
///
/// # Errors
///
/// With the number of the line that cannot be read, or whose cell has another key.
pub fn read_cells(input: impl BufRead) -> io::Result<Vec<PlannedCell>> {
    let mut cells = Vec::new();
    for (i, line) in input.lines().enumerate() {
        let invalid = |message: String| {
            io::Error::new(io::ErrorKind::InvalidData, format!("plan.jsonl line {}: {message}", i + 1))
        };
        let cell: PlannedCell = serde_json::from_str(&line?).map_err(|e| invalid(e.to_string()))?;
        let key = cell.spec.key();
        if key != cell.key {
            return Err(invalid(format!("the key is {}, and that of the cell is {key}", cell.key)));
        }
        cells.push(cell);
    }
    Ok(cells)
}

/// What `resolved.yaml` says of a campaign beside its cells, which are in `plan.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Resolved {
    /// The profile's name.
    pub profile: String,
    /// The `key=value` pairs that it was started with.
    pub command_line: Vec<String>,
    /// The code that answers.
    pub code_key: CodeKey,
    /// The machine.
    pub env_key: EnvKey,
    /// Of an excerpt: what is kept for each claim. None: everything is there.
    #[serde(default)]
    pub excerpt: Option<BTreeMap<String, String>>,
}

impl Resolved {
    /// Reads a `resolved.yaml`.
    ///
    /// # Errors
    ///
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, serde_yaml::Error> {
        serde_yaml::from_str(text)
    }

    /// The lines that make the `resolved.yaml` above them that of an excerpt.
    pub fn excerpt_lines(kept: &BTreeMap<String, String>) -> String {
        serde_yaml::to_string(&json!({ "excerpt": kept })).expect("JSON values are YAML values")
    }
}

impl Plan {
    /// What the campaign runs, in full, as YAML: every parameter with the value it took.
    pub fn resolved_yaml(&self, env_key: &EnvKey, command_line: &[String]) -> String {
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| document.insert(name.to_owned(), value);
        set("campaign", json!(self.campaign_id(env_key)));
        set("suite", json!(self.suite));
        set("profile", json!(self.profile));
        set("command_line", json!(command_line));
        set("code_key", json!(self.code_key));
        set("env_key", json!(env_key));
        set("cells", json!(self.cells.len()));
        set("skipped", json!(self.cells.iter().filter(|c| c.skip.is_some()).count()));
        set(
            "problems",
            self.distinct(|c| {
                let p = &c.spec.problem;
                json!({"labels": labels(c, 0), "problem": p.id, "version": p.version, "params": p.params,
                "data_sha256": p.data_sha256})
            }),
        );
        set("solvers", self.distinct(|c| {
            json!({"labels": labels(c, 1), "solver": c.spec.solver.id, "params": c.spec.solver.params})
        }));
        set("stop", self.distinct(|c| json!(c.spec.stop)));
        set("measure", self.distinct(|c| json!(c.spec.measure)));
        set("limits", self.distinct(|c| json!(c.limits)));
        set("replicates", json!(self.cells.iter().map(|c| c.spec.replicate + 1).max().unwrap_or(0)));
        set("seed", self.distinct(|c| json!(c.spec.master_seed)));
        set("device", self.distinct(|c| json!(c.spec.device)));
        set("dtype", self.distinct(|c| json!(c.spec.dtype)));
        set("threads", self.distinct(|c| json!(c.spec.threads)));
        serde_yaml::to_string(&document).expect("JSON values are YAML values")
    }

    /// The different values of a property, in the order of the cells.
    fn distinct(&self, property: impl Fn(&PlannedCell) -> Value) -> Value {
        let mut seen = std::collections::BTreeSet::new();
        let values = self.cells.iter().map(property).filter(|value| seen.insert(value.to_string()));
        Value::Array(values.collect())
    }
}

fn labels(cell: &PlannedCell, side: usize) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for (problem, solver) in &cell.labels {
        let label = if side == 0 { problem } else { solver };
        if !all.contains(&label.as_str()) {
            all.push(label);
        }
    }
    all
}
