//! The messages of the protocol, one JSON object a line. `docs/peers.md` says what they mean.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cell::{Device, Dtype};
use crate::solver::SolverStatus;

/// To the peer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Request {
    /// The first message.
    Hello(Box<Hello>),
    /// Start a solve from the beginning.
    Solve(StartSolve),
    /// The answer to an iterate.
    Go {
        /// Whether to go on.
        go: bool,
    },
}

/// The first message: what is to be solved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hello {
    /// The protocol's version.
    pub harness: u32,
    /// The instance in the field's file format.
    pub instance: PathBuf,
    /// Where the peer may write, and solutions are looked for.
    pub folder: PathBuf,
    /// Which of the program's methods.
    pub method: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// A seed for the solver's own choices.
    pub seed: u64,
    /// How many threads it may use.
    pub threads: usize,
    /// Where to compute.
    pub device: Device,
    /// In which element type.
    pub dtype: Dtype,
    /// When a run ends.
    pub stop: StopRule,
    /// What the solution file is to hold, in words.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub solution: &'static str,
}

/// The stop rule as a peer sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StopRule {
    /// The metric that `tol` is about; the suite evaluates it.
    pub metric: String,
    /// Solved when the metric is at most this.
    pub tol: Option<f64>,
    /// The most steps.
    pub max_iter: u64,
    /// Solver seconds.
    pub budget_s: Option<f64>,
}

/// Start a solve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StartSolve {
    /// Its number, from 0.
    pub solve: u64,
    /// The most steps.
    pub max_iter: u64,
    /// The tolerance; none: make all steps.
    pub tol: Option<f64>,
    /// Whether iterates are wanted.
    pub iterates: bool,
}

/// From the peer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It has read the instance.
    Ready(Ready),
    /// An iterate; it waits.
    Step(Times),
    /// The solve has ended.
    End(End),
    /// It cannot go on.
    Error(String),
}

/// See [`Answer::Ready`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Ready {
    /// Names and versions of what it runs on.
    pub ready: Map<String, Value>,
    /// Seconds of loading its code.
    #[serde(default)]
    pub import_s: Option<f64>,
}

/// What iterates and ends have in common. The times are since the solve began.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Times {
    /// Steps made.
    pub step: u64,
    /// Solver wall seconds.
    #[serde(default)]
    pub time_s: Option<f64>,
    /// Solver CPU seconds, all threads.
    #[serde(default)]
    pub cpu_s: Option<f64>,
    /// Seconds of compiling.
    #[serde(default)]
    pub compile_s: Option<f64>,
    /// Work in the suite's unit, a whole number.
    #[serde(default)]
    pub work: Option<f64>,
    /// Named counters.
    #[serde(default)]
    pub counters: BTreeMap<String, u64>,
    /// The file that holds the solution.
    #[serde(default)]
    pub solution: Option<PathBuf>,
}

/// See [`Answer::End`].
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// How the solve ended, as the peer sees it.
    pub status: SolverStatus,
    /// Steps, times and the solution.
    pub times: Times,
}

impl Answer {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// In a sentence: what was expected.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let mut fields: Map<String, Value> =
            serde_json::from_slice(line).map_err(|e| format!("expected a JSON object: {e}"))?;
        let kinds = ["ready", "step", "end", "error"];
        if let Some(message) = fields.get("error") {
            return Ok(Self::Error(message.as_str().map_or_else(|| message.to_string(), str::to_owned)));
        }
        if fields.contains_key("ready") {
            return read(fields, "ready").map(Self::Ready);
        }
        if let Some(status) = fields.remove("end") {
            let status = serde_json::from_value(status.clone()).map_err(|_| {
                format!(
                    "`end` is {status}; expected solved, max_iter, stopped, diverged, numerical, infeasible or stalled"
                )
            })?;
            return Ok(Self::End(End { status, times: read(fields, "end")? }));
        }
        if fields.contains_key("step") {
            return read(fields, "step").map(Self::Step);
        }
        Err(format!("expected a message with one of {}", kinds.map(|k| format!("`{k}`")).join(", ")))
    }
}

fn read<T: serde::de::DeserializeOwned>(fields: Map<String, Value>, kind: &str) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|e| format!("in a message with `{kind}`: {e}"))
}
