//! The walk: from `rows` down to 0, one row a step.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use harness_core::{
    Instance, InstanceContext, InstanceError, MetricInfo, MetricRole, Metrics, ParamDoc, ParamError, Params,
    Problem, Randomness, ResultHasher, Scale,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A problem that takes nothing but the steps it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Noop {
    rows: u64,
    ballast_mib: u64,
    transient_mib: u64,
    setup_seconds: f64,
}

impl Default for Noop {
    fn default() -> Self {
        Self { rows: 10, ballast_mib: 0, transient_mib: 0, setup_seconds: 0.0 }
    }
}

impl Params for Noop {
    const DOCS: &'static [ParamDoc] = &[
        ParamDoc { name: "rows", doc: "The length of the walk, in steps." },
        ParamDoc { name: "ballast_mib", doc: "Memory that the instance holds, in MiB, every page touched." },
        ParamDoc {
            name: "transient_mib",
            doc: "Memory that making the instance takes and gives back, in MiB, every page touched.",
        },
        ParamDoc { name: "setup_seconds", doc: "How long making the instance takes, in seconds." },
    ];

    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(self.rows > 0, "rows", "positive", self.rows)?;
        let in_range = (0.0..=1e6).contains(&self.setup_seconds);
        ParamError::require(in_range, "setup_seconds", "between 0 and 1e6", self.setup_seconds)
    }

    fn neutral() -> Vec<(&'static str, Value)> {
        vec![("ballast_mib", json!(0)), ("transient_mib", json!(0)), ("setup_seconds", json!(0.0))]
    }
}

/// Memory with every page touched.
pub(crate) fn touched(mib: u64) -> Vec<u8> {
    // Not zero, which the allocator would hand out untouched.
    std::hint::black_box(vec![1; (mib as usize) << 20])
}

impl Problem for Noop {
    const ID: &'static str = "noop";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "A walk of a known number of steps that does nothing else.";
    const SOURCE: &'static str = "the harness's own tests";
    type Instance = Walk;

    fn randomness(&self) -> Randomness {
        Randomness::Seeded
    }

    fn instance(&self, _: &InstanceContext) -> Result<Walk, InstanceError> {
        drop(touched(self.transient_mib));
        thread::sleep(Duration::from_secs_f64(self.setup_seconds));
        Ok(Walk { rows: self.rows, ballast: touched(self.ballast_mib) })
    }
}

/// A walk. A solution is the number of rows that are left; not a number if the walker got lost.
#[derive(Debug)]
pub struct Walk {
    rows: u64,
    ballast: Vec<u8>,
}

impl Walk {
    /// The length.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Instance for Walk {
    type Solution = f64;

    const METRICS: &'static [MetricInfo] = &[
        MetricInfo {
            id: "distance",
            label: "distance",
            doc: "the share of the walk that is left",
            unit: "",
            role: MetricRole::Gap,
            scale: Scale::Linear,
        },
        MetricInfo {
            id: "left",
            label: "rows left",
            doc: "the rows that are left",
            unit: "rows",
            role: MetricRole::Objective,
            scale: Scale::Linear,
        },
    ];
    const STOP_METRIC: &'static str = "distance";
    const EXTENSION: &'static str = "txt";
    const SAVES: &'static [&'static str] = &["left"];

    fn evaluate(&self, left: &f64) -> Metrics {
        [("distance", left / self.rows as f64), ("left", *left)].into_iter().collect()
    }

    fn hash_solution(&self, left: &f64, hasher: &mut ResultHasher) {
        hasher.f64s(&[*left]);
    }

    fn describe(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("rows".to_owned(), json!(self.rows));
        facts.insert("ballast_bytes".to_owned(), json!(self.ballast.len()));
        facts
    }

    fn read(path: &Path) -> Result<Self, InstanceError> {
        let text = read_text(path)?;
        match text.trim().parse() {
            Ok(rows) if rows > 0 => Ok(Self { rows, ballast: Vec::new() }),
            _ => Err(InstanceError(format!(
                "{} holds `{}`: expected the number of rows",
                path.display(),
                text.trim()
            ))),
        }
    }

    fn write(&self, path: &Path) -> Result<(), InstanceError> {
        write_text(path, &self.rows.to_string())
    }

    fn write_solution(&self, left: &f64, _: &str, path: &Path) -> Result<(), InstanceError> {
        write_text(path, &left.to_string())
    }

    fn read_solution(&self, path: &Path) -> Result<f64, InstanceError> {
        let text = read_text(path)?;
        text.trim().parse().map_err(|_| {
            InstanceError(format!("{} holds `{}`: expected the rows left", path.display(), text.trim()))
        })
    }
}

fn read_text(path: &Path) -> Result<String, InstanceError> {
    fs::read_to_string(path).map_err(|e| InstanceError(format!("failed to read {}: {e}", path.display())))
}

fn write_text(path: &Path, text: &str) -> Result<(), InstanceError> {
    fs::write(path, format!("{text}\n"))
        .map_err(|e| InstanceError(format!("failed to write {}: {e}", path.display())))
}
