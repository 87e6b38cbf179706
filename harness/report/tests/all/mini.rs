//! A miniature suite: what the tests' YAML files are checked against.

use std::path::Path;

use harness_core::peer::PeerCommand;
use harness_core::problem::ResultHasher;
use harness_core::suite::PeerSolver;
use harness_core::{
    Determinism, Dtype, Instance, InstanceContext, InstanceError, Iterations, MetricInfo, MetricRole,
    Metrics, ParamDoc, Params, Problem, Randomness, Scale, Solve, SolveError, Solver, SolverStatus,
    StartContext, Step, StepContext, Suite, SuiteBuilder,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) struct Nothing;

impl Instance for Nothing {
    type Solution = ();
    const METRICS: &'static [MetricInfo] = &[
        MetricInfo {
            id: "marginal_l1",
            label: "marginal error",
            doc: "",
            unit: "",
            role: MetricRole::Feasibility,
            scale: Scale::Log,
        },
        MetricInfo {
            id: "cost",
            label: "transport cost",
            doc: "",
            unit: "",
            role: MetricRole::Objective,
            scale: Scale::Linear,
        },
        MetricInfo {
            id: "relaxed",
            label: "the relaxed problem",
            doc: "",
            unit: "",
            role: MetricRole::OtherProblem,
            scale: Scale::Linear,
        },
    ];
    const STOP_METRIC: &'static str = "marginal_l1";
    const SAVES: &'static [&'static str] = &["plan"];

    fn evaluate(&self, (): &()) -> Metrics {
        Metrics::new()
    }
    fn hash_solution(&self, (): &(), _: &mut ResultHasher) {}
    fn describe(&self) -> Map<String, Value> {
        Map::new()
    }
    fn read(_: &Path) -> Result<Self, InstanceError> {
        Ok(Self)
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

macro_rules! params {
    ($name:ident { $($field:ident: $type:ty = $default:expr),* $(,)? }) => {
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
        }
    };
}

macro_rules! problem {
    ($name:ident, $id:literal, $randomness:ident) => {
        impl Problem for $name {
            const ID: &'static str = $id;
            const VERSION: u32 = 1;
            const SUMMARY: &'static str = "";
            const SOURCE: &'static str = "";
            type Instance = Nothing;
            fn randomness(&self) -> Randomness {
                Randomness::$randomness
            }
            fn instance(&self, _: &InstanceContext) -> Result<Nothing, InstanceError> {
                Ok(Nothing)
            }
        }
    };
}

macro_rules! solver {
    ($name:ident, $id:literal, $determinism:ident) => {
        impl Solver for $name {
            const ID: &'static str = $id;
            const SUMMARY: &'static str = "";
            const SOURCE: &'static str = "";
            const DETERMINISM: Determinism = Determinism::$determinism;
            const RANDOMNESS: Randomness = Randomness::Fixed;
            type Instance = Nothing;
            fn start<'a>(&'a self, _: &'a Nothing, _: &StartContext) -> Result<Solve<'a, Self>, SolveError> {
                Ok(Box::new(Idle(())))
            }
        }
    };
}

params!(Assignment { n: u32 = 500 });
problem!(Assignment, "random_assignment", Seeded);
params!(Grid { n: u32 = 30 });
problem!(Grid, "grid", Fixed);
params!(Sinkhorn { eta: f64 = 1200.0 });
solver!(Sinkhorn, "sinkhorn", Bitwise);
params!(Sns { eta: f64 = 1200.0, keep: u32 = 4 });
solver!(Sns, "sns", Bitwise);
params!(Peer { eta: f64 = 1200.0, note: String = String::new() });
solver!(Peer, "peer", Statistical);

/// A peer that can be started, or not and why.
fn peer(name: &str, command: Result<PeerCommand, String>) -> PeerSolver {
    PeerSolver {
        name: name.to_owned(),
        summary: String::new(),
        source: "A library <b>1.2</b>".to_owned(),
        determinism: Determinism::Statistical,
        params: Map::new(),
        dtypes: vec![Dtype::F64],
        problems: Vec::new(),
        fingerprint: name.to_owned(),
        command,
    }
}

pub(crate) fn suite() -> Suite {
    let mut suite = own();
    let absent =
        "peer `absent` is not installed: `just peers install suite=mini absent` installs it".to_owned();
    for peer in [
        peer("lib", Ok(PeerCommand::default())),
        peer("mine", Ok(PeerCommand::default())),
        peer("absent", Err(absent)),
    ] {
        suite.add_peer(peer).unwrap();
    }
    suite
}

fn own() -> Suite {
    SuiteBuilder::new("mini", "A miniature of optimal transport", "n·m", "fingerprint")
        .problem::<Assignment>()
        .problem::<Grid>()
        .solver::<Sinkhorn>()
        .solver::<Sns>()
        .solver::<Peer>()
        .build()
}
