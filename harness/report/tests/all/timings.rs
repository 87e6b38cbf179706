//! How far timings are trusted: the A/A control, disturbed samples, the order of runs, and what verdicts make of them.

use harness_core::CellSpec;
use harness_report::{ClaimResult, Report, Verdict};

use crate::comparisons::section;
use crate::results::{Campaign, Sketch};

const SUITE: &str = r#"
schema: 1
suite: mini
default_profile: smoke
papers: [{id: p, title: "A paper"}]
problems:
  lap: {problem: random_assignment, params: {n: [250, 1000]}}
solvers:
  a: {solver: sinkhorn}
  b: {solver: sns}
profiles:
  smoke:
    replicates: 4
    stop: {tol: 1.0e-9, max_iter: 1000}
    measure: {solve: {warmup: 2, samples: 5}}
    runs: [{problems: [lap], solvers: [a, b]}]
"#;

/// `b` takes a second and `a` ten, with a spread of two percent between blocks that both share in part.
fn seconds(spec: &CellSpec) -> f64 {
    let spread = [1.0, 1.02, 0.99, 1.01][spec.replicate as usize % 4];
    let n = spec.problem.params["n"].as_f64().unwrap() / 250.0;
    let own = if spec.solver.id == "sinkhorn" { 10.0 } else { 1.0 };
    own * n * spread
}

fn quiet(spec: &CellSpec) -> Sketch {
    Sketch::timed(1.1 * seconds(spec), seconds(spec))
}

/// The second arm takes `wall` and `cpu` times as long as the first, times a spread that changes from block to block.
fn control(spec: &CellSpec, wall: f64, cpu: f64, spread: f64) -> Sketch {
    if !spec.control {
        return quiet(spec);
    }
    let sign = if spec.replicate.is_multiple_of(2) { 1.0 } else { -1.0 };
    let noise = f64::exp(spread * sign);
    Sketch::timed(1.1 * wall * noise * seconds(spec), cpu * noise * seconds(spec))
}

fn claim(id: &str, kind: &str, metric: &str, accept: &str) -> String {
    let aggregate = match kind {
        kind if kind.starts_with("kind: value") => "aggregate: mean, ",
        kind if kind.starts_with("kind: ratio") => "aggregate: geomean, ",
        _ => "",
    };
    format!(
        "  - {{id: {id}, statement: s, source: {{paper: p}}, transcribed: read, note: n, scale: {{smoke: full}}, \
         {aggregate}accept: {accept}, metric: \"{metric}\", {kind}}}\n"
    )
}

/// `a` over `b` on the smaller problem: 10.
fn ratio(id: &str, metric: &str, accept: &str) -> String {
    let kind = "kind: ratio, select: {where: {n: 250}}, numerator: {solver: a}, denominator: {solver: b}";
    claim(id, kind, metric, accept)
}

fn report(claims: &[String], pairs: &[&str], result: impl Fn(&CellSpec) -> Sketch) -> Report {
    let claims = format!("schema: 1\nsuite: mini\nclaims:\n{}", claims.concat());
    let claims =
        if claims.ends_with("claims:\n") { claims.replace("claims:\n", "claims: []\n") } else { claims };
    Campaign::with(SUITE, &claims, "smoke", pairs, |spec| Some(result(spec))).report()
}

fn verdicts(report: &Report) -> Vec<(&str, Verdict)> {
    report.claims.iter().map(|c| (c.id.as_str(), c.verdict)).collect()
}

fn reason(claim: &ClaimResult) -> &str {
    claim.reason.as_deref().unwrap_or_default()
}

/// Claims on both clocks and on counts, true and false.
fn six() -> Vec<String> {
    vec![
        ratio("cpu", "sample_cpu", "{at_least: 5}"),
        ratio("cpu-false", "sample_cpu", "{at_most: 2}"),
        ratio("wall", "sample_wall", "{at_least: 5}"),
        ratio("wall-false", "time_to(marginal_l1 <= 1e-9)", "{at_most: 2}"),
        ratio("count", "iterations", "{between: [1, 1]}"),
        ratio("count-false", "iterations", "{at_least: 2}"),
    ]
}

const CPU: [&str; 2] = ["cpu", "cpu-false"];
const WALL: [&str; 2] = ["wall", "wall-false"];
const COUNTS: [&str; 2] = ["count", "count-false"];

/// The ids of the claims that are left undecided.
fn undecided(report: &Report) -> Vec<&str> {
    report.claims.iter().filter(|c| c.verdict == Verdict::Inconclusive).map(|c| c.id.as_str()).collect()
}

#[test]
fn a_control_that_agrees_with_itself_leaves_all_verdicts() {
    use Verdict::{Contradicted, Reproduced};
    let report = report(&six(), &[], |spec| control(spec, 1.0, 1.0, 0.01));
    let want = [Reproduced, Contradicted, Reproduced, Contradicted, Reproduced, Contradicted];
    assert_eq!(verdicts(&report).into_iter().map(|v| v.1).collect::<Vec<_>>(), want, "{:#?}", report.claims);
    insta::assert_snapshot!("timings_html", section(&report.html, "timings"));
    let (_, markdown) = report.markdown.split_once("## How far").unwrap();
    insta::assert_snapshot!("timings_markdown", markdown.split("## Prov").next().unwrap());
}

#[test]
fn a_control_that_differs_from_itself_leaves_claims_on_that_clock_undecided() {
    let cpu_off = report(&six(), &[], |spec| control(spec, 1.0, 1.05, 0.001));
    assert_eq!(undecided(&cpu_off), CPU);
    for claim in cpu_off.claims.iter().filter(|c| CPU.contains(&c.id.as_str())) {
        assert!(
            reason(claim).starts_with("control failed: the same solver, timed twice, differs from itself in CPU time by a factor of 1.05"),
            "{}",
            reason(claim)
        );
        assert_eq!((claim.needed_n, claim.better), (None, false));
        assert!(claim.estimate.is_some(), "the number itself is still shown");
    }
    let wall_off = report(&six(), &[], |spec| control(spec, 0.95, 1.0, 0.001));
    assert_eq!(undecided(&wall_off), WALL);
    assert!(cpu_off.html.contains("Claims on CPU time are left undecided."));
}

#[test]
fn a_control_that_is_coarser_than_the_distance_to_the_boundary_leaves_a_claim_undecided() {
    // Four blocks of ± 10 %: half of the 99 % interval is 5.841 · 0.11547 / 2 = 34 % of a factor, in logarithms.
    let claims = [
        ratio("far", "sample_cpu", "{at_least: 5}"),
        ratio("near", "sample_cpu", "{at_least: 8}"),
        ratio("near-false", "sample_cpu", "{at_most: 8}"),
        ratio("near-count", "iterations", "{at_most: 1.01}"),
    ];
    let report = report(&claims, &[], |spec| control(spec, 1.0, 1.0, 0.1));
    assert_eq!(undecided(&report), ["near", "near-false"]);
    let near = reason(&report.claims[1]);
    assert!(
        near.starts_with(
            "control failed: the same solver, timed twice, agrees with itself in CPU time only to within"
        ),
        "{near}"
    );
    assert!(near.ends_with("and only 25 % part the estimate from the boundary of its region"), "{near}");
}

#[test]
fn for_orders_and_exponents_the_distance_is_that_of_the_times() {
    let order = |id: &str, metric: &str| {
        claim(id, "kind: order, less: {solver: b}, greater: {solver: a}", metric, "{at_least: 0.5}")
    };
    let exponent = |id: &str, accept: &str| {
        claim(id, "kind: exponent, x: problem.n, select: {solver: a}", "sample_cpu", accept)
    };
    // A factor of ten parts the two solvers; the exponent is 1, over a range of a factor of four.
    let claims = [
        order("order", "sample_cpu"),
        exponent("exponent", "{between: [0.5, 1.5]}"),
        exponent("exponent-near", "{between: [0.8, 1.2]}"),
    ];
    let coarse = report(&claims, &[], |spec| control(spec, 1.0, 1.0, 0.1));
    assert_eq!(undecided(&coarse), ["exponent-near"], "{:#?}", coarse.claims);
    let coarser = report(&claims, &[], |spec| control(spec, 1.0, 1.0, 1.0));
    assert_eq!(undecided(&coarser), ["order", "exponent", "exponent-near"]);
    assert!(reason(&coarser.claims[0]).ends_with("part the times of the two sides"));
}

#[test]
fn disturbed_samples_leave_claims_on_wall_time_undecided_and_no_others() {
    // One of five samples is a fifth: still quiet. Two are more.
    let fifth = report(&six(), &[], |spec| quiet(spec).disturbed(1));
    assert!(undecided(&fifth).is_empty(), "warm-up, all of it disturbed, does not count");
    let more = report(&six(), &[], |spec| quiet(spec).disturbed(2));
    assert_eq!(undecided(&more), WALL);
    let wall = &more.claims[2];
    assert_eq!(reason(wall), "contended: other work disturbed 40 % of the timed samples");
    let banner = "Timings contended: other work disturbed 40 % of the timed samples. Read ratios of CPU time";
    assert!(more.html.contains(banner) && more.markdown.contains(banner));
    assert!(more.comparison_text.contains(banner), "{}", more.comparison_text);
    assert!(!fifth.html.contains("Read ratios of CPU time"));
    let samples = more.timing.unwrap().samples;
    assert_eq!((samples.known, samples.contaminated, samples.warmup), (24 * 5, 24 * 2, 24 * 2));
}

#[test]
fn disturbed_samples_are_counted_by_sign() {
    let disturbed = report(&six(), &[], |spec| quiet(spec).disturbed(2));
    let told = "48 of 120 samples that count (40 %), by sign: steal 48, off-cpu 24; 48 samples are left out";
    assert!(disturbed.html.contains(told) && disturbed.markdown.contains(told), "{told}");
    let still = report(&six(), &[], quiet);
    assert!(!still.html.contains("by sign"));
}

#[test]
fn both_reasons_are_given() {
    let report = report(&six(), &[], |spec| control(spec, 1.05, 1.05, 0.001).disturbed(5));
    assert_eq!(undecided(&report), [CPU, WALL].concat());
    let wall = reason(&report.claims[2]);
    assert!(
        wall.starts_with("control failed: ")
            && wall.ends_with("; contended: other work disturbed 100 % of the timed samples")
    );
    assert!(verdicts(&report).iter().all(|(id, v)| COUNTS.contains(id) == (*v != Verdict::Inconclusive)));
}

#[test]
fn one_replicate_has_no_control_and_is_judged_as_before() {
    let claims = [
        ratio("time", "sample_cpu", "{at_least: 5}"),
        claim("solved", "kind: value, select: {where: {n: 250}, solver: a}", "solved", "{at_least: 0}"),
    ];
    let report = report(&claims, &["replicates=1"], |spec| control(spec, 9.0, 9.0, 0.0));
    let timing = report.timing.as_ref().unwrap();
    assert!(timing.controls.is_empty() && timing.control_cpu.is_none());
    assert!(!reason(&report.claims[0]).contains("control"), "{:?}", report.claims[0]);
    assert!(report.html.contains("none: it takes at least two replicates of timed cells"));
}

#[test]
fn all_controls_together_are_the_mean_of_each_block_and_t_over_blocks() {
    // On n = 250 the second arm takes e^0.02, e^-0.01, e^0.03, e^0 as long; on n = 1000 always e^0.01.
    let logs = [0.02, -0.01, 0.03, 0.0];
    let result = |spec: &CellSpec| {
        let n250 = spec.problem.params["n"] == 250;
        let log = if n250 { logs[spec.replicate as usize] } else { 0.01 };
        let off = if spec.control { f64::exp(log) } else { 1.0 };
        Sketch::timed(seconds(spec), off * seconds(spec))
    };
    let report = report(&[], &[], result);
    let timing = report.timing.unwrap();
    let blocks = logs.map(|l| 0.5 * (l + 0.01));
    let mean = blocks.iter().sum::<f64>() / 4.0;
    let variance = blocks.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / 3.0;
    // t with three degrees of freedom, 99 %.
    let half = 5.840_909_309_733_355 * (variance / 4.0).sqrt();
    let pooled = timing.control_cpu.unwrap();
    for (got, want) in
        [(pooled.value, mean), (pooled.lo.unwrap(), mean - half), (pooled.hi.unwrap(), mean + half)]
    {
        assert!((got.ln() - want).abs() < 1e-8, "{got} {want}");
    }
    assert_eq!((pooled.n, pooled.level), (4, 0.99));
    let names: Vec<(&str, &str)> =
        timing.controls.iter().map(|c| (c.problem.as_str(), c.solver.as_str())).collect();
    assert_eq!(names, [("lap n=250", "a"), ("lap n=1000", "a")]);
    assert!((timing.controls[1].cpu.as_ref().unwrap().value.ln() - 0.01).abs() < 1e-8);
    assert!((timing.control_wall.unwrap().value - 1.0).abs() < 1e-12);
}

#[test]
fn a_control_answers_no_question_and_runs_again_with_its_solver() {
    let median = claim(
        "median",
        "kind: value, select: {problem: lap, where: {n: 250}}",
        "iterations",
        "{at_least: 1}",
    );
    let report = report(&[median], &[], |spec| control(spec, 1.0, 1.0, 0.0));
    assert_eq!(report.claims[0].runs.len(), 2 * 4, "two solvers, four replicates, no control");
    let cells = String::from_utf8(report.files["cells.csv"].clone()).unwrap();
    let controls: Vec<&str> = cells.lines().filter(|line| line.contains("(A/A control)")).collect();
    assert_eq!(controls.len(), 2 * 4, "but all cells are listed");
    assert!(
        controls.iter().all(|line| line.contains("solver=a problem.n=") && !line.contains("solver='a")),
        "{controls:#?}"
    );
}

#[test]
fn orders_are_counted_and_what_was_not_run_in_turns_is_named() {
    let turns = report(&[], &[], quiet).timing.unwrap().orders;
    assert_eq!((turns.groups, turns.in_turns, turns.balanced), (2, 2, 2));
    let late = |spec: &CellSpec| {
        let mut sketch = quiet(spec);
        if spec.problem.params["n"] == 250 && spec.solver.id == "sns" {
            sketch.started = Some(86_400 + i64::from(spec.replicate));
        }
        sketch
    };
    let report = report(&[], &[], late);
    let orders = &report.timing.as_ref().unwrap().orders;
    assert_eq!((orders.groups, orders.in_turns), (2, 1));
    assert!(report.markdown.contains("not run together: lap"));
}
