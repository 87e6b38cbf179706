//! `harness overhead`: what the harness itself costs on this machine, beside what it is meant to cost.
//!
//! CPU time is judged, since other programs on the machine change it little; time on the wall stands beside it. Cells are
//! run by the program itself, as a person would run them, and their cost is that of the whole tree of processes. Its
//! constant part (starting, judging the claims, writing the report) is that of a campaign of one cell; the rest is divided
//! by the number of further cells.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness_core::record::{FinishedRun, RunRecord, TraceRow};
use harness_core::{RunId, suggest};
use harness_runner::{Cost, Exit as Ended};
use harness_store::{Filter, Store};
use serde::Serialize;

use crate::args::OverheadArgs;
use crate::error::CliError;
use crate::out;
use crate::site;

/// The suite whose cells do nothing.
const SUITE: &str = "selftest";
/// What chooses its empty cells: ten rows of trace each, and no work.
const CELL: [&str; 3] = ["suite=selftest", "problem=short", "solver=quick"];
/// How many runs the stored trace rows are of, and the metrics of each.
const RUNS: usize = 50;
const METRICS: [&str; 4] = ["distance", "gap", "left", "phase"];

pub(crate) fn overhead(args: &OverheadArgs) -> Result<(), CliError> {
    let sizes = Sizes::parse(&args.pairs)?;
    // Where results go, since file systems differ in what a small file costs.
    let folder = sizes.out.clone().unwrap_or_else(site::results_dir);
    std::fs::create_dir_all(&folder)?;
    let scratch = tempfile::tempdir_in(&folder)?;
    let mut measures = Vec::new();
    cells(&sizes, scratch.path(), &mut measures)?;
    plans(&sizes, scratch.path(), &mut measures)?;
    measures.push(trace_rows(&sizes, scratch.path())?);
    show(&measures, args.json)
}

/// How much is measured.
struct Sizes {
    cells: usize,
    repeats: usize,
    planned: usize,
    rows: usize,
    out: Option<PathBuf>,
}

impl Sizes {
    fn parse(pairs: &[String]) -> Result<Self, CliError> {
        let mut sizes = Self { cells: 1000, repeats: 5, planned: 10_000, rows: 1_000_000, out: None };
        for pair in pairs {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let size = match key {
                "cells" => &mut sizes.cells,
                "repeats" => &mut sizes.repeats,
                "planned" => &mut sizes.planned,
                "rows" => &mut sizes.rows,
                "out" => {
                    sizes.out = Some(PathBuf::from(value));
                    continue;
                }
                other => {
                    let hint = suggest::hint(other, ["cells", "repeats", "planned", "rows", "out"]);
                    return Err(CliError::usage(format!("`overhead` has no key `{other}`; {hint}")));
                }
            };
            *size = value.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                CliError::usage(format!("`{key}` must be a whole number of at least 1, found `{value}`"))
            })?;
        }
        Ok(sizes)
    }
}

/// One line of the table, in its unit.
#[derive(Debug, Serialize)]
struct Measure {
    what: String,
    unit: Unit,
    target: Option<f64>,
    cpu: Spread,
    wall: Spread,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Ms,
    S,
}

impl Unit {
    fn per_second(self) -> f64 {
        match self {
            Unit::Ms => 1e3,
            Unit::S => 1.0,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Unit::Ms => "ms",
            Unit::S => "s",
        }
    }
}

/// Some repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1);
        let at = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
        let median = f64::midpoint(at(last / 2), at(last - last / 2));
        Self { median, least: at(0), most: at(last) }
    }
}

impl Measure {
    fn new(what: String, unit: Unit, target: Option<f64>, costs: &[Seconds]) -> Self {
        let spread = |of: fn(&Seconds) -> f64| {
            Spread::of(costs.iter().map(|cost| of(cost) * unit.per_second()).collect())
        };
        Self { what, unit, target, cpu: spread(|cost| cost.cpu), wall: spread(|cost| cost.wall) }
    }
}

/// A cost, or the difference of two.
#[derive(Debug, Clone, Copy)]
struct Seconds {
    cpu: f64,
    wall: f64,
}

impl Seconds {
    /// What each of `n` further ones costs, `one` being the cost of a single one.
    fn each_beyond(self, one: Self, n: usize) -> Self {
        Self { cpu: (self.cpu - one.cpu) / n as f64, wall: (self.wall - one.wall) / n as f64 }
    }
}

impl From<Cost> for Seconds {
    fn from(cost: Cost) -> Self {
        Self { cpu: cost.cpu.as_secs_f64(), wall: cost.wall.as_secs_f64() }
    }
}

/// Campaigns of one, of some and of many empty cells, in turn.
fn cells(sizes: &Sizes, scratch: &Path, measures: &mut Vec<Measure>) -> Result<(), CliError> {
    let (some, many) = (sizes.cells.div_ceil(10), sizes.cells);
    let mut one = Vec::new();
    let mut further = [some, many].map(|n| (n, Vec::new()));
    for repeat in 0..sizes.repeats {
        let single = campaign(1, repeat, scratch)?;
        one.push(single);
        for (n, costs) in &mut further {
            costs.push(campaign(*n + 1, repeat, scratch)?.each_beyond(single, *n));
        }
    }
    measures.push(Measure::new("a campaign of 1 cell, report and all".to_owned(), Unit::Ms, None, &one));
    for (n, costs) in further {
        let what = format!("each of {n} further empty cells, all in");
        measures.push(Measure::new(what, Unit::Ms, Some(2.0), &costs));
    }
    Ok(())
}

/// Runs a campaign of `cells` empty cells into a fresh results folder. It is not deleted before the end: some file systems
/// make files slowly while others were just deleted.
fn campaign(cells: usize, repeat: usize, scratch: &Path) -> Result<Seconds, CliError> {
    let results = results_of(cells, repeat, scratch);
    out::status(&format!("running {cells} empty cells"));
    let replicates = format!("replicates={cells}");
    own_program("run", &CELL, &[&replicates], &results)
}

fn results_of(cells: usize, repeat: usize, scratch: &Path) -> PathBuf {
    scratch.join(format!("cells-{cells}-{repeat}"))
}

/// Plans, from the suite's files to the last printed line, with nothing stored.
fn plans(sizes: &Sizes, scratch: &Path, measures: &mut Vec<Measure>) -> Result<(), CliError> {
    let side = sizes.planned.isqrt().max(1);
    let replicates = format!("replicates={}", sizes.planned);
    let tenfold = format!("replicates={}", 10 * sizes.planned);
    let (rows, seconds) = (format!("problem.rows=1..{side}"), format!("solver.seconds=1..{side}"));
    let swept = ["suite=selftest", "problem=short", "solver=slow", "replicates=1"];
    let plans: [(String, Option<f64>, &[&str], Vec<&str>); 3] = [
        (format!("a plan of {} cells, all replicates", sizes.planned), Some(1.0), &CELL, vec![&replicates]),
        (format!("a plan of {side} × {side} cells, all swept"), Some(1.0), &swept, vec![&rows, &seconds]),
        (format!("a plan of {} cells", 10 * sizes.planned), None, &CELL, vec![&tenfold]),
    ];
    for (what, target, cell, more) in plans {
        out::status(&format!("making {what}"));
        let results = scratch.join("none");
        let costs: Result<Vec<Seconds>, CliError> =
            (0..sizes.repeats).map(|_| own_program("plan", cell, &more, &results)).collect();
        measures.push(Measure::new(what, Unit::S, target, &costs?));
    }
    Ok(())
}

/// This program with another verb.
fn own_program(verb: &str, cell: &[&str], more: &[&str], results: &Path) -> Result<Seconds, CliError> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(verb).args(cell).args(more).arg(format!("out={}", results.display()));
    match Cost::of_program(&mut command)? {
        (Ended::Code(0), cost) => Ok(cost.into()),
        (ended, _) => Err(CliError::failed(format!("{command:?} ended with {ended:?}: run it to see why"))),
    }
}

/// Stores trace rows of runs that took no time, in one batch.
fn trace_rows(sizes: &Sizes, scratch: &Path) -> Result<Measure, CliError> {
    let example = Store::open(results_of(1, 0, scratch), SUITE).runs(&Filter::default())?;
    let example = example.first().ok_or_else(|| CliError::failed("no run is stored"))?;
    let mut costs = Vec::new();
    for repeat in 0..sizes.repeats {
        out::status(&format!("storing {} trace rows", sizes.rows));
        let runs: Vec<FinishedRun> = (0..RUNS).map(|run| traced(example, run, sizes.rows)).collect();
        let mut writer = Store::open(scratch.join(format!("rows-{repeat}")), SUITE).writer()?;
        let (stored, cost) = Cost::of(|| {
            for run in runs {
                writer.push(run)?;
            }
            writer.flush()
        });
        stored?;
        costs.push(Seconds::from(cost));
    }
    Ok(Measure::new(format!("storing {} trace rows", sizes.rows), Unit::S, Some(2.0), &costs))
}

/// One of the runs with its share of `rows`: the metrics of a curve that converges.
fn traced(example: &RunRecord, run: usize, rows: usize) -> FinishedRun {
    let own = (rows * (run + 1)) / RUNS - (rows * run) / RUNS;
    let record = RunRecord { run_id: RunId::fresh(), trace_rows: own as i64, ..example.clone() };
    let row = |i: usize| TraceRow {
        run_id: record.run_id,
        cell_key: record.cell_key.clone(),
        metric: METRICS[i % METRICS.len()].to_owned(),
        step: (i / METRICS.len()) as i64,
        t_ns: (i / METRICS.len()) as i64 * 10_007 + run as i64,
        work: (i / METRICS.len()) as i64 * 2,
        value: (1.0 + run as f64) * 0.999_f64.powf((i / METRICS.len()) as f64),
    };
    let traces = (0..own).map(row).collect();
    FinishedRun { run: record, samples: Vec::new(), traces }
}

fn show(measures: &[Measure], as_json: bool) -> Result<(), CliError> {
    if as_json {
        return out::json(measures);
    }
    let mut table = out::Table::new(&["", "CPU time", "least to most", "wall", "target", ""]);
    for Measure { what, unit, target, cpu, wall } in measures {
        let unit = unit.as_str();
        table.row(vec![
            what.clone(),
            format!("{:.2} {unit}", cpu.median),
            format!("{:.2} to {:.2}", cpu.least, cpu.most),
            format!("{:.2} {unit}", wall.median),
            target.map_or(String::new(), |target| format!("≤ {target} {unit}")),
            target.map_or("", |target| if cpu.median <= target { "✓" } else { "✗" }).to_owned(),
        ]);
    }
    out::text(&table.render());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_of_at_least_one() {
        let sizes = |words: &[&str]| Sizes::parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(sizes(&["cells=7", "out=x"]).map(|s| (s.cells, s.out)).ok(), Some((7, Some("x".into()))));
        assert!(sizes(&["cells=0"]).is_err() && sizes(&["cels=1"]).is_err() && sizes(&["cells"]).is_err());
    }

    #[test]
    fn the_middle_of_even_and_odd_numbers_of_repetitions() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Spread { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]).median, 2.5);
    }

    #[test]
    fn the_constant_part_of_the_cost_is_not_that_of_a_further_cell() {
        let seconds = |cpu| Seconds { cpu, wall: 2.0 * cpu };
        let each = seconds(0.07 + 100.0 * 0.002).each_beyond(seconds(0.07), 100);
        assert!((each.cpu - 0.002).abs() < 1e-12 && (each.wall - 0.004).abs() < 1e-12);
    }
}
