//! `harness peers list|install|check`.

use std::path::Path;

use harness_core::suite::{PEER_PREFIX, ProblemEntry, SolverEntry};
use harness_core::{
    CellSpec, Device, Dtype, Limits, Measure, Outcome, ProblemSpec, RunRecord, SolverSpec, Stop, Suite,
};
use harness_plan::peers_file::Peer;
use harness_runner::{Job, Labels};
use serde_json::{Value, json};

use crate::args::PeersArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::one_off::{self, OneOff};
use crate::pairs::Pairs;
use crate::peers::{self, Declared, Environment};
use crate::{out, site};

/// The wall seconds that a check may take.
const CHECK_S: f64 = 300.0;

/// The accuracy that a check asks for, in the suite's stop metric.
const CHECK_TOL: f64 = 1e-2;

pub(crate) fn peers(args: &PeersArgs) -> Result<(), CliError> {
    let (pairs, words): (Vec<String>, Vec<String>) =
        args.words.iter().cloned().partition(|w| w.contains('='));
    let pairs = Pairs::parse(&pairs, &["suite", "peers"])?;
    let action = words.first().map_or("list", String::as_str);
    let names: Vec<&str> = words.iter().skip(1).map(String::as_str).filter(|name| *name != "all").collect();
    let entries = match pairs.suite() {
        Some(suite) => vec![site::entry(suite)?],
        None => site::names().into_iter().map(site::entry).collect::<Result<_, _>>()?,
    };
    let mut suites = Vec::new();
    for entry in entries {
        let mut suite = (entry.make)();
        let declared = peers::declared(&suite, entry, pairs.peer_files())?;
        peers::register(&mut suite, &declared)?;
        suites.push((suite, declared));
    }
    let chosen = choose(&suites, &names)?;
    match action {
        "list" => list(&chosen, args.json),
        "install" => install(&chosen),
        "check" => check(&chosen, &names),
        other => {
            let hint = harness_core::suggest::hint(other, ["list", "install", "check"]);
            Err(CliError::usage(format!("`peers {other}` is not known; {hint}")))
        }
    }
}

/// A peer of a suite, with the environment that it runs in.
struct Chosen<'a> {
    suite: &'a Suite,
    peer: &'a Peer,
    environment: Option<Environment>,
}

/// The peers of these names, and those of environments of these names; all if none is named.
fn choose<'a>(suites: &'a [(Suite, Vec<Declared>)], names: &[&str]) -> Result<Vec<Chosen<'a>>, CliError> {
    let mut all = Vec::new();
    for (suite, declared) in suites {
        for d in declared {
            let chosen = |peer| Chosen { suite, peer, environment: d.environment(peer) };
            all.extend(d.file.peers.iter().map(chosen));
        }
    }
    let called = |c: &Chosen<'_>, name: &str| {
        c.peer.name.value == name || c.environment.as_ref().is_some_and(|e| e.name == name)
    };
    if let Some(name) = names.iter().find(|name| !all.iter().any(|c| called(c, name))) {
        let mut known: Vec<&str> = all.iter().map(|c| c.peer.name.as_str()).collect();
        for environment in all.iter().filter_map(|c| c.environment.as_ref()) {
            if !known.contains(&environment.name.as_str()) {
                known.push(&environment.name);
            }
        }
        let hint = harness_core::suggest::hint(name, known);
        return Err(CliError::usage(format!("there is no peer or environment `{name}`; {hint}")));
    }
    all.retain(|c| names.is_empty() || names.iter().any(|name| called(c, name)));
    Ok(all)
}

fn list(chosen: &[Chosen<'_>], as_json: bool) -> Result<(), CliError> {
    let state = |c: &Chosen<'_>| {
        c.environment.as_ref().map_or_else(|| "needs none".to_owned(), |e| e.state().to_string())
    };
    let environment = |c: &Chosen<'_>| c.environment.as_ref().map(|e| e.name.clone());
    if as_json {
        let row = |c: &Chosen<'_>| {
            json!({
                "suite": c.suite.id, "peer": *c.peer.name, "summary": c.peer.summary, "source": c.peer.source,
                "environment": environment(c), "state": state(c), "params": c.peer.params,
            })
        };
        return out::json(&chosen.iter().map(row).collect::<Vec<Value>>());
    }
    if chosen.is_empty() {
        out::text("there are no peers");
        return Ok(());
    }
    let mut table = out::Table::new(&["suite", "peer", "environment", "state", "summary", "source"]);
    for c in chosen {
        table.row(vec![
            c.suite.id.to_owned(),
            c.peer.name.value.clone(),
            environment(c).unwrap_or_else(|| "–".to_owned()),
            state(c),
            c.peer.summary.clone(),
            c.peer.source.clone(),
        ]);
    }
    out::text(&table.render());
    out::text(
        "\n`just peers install suite=SUITE NAME` installs what a peer needs, without a name what all need",
    );
    Ok(())
}

/// Installs the environments of peers, each once.
fn install(chosen: &[Chosen<'_>]) -> Result<(), CliError> {
    let mut done: Vec<&Path> = Vec::new();
    for c in chosen {
        match &c.environment {
            None => out::text(&format!("{}: needs no environment", *c.peer.name)),
            Some(environment) if done.contains(&environment.folder.as_path()) => {}
            Some(environment) => {
                environment.install()?;
                done.push(&environment.folder);
            }
        }
    }
    Ok(())
}

/// Lets each installed peer solve the first problem of its suite that it can solve, loosely. One that is not installed fails if it is among
/// those that were `named`, and is passed over if all are checked.
fn check(chosen: &[Chosen<'_>], named: &[&str]) -> Result<(), CliError> {
    let mut failed = false;
    for c in chosen {
        let name = &c.peer.name.value;
        let solver = c.suite.solver(&format!("{PEER_PREFIX}{name}"));
        let Some((solver, peer)) = solver.and_then(|s| Some((s, s.peer()?))) else { continue };
        if let Err(reason) = &peer.command {
            let sign = if named.is_empty() { "–" } else { "✗" };
            out::text(&format!("{sign} {reason}"));
            failed |= !named.is_empty();
            continue;
        }
        let is_solved = |p: &&ProblemEntry| solver.accepts(&solver.defaults(), p, &with_defaults(p)).is_ok();
        let problem = c.suite.problems().iter().find(is_solved);
        let problem = problem.ok_or_else(|| CliError::failed("the suite has no problems"))?;
        let run = solve(c.suite, problem, solver)?;
        let judged = judged(&run, problem.stop_metric);
        failed |= judged.is_err();
        out::text(&told(name, &run, judged));
    }
    if failed { Err(CliError::Ended(Exit::CellsFailed)) } else { Ok(()) }
}

/// How a check went, or why what it found counts for nothing.
fn judged(run: &RunRecord, metric: &str) -> Result<String, String> {
    if run.outcome != Outcome::Ok {
        return Err(format!("{} — {}", run.outcome, run.reason.as_deref().unwrap_or("no reason known")));
    }
    let (status, steps) = (run.solver_status.as_deref().unwrap_or("–"), run.n_iter.unwrap_or(0));
    let metrics: Value = serde_json::from_str(&run.metrics).unwrap_or(Value::Null);
    let found = metrics[metric].as_f64().filter(|value| value.is_finite());
    match (status, found) {
        ("diverged" | "numerical" | "infeasible", _) => Err(format!("{status} after {steps} steps")),
        (_, None) => Err(format!("its answer after {steps} steps has no finite {metric}")),
        // It believes that it has solved the problem, and has not.
        ("almost", Some(found)) => Err(format!(
            "almost after {steps} steps: {metric} of its answer is {found:.1e}, and {CHECK_TOL} was asked for"
        )),
        (_, Some(found)) => Ok(format!("{status} after {steps} steps, {metric} {found:.1e}")),
    }
}

fn told(name: &str, run: &RunRecord, judged: Result<String, String>) -> String {
    let seconds = |ns: Option<i64>| ns.map_or("–".to_owned(), |ns| format!("{:.3} s", ns as f64 / 1e9));
    match judged {
        Ok(how) => format!(
            "✓ {name}: {how}, {} of CPU, {} of import; {}",
            seconds(run.solve_cpu_ns),
            seconds(run.import_ns),
            run.solver_facts.as_deref().unwrap_or("{}")
        ),
        Err(why) => {
            format!("✗ {name}: {why}\n{}", run.stderr_tail.as_deref().unwrap_or("").trim_end())
        }
    }
}

fn with_defaults(problem: &ProblemEntry) -> ProblemSpec {
    ProblemSpec {
        id: problem.id.to_owned(),
        version: problem.version,
        params: problem.defaults(),
        omit: Vec::new(),
        data_sha256: Vec::new(),
    }
}

/// One loose solve of a problem with its default parameters.
fn solve(suite: &Suite, problem: &ProblemEntry, solver: &SolverEntry) -> Result<RunRecord, CliError> {
    let peer = solver.peer().and_then(|peer| peer.command.clone().ok());
    let cell = CellSpec {
        suite: suite.id.to_owned(),
        problem: with_defaults(problem),
        solver: SolverSpec {
            id: solver.id.clone().into_owned(),
            params: solver.defaults(),
            omit: Vec::new(),
            code: None,
        },
        stop: Stop {
            metric: problem.stop_metric.to_owned(),
            tol: Some(CHECK_TOL),
            max_iter: 10_000,
            budget_s: Some(CHECK_S / 2.0),
            stall: None,
        },
        measure: Measure::Trace {},
        replicate: 0,
        master_seed: 0,
        device: Device::Cpu,
        dtype: Dtype::F64,
        threads: 1,
        control: false,
    };
    let labels = Labels { problem: problem.id.to_owned(), solver: cell.solver.id.clone() };
    let mut job = Job::new(cell, labels, Limits { hard_s: CHECK_S, ..Limits::default() });
    job.peer = peer;
    match one_off::run(suite, "check", site::data_dir(), job)? {
        OneOff::Ended(run) => Ok(*run),
        OneOff::Interrupted => Err(CliError::Ended(Exit::Interrupted)),
    }
}
