//! What the tests of the driver and of peers solve.

use std::path::Path;

use serde_json::{Map, Value};

use crate::cell::{Device, Dtype, Measure};
use crate::drive::Job;
use crate::metrics::{MetricInfo, MetricRole, Metrics, Scale};
use crate::problem::{Instance, InstanceError, ResultHasher};
use crate::seed::Seeds;
use crate::solver::StartContext;
use crate::stop::Stop;

/// A solution is a number in a file; it is its own error.
pub(crate) struct Number;

impl Instance for Number {
    type Solution = f64;
    const METRICS: &'static [MetricInfo] = &[MetricInfo {
        id: "err",
        label: "error",
        doc: "|x|",
        unit: "",
        role: MetricRole::Gap,
        scale: Scale::Log,
    }];
    const STOP_METRIC: &'static str = "err";
    const SAVES: &'static [&'static str] = &["x"];

    fn evaluate(&self, x: &f64) -> Metrics {
        [("err", x.abs())].into_iter().collect()
    }

    fn hash_solution(&self, x: &f64, hasher: &mut ResultHasher) {
        hasher.f64s(&[*x]);
    }

    fn describe(&self) -> Map<String, Value> {
        Map::new()
    }

    fn read(_: &Path) -> Result<Self, InstanceError> {
        Ok(Self)
    }

    fn write(&self, _: &Path) -> Result<(), InstanceError> {
        Ok(())
    }

    fn write_solution(&self, _: &f64, _: &str, _: &Path) -> Result<(), InstanceError> {
        Ok(())
    }

    fn read_solution(&self, path: &Path) -> Result<f64, InstanceError> {
        let text = std::fs::read_to_string(path).map_err(|e| InstanceError(e.to_string()))?;
        text.trim().parse().map_err(|e| InstanceError(format!("{}: {e}", path.display())))
    }
}

/// A job that ends at a tolerance or after so many steps.
pub(crate) fn job(tol: Option<f64>, max_iter: u64, measure: Measure) -> Job {
    Job {
        stop: Stop { metric: "err".to_owned(), tol, max_iter, budget_s: None, stall: None },
        measure,
        start: StartContext {
            seeds: Seeds::standalone(1),
            threads: 1,
            device: Device::Cpu,
            dtype: Dtype::F64,
            tol,
            max_iter,
        },
    }
}
