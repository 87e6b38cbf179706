//! The texts of errors, each faulty document with all of its errors.

use crate::claims_file::{ClaimsFile, check_citations};
use crate::diagnostic::Rendered;
use crate::suite_file::SuiteFile;
use crate::testing::{CLAIMS, SUITE, suite, suite_file};

/// The suite file with replacements; each must be found.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

fn suite_errors(changes: &[(&str, &str)]) -> String {
    match SuiteFile::parse("suite.yaml", &with(SUITE, changes), &suite()) {
        Ok(_) => "no error".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

fn claim_errors(changes: &[(&str, &str)]) -> String {
    match ClaimsFile::parse("claims.yaml", &with(CLAIMS, changes), &suite(), &suite_file()) {
        Ok(_) => "no error".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

#[test]
fn a_suite_file_s_form() {
    let faulty: &[&[(&str, &str)]] = &[
        &[("schema: 1", "schema: 2")],
        &[("default_profile: smoke\n", ""), ("title: seconds", "titel: seconds"), ("seed: 7", "seed: -7")],
        &[("suite: mini", "suite: 7"), ("papers:", "paper:")],
        &[("hard_s: 120", "hard_s: 0"), ("2GiB", "two"), ("grace_s: 5", "grace: 5")],
        &[("tol: 1.0e-9", "tol: .inf"), ("max_iter: 1e5", "max_iter: 1.5")],
        &[("tol: 1.0e-9", "tolerance: 1.0e-9"), ("max_iter: 1e5, ", "")],
        &[("device: [cpu, cuda]", "device: [gpu]"), ("dtype: [f64, f32]", "dtype: f46")],
        &[("{solve: {warmup: 1, samples: 5}}", "{solv: {warmup: 1}}")],
        &[("{solve: {warmup: 1, samples: 5}}", "{step: {samples: 0, min_sample_s: fast}}")],
        &[("replicates: 3", "replicates: 0"), ("threads: [1, 4]", "threads: []")],
        &[("  newton: {solver: newton}", "  newton: {problem: newton}")],
        &[("params: {eta: 1200}", "params: [eta, 1200]")],
        &[("    runs:\n      - {problems: [small, grid]", "    runs:\n      - {problem: [small, grid]")],
        &[("kind: convergence", "kind: convergance"), ("kind: sweep", "kind: 3")],
        &[("x: iteration\n", "x: iterations\n"), ("[20, 1e-2]", "[20]"), ("error: 0.1", "error: -1")],
        &[
            ("reported: 29", "reported: \"29\""),
            ("aggregate: mean", "aggregate: medan"),
            ("label: \"Newton\"", "label: 3"),
        ],
        &[
            ("iters_to(marginal_l1 <= 1e-9)", "iter_to(marginal_l1 <= 1e-9)"),
            ("\"time_to(marginal_l1 <= 1e-9)\"", "'time_to(marginal_l1 = 1e-9)'"),
        ],
        &[("reason: \"takes minutes\"", "why: \"takes minutes\"")],
        &[(".stop: &stop", "stop: &stop")],
        &[
            ("by: stop.tol", "by: stop.max_iter"),
            ("by: problem.n", "by: [n]"),
            ("baseline: newton", "base: newton"),
        ],
    ];
    let shown: Vec<String> = faulty.iter().map(|changes| suite_errors(changes)).collect();
    assert!(shown.iter().all(|text| text != "no error"));
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn a_suite_file_s_meaning() {
    let faulty: &[&[(&str, &str)]] = &[
        &[("suite: mini", "suite: mimi"), ("default_profile: smoke", "default_profile: smoky")],
        &[("problem: random_assignment, params: {n: 50", "problem: random_asignment, params: {n: 50")],
        &[("solver: newton}", "solver: nowhere}")],
        &[("params: {eta: 1200}", "params: {etaa: 1200, log: maybe}")],
        &[("n: [25, 50, 200]", "n: [25, -50, x, 0]")],
        &[("params: {eta: 1200}", "params: {eta: -1}")],
        &[("1000..2000..500", "2000..1000..500")],
        &[("solvers: [sinkhorn, newton]}", "solvers: [sinkhron, newton, newton]}")],
        &[("    stop: *stop\n    limits", "    limits")],
        &[("metric: gap", "metric: gapp")],
        &[("metric: gap", "metric: energy")],
        &[("where: {n: 2e2}", "where: {m: 2e2}"), ("solver: sinkhorn, where", "solver: sinkorn, where")],
        &[("where: {damping: 0.5}", "where: {problem.damping: 0.5}")],
        &[("where: {damping: 0.5}", "where: {damping: 0.4, n: 51}")],
        &[
            ("source: {paper: paper-1", "source: {paper: paper-2"),
            ("cells:\n          iterations", "cells:\n          iteration"),
        ],
        &[
            ("iters_to(marginal_l1", "iters_to(marginal_l2"),
            ("mark: phase", "mark: phases"),
            ("y: gap", "y: gab"),
        ],
        &[("x: solver.eta", "x: solver.eat"), ("series: newton", "series: newtn, panel: 1")],
        &[("by: problem.n", "by: problem.m"), ("baseline: newton", "baseline: newtn")],
        &[("id: per-step", "id: seconds"), ("sample_cpu / iterations", "final(gapp) / iterations")],
        &[("id: sweep", "id: figure1"), ("[iterations, seconds]", "[iterations, seconds, seconds]")],
    ];
    let shown: Vec<String> = faulty.iter().map(|changes| suite_errors(changes)).collect();
    assert!(shown.iter().all(|text| text != "no error"));
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn names_that_become_file_names_cannot_lead_elsewhere() {
    for name in ["../../x", "/etc/x", "a b", "..", ".x", "-rf", "$(x)", "a/b", ""] {
        for (what, from) in [
            ("profile", "  ci:\n"),
            ("table", "id: table1"),
            ("figure", "id: wp"),
            ("comparison", "id: per-step"),
        ] {
            let to = if what == "profile" { format!("  \"{name}\":\n") } else { format!("id: \"{name}\"") };
            let errors = suite_errors(&[(from, &to)]);
            let expected = format!("`{name}` cannot be the name of a {what}");
            assert!(errors.lines().any(|line| line.contains(&expected)), "{what} {name:?}: {errors}");
        }
    }
}

#[test]
fn a_label_can_be_named_on_the_command_line() {
    for label in ["a,b", "", " a", "a ", "a\\nb", "a\\tb"] {
        for (side, from) in [("problem", "  spins: {problem"), ("solver", "  anneal: {solver")] {
            let to = format!("  \"{label}\": {{{side}");
            let errors = suite_errors(&[(from, &to)]);
            assert!(
                errors.contains(&format!("`{label}` cannot be the label of a {side}")),
                "{label:?}: {errors}"
            );
        }
    }
    let to = "  \"it's $(a) \\\"label\\\"; x=1\": {solver";
    let errors = suite_errors(&[
        ("  anneal: {solver", to),
        ("solvers: [sinkhorn_sweep, anneal]", "solvers: sinkhorn_sweep"),
    ]);
    assert_eq!(errors, "no error");
}

#[test]
fn a_claims_file() {
    let faulty: &[&[(&str, &str)]] = &[
        &[("transcribed: second-hand", "transcribed: secondhand"), ("kind: value", "kind: valu")],
        &[("    note: \"seeds spread it by a factor of two\"\n", "")],
        &[("    reported: 1.2e1\n", "")],
        &[("    accept: {at_least: 0.5}\n", "")],
        &[("between: [15, 60]", "between: [60, 15]"), ("within: 0.1", "withn: 0.1")],
        &[("    reported: 2\n", ""), ("    x: problem.n\n", "")],
        &[("numerator: {solver: sinkhorn}", "numerater: {solver: sinkhorn}")],
        &[("less: {solver: newton}", "less: {solver: newto}"), ("smoke: proxy", "smok: proxy")],
        &[("id: ratio", "id: c1"), ("{paper: paper-1, section", "{paper: paper-3, section")],
        &[
            ("suite: mini", "suite: maxi"),
            ("x: problem.n", "x: problem.eta"),
            ("metric: cpu\n", "metric: final(gapp)\n"),
        ],
        &[("metric: cpu\n", "metric: cpus\n")],
        &[("{digitised: 0.05}", "digitised"), ("kind: exponent", "kind: slope")],
        &[("tolerance: 0.05\n", "tolerance: -1\n"), ("better: lower", "better: smaller")],
        &[("    note: \"the figure is small\"\n", ""), ("    reported: 40\n", "")],
        &[("{from: 1e-2, to: 1e-6}", "{from: 1e-6, to: 1e-2}"), ("per: step", "per: steps")],
        &[("trace: marginal_l1", "trace: marginal_l2"), ("aggregate: q(0.9)", "aggregate: q(9)")],
        &[("aggregate: q(0.9)", "aggregate: max"), ("sense: minimise", "sense: min")],
        &[
            ("aggregate: median\n    reported: 29", "aggregate: medan\n    reported: 29"),
            ("    tolerance: 1e-6\n", ""),
        ],
        &[("reported: 40", "reported: 40\n    accept: {at_most: 50}")],
        &[
            ("goal: \"final(marginal_l1) <= 1e-9\"", "goal: \"final(marginal_l1)\""),
            ("goal: solved", "goal: solve"),
        ],
        &[("goal: \"final(marginal_l1) <= 1e-9\"", "goal: \"final(marginal_l2) <= 1e-9\"")],
        &[("table: table1", "table: table2"), ("series: newton", "series: sinkhorn")],
        &[("columns: iterations", "columns: iteration"), ("figure: figure1", "figure: sweep")],
        &[
            ("accept: {within_factor: 2}", "accept: {at_most: 2}"),
            ("{within_factor: 10}", "{within_factor: 0.5}"),
        ],
        &[("sense: minimise", "sense: minimise\n    aggregate: geomean")],
        &[
            ("metric: \"iters_to(marginal_l1 <= 1e-9)\"", "metric: \"cpu_to(marginal_l1 <= 1e-9)\""),
            ("goal: \"final(marginal_l1) <= 1e-9\"", "goal: \"wall <= 60\""),
            ("per: step", "per: t"),
            ("columns: iterations", "columns: seconds"),
        ],
        &[("across: threads", "across: thread"), ("level: bitwise", "level: exact")],
        &[("std: 2, n: 16", "std: 2"), ("{lo: 25, hi: 33}", "{lo: 35, hi: 33}")],
        &[("accept: {at_least: 0.9}", "accept: {at_least: 0.9}\n    tolerance: 0.1\n    better: lower")],
        &[(
            "reported: 1.2e1",
            "reported: 1.2e1\n    accept: {at_least: 3}\n    better: lower\n    aggregate: mean",
        )],
    ];
    let shown: Vec<String> = faulty.iter().map(|changes| claim_errors(changes)).collect();
    assert!(shown.iter().all(|text| text != "no error"));
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn a_table_cites_claims_that_exist() {
    let claims = ClaimsFile::parse("claims.yaml", CLAIMS, &suite(), &suite_file()).unwrap();
    check_citations(&suite_file(), &claims).unwrap();
    let text = with(SUITE, &[("claim: c1", "claim: c2")]);
    let file = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap();
    let errors = check_citations(&file, &claims).unwrap_err().to_string();
    assert_eq!(errors, "suite.yaml:56:86: unknown claim `c2`; did you mean `c1`?");
}

#[test]
fn an_error_behind_an_anchor_is_reported_once() {
    let errors = suite_errors(&[("budget_s: 60", "budget_s: soon")]);
    assert_eq!(errors, "suite.yaml:7:53: expected a number, found the text \"soon\"");
}

#[test]
fn errors_are_rendered_with_excerpts_and_as_json() {
    let text = with(SUITE, &[("seed: 7", "seed: 7\n    seed: 8")]);
    let duplicate = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap_err();
    let text = with(SUITE, &[("seed: 7", "seed: seven"), ("hard_s: 120", "hard: 120")]);
    let wrong = SuiteFile::parse("suite.yaml", &text, &suite()).unwrap_err();
    insta::assert_json_snapshot!(wrong.to_json());
    let theme = miette::GraphicalTheme::unicode_nocolor();
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(100);
    let mut shown = String::new();
    for errors in [duplicate, wrong] {
        handler.render_report(&mut shown, &Rendered(errors)).unwrap();
    }
    insta::assert_snapshot!(shown);
}
