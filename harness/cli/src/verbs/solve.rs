//! `harness solve`: one solver on one instance file, for a user's own data.
//!
//! A suite that takes files registers a problem `file` with a parameter `path`. The solve runs in a worker process like
//! any cell, but nothing is stored.

use std::path::{Path, PathBuf};

use harness_core::peer::PeerCommand;
use harness_core::protocol::Save;
use harness_core::record::RunRecord;
use harness_core::suite::{ProblemEntry, SolverEntry};
use harness_core::{
    CellSpec, DataNeed, Device, Dtype, Measure, Outcome, ParamError, ProblemSpec, SolverSpec, Stop, Suite,
    suggest,
};
use harness_datasets::Sha256Sum;
use harness_plan::overrides::Peers;
use harness_plan::plan::solver_hint;
use harness_runner::{Job, Labels, Limits, env};
use serde_json::{Map, Value, json};

use crate::args::SolveArgs;
use crate::campaign::{has_cuda, with_suite};
use crate::error::CliError;
use crate::exit::Exit;
use crate::one_off::{self, OneOff};
use crate::{out, peers, site};

/// The problem that reads a user's file.
const FILE_PROBLEM: &str = "file";
/// Keys that are not parameters.
const KEYS: &[&str] = &[
    "suite", "solver", "instance", "solution", "save", "tol", "max_iter", "budget", "threads", "device",
    "dtype", "seed", "memory", "hard_s", "peers",
];

pub(crate) fn solve(args: &SolveArgs) -> Result<(), CliError> {
    let request = SolveRequest::parse(&args.pairs)?;
    let entry = site::entry(&request.suite)?;
    let mut suite = (entry.make)();
    let declared = peers::declared(&suite, entry, &request.peers.files)?;
    peers::register(&mut suite, &declared)?;
    let cell = request.cell(&suite)?;
    let data_dir = site::data_dir();
    // Reading it here first gives a wrong file its sentence and exit code 2, before any process starts.
    suite.instance(&cell, &data_dir, None).map_err(CliError::usage)?;

    let record = execute(&request, &suite, cell, data_dir)?;
    if record.outcome != Outcome::Ok {
        let reason = record.reason.as_deref().unwrap_or("no reason known");
        out::status(&format!("error: the solve ended as {}: {reason}", record.outcome));
        if let Some(tail) = &record.stderr_tail {
            out::status(tail);
        }
        let interrupted = record.outcome == Outcome::Interrupted;
        return Err(CliError::Ended(if interrupted { Exit::Interrupted } else { Exit::CellsFailed }));
    }
    out::json(&summary(&record, request.solution.as_ref()))
}

/// What is printed.
fn summary(record: &RunRecord, solution: Option<&PathBuf>) -> Value {
    let object = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    let seconds = |ns: Option<i64>| ns.map(|ns| ns as f64 / 1e9);
    json!({
        "suite": record.suite,
        "solver": record.solver,
        "solver_params": object(&record.solver_params),
        "status": record.solver_status,
        "iterations": record.n_iter,
        "seconds": seconds(record.solve_wall_ns),
        "cpu_seconds": seconds(record.solve_cpu_ns),
        "metrics": object(&record.metrics),
        "counters": object(&record.counters),
        "work": record.work,
        "instance": object(&record.instance),
        "peak_memory_bytes": record.vmhwm_solve,
        "solution": solution,
    })
}

fn execute(
    request: &SolveRequest,
    suite: &Suite,
    cell: CellSpec,
    data_dir: PathBuf,
) -> Result<RunRecord, CliError> {
    let labels = Labels { problem: cell.problem.id.clone(), solver: cell.solver.id.clone() };
    let limits = Limits { hard_s: request.hard_s(), memory: request.memory, ..Limits::default() };
    let mut job = Job::new(cell, labels, limits);
    job.peer = request.peer(suite)?;
    job.save = request.solution.clone().map(|path| Save { what: request.save.clone(), path });
    match one_off::run(suite, "solve", data_dir, job)? {
        OneOff::Ended(run) => Ok(*run),
        OneOff::Interrupted => Err(CliError::Ended(Exit::Interrupted)),
    }
}

/// The command line of a solve.
struct SolveRequest {
    suite: String,
    solver: String,
    instance: PathBuf,
    solution: Option<PathBuf>,
    save: Option<String>,
    tol: Option<f64>,
    max_iter: u64,
    budget_s: Option<f64>,
    hard_s: Option<f64>,
    threads: u32,
    device: Device,
    dtype: Dtype,
    seed: u64,
    memory: Option<u64>,
    /// Of these, the files count: the solver is named in any case.
    peers: Peers,
    /// Parameters of the solver or of the file's problem, as given.
    params: Vec<(String, Value)>,
}

impl SolveRequest {
    fn parse(words: &[String]) -> Result<Self, CliError> {
        let mut given: Map<String, Value> = Map::new();
        for pair in with_suite(words)? {
            let (key, value) = pair.split_once('=').unwrap_or((&pair, ""));
            given.insert(key.to_owned(), scalar(value));
        }
        let mut take = |key: &str| given.shift_remove(key);
        let text =
            |value: Option<Value>| value.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        let required = |value: Option<Value>, what: &str| {
            text(value).ok_or_else(|| CliError::usage(format!("`solve` needs {what}")))
        };
        let suite = required(take("suite"), "suite=NAME")?;
        let solver = required(take("solver"), "solver=NAME")?;
        let instance = PathBuf::from(required(take("instance"), "instance=PATH, the file to solve")?);
        let mut request = Self {
            suite,
            solver,
            instance,
            solution: text(take("solution")).map(PathBuf::from),
            save: text(take("save")),
            tol: Some(1e-9),
            max_iter: 100_000,
            budget_s: None,
            hard_s: None,
            threads: 1,
            device: Device::Cpu,
            dtype: Dtype::F64,
            seed: 0,
            memory: None,
            peers: Peers::of(&text(take("peers")).unwrap_or_default()),
            params: Vec::new(),
        };
        if let Some(tol) = take("tol") {
            request.tol = read("tol", tol, "a number, or null to run to another limit")?;
        }
        request.budget_s = take("budget").map(|v| read("budget", v, "seconds")).transpose()?;
        request.hard_s = take("hard_s").map(|v| read("hard_s", v, "seconds")).transpose()?;
        if let Some(hard_s) = request.hard_s.filter(|s| s.is_nan() || *s <= 0.0) {
            return Err(CliError::usage(format!("`hard_s` must be positive, found {hard_s}")));
        }
        request.memory = take("memory").map(|v| read("memory", v, "a number of bytes")).transpose()?;
        let mut set =
            |key: &str, into: &mut dyn FnMut(Value) -> Result<(), CliError>| take(key).map_or(Ok(()), into);
        set("max_iter", &mut |v| read("max_iter", v, "a whole number").map(|n| request.max_iter = n))?;
        set("threads", &mut |v| {
            read("threads", v, "a whole number of at least 1")
                .map(|n: std::num::NonZeroU32| request.threads = n.get())
        })?;
        set("device", &mut |v| read("device", v, "cpu or cuda").map(|d| request.device = d))?;
        set("dtype", &mut |v| read("dtype", v, "f64 or f32").map(|d| request.dtype = d))?;
        set("seed", &mut |v| read("seed", v, "a whole number").map(|n| request.seed = n))?;
        if let Some(tol) = request.tol.filter(|tol| tol.is_nan() || *tol <= 0.0) {
            return Err(CliError::usage(format!("`tol` must be positive, found {tol}")));
        }
        request.check_solution()?;
        request.params = given.into_iter().collect();
        Ok(request)
    }

    /// When the process is ended, whatever it does. A solver may overrun its budget by a step, and a peer that makes several
    /// runs by a few of them; ten times the budget, and a minute to start, is a solver that hangs.
    fn hard_s(&self) -> f64 {
        self.hard_s.or(self.budget_s.map(|budget| 10.0 * budget + 60.0)).unwrap_or(f64::INFINITY)
    }

    /// The program that solves it, if the solver is a peer.
    fn peer(&self, suite: &Suite) -> Result<Option<PeerCommand>, CliError> {
        let peer = suite.solver(&self.solver).and_then(SolverEntry::peer);
        peer.map(|peer| peer.command.clone().map_err(CliError::usage)).transpose()
    }

    /// The solution must not replace the instance, and there must be a folder to write it to.
    fn check_solution(&self) -> Result<(), CliError> {
        let Some(solution) = &self.solution else { return Ok(()) };
        let folder = solution.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(CliError::usage(format!(
                "there is no folder {} to write the solution to",
                folder.display()
            )));
        }
        let same = |path: &Path| path.canonicalize().ok();
        if same(solution).is_some_and(|path| Some(path) == same(&self.instance)) {
            let name = solution.display();
            return Err(CliError::usage(format!(
                "`solution={name}` is the instance itself; name another file"
            )));
        }
        Ok(())
    }

    fn cell(&self, suite: &Suite) -> Result<CellSpec, CliError> {
        let problem = suite
            .problem(FILE_PROBLEM)
            .ok_or_else(|| CliError::usage(format!("suite `{}` reads no instance files", suite.id)))?;
        let solver = suite.solver(&self.solver).ok_or_else(|| {
            let known: Vec<&str> = suite.solvers().iter().map(|s| s.id.as_ref()).collect();
            CliError::usage(format!(
                "there is no solver `{}`; {}",
                self.solver,
                solver_hint(&self.solver, &known)
            ))
        })?;
        if let Some(what) = &self.save
            && !problem.saves.contains(&what.as_str())
        {
            let hint = suggest::hint(what, problem.saves.iter().copied());
            return Err(CliError::usage(format!("`save={what}` is not known; {hint}")));
        }
        let (problem_params, solver_params) = self.sort_params(problem, solver)?;
        let refused = |errors: Vec<ParamError>| {
            CliError::usage(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        };
        let problem_params = problem.resolve(&problem_params).map_err(refused)?;
        let solver_params = solver.resolve(&solver_params).map_err(refused)?;
        let spec = ProblemSpec {
            id: problem.id.to_owned(),
            version: problem.version,
            data_sha256: hashes(problem, &problem_params.values)?,
            params: problem_params.values,
            omit: problem_params.omit,
        };
        solver.accepts(&solver_params.values, problem, &spec).map_err(CliError::usage)?;
        if !solver.devices.contains(&self.device) {
            return Err(CliError::usage(format!("`{}` does not run on {}", solver.id, self.device)));
        }
        if self.device == Device::Cuda && !has_cuda(&env::Machine::probe()) {
            return Err(CliError::usage("there is no CUDA device here"));
        }
        if !solver.dtypes.contains(&self.dtype) {
            return Err(CliError::usage(format!("`{}` does not compute in {}", solver.id, self.dtype)));
        }
        Ok(CellSpec {
            suite: suite.id.to_owned(),
            problem: spec,
            solver: SolverSpec {
                id: solver.id.clone().into_owned(),
                params: solver_params.values,
                omit: solver_params.omit,
                code: solver.peer().map(|peer| peer.fingerprint.clone()),
            },
            stop: Stop {
                metric: problem.stop_metric.to_owned(),
                tol: self.tol,
                max_iter: self.max_iter,
                budget_s: self.budget_s,
                stall: None,
            },
            measure: Measure::Trace {},
            replicate: 0,
            master_seed: self.seed,
            device: self.device,
            dtype: self.dtype,
            threads: self.threads,
            control: false,
        })
    }

    /// Gives each parameter to whom it belongs: `solver.x` and `problem.x` say so, a bare `x` is the solver's if it has
    /// one of that name, else the problem's.
    fn sort_params(
        &self,
        problem: &ProblemEntry,
        solver: &SolverEntry,
    ) -> Result<(ParamMap, ParamMap), CliError> {
        let (of_problem, of_solver) = (problem.defaults(), solver.defaults());
        let mut params = (ParamMap::new(), ParamMap::new());
        for (key, value) in &self.params {
            let (side, name) = key.split_once('.').unwrap_or(("", key));
            let in_solver = of_solver.contains_key(name) && side != "problem";
            let in_problem = of_problem.contains_key(name) && side != "solver" && name != "path";
            let known_side = matches!(side, "" | "solver" | "problem");
            if in_solver && known_side {
                params.1.insert(name.to_owned(), value.clone());
            } else if in_problem && known_side {
                params.0.insert(name.to_owned(), value.clone());
            } else {
                let known: Vec<&str> = of_solver
                    .keys()
                    .chain(of_problem.keys().filter(|k| *k != "path"))
                    .map(String::as_str)
                    .chain(KEYS.iter().copied())
                    .collect();
                return Err(CliError::usage(format!("unknown key `{key}`; {}", suggest::hint(name, known))));
            }
        }
        params.0.insert("path".to_owned(), json!(self.instance));
        Ok(params)
    }
}

/// The checksums of the files that an instance is read from.
fn hashes(problem: &ProblemEntry, params: &ParamMap) -> Result<Vec<String>, CliError> {
    let needs = problem.data(params).map_err(CliError::usage)?;
    let mut hashes = Vec::new();
    for need in needs {
        let DataNeed::File(path) = need else { continue };
        let unreadable = |e: std::io::Error| CliError::usage(format!("cannot read {}: {e}", path.display()));
        let mut file = std::fs::File::open(&path).map_err(unreadable)?;
        hashes.push(Sha256Sum::of_reader(&mut file).map_err(unreadable)?.0.to_string());
    }
    Ok(hashes)
}

type ParamMap = Map<String, Value>;

/// A value of the command line: JSON where it is JSON, else text.
fn scalar(text: &str) -> Value {
    let number = || text.parse::<f64>().ok().filter(|f| f.is_finite()).map(Value::from);
    serde_json::from_str(text).ok().or_else(number).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn read<T: serde::de::DeserializeOwned>(key: &str, value: Value, expected: &str) -> Result<T, CliError> {
    let found = value.to_string();
    serde_json::from_value(value)
        .map_err(|_| CliError::usage(format!("`{key}` must be {expected}, found {found}")))
}
