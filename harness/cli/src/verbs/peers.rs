//! `harness peers list|install|check`.

use harness_core::suite::SolverEntry;
use harness_core::{
    CellSpec, Device, Dtype, Limits, Measure, Outcome, ProblemSpec, RunRecord, SolverSpec, Stop, Suite,
};
use harness_runner::{Job, Labels};
use serde_json::{Value, json};

use crate::args::PeersArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::one_off::{self, OneOff};
use crate::pairs::Pairs;
use crate::peers::{self, Declared};
use crate::{out, site};

/// The wall seconds that a check may take.
const CHECK_S: f64 = 300.0;

pub(crate) fn peers(args: &PeersArgs) -> Result<(), CliError> {
    let (pairs, words): (Vec<String>, Vec<String>) =
        args.words.iter().cloned().partition(|w| w.contains('='));
    let pairs = Pairs::parse(&pairs)?;
    let action = words.first().map_or("list", String::as_str);
    let names: Vec<&str> = words.iter().skip(1).map(String::as_str).filter(|name| *name != "all").collect();
    let entries = match pairs.suite() {
        Some(suite) => vec![site::entry(suite)?],
        None => site::names().into_iter().map(site::entry).collect::<Result<_, _>>()?,
    };
    for entry in entries {
        let suite = entry.id;
        let declared = peers::declared(&(entry.make)(), entry, pairs.peer_files())?;
        match action {
            "list" => list(suite, &declared, args.json)?,
            "install" => install(&declared, &names)?,
            "check" => check(suite, pairs.peer_files(), &names)?,
            other => {
                let hint = harness_core::suggest::hint(other, ["list", "install", "check"]);
                return Err(CliError::usage(format!("`peers {other}` is not known; {hint}")));
            }
        }
    }
    Ok(())
}

fn list(suite: &str, declared: &[Declared], as_json: bool) -> Result<(), CliError> {
    let all: Vec<_> = declared.iter().flat_map(|d| d.file.peers.iter().map(move |peer| (d, peer))).collect();
    let state = |d: &Declared, peer| d.environment(peer).map(|e| (e.name.clone(), e.state()));
    if as_json {
        let rows: Vec<Value> = all
            .iter()
            .map(|(d, peer)| {
                let state = state(d, peer);
                json!({
                    "suite": suite, "peer": *peer.name, "summary": peer.summary, "source": peer.source,
                    "environment": state.as_ref().map(|(name, _)| name),
                    "state": state.map_or("installed".to_owned(), |(_, state)| state.to_string()),
                    "params": peer.params,
                })
            })
            .collect();
        return out::json(&rows);
    }
    if all.is_empty() {
        out::text(&format!("{suite} has no peers"));
        return Ok(());
    }
    let mut table = out::Table::new(&["peer", "environment", "state", "summary", "source"]);
    for (d, peer) in all {
        let (environment, state) = state(d, peer)
            .map_or(("–".to_owned(), "needs none".to_owned()), |(name, state)| (name, state.to_string()));
        table.row(vec![
            peer.name.value.clone(),
            environment,
            state,
            peer.summary.clone(),
            peer.source.clone(),
        ]);
    }
    out::text(&format!("{suite}\n{}", table.render()));
    out::text(&format!(
        "\n`just peers install suite={suite} NAME` installs an environment, `all` installs every one"
    ));
    Ok(())
}

/// Installs environments: those that are named, or those of the peers that are named; all if none is.
fn install(declared: &[Declared], names: &[&str]) -> Result<(), CliError> {
    if names.is_empty() {
        return declared.iter().flat_map(Declared::environments).try_for_each(|e| e.install());
    }
    for name in names {
        let of_peer = declared.iter().find_map(|d| {
            let peer = d.file.peers.iter().find(|peer| *peer.name == *name)?;
            d.environment(peer)
        });
        match of_peer {
            Some(environment) => environment.install()?,
            None => peers::environment(declared, name)?.install()?,
        }
    }
    Ok(())
}

/// Lets each installed peer solve the first problem of the suite, loosely.
fn check(suite: &str, files: &[std::path::PathBuf], names: &[&str]) -> Result<(), CliError> {
    let entry = site::entry(suite)?;
    let mut suite = (entry.make)();
    peers::register(&mut suite, entry, files)?;
    let mut failed = false;
    for solver in suite.solvers() {
        let Some(peer) = solver.peer() else { continue };
        let environment = |d: &Declared| {
            let declared = d.file.peers.iter().find(|p| *p.name == peer.name)?;
            d.environment(declared).map(|e| e.name)
        };
        let declared = peers::declared(&suite, entry, files)?;
        let environment = declared.iter().find_map(environment).unwrap_or_default();
        if !names.is_empty() && !names.contains(&peer.name.as_str()) && !names.contains(&environment.as_str())
        {
            continue;
        }
        if let Err(reason) = &peer.command {
            out::text(&format!("– {reason}"));
            continue;
        }
        let run = solve(&suite, solver)?;
        let good = run.outcome == Outcome::Ok;
        failed |= !good;
        out::text(&told(&peer.name, &run, good));
    }
    if failed { Err(CliError::Ended(Exit::CellsFailed)) } else { Ok(()) }
}

fn told(name: &str, run: &RunRecord, good: bool) -> String {
    let seconds = |ns: Option<i64>| ns.map_or("–".to_owned(), |ns| format!("{:.3} s", ns as f64 / 1e9));
    if good {
        return format!(
            "✓ {name}: {} after {} steps, {} of CPU, {} of import; {}",
            run.solver_status.as_deref().unwrap_or("–"),
            run.n_iter.unwrap_or(0),
            seconds(run.solve_cpu_ns),
            seconds(run.import_ns),
            run.solver_facts.as_deref().unwrap_or("{}")
        );
    }
    let tail = run.stderr_tail.as_deref().unwrap_or("").trim_end();
    format!("✗ {name}: {} — {}\n{tail}", run.outcome, run.reason.as_deref().unwrap_or("no reason known"))
}

/// One loose solve of the suite's first problem with its default parameters.
fn solve(suite: &Suite, solver: &SolverEntry) -> Result<RunRecord, CliError> {
    let problem = suite.problems().first().ok_or_else(|| CliError::failed("the suite has no problems"))?;
    let peer = solver.peer().and_then(|peer| peer.command.clone().ok());
    let cell = CellSpec {
        suite: suite.id.to_owned(),
        problem: ProblemSpec {
            id: problem.id.to_owned(),
            version: problem.version,
            params: problem.defaults(),
            omit: Vec::new(),
            data_sha256: Vec::new(),
        },
        solver: SolverSpec {
            id: solver.id.clone().into_owned(),
            params: solver.defaults(),
            omit: Vec::new(),
            code: None,
        },
        stop: Stop {
            metric: problem.stop_metric.to_owned(),
            tol: Some(1e-2),
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
