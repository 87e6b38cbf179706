//! `harness claims` from end to end: every kind of claim on runs of the suite that tests the harness.

use serde_json::Value;

use crate::site::Site;

const SUITE: &str = r"
schema: 1
suite: selftest
default_profile: smoke
papers: [{id: first, title: t}, {id: second, title: t}]
problems:
  short: {problem: noop, params: {rows: 10}}
  long: {problem: noop, params: {rows: 100}}
solvers:
  quick: {solver: quick}
  segv: {solver: segv}
profiles:
  smoke:
    replicates: 6
    stop: {tol: 0.0, max_iter: 1000}
    limits: {hard_s: 30}
    runs:
      - {problems: [short, long], solvers: [quick]}
      - {problems: [short], solvers: [segv]}
tables:
  - id: steps
    title: t
    columns: [steps]
    rows:
      - {label: short, select: {problem: short, solver: quick}, cells: {steps: {metric: iterations, aggregate: mean, reported: 10}}}
      - {label: long, select: {problem: long, solver: quick}, cells: {steps: {metric: iterations, aggregate: mean, reported: 50}}}
figures:
  - id: walk
    title: t
    kind: convergence
    x: iteration
    y: distance
    panels: [{select: {problem: short}}]
    reported: [{series: quick, points: [[5, 0.5]], error: 0.01}]
";

/// A claim of each kind, with what is true of the walk; the table's long row is off by a factor of two.
const CLAIMS: &str = r#"
schema: 1
suite: selftest
claims:
  - {id: value, kind: value, select: {problem: short, solver: quick}, metric: iterations, reported: 10, statement: s, source: {paper: first, table: "1"}, transcribed: read, scale: {smoke: full}}
  - {id: ratio, kind: ratio, numerator: {solver: quick}, denominator: {solver: quick}, select: {problem: short}, metric: iterations, reported: 1, statement: s, source: {paper: first}, transcribed: read, scale: {smoke: full}}
  - {id: order, kind: order, less: {solver: quick}, greater: {solver: quick}, select: {problem: short}, metric: iterations, accept: {at_most: 0.5}, note: "a tie is not below", statement: s, source: {paper: first}, transcribed: read, scale: {smoke: full}}
  - {id: exponent, kind: exponent, select: {solver: quick}, x: problem.rows, metric: iterations, reported: 1.0, statement: s, source: {paper: first}, transcribed: read, scale: {smoke: full}}
  - {id: rate, kind: rate, select: {problem: long, solver: quick}, trace: distance, per: step, window: {from: 0.5, to: 0.1}, accept: {between: [0.9, 0.99]}, note: n, statement: s, source: {paper: first}, transcribed: {digitised: 0.05}, scale: {smoke: full}}
  - {id: threshold, kind: threshold, select: {problem: short, solver: quick}, metric: iterations, bound: at_most, reported: 10, statement: s, source: {paper: first}, transcribed: read, scale: {smoke: full}}
  - {id: optimum, kind: optimum, select: {problem: short, solver: quick}, metric: final(left), optimum: 0, sense: minimise, tolerance: 0, note: n, statement: s, source: {paper: first}, transcribed: read, scale: {smoke: full}}
  - {id: success, kind: success, select: {problem: short, solver: quick}, goal: final(distance) <= 0, accept: {at_least: 0.5}, note: n, statement: s, source: {paper: second}, transcribed: read, scale: {smoke: full}}
  - {id: negative, kind: negative, select: {problem: short, solver: segv}, goal: solved, accept: {at_least: 0.5}, note: n, statement: s, source: {paper: second}, transcribed: read, scale: {smoke: full}}
  - {id: table, kind: table, table: steps, accept: {within_factor: 1.5}, note: n, statement: s, source: {paper: second}, transcribed: read, scale: {smoke: full}}
  - {id: curve, kind: curve, figure: walk, series: quick, accept: {within_factor: 1}, note: n, statement: s, source: {paper: second}, transcribed: {digitised: 0.01}, scale: {smoke: full}}
  - {id: determinism, kind: determinism, select: {problem: short, solver: quick}, across: same, level: bitwise, statement: s, source: {paper: second}, transcribed: read, scale: {smoke: full}}
"#;

/// The claims of a JSON document by id.
fn verdicts(json: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(json).unwrap();
    let text = |claim: &Value, field: &str| claim[field].as_str().unwrap().to_owned();
    document["claims"].as_array().unwrap().iter().map(|c| (text(c, "id"), text(c, "verdict"))).collect()
}

#[test]
fn every_kind_is_judged_chosen_explained_and_stored() {
    let site = Site::with_selftest(SUITE, CLAIMS);
    site.harness("run suite=selftest").exits(5);
    site.harness("audit suite=selftest problem=short solver=quick kinds=same").exits(0);
    let all = site.harness("claims suite=selftest --json").exits(4);
    for (id, verdict) in verdicts(&all.stdout) {
        let want = if id == "table" { "contradicted" } else { "reproduced" };
        assert_eq!(verdict, want, "{id}: {}", all.stdout);
    }
    // What is shown is what is stored.
    let rows = site.store().claims().unwrap();
    let stored: Vec<_> = rows.iter().map(|r| (r.claim_id.clone(), r.verdict.clone())).collect();
    let mut shown = verdicts(&all.stdout);
    shown.sort();
    assert_eq!(stored, shown);
    let row = rows.iter().find(|r| r.claim_id == "rate").unwrap();
    assert_eq!((row.paper.as_deref(), row.transcribed.as_deref()), (Some("first"), Some("digitised ± 5 %")));

    let ids = |line: &str, code: i32| -> Vec<String> {
        let output = site.harness(&format!("claims suite=selftest {line} --json")).exits(code);
        verdicts(&output.stdout).into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(ids("verdict=contradicted", 4), ["table"]);
    assert_eq!(ids("claim=r*,?alue", 0), ["value", "ratio", "rate"]);
    assert_eq!(ids("kind=success,negative", 0), ["success", "negative"]);
    assert_eq!(ids("paper=second verdict=reproduced", 0), ["success", "negative", "curve", "determinism"]);
    assert_eq!(ids("verdict=not_run", 0), Vec::<String>::new());

    let table = site.harness("claims suite=selftest explain=table").exits(4);
    for part in ["✗ contradicted", "long, steps", "within a factor of 1.5", "just run suite=selftest"] {
        assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
    }
    let one = site.harness("claims suite=selftest explain=rate --json").exits(0);
    let one: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!((&one["kind"], &one["runs"][0]["role"]), (&"rate".into(), &"rate".into()));
    let some = site.harness("claims suite=selftest kind=value").exits(0);
    assert!(some.stdout.contains("1 of 12 claims chosen."), "{}", some.stdout);
    assert!(some.stdout.contains("11 of 12 claims reproduced"), "{}", some.stdout);
}

#[test]
fn strict_ends_with_4_on_an_undecided_claim_and_what_is_unknown_is_named() {
    let claims = include_str!("../../../../suites/selftest/claims.yaml");
    let site = Site::with_selftest(SUITE, &claims.replace("paper: selftest", "paper: first"));
    let line = "suite=selftest problem=short solver=quick replicates=2";
    site.harness(&format!("run {line}")).exits(0);
    let lenient = site.harness(&format!("claims {line}")).exits(0);
    assert!(lenient.stdout.contains("inconclusive"), "{}", lenient.stdout);
    let strict = site.harness(&format!("claims {line} --strict")).exits(4);
    assert!(
        strict.stderr.contains("1 claim of the papers is inconclusive: exit code 4"),
        "{}",
        strict.stderr
    );
    for (wrong, want) in [
        ("explain=one-row-a-stp", "unknown claim `one-row-a-stp`; did you mean `one-row-a-step`?"),
        ("claim=x*", "unknown claim `x*`; known: `one-row-a-step`"),
        ("verdict=contradict", "unknown verdict `contradict`; did you mean `contradicted`?"),
        ("kind=slope", "unknown kind of claim `slope`; known: `value`"),
        ("paper=frist", "unknown paper with claims `frist`; did you mean `first`?"),
    ] {
        let output = site.harness(&format!("claims {line} {wrong}")).exits(2);
        assert!(output.stderr.contains(want), "{wrong}: {}", output.stderr);
    }
}
