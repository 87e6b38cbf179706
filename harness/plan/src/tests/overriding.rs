//! What the command line changes, and the cells that come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{plan, try_plan};
use crate::overrides::{Executor, Overrides, Peers};
use crate::plan::{Plan, PlannedCell};
use crate::suite_file::SuiteFile;
use crate::testing::{Data, MACHINE, SUITE, suite};

fn table(plan: &Plan) -> String {
    let mut out = String::new();
    for cell in &plan.cells {
        let (spec, labels) = (&cell.spec, &cell.labels);
        let labels: Vec<String> = labels.iter().map(|(p, s)| format!("{p}×{s}")).collect();
        let params = |map: &serde_json::Map<String, serde_json::Value>, name: &str| {
            map.get(name).map_or(String::new(), |v| format!(" {name}={v}"))
        };
        write!(out, "r{} {}", spec.replicate, labels.join(" = ")).unwrap();
        for name in ["n", "set"] {
            out += &params(&spec.problem.params, name);
        }
        out += &params(&spec.solver.params, "eta");
        write!(out, " | {} {} t{}", spec.device, spec.dtype, spec.threads).unwrap();
        write!(out, " | {} tol={:?} max={}", spec.stop.metric, spec.stop.tol, spec.stop.max_iter).unwrap();
        if cell.timed {
            write!(out, " | {:?}", spec.measure).unwrap();
        }
        if let Some(reason) = &cell.skip {
            write!(out, " | skipped: {reason}").unwrap();
        }
        out += "\n";
    }
    for note in &plan.notes {
        writeln!(out, "note: {note}").unwrap();
    }
    out
}

#[test]
fn the_cells_of_each_profile() {
    insta::assert_snapshot!("smoke", table(&plan("smoke", &[])));
    insta::assert_snapshot!("ci", table(&plan("ci", &[])));
    insta::assert_snapshot!("cuda", table(&plan("cuda", &[])));
}

#[test]
fn overrides_reach_every_cell() {
    let pairs = [
        "problem=small,grid",
        "problem.n=10..30..10",
        "solver=sinkhorn",
        "solver.eta=1e3,[2e3,3e3]",
        "stop.tol=1e-6,null",
        "stop.max_iter=7",
        "threads=1,2",
        "replicates=1",
    ];
    // `[2e3,3e3]` is no number: the error is at its place.
    let error = try_plan("smoke", &pairs).unwrap_err();
    insta::assert_snapshot!(error, @"command line:1:72: `eta`: invalid type: sequence, expected f64");
    let pairs = pairs.map(|p| if p.contains("eta") { "solver.eta=1e3,2e3" } else { p });
    let plan = plan("smoke", &pairs);
    assert_eq!(plan.cells.len(), (3 + 3) * 2 * 2 * 2);
    assert!(plan.cells.iter().all(|c| c.spec.stop.max_iter == 7 && c.spec.replicate == 0));
}

#[test]
fn the_last_of_equal_keys_wins_and_the_caller_s_own_come_back() {
    let pairs = [
        "seed=1",
        "cell=abc",
        "seed=2",
        "cell=def",
        "solver.eta=1",
        "solver.eta=2",
        "executor=slurm",
        "out=a=b",
    ];
    let overrides = Overrides::parse(&pairs, &["cell"]).unwrap();
    assert_eq!(overrides.seed, Some(2));
    assert_eq!(overrides.extra, [("cell".to_owned(), "def".to_owned())]);
    assert_eq!(overrides.params.len(), 1);
    assert_eq!(overrides.executor, Some(Executor::Slurm));
    assert_eq!(overrides.out.unwrap().to_str(), Some("a=b"));
    assert!(Overrides::parse::<&str>(&[], &[]).unwrap().is_empty());
}

#[test]
fn errors_on_the_command_line() {
    let faulty: &[&[&str]] = &[
        &["profil=ci", "eta=3", "smoke", "seed=", "=3"],
        &["device=gpu", "threads=0", "replicates=many", "seed=-1", "dtype=f64,f16", "executor=k8s"],
        &["stop.tolerance=1", "limit.hard_s=3", "limits.hard=3", "measure.sample=3", "limits.memory=lots"],
        &["stop.tol=-1", "stop.budget_s=0", "replicates=1,2", "threads=4..1", "seed=[1"],
        &["profile=ci", "problem=smal"],
        &["problem=spins,digits,smal", "solver=zebra"],
        &["problem.m=3", "solver.etaa=3", "problem.etaa=3"],
        &["solver.eta=-1", "problem.n=x"],
        &["measure.samples=3"],
        &["stop.metric=gapp"],
    ];
    let shown: Vec<String> = faulty
        .iter()
        .map(|pairs| format!("{}\n{}", pairs.join(" "), try_plan("smoke", pairs).unwrap_err()))
        .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn what_the_profile_does_not_run_is_added_when_it_is_named() {
    let cells = |pairs: &[&str]| {
        let mut seen: Vec<String> = Vec::new();
        for cell in plan("smoke", pairs).cells {
            let text = format!("{}×{} {:?}", cell.problem_label(), cell.solver_label(), cell.skip);
            if !seen.contains(&text) {
                seen.push(text);
            }
        }
        seen
    };
    assert_eq!(cells(&["problem=small", "solver=anneal"]), ["small×anneal None"]);
    assert_eq!(cells(&["problem=grid", "solver=anneal,newton"]), ["grid×newton None", "grid×anneal None"]);
    let apart = cells(&["problem=spins", "solver=sinkhorn"]);
    assert_eq!(apart, ["spins×sinkhorn Some(\"`sinkhorn` does not solve instances of `spins`\")"]);
    assert_eq!(
        plan("smoke", &["solver=anneal", "problem=sizes"]).cells.len(),
        3 * 3,
        "the profile's replicates"
    );

    let text = SUITE
        .replace("  newton: {solver: newton}\n", "  other: {solver: newton}\n")
        .replace("newton]", "other]");
    let text = text.replace("solvers: [newton, sinkhorn]", "solvers: sinkhorn");
    let text = text.replace("anneal: {solver: anneal}", "sa: {solver: sinkhorn}").replace("anneal]", "sa]");
    let text = text.replace("series: newton", "series: other");
    let file = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap_or_else(|e| panic!("{e}"));
    let overrides = Overrides::parse(&["solver=anneal", "problem=grid", "solver.sweeps=3"], &[]).unwrap();
    let plan = Plan::make(&suite(), &file, "smoke", &overrides, &Data, &MACHINE).unwrap();
    assert_eq!(plan.cells.len(), 3);
    assert_eq!(plan.cells[0].solver_label(), "anneal");
    assert_eq!(plan.cells[0].spec.solver.params["sweeps"], 3);
}

#[test]
fn a_solver_that_is_added_to_timed_ones_runs_in_their_blocks() {
    let pairs = ["solver=sinkhorn_sweep,newton", "solver.eta=1000", "threads=1", "replicates=4"];
    let plan = plan("ci", &[&pairs[..], &["problem=small"]].concat());
    for block in plan.cells.chunks(3) {
        let solvers: BTreeSet<&str> = block.iter().map(PlannedCell::solver_label).collect();
        assert_eq!(
            solvers.len(),
            3,
            "a block holds the added solver beside the other and its control: {solvers:?}"
        );
        assert!(solvers.contains("newton") && block.iter().all(|c| c.timed && c.place.is_some()));
    }
    // A problem that no timed entry has is added with the profile's settings.
    let apart = super::plan("ci", &[&pairs[..], &["problem=sizes"]].concat());
    assert!(!apart.cells.is_empty() && apart.cells.iter().all(|c| !c.timed));
}

#[test]
fn an_unknown_profile_names_the_nearest() {
    let overrides = Overrides::parse(&["profile=smok"], &[]).unwrap();
    let file = crate::testing::suite_file();
    let error = Plan::make(&suite(), &file, "smok", &overrides, &Data, &MACHINE).unwrap_err().to_string();
    assert_eq!(error, "command line:1:9: suite `mini` has no profile `smok`; did you mean `smoke`?");
}

#[test]
fn timed_solvers_run_in_blocks_of_balanced_order() {
    let pairs =
        ["problem=small", "threads=1", "solver=sinkhorn_sweep,anneal", "solver.eta=1000", "replicates=6"];
    let plan = plan("ci", &pairs);
    // The control makes it three arms: six orders, in which each stands twice at each place.
    let mut places: BTreeMap<(String, u32), u32> = BTreeMap::new();
    for (at, cell) in plan.cells.iter().enumerate() {
        let place = cell.place.unwrap();
        assert_eq!((at as u32 / 3, at as u32 % 3), (place.block, place.position));
        assert_eq!(place.block, cell.spec.replicate);
        *places.entry((cell.solver_label().to_owned(), place.position)).or_default() += 1;
    }
    assert_eq!(places.len(), 9);
    assert!(places.values().all(|times| *times == 2), "{places:?}");
}

#[test]
fn a_control_is_a_cell_of_its_own() {
    let plan = plan("ci", &["problem=small", "threads=1", "solver=sinkhorn_sweep", "solver.eta=1000"]);
    let (controls, own): (Vec<_>, Vec<_>) = plan.cells.iter().partition(|c| c.spec.control);
    assert_eq!((controls.len(), own.len()), (2, 2), "one arm more, in each of two blocks");
    for (control, own) in controls.iter().zip(&own) {
        assert_ne!(control.key, own.key);
        assert_eq!(control.spec.solver, own.spec.solver);
    }
    let once = self::plan("ci", &["problem=small", "threads=1", "solver=sinkhorn_sweep", "replicates=1"]);
    assert!(once.cells.iter().all(|c| !c.spec.control), "one block shows no difference");
}

#[test]
fn replicates_that_would_be_the_same_run_are_one_cell() {
    let count = |profile: &str, pairs: &[&str]| {
        let mut count: BTreeMap<(String, String), usize> = BTreeMap::new();
        for cell in plan(profile, pairs).cells {
            *count.entry((cell.problem_label().to_owned(), cell.solver_label().to_owned())).or_default() += 1;
        }
        count
    };
    let smoke = count("smoke", &["replicates=5"]);
    assert_eq!(smoke[&("grid".to_owned(), "sinkhorn".to_owned())], 1, "nothing is random");
    assert_eq!(smoke[&("small".to_owned(), "sinkhorn".to_owned())], 5, "the problem is");
    let text = SUITE.replace("measure: {solve: {warmup: 1, samples: 5}}", "measure: {trace: {}}");
    let file = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap();
    let untimed = Plan::make(&suite(), &file, "ci", &Overrides::default(), &Data, &MACHINE).unwrap();
    let on_grid = |plan: &Plan, solver: &str| {
        let wanted = |c: &&PlannedCell| c.problem_label() == "grid" && c.solver_label() == solver;
        plan.cells.iter().filter(wanted).count()
    };
    assert_eq!(on_grid(&untimed, "sinkhorn_sweep"), 3 * 2, "nothing is random");
    assert_eq!(on_grid(&untimed, "anneal"), 2 * 2, "the solver is");
    assert_eq!(on_grid(&plan("ci", &[]), "sinkhorn_sweep"), 3 * 2 * 2, "timed cells keep their replicates");
}

#[test]
fn the_same_cell_under_two_labels_is_planned_once_and_runs_if_either_does() {
    let text = SUITE
        .replace("  small: {", "  twin: {problem: random_assignment, params: {n: 50}}\n  small: {")
        .replace(
            "      - {problems: [digits, spins]",
            "      - {problems: twin, solvers: sinkhorn, replicates: 1, limits: {hard_s: 500}, exclude: [{problem: twin, reason: no}]}\n      - {problems: [digits, spins]",
        );
    let file = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap();
    let plan = Plan::make(&suite(), &file, "smoke", &Overrides::default(), &Data, &MACHINE).unwrap();
    let both: Vec<_> = plan.cells.iter().filter(|c| c.labels.len() == 2).collect();
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].labels[0].0, "small");
    assert_eq!(both[0].labels[1].0, "twin");
    assert_eq!(both[0].skip, None);
    assert_eq!(both[0].limits.hard_s, 500.0);
    assert_eq!(both[0].limits.memory, None, "the one without a limit is the wider");
}

#[test]
fn a_plan_of_ten_thousand_cells_has_ten_thousand_keys() {
    let plan = plan("smoke", &["problem=small", "solver=sinkhorn", "solver.eta=1..100", "replicates=100"]);
    assert_eq!(plan.cells.len(), 10_000);
}

#[test]
fn an_entry_beside_peers_runs_only_when_they_are_asked_for_or_its_problem_is_named() {
    let text = SUITE.replace("measure: {solve:", "with_peers: true\n        measure: {solve:");
    assert_ne!(text, SUITE);
    let file = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap();
    let timed = |pairs: &[&str]| {
        let overrides = Overrides::parse(pairs, &[]).unwrap();
        let plan = Plan::make(&suite(), &file, "ci", &overrides, &Data, &MACHINE).unwrap();
        plan.cells.iter().filter(|cell| cell.timed).count()
    };
    assert_eq!(timed(&[]), 0);
    assert!(timed(&["peers=on"]) > 0);
    assert!(timed(&["problem=grid"]) > 0);
}

#[test]
fn peers_run_only_if_a_word_says_on_and_any_other_word_is_a_file() {
    let read = |value: &str| {
        let Peers { on, files } = Overrides::parse(&[format!("peers={value}")], &[]).unwrap().peers;
        (on, files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(read("on"), (true, String::new()));
    assert_eq!(read("off"), (false, String::new()));
    assert_eq!(read("mine.yaml"), (false, "mine.yaml".to_owned()));
    assert_eq!(read("on,mine.yaml, its.yaml"), (true, "mine.yaml its.yaml".to_owned()));
    assert_eq!(read("mine.yaml,off"), (false, "mine.yaml".to_owned()));
}
