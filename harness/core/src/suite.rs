//! A suite: problems and solvers under one name, with their types erased so that the harness can list, check and run
//! them from YAML.

use std::any::{Any, TypeId, type_name};
use std::path::Path;

use serde_json::{Map, Value};

use crate::cell::{CellSpec, Device, Dtype, ProblemSpec};
use crate::drive::{self, DriveError, Host, Job};
use crate::keys::CodeKey;
use crate::metrics::MetricInfo;
use crate::params::{self, ParamDoc, ParamError, Params, Resolved};
use crate::problem::{DataNeed, Instance, InstanceContext, InstanceError, Problem, Randomness};
use crate::protocol::Save;
use crate::seed::Seeds;
use crate::solver::{Determinism, SolveError, Solver, StartContext};

/// A topic with its problems and solvers.
pub struct Suite {
    /// The id: the folder below `suites/`.
    pub id: &'static str,
    /// The title.
    pub title: &'static str,
    /// What one unit of [`Work`](crate::Work) is.
    pub work_unit: &'static str,
    /// Whether `harness list` leaves it out.
    pub hidden: bool,
    /// The fingerprint of the code of the suite's crate.
    pub code_key: CodeKey,
    problems: Vec<ProblemEntry>,
    solvers: Vec<SolverEntry>,
}

/// Builds a [`Suite`].
pub struct SuiteBuilder(Suite);

impl SuiteBuilder {
    /// A suite without problems and solvers. `fingerprint` comes from the crate's build script.
    pub fn new(id: &'static str, title: &'static str, work_unit: &'static str, fingerprint: &str) -> Self {
        Self(Suite {
            id,
            title,
            work_unit,
            hidden: false,
            code_key: CodeKey::of(fingerprint.as_bytes()),
            problems: Vec::new(),
            solvers: Vec::new(),
        })
    }

    /// Leaves the suite out of `harness list`.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.0.hidden = true;
        self
    }

    /// Registers a problem.
    #[must_use]
    pub fn problem<P: Problem>(mut self) -> Self {
        self.0.problems.push(ProblemEntry::of::<P>());
        self
    }

    /// Registers a solver.
    #[must_use]
    pub fn solver<S: Solver>(mut self) -> Self {
        self.0.solvers.push(SolverEntry::of::<S>());
        self
    }

    /// The suite.
    pub fn build(self) -> Suite {
        self.0
    }
}

impl Suite {
    /// The problems, in the order of registration.
    pub fn problems(&self) -> &[ProblemEntry] {
        &self.problems
    }

    /// The solvers, in the order of registration.
    pub fn solvers(&self) -> &[SolverEntry] {
        &self.solvers
    }

    /// A problem by id.
    pub fn problem(&self, id: &str) -> Option<&ProblemEntry> {
        self.problems.iter().find(|p| p.id == id)
    }

    /// A solver by id.
    pub fn solver(&self, id: &str) -> Option<&SolverEntry> {
        self.solvers.iter().find(|s| s.id == id)
    }

    /// The metrics of all problems, each once.
    pub fn metrics(&self) -> Vec<MetricInfo> {
        let mut metrics: Vec<MetricInfo> = Vec::new();
        for metric in self.problems.iter().flat_map(|p| p.metrics) {
            if metrics.iter().all(|m| m.id != metric.id) {
                metrics.push(*metric);
            }
        }
        metrics
    }

    /// Makes a cell's instance: reads `instance` if a file is given, else asks the problem.
    ///
    /// # Errors
    ///
    /// When the cell names an unknown problem or the instance cannot be made.
    pub fn instance(
        &self,
        cell: &CellSpec,
        data_dir: &Path,
        file: Option<&Path>,
    ) -> Result<Box<dyn AnyInstance>, InstanceError> {
        let problem = self.problem(&cell.problem.id).ok_or_else(|| {
            InstanceError(format!("suite `{}` has no problem `{}`", self.id, cell.problem.id))
        })?;
        match file {
            Some(path) => (problem.read)(path),
            None => {
                let seeds = Seeds::of(cell).map_err(|e| InstanceError(e.to_string()))?;
                let context =
                    InstanceContext { seeds, replicate: cell.replicate, data_dir: data_dir.to_owned() };
                (problem.instance)(&cell.problem.params, &context)
            }
        }
    }

    /// Runs a cell on an instance and emits its events to `host`.
    ///
    /// # Errors
    ///
    /// When the cell names an unknown solver, the solver refuses the instance, or recording fails.
    pub fn run(
        &self,
        cell: &CellSpec,
        instance: &dyn AnyInstance,
        host: &dyn Host,
        save: Option<&Save>,
    ) -> Result<(), DriveError> {
        let solver = self
            .solver(&cell.solver.id)
            .ok_or_else(|| SolveError(format!("suite `{}` has no solver `{}`", self.id, cell.solver.id)))?;
        let seeds = Seeds::of(cell).map_err(|e| SolveError(e.to_string()))?;
        let job = Job {
            stop: cell.stop.clone(),
            measure: cell.measure.clone(),
            start: StartContext {
                seeds,
                threads: cell.threads as usize,
                device: cell.device,
                dtype: cell.dtype,
                tol: cell.stop.tol,
                max_iter: cell.stop.max_iter,
            },
        };
        (solver.run)(&cell.solver.params, instance, &job, host, save)
    }
}

/// An instance whose type is known to its problem and solvers only.
pub trait AnyInstance: Send + Sync {
    /// The instance as [`Any`].
    fn as_any(&self) -> &dyn Any;
    /// See [`Instance::describe`].
    fn describe(&self) -> Map<String, Value>;
    /// See [`Instance::write`].
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn write(&self, path: &Path) -> Result<(), InstanceError>;
}

impl<I: Instance> AnyInstance for I {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> Map<String, Value> {
        Instance::describe(self)
    }

    fn write(&self, path: &Path) -> Result<(), InstanceError> {
        Instance::write(self, path)
    }
}

type ParamMap = Map<String, Value>;

/// A registered problem.
pub struct ProblemEntry {
    /// Its id.
    pub id: &'static str,
    /// Its generator's version.
    pub version: u32,
    /// One sentence.
    pub summary: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Its parameters' documentation.
    pub docs: &'static [ParamDoc],
    /// The metrics its instances compute.
    pub metrics: &'static [MetricInfo],
    /// The metric a stop rule is about by default.
    pub stop_metric: &'static str,
    /// What can be saved of a solution.
    pub saves: &'static [&'static str],
    instance_type: TypeId,
    defaults: fn() -> ParamMap,
    resolve: fn(&ParamMap) -> Result<Resolved, Vec<ParamError>>,
    randomness: fn(&ParamMap) -> Result<Randomness, ParamError>,
    data: fn(&ParamMap) -> Result<Vec<DataNeed>, ParamError>,
    instance: fn(&ParamMap, &InstanceContext) -> Result<Box<dyn AnyInstance>, InstanceError>,
    read: fn(&Path) -> Result<Box<dyn AnyInstance>, InstanceError>,
}

impl ProblemEntry {
    fn of<P: Problem>() -> Self {
        Self {
            id: P::ID,
            version: P::VERSION,
            summary: P::SUMMARY,
            source: P::SOURCE,
            docs: P::DOCS,
            metrics: P::Instance::METRICS,
            stop_metric: P::Instance::STOP_METRIC,
            saves: P::Instance::SAVES,
            instance_type: TypeId::of::<P::Instance>(),
            defaults: params::defaults::<P>,
            resolve: params::resolve::<P>,
            randomness: |map| Ok(params::typed::<P>(map)?.randomness()),
            data: |map| Ok(params::typed::<P>(map)?.data()),
            instance: |map, context| {
                let problem = params::typed::<P>(map).map_err(|e| InstanceError(e.to_string()))?;
                Ok(Box::new(problem.instance(context)?))
            },
            read: |path| Ok(Box::new(P::Instance::read(path)?)),
        }
    }

    /// Every parameter with its default.
    pub fn defaults(&self) -> ParamMap {
        (self.defaults)()
    }

    /// Checks parameters and fills them up with defaults.
    ///
    /// # Errors
    ///
    /// One error a wrong parameter.
    pub fn resolve(&self, given: &ParamMap) -> Result<Resolved, Vec<ParamError>> {
        (self.resolve)(given)
    }

    /// Whether the instance depends on the replicate.
    ///
    /// # Errors
    ///
    /// When `params` were not resolved.
    pub fn randomness(&self, params: &ParamMap) -> Result<Randomness, ParamError> {
        (self.randomness)(params)
    }

    /// The files that the instance is read from.
    ///
    /// # Errors
    ///
    /// When `params` were not resolved.
    pub fn data(&self, params: &ParamMap) -> Result<Vec<DataNeed>, ParamError> {
        (self.data)(params)
    }
}

/// A registered solver.
pub struct SolverEntry {
    /// Its id.
    pub id: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Its parameters' documentation.
    pub docs: &'static [ParamDoc],
    /// How far two runs may differ.
    pub determinism: Determinism,
    /// Whether it draws random numbers.
    pub randomness: Randomness,
    /// Devices it can compute on.
    pub devices: &'static [Device],
    /// Element types it can compute in.
    pub dtypes: &'static [Dtype],
    instance_type: TypeId,
    defaults: fn() -> ParamMap,
    resolve: fn(&ParamMap) -> Result<Resolved, Vec<ParamError>>,
    accepts: fn(&ParamMap, &ProblemSpec) -> Result<(), String>,
    run: fn(&ParamMap, &dyn AnyInstance, &Job, &dyn Host, Option<&Save>) -> Result<(), DriveError>,
}

impl SolverEntry {
    fn of<S: Solver>() -> Self {
        Self {
            id: S::ID,
            summary: S::SUMMARY,
            source: S::SOURCE,
            docs: S::DOCS,
            determinism: S::DETERMINISM,
            randomness: S::RANDOMNESS,
            devices: S::DEVICES,
            dtypes: S::DTYPES,
            instance_type: TypeId::of::<S::Instance>(),
            defaults: params::defaults::<S>,
            resolve: params::resolve::<S>,
            accepts: |map, problem| params::typed::<S>(map).map_err(|e| e.to_string())?.accepts(problem),
            run: run_solver::<S>,
        }
    }

    /// Every parameter with its default.
    pub fn defaults(&self) -> ParamMap {
        (self.defaults)()
    }

    /// Checks parameters and fills them up with defaults.
    ///
    /// # Errors
    ///
    /// One error a wrong parameter.
    pub fn resolve(&self, given: &ParamMap) -> Result<Resolved, Vec<ParamError>> {
        (self.resolve)(given)
    }

    /// Whether the solver, with these parameters, can solve a problem.
    ///
    /// # Errors
    ///
    /// The reason why not.
    pub fn accepts(
        &self,
        params: &ParamMap,
        problem: &ProblemEntry,
        spec: &ProblemSpec,
    ) -> Result<(), String> {
        if self.instance_type != problem.instance_type {
            return Err(format!("`{}` does not solve instances of `{}`", self.id, problem.id));
        }
        (self.accepts)(params, spec)
    }
}

fn run_solver<S: Solver>(
    params: &ParamMap,
    instance: &dyn AnyInstance,
    job: &Job,
    host: &dyn Host,
    save: Option<&Save>,
) -> Result<(), DriveError> {
    let solver: S = typed(params)?;
    let instance = instance.as_any().downcast_ref::<S::Instance>().ok_or_else(|| {
        SolveError(format!("`{}` solves instances of type {}", S::ID, type_name::<S::Instance>()))
    })?;
    let mut finish = |solution: &_| match save {
        None => Ok(()),
        Some(save) => {
            let what = save.what.as_deref().unwrap_or(S::Instance::SAVES[0]);
            instance.write_solution(solution, what, &save.path).map_err(|e| SolveError(e.to_string()))
        }
    };
    drive::drive(&solver, instance, job, host, &mut finish)
}

fn typed<P: Params>(map: &ParamMap) -> Result<P, SolveError> {
    params::typed(map).map_err(|e| SolveError(e.to_string()))
}
