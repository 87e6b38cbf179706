//! A cell: what one run is asked to do.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::canon::canon;
use crate::keys::CellKey;
use crate::stop::Stop;

/// The version of what is evaluated and when; part of the key, so that a change of the protocol makes new cells.
pub const PROTOCOL: u32 = 1;

/// Where the solver computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The processor.
    Cpu,
    /// A CUDA device.
    Cuda,
}

/// The element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dtype {
    /// 64-bit floats.
    F64,
    /// 32-bit floats.
    F32,
    /// 16-bit brain floats.
    Bf16,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Device::Cpu => "cpu",
            Device::Cuda => "cuda",
        })
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dtype::F64 => "f64",
            Dtype::F32 => "f32",
            Dtype::Bf16 => "bf16",
        })
    }
}

/// A problem with resolved parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemSpec {
    /// The problem's id within its suite.
    pub id: String,
    /// The generator's version: raised when the same parameters give another instance.
    pub version: u32,
    /// Every parameter.
    pub params: Map<String, Value>,
    /// Parameters left out of the key (see [`Params::neutral`](crate::Params::neutral)).
    pub omit: Vec<String>,
    /// SHA-256 of every file that the instance is read from.
    pub data_sha256: Vec<String>,
}

/// A solver with resolved parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SolverSpec {
    /// The solver's id within its suite.
    pub id: String,
    /// Every parameter.
    pub params: Map<String, Value>,
    /// Parameters left out of the key.
    pub omit: Vec<String>,
    /// For a peer: the fingerprint of its programs and of what they depend on. The suite's own code has a key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

fn keyed<'a>(params: &'a Map<String, Value>, omit: &[String]) -> Map<String, Value> {
    let kept = |(name, _): &(&'a String, &'a Value)| !omit.contains(name);
    params.iter().filter(kept).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl ProblemSpec {
    /// The parameters that count for the key.
    pub fn keyed(&self) -> Map<String, Value> {
        keyed(&self.params, &self.omit)
    }
}

impl SolverSpec {
    /// The parameters that count for the key.
    pub fn keyed(&self) -> Map<String, Value> {
        keyed(&self.params, &self.omit)
    }
}

/// What is measured in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// One solve, with a trace.
    Trace {},
    /// One traced solve, then `warmup` and `samples` timed repetitions of the same number of steps without evaluation;
    /// none if its time budget ended it.
    Solve {
        /// Repetitions that are recorded as warm-up.
        warmup: Warmup,
        /// Repetitions that count.
        samples: u32,
    },
    /// Set-up once, then samples of as many repeated steps as fill `min_sample_s`: for kernels of microseconds.
    Step {
        /// Samples that are recorded as warm-up.
        warmup: Warmup,
        /// Samples that count.
        samples: u32,
        /// The shortest sample in seconds.
        min_sample_s: f64,
    },
}

impl Measure {
    /// Whether times are what the cell is about: such a cell runs alone on the machine.
    pub fn is_timed(&self) -> bool {
        !matches!(self, Measure::Trace {})
    }
}

/// How long a timed cell is warmed up. In YAML and JSON a number, or the text `stable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warmup {
    /// So many samples.
    Samples(u32),
    /// Until three successive medians differ by less than 2 %, but no longer than a fifth of the time budget.
    Stable,
}

impl fmt::Display for Warmup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warmup::Samples(n) => write!(f, "{n}"),
            Warmup::Stable => f.write_str("stable"),
        }
    }
}

impl Serialize for Warmup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Warmup::Samples(n) => serializer.serialize_u32(*n),
            Warmup::Stable => serializer.serialize_str("stable"),
        }
    }
}

impl<'de> Deserialize<'de> for Warmup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrStable;
        impl Visitor<'_> for NumberOrStable {
            type Value = Warmup;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of samples, or `stable`")
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Warmup, E> {
                let samples = u32::try_from(n);
                samples.map(Warmup::Samples).map_err(|_| E::invalid_value(Unexpected::Unsigned(n), &self))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Warmup, E> {
                if text == "stable" {
                    Ok(Warmup::Stable)
                } else {
                    Err(E::invalid_value(Unexpected::Str(text), &self))
                }
            }
        }
        deserializer.deserialize_any(NumberOrStable)
    }
}

/// The typed, fully resolved cell. It holds no path, host, time or limit that does not change the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellSpec {
    /// The suite's id.
    pub suite: String,
    /// The problem.
    pub problem: ProblemSpec,
    /// The solver.
    pub solver: SolverSpec,
    /// When it ends.
    pub stop: Stop,
    /// What is measured.
    pub measure: Measure,
    /// Which of the independent repetitions.
    pub replicate: u32,
    /// The campaign's master seed.
    pub master_seed: u64,
    /// Where it computes.
    pub device: Device,
    /// In which element type.
    pub dtype: Dtype,
    /// With how many threads.
    pub threads: u32,
    /// Whether it is a second arm of the same solver, by which the timings of a campaign are checked (A/A control).
    #[serde(default, skip_serializing_if = "is_false")]
    pub control: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

impl CellSpec {
    /// The parts over which the key is computed, by name: what `plan` compares to say which part changed.
    pub fn key_parts(&self) -> Map<String, Value> {
        let value = json!({
            "suite": self.suite,
            "problem": {
                "id": self.problem.id,
                "version": self.problem.version,
                "params": self.problem.keyed(),
                "data_sha256": self.problem.data_sha256,
            },
            "solver": {"id": self.solver.id, "params": self.solver.keyed()},
            "stop": self.stop,
            "measure": self.measure,
            "replicate": self.replicate,
            "master_seed": self.master_seed,
            "device": self.device,
            "dtype": self.dtype,
            "threads": self.threads,
            "protocol": PROTOCOL,
        });
        let Value::Object(mut parts) = value else { unreachable!("the literal above is an object") };
        // Only where they apply, so that the keys of other cells stay what they were.
        if let (Some(code), Some(Value::Object(solver))) = (&self.solver.code, parts.get_mut("solver")) {
            solver.insert("code".to_owned(), Value::from(code.as_str()));
        }
        if self.control {
            parts.insert("control".to_owned(), Value::from(true));
        }
        parts
    }

    /// What was asked, as a key.
    pub fn key(&self) -> CellKey {
        let text = canon(&self.key_parts()).expect("a JSON object has a canonical form");
        CellKey::of(text.as_bytes())
    }
}
