//! A miniature suite for the tests of this crate.

use std::path::Path;

use harness_core::problem::ResultHasher;
use harness_core::{
    DataNeed, Determinism, Device, Dtype, Instance, InstanceContext, InstanceError, Iterations, MetricInfo,
    MetricRole, Metrics, ParamDoc, ParamError, Params, Problem, ProblemSpec, Randomness, Scale, Solve,
    SolveError, Solver, SolverStatus, StartContext, Step, StepContext, Suite, SuiteBuilder,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::plan::{DataLookup, Machine};
use crate::suite_file::SuiteFile;

/// An instance that is solved by nothing: `N` tells the two kinds apart.
pub(crate) struct Nothing<const N: usize>;

const fn metric(id: &'static str) -> MetricInfo {
    MetricInfo { id, label: id, doc: "", unit: "", role: MetricRole::Other, scale: Scale::Log }
}

impl<const N: usize> Instance for Nothing<N> {
    type Solution = ();
    const METRICS: &'static [MetricInfo] =
        if N == 0 { &[metric("gap"), metric("marginal_l1")] } else { &[metric("energy")] };
    const STOP_METRIC: &'static str = if N == 0 { "marginal_l1" } else { "energy" };
    const SAVES: &'static [&'static str] = &["plan"];

    fn evaluate(&self, (): &()) -> Metrics {
        Metrics::new()
    }
    fn hash_solution(&self, (): &(), _: &mut ResultHasher) {}
    fn describe(&self) -> Map<String, Value> {
        Map::new()
    }
    fn read(path: &Path) -> Result<Self, InstanceError> {
        Err(InstanceError(path.display().to_string()))
    }
    fn write(&self, _: &Path) -> Result<(), InstanceError> {
        Ok(())
    }
    fn write_solution(&self, (): &(), _: &str, _: &Path) -> Result<(), InstanceError> {
        Ok(())
    }
    fn read_solution(&self, _: &Path) -> Result<(), InstanceError> {
        Ok(())
    }
}

macro_rules! params {
    ($name:ident { $($field:ident: $type:ty = $default:expr),* $(,)? } $($check:item)*) => {
        #[derive(Clone, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $name { $($field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Params for $name {
            const DOCS: &'static [ParamDoc] = &[$(ParamDoc { name: stringify!($field), doc: "" },)*];
            $($check)*
        }
    };
}

macro_rules! problem {
    ($name:ident, $id:literal, $n:literal, $randomness:ident, |$params:ident| $data:expr) => {
        impl Problem for $name {
            const ID: &'static str = $id;
            const VERSION: u32 = 1;
            const SUMMARY: &'static str = "";
            const SOURCE: &'static str = "";
            type Instance = Nothing<$n>;
            fn randomness(&self) -> Randomness {
                Randomness::$randomness
            }
            fn data(&self) -> Vec<DataNeed> {
                let $params = self;
                $data
            }
            fn instance(&self, _: &InstanceContext) -> Result<Self::Instance, InstanceError> {
                Ok(Nothing)
            }
        }
    };
}

macro_rules! solver {
    ($name:ident, $id:literal, $n:literal, $randomness:ident, $devices:expr, $dtypes:expr, $accepts:expr) => {
        impl Solver for $name {
            const ID: &'static str = $id;
            const SUMMARY: &'static str = "";
            const SOURCE: &'static str = "";
            const DETERMINISM: Determinism = Determinism::Bitwise;
            const RANDOMNESS: Randomness = Randomness::$randomness;
            const DEVICES: &'static [Device] = $devices;
            const DTYPES: &'static [Dtype] = $dtypes;
            type Instance = Nothing<$n>;
            fn accepts(&self, problem: &ProblemSpec) -> Result<(), String> {
                let accepts: fn(&ProblemSpec) -> Result<(), String> = $accepts;
                accepts(problem)
            }
            fn start<'a>(
                &'a self,
                _: &'a Self::Instance,
                _: &StartContext,
            ) -> Result<Solve<'a, Self>, SolveError> {
                Ok(Box::new(Idle(())))
            }
        }
    };
}

struct Idle(());

impl Iterations for Idle {
    type Solution = ();
    fn step(&mut self, _: &mut StepContext<'_>) -> Result<Step, SolveError> {
        Ok(Step::Done(SolverStatus::Solved))
    }
    fn solution(&mut self) -> &() {
        &self.0
    }
}

params!(Assignment {
    n: u32 = 5,
    first_seed: u64 = 1,
    weights: Vec<f64> = vec![1.0],
    norm: String = "l1".to_owned(),
}
    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(self.n > 0, "n", "positive", self.n)
    }
);
problem!(Assignment, "random_assignment", 0, Seeded, |_params| Vec::new());

params!(Grid { n: u32 = 4 });
problem!(Grid, "grid", 0, Fixed, |_params| Vec::new());

params!(Images { set: String = "mnist".to_owned() });
problem!(Images, "images", 0, Fixed, |params| vec![DataNeed::DataSet {
    name: params.set.clone(),
    file: "train".to_owned()
}]);

params!(Spins { n: u32 = 8 });
problem!(Spins, "spins", 1, Seeded, |_params| Vec::new());

params!(Sinkhorn {
    eta: f64 = 1200.0,
    log: bool = false,
    added: u32 = 0,
}
    fn check(&self) -> Result<(), ParamError> {
        ParamError::require(self.eta > 0.0, "eta", "positive", self.eta)
    }
    fn neutral() -> Vec<(&'static str, Value)> {
        vec![("added", json!(0))]
    }
);
solver!(Sinkhorn, "sinkhorn", 0, Fixed, &[Device::Cpu], &[Dtype::F64], |_| Ok(()));

params!(Newton { damping: f64 = 0.5 });
solver!(Newton, "newton", 0, Fixed, &[Device::Cpu, Device::Cuda], &[Dtype::F64, Dtype::F32], |problem| {
    match problem.params.get("n").and_then(Value::as_u64) {
        Some(n) if n > 100 => Err(format!("a dense Newton system of n = {n} is above 100")),
        _ => Ok(()),
    }
});

params!(Anneal { sweeps: u32 = 10 });
solver!(Anneal, "anneal", 0, Seeded, &[Device::Cpu], &[Dtype::F64], |_| Ok(()));

/// The miniature suite.
pub(crate) fn suite() -> Suite {
    SuiteBuilder::new("mini", "A miniature suite", "n·m", "fingerprint")
        .problem::<Assignment>()
        .problem::<Grid>()
        .problem::<Images>()
        .problem::<Spins>()
        .solver::<Sinkhorn>()
        .solver::<Newton>()
        .solver::<Anneal>()
        .build()
}

/// A suite file with everything in it.
pub(crate) const SUITE: &str = include_str!("../testdata/suite.yaml");
/// Its claims.
pub(crate) const CLAIMS: &str = include_str!("../testdata/claims.yaml");

/// The suite file, read.
pub(crate) fn suite_file() -> SuiteFile {
    SuiteFile::parse("suite.yaml", SUITE, &suite()).unwrap_or_else(|e| panic!("{e}"))
}

/// A machine without CUDA.
pub(crate) const MACHINE: Machine = Machine { cuda: false, max_threads: 2 };

/// Knows one data set.
pub(crate) struct Data;

impl DataLookup for Data {
    fn sha256(&self, need: &DataNeed) -> Result<String, String> {
        match need {
            DataNeed::DataSet { name, .. } if name == "mnist" => Ok("ab".repeat(32)),
            other => crate::plan::NoData.sha256(other),
        }
    }
}
