//! Comparisons: what stands in which entry, against numbers worked out by hand.

use harness_core::{CellSpec, Outcome};
use harness_report::comparison::{ComparisonView, EntryView, SolverView, Standing};
use harness_report::{Report, number};
use proptest::prelude::*;

use crate::results::{Campaign, Sketch};

const SUITE: &str = r#"
schema: 1
suite: mini
default_profile: smoke
papers: [{id: p, title: "A paper"}]
.loose: &loose {tol: 1.0e-3, max_iter: 1000}
.tight: &tight {tol: 1.0e-9, max_iter: 1000}
problems:
  lap: {problem: random_assignment, params: {n: [1000, 250]}}
  grid: {problem: grid}
solvers:
  a: {solver: sinkhorn}
  b: {solver: sns, params: {keep: [4, 8]}}
  lib: {solver: "peer:lib"}
  absent: {solver: "peer:absent"}
profiles:
  smoke:
    replicates: 3
    stop: *tight
    measure: {solve: {warmup: 2, samples: 5}}
    runs:
      - {problems: [lap], solvers: [a, b, lib, absent], stop: *loose}
      - {problems: [lap], solvers: [a, b, lib, absent]}
  untimed:
    replicates: 3
    stop: *tight
    runs: [{problems: [lap, grid], solvers: [a, b], measure: {trace: {}}}]
COMPARISONS
"#;

const BOTH: &str = r#"
comparisons:
  - {id: accuracy, title: "Seconds to an accuracy", select: {problem: lap}, by: stop.tol}
  - {id: per-step, title: "Seconds a step", note: "Whether it got there or not.", metric: "sample_cpu / iterations", baseline: a}
  - {id: elsewhere, title: "On the grid", select: {problem: grid}}
"#;

const NO_CLAIMS: &str = "schema: 1\nsuite: mini\nclaims: []\n";

fn suite(comparisons: &str) -> String {
    SUITE.replace("COMPARISONS", comparisons)
}

fn campaign(
    comparisons: &str,
    profile: &str,
    pairs: &[&str],
    result: impl Fn(&CellSpec) -> Option<Sketch>,
) -> Campaign {
    Campaign::with(&suite(comparisons), NO_CLAIMS, profile, pairs, result)
}

fn only(report: &Report) -> &ComparisonView {
    assert_eq!(report.comparisons.len(), 1);
    &report.comparisons[0]
}

fn row<'a>(comparison: &'a ComparisonView, table: usize, name: &str) -> &'a SolverView {
    let rows = &comparison.tables[table].rows;
    let names: Vec<&str> = rows.iter().map(|r| r.name.as_str()).collect();
    rows.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no {name} among {names:?}"))
}

fn entry<'a>(comparison: &'a ComparisonView, name: &str, column: usize) -> &'a EntryView {
    row(comparison, 0, name).entries[column].as_ref().unwrap()
}

fn solver(spec: &CellSpec) -> &str {
    match spec.solver.id.as_str() {
        "sinkhorn" => "a",
        "sns" => "b",
        other => other,
    }
}

/// How much slower block 0, 1, 2 was for everybody: it must not matter.
fn drift(spec: &CellSpec) -> f64 {
    [1.0, 3.0, 0.5, 2.0, 7.0, 1.5][spec.replicate as usize % 6]
}

/// `b` takes a second; `a` twice that, give or take 10 % between blocks; the library four times, and does not reach 1e-9.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a campaign asks for results")]
fn plain(spec: &CellSpec) -> Option<Sketch> {
    let noise = [0.0, 0.1, -0.1][spec.replicate as usize % 3];
    let n = spec.problem.params["n"].as_f64().unwrap() / 250.0;
    let tight = if spec.stop.tol == Some(1e-9) { 3.0 } else { 1.0 };
    let seconds = n * tight * drift(spec);
    let of = |factor: f64| Sketch::timed(1.05 * factor * seconds, factor * seconds);
    Some(match solver(spec) {
        "a" => of(2.0 * f64::exp(noise)),
        "b" => of(if spec.solver.params["keep"] == 4 { 1.0 } else { f64::exp(noise) }),
        "peer:lib" if tight > 1.0 => of(4.0).short_of_it("max_iter"),
        "peer:lib" if n > 1.0 && spec.replicate == 2 => {
            Sketch::failed(Outcome::Signal, "ended by signal 11 (SIGSEGV)", "")
        }
        _ => of(4.0),
    })
}

#[test]
fn what_a_comparison_shows() {
    let report = campaign(BOTH, "smoke", &["peers=on"], plain).report();
    insta::assert_snapshot!("comparison_text", report.comparison_text);
    let csv = String::from_utf8(report.files["comparisons/accuracy.csv"].clone()).unwrap();
    insta::assert_snapshot!("comparison_csv", csv);
    insta::assert_snapshot!("comparison_html", section(&report.html, "comparisons"));
    let markdown = &report.markdown[report.markdown.find("## Seconds to").unwrap()..];
    insta::assert_snapshot!("comparison_markdown", markdown.split("## How far").next().unwrap());
    assert!(!report.files.contains_key("comparisons/elsewhere.csv"), "nothing was run on the grid");
}

/// A section of the page.
pub(crate) fn section(html: &str, id: &str) -> String {
    let (_, rest) = html.split_once(&format!("<section id=\"{id}\"")).unwrap();
    rest.split("</section>").next().unwrap().to_owned()
}

#[test]
fn ratios_and_their_intervals_come_from_blocks() {
    let report = campaign(BOTH, "smoke", &["peers=on"], plain).report();
    let comparison = &report.comparisons[0];
    let a = entry(comparison, "a", 0);
    let ratio = a.ratio.as_ref().unwrap();
    // Differences of logarithms ln 2 and ln 2 ± 0.1; t with two degrees of freedom is 4.302652729911275.
    let half = 4.302_652_729_911_275 * 0.1 / 3.0_f64.sqrt();
    assert!((ratio.value - 2.0).abs() < 1e-6, "{ratio:?}");
    assert!((ratio.lo.unwrap() - 2.0 * (-half).exp()).abs() < 1e-6, "{ratio:?}");
    assert!((ratio.hi.unwrap() - 2.0 * half.exp()).abs() < 1e-6, "{ratio:?}");
    assert_eq!(ratio.n, 3);
    // The value is the median over blocks of the median over samples: warm-up, three times slower, is left out.
    let drifts = [1.0, 3.0 * f64::exp(0.1), 0.5 * f64::exp(-0.1)];
    let value = a.estimate.as_ref().unwrap();
    assert!((value.value - 2.0 * drifts[0]).abs() < 1e-6, "{value:?}");
    assert!(!value.has_interval, "the median of three has no interval");
    let (lo, hi) = a.range.unwrap();
    assert!((lo - 2.0 * drifts[2]).abs() < 1e-6 && (hi - 2.0 * drifts[1]).abs() < 1e-6);
}

#[test]
fn tables_are_for_problems_and_rows_are_ordered_by_the_last_column() {
    let report = campaign(BOTH, "smoke", &["peers=on"], plain).report();
    let tables = &report.comparisons[0].tables;
    let names: Vec<&str> = tables.iter().map(|t| t.problem.as_str()).collect();
    assert_eq!(names, ["lap n=250", "lap n=1000"]);
    for table in tables {
        assert_eq!(table.columns, ["to 1e-3", "to 1e-9"]);
        let rows: Vec<&str> = table.rows.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(rows, ["b keep=4", "b keep=8", "a", "lib"]);
    }
    assert!(report.comparisons[0].tables[0].rows.iter().all(|r| !r.name.contains("control")));
}

#[test]
fn the_fastest_is_marked_and_what_may_be_as_fast() {
    let report = campaign(BOTH, "smoke", &[], plain).report();
    let standing = |name| entry(&report.comparisons[0], name, 1).standing;
    assert_eq!(
        [standing("b keep=4"), standing("b keep=8"), standing("a")],
        [Standing::Best, Standing::NotToldApart, Standing::Behind]
    );
}

#[test]
fn who_did_not_reach_the_tolerance_has_no_time_and_is_at_least_so_much_slower() {
    let report = campaign(BOTH, "smoke", &["peers=on"], plain).report();
    let lib = entry(&report.comparisons[0], "lib", 1);
    assert!(lib.not_reached);
    assert_eq!(lib.value_text("s"), "not reached (max_iter)");
    assert_eq!(lib.interval_text("s"), "");
    let ratio = lib.ratio.as_ref().unwrap();
    assert_eq!((ratio.bound, ratio.hi), ("at_least", None));
    assert!((ratio.value - 4.0).abs() < 1e-6);
    assert_eq!(lib.ratio_text(), "≥ 4×");
    // A step costs the same whether the run got there or not.
    let per_step = entry(&report.comparisons[1], "lib tol=1e-9", 0);
    assert!(!per_step.not_reached && per_step.unreached.is_none());
    assert!((per_step.estimate.as_ref().unwrap().value - 1.2).abs() < 1e-6, "{per_step:?}");
}

#[test]
fn a_minority_that_did_not_get_there_leaves_the_median() {
    let result = |spec: &CellSpec| {
        let sketch = plain(spec)?;
        let short = solver(spec) == "a" && spec.replicate == 1;
        Some(if short { sketch.short_of_it("max_time") } else { sketch })
    };
    let report = campaign(BOTH, "smoke", &[], result).report();
    let a = entry(&report.comparisons[0], "a", 0);
    assert!(!a.not_reached && a.range.is_none());
    assert_eq!(a.unreached.as_deref(), Some("1 of 3 runs not reached (max_time)"));
    assert_eq!(a.estimate.as_ref().unwrap().bound, "exact");
    assert_eq!(a.ratio.as_ref().unwrap().bound, "at_least");
}

#[test]
fn a_run_that_was_ended_at_its_limit_took_at_least_what_its_trace_shows() {
    let result = |spec: &CellSpec| {
        let mut sketch = plain(spec)?;
        if solver(spec) == "a" {
            sketch.curve = vec![(0, 0.0, 1.0), (5, 50.0 * drift(spec), 0.1)];
            (sketch.outcome, sketch.status) = (Outcome::Timeout, None);
            sketch.samples.clear();
        }
        Some(sketch)
    };
    let report = campaign(BOTH, "smoke", &[], result).report();
    let a = entry(&report.comparisons[0], "a", 0);
    assert_eq!(a.value_text("s"), "not reached (timeout)");
    let ratio = a.ratio.as_ref().unwrap();
    assert!(ratio.bound == "at_least" && (ratio.value - 50.0).abs() < 1e-6, "{ratio:?}");
}

#[test]
fn a_run_that_its_budget_ended_has_no_samples_and_took_at_least_what_it_spent() {
    let result = |spec: &CellSpec| {
        let mut sketch = plain(spec)?;
        if solver(spec) == "a" {
            sketch = sketch.short_of_it("max_time");
            sketch.samples.clear();
        }
        Some(sketch)
    };
    let report = campaign(BOTH, "smoke", &[], result).report();
    let a = entry(&report.comparisons[0], "a", 0);
    assert_eq!((a.value_text("s").as_str(), a.ratio_text().as_str()), ("not reached (max_time)", "≥ 2×"));
}

#[test]
fn failed_runs_say_so_and_the_others_count() {
    let report = campaign(BOTH, "smoke", &["peers=on"], plain).report();
    let lib = row(&report.comparisons[0], 1, "lib").entries[0].as_ref().unwrap();
    assert_eq!(lib.estimate.as_ref().unwrap().n, 2);
    assert_eq!(
        lib.reason.as_deref(),
        Some("1 of 3 runs failed: ended with `signal` (ended by signal 11 (SIGSEGV))")
    );
    let crash = |spec: &CellSpec| match solver(spec) {
        "a" => Some(Sketch::failed(Outcome::Panic, "oh", "")),
        _ => plain(spec),
    };
    let report = campaign(BOTH, "smoke", &[], crash).report();
    let a = entry(&report.comparisons[0], "a", 0);
    assert_eq!(
        (a.value_text("s").as_str(), a.reason.as_deref()),
        ("–", Some("failed: ended with `panic` (oh)"))
    );
    assert_eq!(report.comparisons[0].tables[0].rows.last().unwrap().name, "a");
}

#[test]
fn peers_are_marked_with_versions_and_one_that_is_missing_with_the_command_that_brings_it() {
    let report = campaign(BOTH, "smoke", &["peers=on"], plain).report();
    let comparison = &report.comparisons[0];
    assert!(row(comparison, 0, "lib").peer && !row(comparison, 0, "a").peer);
    assert_eq!(
        comparison.absent,
        [
            "absent: skipped: peer `absent` is not installed: `just peers install suite=mini absent` installs it"
        ]
    );
    let [lib] = &comparison.peers[..] else { panic!() };
    assert_eq!((lib.import_s, lib.compile_s), (Some(0.61), Some(0.025)));
    assert_eq!(lib.versions, ["lib <b>1.2</b>", "python 3.11.7"]);
}

#[test]
fn what_solves_another_problem_is_shown_as_that_and_compared_with_nothing() {
    // The library is ten times as fast as `b`, and answers something else.
    let result = |spec: &CellSpec| match solver(spec) {
        "peer:lib" => Some(Sketch::timed(0.1, 0.1).of_another_problem()),
        _ => plain(spec),
    };
    let report = campaign(BOTH, "smoke", &["peers=on"], result).report();
    let comparison = &report.comparisons[0];
    let table = &comparison.tables[0];
    for column in 0..table.columns.len() {
        let lib = entry(comparison, "lib", column);
        assert_eq!((lib.standing, lib.estimate.as_ref().unwrap().value), (Standing::OtherProblem, 0.1));
        assert_eq!((&lib.ratio, lib.no_ratio.as_deref()), (&None, Some("the relaxed problem")));
        let best =
            table.rows.iter().filter(|r| r.entries[column].as_ref().unwrap().standing == Standing::Best);
        assert_eq!(best.map(|r| r.label.as_str()).collect::<Vec<_>>(), ["b"]);
    }
    assert_eq!(table.rows.last().unwrap().name, "lib", "it is below those that solved the problem");
    let told = &report.comparison_text;
    assert!(told.contains("another problem [") && told.contains("the relaxed problem"), "{told}");
    let tex = String::from_utf8(report.files["report.tex"].clone()).unwrap();
    for text in [&report.html, &report.markdown, &tex] {
        assert!(text.contains("another problem"));
    }
}

#[test]
fn a_solver_that_the_command_line_adds_has_a_row_even_where_solvers_are_named() {
    let named = "comparisons: [{id: c, title: C, select: {problem: lap, solver: [a, b]}}]";
    let report = campaign(named, "smoke", &["solver=a,peer:mine"], plain).report();
    let comparison = only(&report);
    assert!(row(comparison, 0, "peer:mine tol=1e-9").peer && row(comparison, 0, "peer:mine tol=0.001").peer);
    assert!(comparison.tables[0].remarks.is_empty(), "it ran in the same blocks");
    assert!(comparison.tables[0].rows.iter().all(|r| r.label != "lib"));
    // One that the suite knows and the comparison leaves out stays out.
    let report = campaign(named, "smoke", &["peers=on"], plain).report();
    assert!(only(&report).tables[0].rows.iter().all(|r| r.label != "lib"));
}

#[test]
fn columns_can_be_the_values_of_a_parameter() {
    let by_n = "comparisons: [{id: c, title: C, select: {problem: lap, where: {keep: 4, n: [250, 1000]}}, by: problem.n}]";
    let report = campaign(by_n, "smoke", &["stop.tol=1e-9"], plain).report();
    let [table] = &only(&report).tables[..] else { panic!() };
    assert_eq!(
        (table.problem.as_str(), &table.columns[..]),
        ("lap", &["n = 250".to_owned(), "n = 1000".to_owned()][..])
    );
    let row = &table.rows[0];
    let value = |at: usize| row.entries[at].as_ref().unwrap().estimate.as_ref().unwrap().value;
    assert!((value(1) / value(0) - 4.0).abs() < 1e-6);
    let by_keep = "comparisons: [{id: c, title: C, select: {problem: lap, solver: [a, b]}, by: solver.keep}]";
    let report = campaign(by_keep, "smoke", &["stop.tol=1e-9", "problem.n=250"], plain).report();
    let [table] = &only(&report).tables[..] else { panic!() };
    assert_eq!(table.columns, ["keep = 4", "keep = 8", "without keep"]);
    assert!(row_named(table, "a").entries[0].is_none() && row_named(table, "b").entries[2].is_none());
}

fn row_named<'a>(table: &'a harness_report::comparison::ProblemView, name: &str) -> &'a SolverView {
    table.rows.iter().find(|r| r.name == name).unwrap()
}

#[test]
fn solvers_without_a_common_block_have_no_ratio_and_it_says_so() {
    let report = campaign(BOTH, "smoke", &["peers=on"], |spec| {
        let first = spec.replicate == 0;
        let wanted = if solver(spec) == "a" { first } else { !first };
        if wanted { plain(spec) } else { None }
    })
    .report();
    assert_eq!(entry(&report.comparisons[0], "a", 0).ratio_text(), "– (no common block)");
    // In a terminal a sentence would make its column as wide: a mark stands for it, and the sentence below, once.
    let lines: Vec<&str> = report.comparison_text.lines().collect();
    assert!(lines.iter().any(|line| line.contains("– [1]")), "{lines:#?}");
    let note = lines.iter().position(|line| *line == "    [1] no ratio: no common block").unwrap();
    assert_eq!(lines[..note].iter().filter(|line| line.contains("no common block")).count(), 0);
}

#[test]
fn a_column_in_which_nothing_was_run_is_left_out() {
    let loose = |spec: &CellSpec| plain(spec).filter(|_| spec.stop.tol == Some(1e-3));
    let report = campaign(BOTH, "smoke", &[], loose).report();
    let table = &report.comparisons[0].tables[0];
    assert_eq!(
        (&table.columns[..], &table.values[..]),
        (&["to 1e-3".to_owned()][..], &["0.001".to_owned()][..])
    );
    assert!(table.rows.iter().all(|row| row.entries.len() == 1));
}

#[test]
fn a_solver_that_is_named_is_in_every_comparison_ranking_and_figure_of_problems_that_it_ran() {
    let declared = r#"
comparisons: [{id: c, title: C, select: {problem: lap, solver: b}}, {id: d, title: D, select: {problem: grid, solver: b}}]
rankings: [{id: r, title: R, select: {problem: lap, solver: b}, metric: "cpu_to(marginal_l1 <= 1e-9)"}]
figures:
  - {id: f, title: F, kind: convergence, x: iteration, y: marginal_l1, panels: [{select: {problem: lap, solver: b}}]}
  - {id: k, title: K, kind: sweep, x: solver.keep, y: iterations, panels: [{select: {problem: lap, solver: b}}]}
"#;
    let shown = |pairs: &[&str]| {
        let report = campaign(declared, "smoke", pairs, plain).report();
        let rows = report.comparisons[0].tables[0].rows.iter();
        let compared = rows.filter(|row| row.label == "a").count();
        let ranked = report.rankings[0].solvers.iter().filter(|s| s.name == "a").count();
        let drawn = |at: usize| {
            let panels: &Vec<_> = &report.figures[at].panels;
            let series = panels.iter().flat_map(|panel| &panel.chart.series);
            series.filter(|series| series.name == "a" || series.name.starts_with("a ")).count()
        };
        assert!(report.comparisons[1].tables.is_empty(), "it ran nothing on the grid");
        (compared > 0, ranked > 0, drawn(0) > 0, drawn(1) > 0)
    };
    let only = &["problem.n=250"][..];
    assert_eq!(
        shown(only),
        (false, false, false, false),
        "a profile's solvers are where the file shows them"
    );
    // It has no `keep`, so it has no place on that axis.
    assert_eq!(shown(&[only, &["solver=a,b"]].concat()), (true, true, true, false));
    assert_eq!(shown(&[only, &["solver=sinkhorn,b"]].concat()), (true, true, true, false), "by its id");
}

#[test]
fn runs_that_end_at_a_looser_tolerance_are_neither_ranked_nor_a_column_by_a_tighter_one() {
    let declared = r#"
rankings: [{id: r, title: R, select: {problem: lap}, metric: "cpu_to(marginal_l1 <= 1e-9)"}]
tables:
  - id: t
    title: T
    columns: ["1e-3", "1e-9"]
    rows:
      - label: a
        select: {problem: lap, solver: a}
        cells:
          "1e-3": {metric: "cpu_to(marginal_l1 <= 1e-3)", aggregate: median}
          "1e-9": {metric: "cpu_to(marginal_l1 <= 1e-9)", aggregate: median}
"#;
    let report = |pairs: &[&str]| campaign(declared, "smoke", pairs, plain).report();
    let loose = report(&["stop.tol=1e-3", "problem.n=250"]);
    assert!(loose.rankings[0].solvers.is_empty() && !loose.rankings[0].ran);
    assert_eq!(
        (&loose.tables[0].columns[..], loose.tables[0].rows[0].cells.len()),
        (&["1e-3".to_owned()][..], 1)
    );
    let both = report(&["problem.n=250"]);
    assert_eq!(both.rankings[0].instances.len(), 3, "those at 1e-9 only: {:?}", both.rankings[0].instances);
    assert_eq!(both.tables[0].columns, ["1e-3", "1e-9"]);
}

#[test]
fn one_block_gives_no_interval_and_says_so() {
    let report = campaign(BOTH, "smoke", &["replicates=1"], plain).report();
    let a = entry(&report.comparisons[0], "a", 0);
    assert_eq!(a.ratio_text(), "– (one block gives no interval)");
    assert_eq!(a.interval_text("s"), "n = 1");
}

#[test]
fn without_a_declaration_all_timed_solvers_are_compared_and_untimed_ones_are_not() {
    let report = campaign("", "smoke", &[], plain).report();
    let comparison = only(&report);
    assert_eq!((comparison.id.as_str(), comparison.metric.as_str()), ("timed-solvers", "sample_cpu"));
    assert_eq!(comparison.tables[0].columns, ["to 1e-3", "to 1e-9"]);
    let report = campaign("", "smoke", &["stop.tol=1e-9"], plain).report();
    assert_eq!(only(&report).tables[0].columns, ["sample_cpu"]);
    assert!(campaign("", "untimed", &[], plain).report().comparisons.is_empty());
    // So it is where the declared ones are about something else.
    let elsewhere = "comparisons: [{id: c, title: C, select: {problem: grid}}]";
    let report = campaign(elsewhere, "smoke", &[], plain).report();
    let ids: Vec<(&str, usize)> =
        report.comparisons.iter().map(|c| (c.id.as_str(), c.tables.len())).collect();
    assert_eq!(ids, [("c", 0), ("timed-solvers", 2)]);
}

#[test]
fn counts_are_exact_and_their_best_is_called_the_least() {
    let steps =
        "comparisons: [{id: c, title: C, metric: iterations, select: {problem: grid}, baseline: sinkhorn}]";
    let result = |spec: &CellSpec| Some(Sketch::in_steps(if solver(spec) == "a" { 60 } else { 10 }));
    let report = campaign(steps, "untimed", &[], result).report();
    let comparison = only(&report);
    let b = entry(comparison, "b keep=4", 0);
    assert_eq!(b.value_text(""), "10");
    assert_eq!(b.standing_text(comparison.best), "least");
    // A sixth of the baseline's, which is named by its id.
    assert_eq!((comparison.tables[0].baseline.as_deref(), b.ratio_text().as_str()), (Some("a"), "0.167×"));
    assert_eq!(entry(comparison, "b keep=8", 0).standing_text(comparison.best), "as little");
}

#[test]
fn a_baseline_that_is_not_there_or_several_things_is_not_taken() {
    for (baseline, pairs, why) in [
        ("b", &[][..], "`b` has several rows here: ratios are to the fastest of each column"),
        ("lib", &[][..], "`lib` was not run here: ratios are to the fastest of each column"),
    ] {
        let text = format!("comparisons: [{{id: c, title: C, by: stop.tol, baseline: {baseline}}}]");
        let report = campaign(&text, "smoke", pairs, plain).report();
        let table = &only(&report).tables[0];
        assert_eq!((table.baseline.as_deref(), &table.remarks[..]), (None, &[why.to_owned()][..]));
    }
}

#[test]
fn runs_that_were_not_made_block_by_block_are_named() {
    // `b` ran a day later.
    let later = |spec: &CellSpec| {
        let mut sketch = plain(spec)?;
        if solver(spec) == "b" {
            sketch.started = Some(86_400 + i64::from(spec.replicate));
        }
        Some(sketch)
    };
    let report = campaign(BOTH, "smoke", &[], later).report();
    assert!(
        report.comparisons[0].tables[0].remarks[0]
            .starts_with("the solvers did not all run in the same blocks")
    );
    let report = campaign(BOTH, "smoke", &[], plain).report();
    assert!(report.comparisons[0].tables[0].remarks.is_empty());
}

#[test]
fn labels_stay_text() {
    let evil = "<script>alert(1)</script>";
    let text = suite("").replace("  a: {solver: sinkhorn}", &format!("  \"{evil}\": {{solver: sinkhorn}}"));
    let text = text.replace("[a, b, lib, absent]", &format!("[\"{evil}\", b, lib, absent]"));
    let text = text.replace("[a, b]", "[b]");
    let report = Campaign::with(&text, NO_CLAIMS, "smoke", &["peers=on"], plain).report();
    for page in [&report.html, &report.markdown] {
        assert!(!page.contains("<script>alert") && !page.contains("<b>1.2</b>"));
    }
    assert!(section(&report.html, "comparisons").contains("&lt;script&gt;alert(1)"));
}

#[test]
fn commands_for_the_shell_keep_labels_with_spaces_and_quotes_in_one_word() {
    let text = suite("").replace("  a: {solver: sinkhorn}", "  \"it's a test\": {solver: sinkhorn}");
    let text = text.replace("[a, b, lib, absent]", "[\"it's a test\"]").replace("[a, b]", "[b]");
    let report = Campaign::with(&text, NO_CLAIMS, "smoke", &[], plain).report();
    let command = &only(&report).tables[0].rows[0].commands[0];
    assert_eq!(
        command,
        r"just run suite=mini profile=smoke problem=lap 'solver=it'\''s a test' problem.n=250 stop.tol=0.001 --fresh"
    );
}

#[test]
fn a_curve_is_drawn_to_the_tightest_of_several_tolerances() {
    let figure = "figures: [{id: f, title: F, kind: convergence, x: iteration, y: marginal_l1, panels: [{select: {problem: lap, where: {n: 250}}}]}]";
    let report = campaign(figure, "smoke", &[], plain).report();
    let panel = &report.figures[0].panels[0];
    let names: Vec<&str> = panel.chart.series.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["a", "b keep=4", "b keep=8"]);
    assert_eq!(panel.runs.len(), 3 * 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_rows_does_not_matter(seed in any::<u64>()) {
        let mut campaign = campaign(BOTH, "smoke", &["peers=on"], plain);
        let before = campaign.report();
        shuffle(&mut campaign.data.runs, seed);
        shuffle(&mut campaign.data.samples, seed);
        shuffle(&mut campaign.data.traces, seed);
        let after = campaign.report();
        prop_assert!(before.files == after.files);
    }

    #[test]
    fn a_solver_against_itself_has_ratio_1_and_swapping_inverts(
        times in prop::collection::vec((1e-6..1e3_f64, 1e-6..1e3_f64), 3),
    ) {
        let result = |spec: &CellSpec| {
            let (a, b) = times[spec.replicate as usize];
            Some(Sketch::timed(1.0, if solver(spec) == "a" { a } else { b }))
        };
        let against = |baseline: &str| {
            let text = format!("comparisons: [{{id: c, title: C, select: {{where: {{keep: [4]}}}}, baseline: {baseline}}}]");
            // Without the selection by `keep`, which `a` does not have.
            let text = text.replace("where: {keep: [4]}", "problem: lap");
            campaign(&text, "smoke", &["solver.keep=4", "stop.tol=1e-9", "problem.n=250"], result).report()
        };
        let (to_a, to_b) = (against("a"), against("b"));
        let ratio = |report: &Report, name: &str| entry(only(report), name, 0).ratio.clone().unwrap();
        for own in [ratio(&to_a, "a"), ratio(&to_b, "b")] {
            prop_assert_eq!((own.value, own.lo, own.hi), (1.0, Some(1.0), Some(1.0)));
        }
        let (up, down) = (ratio(&to_a, "b"), ratio(&to_b, "a"));
        prop_assert!((up.value * down.value - 1.0).abs() < 1e-9);
        prop_assert!((up.lo.unwrap() * down.hi.unwrap() - 1.0).abs() < 1e-9, "{}", number::exact(up.value));
    }
}

/// A permutation that depends on `seed`.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for i in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(i, (state >> 33) as usize % (i + 1));
    }
}
