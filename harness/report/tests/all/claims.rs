//! Verdicts: a truth table of claims over results made by hand.

use harness_core::{CellSpec, Outcome};
use harness_report::{ClaimResult, Verdict};

use crate::results::{Campaign, Sketch};

const SUITE: &str = r#"
schema: 1
suite: mini
default_profile: smoke
papers: [{id: p, title: "A paper"}]
problems:
  lap: {problem: random_assignment, params: {n: 500}}
  laps: {problem: random_assignment, params: {n: [250, 500, 1000, 2000]}}
  still: {problem: grid, params: {n: 30}}
  timed: {problem: grid, params: {n: 40}}
solvers:
  a: {solver: sinkhorn, params: {eta: 100}}
  b: {solver: sns, params: {eta: 100}}
  many: {solver: sns, params: {eta: 100, keep: [2, 4]}}
profiles:
  smoke:
    replicates: REPLICATES
    stop: {tol: 1.0e-9, max_iter: 1000}
    runs:
      - {problems: [lap, still], solvers: [a, b]}
      - {problems: [laps], solvers: [a]}
      - {problems: [lap], solvers: [many]}
      - {problems: [timed], solvers: [a, b], measure: {solve: {warmup: 0, samples: 1}}}
"#;

const METRIC: &str = r#"metric: "iters_to(marginal_l1 <= 1e-9)""#;
const SECONDS: &str = r#"metric: "time_to(marginal_l1 <= 1e-9)""#;

/// Judges one claim; `body` is everything about it that varies.
fn judge(replicates: u32, body: &str, result: impl Fn(&CellSpec) -> Option<Sketch>) -> ClaimResult {
    let suite = SUITE.replace("REPLICATES", &replicates.to_string());
    let claims = format!(
        "schema: 1\nsuite: mini\nclaims:\n  - id: c\n    statement: s\n    source: {{paper: p, table: \"1\"}}\n    \
         transcribed: read\n    note: because\n    scale: {{smoke: full}}\n    {}\n",
        body.replace('\n', "\n    ")
    );
    Campaign::new(&suite, &claims, "smoke", result).verdicts().swap_remove(0)
}

fn is_a(spec: &CellSpec) -> bool {
    spec.solver.id == "sinkhorn"
}

/// `a` takes six times the steps of `b`; both vary over replicates together.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a campaign asks for results")]
fn six_times(spec: &CellSpec) -> Option<Sketch> {
    let base = 10 + i64::from(spec.replicate % 3);
    Some(Sketch::in_steps(if is_a(spec) { 6 * base } else { base }))
}

fn value(problem: &str, accept: &str) -> String {
    format!(
        "kind: value\nselect: {{problem: {problem}, solver: a}}\n{METRIC}\naggregate: median\nreported: 60\naccept: {accept}"
    )
}

fn ratio(problem: &str, metric: &str, accept: &str) -> String {
    format!(
        "kind: ratio\nselect: {{problem: {problem}}}\n{metric}\naggregate: geomean\nnumerator: {{solver: a}}\n\
         denominator: {{solver: b}}\nreported: 12\naccept: {accept}"
    )
}

/// On the grid, where nothing is random, `b` needs 10 steps and `a` was stopped at 60.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a campaign asks for results")]
fn cut_off(spec: &CellSpec) -> Option<Sketch> {
    Some(if is_a(spec) { Sketch::stopped_at(60) } else { Sketch::in_steps(10) })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that a campaign asks for results")]
fn six_times_exactly(spec: &CellSpec) -> Option<Sketch> {
    Some(Sketch::in_steps(if is_a(spec) { 60 } else { 10 }))
}

fn solved(accept: &str) -> String {
    format!(
        "kind: value\nselect: {{problem: lap, solver: a}}\nmetric: \"solved\"\naggregate: mean\naccept: {accept}"
    )
}

#[test]
fn truth_table() {
    use Verdict::{Contradicted, Inconclusive, NotRun, Reproduced};
    type Results = fn(&CellSpec) -> Option<Sketch>;
    let none: Results = |_| None;
    let timeout: Results = |spec| {
        let mut sketch = cut_off(spec)?;
        if is_a(spec) {
            (sketch.outcome, sketch.status) = (Outcome::Timeout, None);
        }
        Some(sketch)
    };
    let both_cut: Results = |_| Some(Sketch::stopped_at(60));
    let crashed: Results = |_| Some(Sketch::failed(Outcome::Panic, "index out of bounds", ""));
    let order = |accept: &str| {
        format!(
            "kind: order\nselect: {{problem: lap}}\n{METRIC}\nless: {{solver: b}}\ngreater: {{solver: a}}\naccept: {accept}"
        )
    };
    let table: Vec<(&str, u32, String, Results, Verdict)> = vec![
        ("median inside", 10, value("lap", "{between: [50, 80]}"), six_times, Reproduced),
        ("median outside", 10, value("lap", "{between: [100, 200]}"), six_times, Contradicted),
        ("median across", 10, value("lap", "{at_least: 66}"), six_times, Inconclusive),
        ("too few for a median", 3, value("lap", "{between: [50, 80]}"), six_times, Inconclusive),
        ("exact, inside", 1, value("still", "{within: 0.1}"), six_times, Reproduced),
        ("exact, outside", 1, value("still", "{at_most: 59}"), six_times, Contradicted),
        ("exact, on the boundary", 1, value("still", "{at_most: 60}"), six_times, Reproduced),
        ("not run", 10, value("lap", "{at_least: 1}"), none, NotRun),
        ("crashed", 10, value("lap", "{at_least: 1}"), crashed, NotRun),
        ("ratio inside", 10, ratio("lap", METRIC, "{at_least: 5}"), six_times, Reproduced),
        ("ratio outside", 10, ratio("lap", METRIC, "{at_least: 7}"), six_times, Contradicted),
        ("ratio, one pair at random", 1, ratio("lap", METRIC, "{at_least: 5}"), six_times, Inconclusive),
        ("exact ratio", 1, ratio("still", METRIC, "{between: [6, 6]}"), six_times, Reproduced),
        ("times are never exact", 1, ratio("still", SECONDS, "{at_least: 5}"), six_times, Inconclusive),
        ("cut off, bound suffices", 1, ratio("still", METRIC, "{at_least: 5}"), cut_off, Reproduced),
        ("cut off, bound does not", 1, ratio("still", METRIC, "{at_least: 10}"), cut_off, Inconclusive),
        ("cut off, too large already", 1, ratio("still", METRIC, "{at_most: 5}"), cut_off, Contradicted),
        ("ended at a limit", 1, ratio("still", METRIC, "{at_least: 5}"), timeout, Reproduced),
        ("both cut off", 1, ratio("still", METRIC, "{at_least: 5}"), both_cut, Inconclusive),
        (
            "exact in every replicate",
            10,
            ratio("timed", METRIC, "{between: [6, 6]}"),
            six_times_exactly,
            Reproduced,
        ),
        ("times of replicates", 10, ratio("timed", SECONDS, "{at_least: 5}"), six_times_exactly, Reproduced),
        (
            "not as exact as declared",
            10,
            ratio("timed", METRIC, "{at_least: 5}"),
            |spec| Some(Sketch::in_steps(if is_a(spec) { 60 + i64::from(spec.replicate) } else { 10 })),
            Inconclusive,
        ),
        ("ten of ten solved", 10, solved("{at_least: 0.6}"), six_times, Reproduced),
        ("ten of ten are not all", 10, solved("{at_least: 0.9}"), six_times, Inconclusive),
        ("order, ten of ten", 10, order("{at_least: 0.5}"), six_times, Reproduced),
        ("order, ten of ten the other way", 10, order("{at_most: 0.5}"), six_times, Contradicted),
        ("order, five of five", 5, order("{at_least: 0.5}"), six_times, Inconclusive),
    ];
    for (name, replicates, body, results, want) in table {
        let claim = judge(replicates, &body, results);
        assert_eq!(claim.verdict, want, "{name}: {claim:#?}");
        assert_eq!(claim.reason.is_some(), matches!(want, Inconclusive | NotRun), "{name}: {claim:#?}");
    }
}

#[test]
fn a_bound_is_shown_as_one_and_more_replicates_are_not_asked_for() {
    let claim = judge(1, &ratio("still", METRIC, "{at_least: 10}"), cut_off);
    let estimate = claim.estimate.clone().unwrap();
    assert_eq!(
        (estimate.value, estimate.bound, estimate.lo, estimate.hi),
        (6.0, "at_least", Some(6.0), None)
    );
    assert_eq!(claim.ours_text(), "≥ 6");
    assert_eq!(claim.needed_n, None);
    assert!(claim.reason.unwrap().contains("raise the limit"));
    assert_eq!(claim.remarks, ["numerator side: 1 of 1 runs stopped at a limit before the target"]);
}

#[test]
fn an_undecided_claim_says_how_many_replicates_would_decide_it() {
    let few = judge(3, &value("lap", "{between: [50, 80]}"), six_times);
    assert_eq!(
        (few.needed_n, few.reason.as_deref()),
        (Some(6), Some("n = 3: a 95 % interval needs at least 6"))
    );
    let across = judge(10, &ratio("lap", METRIC, "{at_least: 5.95}"), |spec| {
        let base = 100 + i64::from(spec.replicate * 37 % 11);
        Some(Sketch::in_steps(if is_a(spec) { 600 + 7 * i64::from(spec.replicate) } else { base }))
    });
    assert_eq!(across.verdict, Verdict::Inconclusive, "{across:#?}");
    let needed = across.needed_n.unwrap();
    assert!(needed > 10);
    assert_eq!(across.reason.unwrap(), format!("about {} more replicates needed", needed - 10));
}

#[test]
fn better_than_reported_is_marked_where_the_direction_is_known() {
    let better = |body: &str| judge(10, body, six_times).better;
    assert!(better(&value("lap", "{at_most: 100}").replace("reported: 60", "reported: 90")));
    assert!(!better(&value("lap", "{at_most: 100}")), "the interval holds the reported number");
    assert!(!better(&value("lap", "{between: [1, 100]}").replace("reported: 60", "reported: 90")));
}

#[test]
fn a_profile_nobody_vouched_for_is_a_proxy() {
    let suite = SUITE.replace("REPLICATES", "10");
    let claims = "schema: 1\nsuite: mini\nclaims:\n  - {id: c, statement: s, source: {paper: p}, transcribed: read, kind: value, \
                  select: {problem: lap, solver: a}, metric: iterations, aggregate: median, reported: 60, accept: {at_least: 1}, note: n}\n";
    let report = Campaign::new(&suite, claims, "smoke", six_times).report();
    assert!(report.claims[0].proxy);
    assert_eq!((report.headline.full.total(), report.headline.proxy.reproduced), (0, 1));
    assert_eq!(
        report.headline.sentence(),
        "No claim is checked at the paper's scale. Proxies, which do not count: 1 of 1 claim reproduced"
    );
}

#[test]
fn exponents_are_slopes_of_logarithms() {
    let body = |accept: &str| {
        format!(
            "kind: exponent\nselect: {{problem: laps, solver: a}}\nmetric: \"wall\"\nx: problem.n\nreported: 2\naccept: {accept}"
        )
    };
    let squared = |spec: &CellSpec| {
        let n = spec.problem.params["n"].as_f64().unwrap();
        let wobble = 1.0 + 0.01 * f64::from(spec.replicate);
        Some(Sketch::solved(vec![(0, 0.0, 1.0), (10, 1e-7 * n * n * wobble, 1e-9)]))
    };
    let claim = judge(3, &body("{between: [1.9, 2.1]}"), squared);
    assert_eq!(claim.verdict, Verdict::Reproduced, "{claim:#?}");
    assert!((claim.estimate.unwrap().value - 2.0).abs() < 0.02);
    assert_eq!(judge(3, &body("{at_most: 1.5}"), squared).verdict, Verdict::Contradicted);
    let one_size = |spec: &CellSpec| if spec.problem.params["n"] == 500 { squared(spec) } else { None };
    let claim = judge(3, &body("{at_most: 1.5}"), one_size);
    assert_eq!(claim.verdict, Verdict::NotRun, "{claim:#?}");
    assert!(claim.reason.unwrap().contains("at least two values of `problem.n`"));
}

#[test]
fn several_configurations_on_one_side_are_an_error_of_the_claim() {
    let body = ratio("lap", METRIC, "{at_least: 5}").replace("{solver: b}", "{solver: many}");
    let claim = judge(10, &body, six_times);
    assert_eq!(claim.verdict, Verdict::Inconclusive);
    assert!(claim.reason.as_ref().unwrap().contains("narrow the selection"), "{claim:#?}");
    let narrowed = body.replace("{solver: many}", "{solver: many, where: {keep: 2}}");
    assert_eq!(judge(10, &narrowed, six_times).verdict, Verdict::Reproduced);
}

#[test]
fn failed_runs_are_named_and_the_others_count() {
    let claim = judge(10, &value("lap", "{between: [50, 80]}"), |spec| {
        if spec.replicate == 4 {
            return Some(Sketch::failed(Outcome::Panic, "index out of bounds", "thread panicked"));
        }
        six_times(spec)
    });
    assert_eq!((claim.verdict, claim.runs.len()), (Verdict::Reproduced, 9));
    assert_eq!(claim.remarks, ["1 cell ended with `panic` (index out of bounds)"]);
}

#[test]
fn commands_name_the_cell() {
    let claim = judge(10, &value("lap", "{at_least: 1}"), six_times);
    assert_eq!(claim.commands, ["just run suite=mini profile=smoke problem=lap solver=a --fresh"]);
    let body =
        ratio("lap", METRIC, "{at_least: 5}").replace("{solver: b}", "{solver: many, where: {keep: 2}}");
    let claim = judge(10, &body, six_times);
    assert_eq!(
        claim.commands[1],
        "just run suite=mini profile=smoke problem=lap solver=many solver.keep=2 --fresh"
    );
}
