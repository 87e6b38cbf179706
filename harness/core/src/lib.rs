//! What a suite implements, and the words that every other crate shares.
//!
//! A *suite* registers [`Problem`]s and [`Solver`]s in a [`Suite`]. A problem makes *instances*, an [`Instance`]
//! judges *solutions*, and a solver is an iterator over states ([`Iterations`]) that [`drive`](drive::drive) steps,
//! pauses, evaluates and stops. A suite never sees YAML, Parquet, plots or the clock.
//!
//! A *cell* ([`CellSpec`]) is instance × solver configuration × replicate × device × dtype × threads; its
//! [`CellKey`] is a hash over the typed, resolved values. A *run* is one attempt at a cell in one process: the
//! worker writes [`Frame`]s to a journal, from which the runner makes the [`record`]s that are stored.

pub mod canon;
pub mod cell;
pub mod conditions;
pub mod drive;
pub mod frame;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod params;
pub mod peer;
pub mod problem;
pub mod protocol;
pub mod record;
pub mod remedy;
pub mod scratch;
pub mod seed;
pub mod solver;
pub mod stop;
pub mod suggest;
pub mod suite;
pub mod system;
#[cfg(test)]
mod testing;
pub mod text;
pub mod work;

pub use cell::{CellSpec, Device, Dtype, Measure, ProblemSpec, SolverSpec, Warmup};
pub use conditions::Conditions;
pub use frame::Frame;
pub use keys::{CellKey, CodeKey, EnvKey, RunId};
pub use limits::Limits;
pub use metrics::{MetricInfo, MetricRole, Metrics, Scale};
pub use params::{ParamDoc, ParamError, Params};
pub use problem::{DataNeed, Instance, InstanceContext, InstanceError, Problem, Randomness, ResultHasher};
pub use record::{EnvRow, Outcome, RunRecord, SampleRow, TraceRow};
pub use remedy::remedy;
pub use seed::{Seeds, Stream};
pub use solver::{
    Determinism, Iterations, Solve, SolveError, Solver, SolverStatus, StartContext, Step, StepContext,
};
pub use stop::{Stall, Stop};
pub use suite::{Suite, SuiteBuilder};
pub use text::{printable, shell_word};
pub use work::Work;
