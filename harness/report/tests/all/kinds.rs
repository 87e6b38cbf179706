//! Kinds of claims: a truth table for each, over results made by hand.

use harness_core::record::AuditRow;
use harness_core::{CellSpec, Outcome};
use harness_report::Verdict::{Contradicted, Inconclusive, NotRun, Reproduced};
use harness_report::claims::{explain, text_selection};
use harness_report::{ClaimResult, Verdict};

use crate::results::{Campaign, Sketch};

/// Nothing is random in `still`; in `lap` the instance is.
const SUITE: &str = r#"
schema: 1
suite: mini
default_profile: smoke
papers: [{id: p, title: "A paper"}]
problems:
  lap: {problem: random_assignment, params: {n: 500}}
  still: {problem: grid, params: {n: 30}}
solvers:
  a: {solver: sinkhorn, params: {eta: 100}}
  b: {solver: sns, params: {eta: 100}}
profiles:
  smoke:
    replicates: REPLICATES
    stop: {tol: 1.0e-9, max_iter: 1000}
    runs:
      - {problems: [lap, still], solvers: [a, b]}
tables:
  - id: exact
    title: t
    columns: [steps, half]
    rows:
      - label: A
        select: {problem: still, solver: a}
        cells: {steps: {metric: iterations, reported: 30}, half: {metric: "iterations / 2", reported: 30}}
      - label: B
        select: {problem: still, solver: b}
        cells: {steps: {metric: iterations, reported: 10}, half: {metric: "iterations / 2"}}
  - id: random
    title: t
    columns: [steps]
    rows:
      - {label: A, select: {problem: lap, solver: a}, cells: {steps: {metric: iterations, reported: 60}}}
      - {label: B, select: {problem: lap, solver: b}, cells: {steps: {metric: iterations, reported: 10}}}
figures:
  - id: f
    title: t
    kind: convergence
    x: iteration
    y: marginal_l1
    panels: [{select: {problem: still}}, {select: {problem: lap}}]
    reported:
      - {series: a, panel: 0, points: [[5, 0.1], [10, 1.0e-2]], error: 0.1}
      - {series: b, panel: 0, points: [[5, 0.1], [30, 1.0e-3]]}
      - {series: a, panel: 1, points: [[5, 0.1]]}
"#;

type Results = fn(&CellSpec) -> Option<Sketch>;

fn campaign(replicates: u32, bodies: &[&str], results: impl Fn(&CellSpec) -> Option<Sketch>) -> Campaign {
    let suite = SUITE.replace("REPLICATES", &replicates.to_string());
    let claim = |(i, body): (usize, &&str)| {
        format!(
            "  - {{id: c{i}, statement: s, source: {{paper: p}}, transcribed: read, note: n, scale: {{smoke: full}}, {body}}}\n"
        )
    };
    let claims: String = bodies.iter().enumerate().map(claim).collect();
    let claims = format!("schema: 1\nsuite: mini\nclaims:\n{claims}");
    Campaign::new(&suite, &claims, "smoke", results)
}

fn judge(replicates: u32, body: &str, results: impl Fn(&CellSpec) -> Option<Sketch>) -> ClaimResult {
    campaign(replicates, &[body], results).verdicts().swap_remove(0)
}

/// Judges every row; `base` is what they share.
#[track_caller]
fn truth_table(base: &str, rows: &[(&str, u32, &str, Results, Verdict)]) {
    for (name, replicates, body, results, want) in rows {
        let claim = judge(*replicates, &format!("{base}, {body}"), results);
        assert_eq!(claim.verdict, *want, "{name}: {claim:#?}");
        if matches!(want, Inconclusive | NotRun) {
            assert!(claim.reason.is_some(), "{name}: {claim:#?}");
        }
    }
}

fn is_a(spec: &CellSpec) -> bool {
    spec.solver.id == "sinkhorn"
}

/// A number near 0 that differs from replicate to replicate.
fn wobble(spec: &CellSpec) -> f64 {
    0.01 * (f64::from(spec.replicate * 7 % 10) - 4.5)
}

/// Falls by the factor in each of so many steps.
fn geometric(factor: f64, steps: i64) -> Sketch {
    Sketch::solved((0..=steps).map(|s| (s, 1e-3 * s as f64, factor.powf(s as f64))).collect())
}

const NONE: Results = |_| None;
const CRASH: Results = |_| Some(Sketch::failed(Outcome::Panic, "index out of bounds", ""));
const SIX_TIMES: Results = |spec| {
    let base = 10 + i64::from(spec.replicate % 3);
    Some(Sketch::in_steps(if is_a(spec) { 6 * base } else { base }))
};

#[test]
fn rate() {
    const NINE: Results = |spec| Some(geometric(0.9 + 0.1 * wobble(spec), 230));
    const EXACT: Results = |_| Some(geometric(0.9, 230));
    // At 0.009 from step 20 on, stopped at step 1000.
    const STALLED: Results = |_| {
        let mut sketch = Sketch::solved(vec![(0, 0.0, 1.0), (20, 0.02, 0.01), (1000, 1.0, 0.009)]);
        sketch.status = Some("max_iter");
        Some(sketch)
    };
    const NEVER: Results = |_| Some(Sketch::stopped_at(60).short_of_it("max_iter"));
    let base = "kind: rate, trace: marginal_l1, per: step, window: {from: 1e-2, to: 1e-10}";
    let lap = format!("{base}, select: {{problem: lap, solver: a}}");
    truth_table(
        &lap,
        &[
            ("inside", 10, "accept: {between: [0.89, 0.91]}", NINE, Reproduced),
            ("outside", 10, "accept: {at_most: 0.8}", NINE, Contradicted),
            ("across", 10, "accept: {at_most: 0.9}", NINE, Inconclusive),
            ("reported with its digits", 10, "reported: 0.9, better: lower", NINE, Reproduced),
            ("one random run", 1, "accept: {at_most: 0.95}", NINE, Inconclusive),
            ("not run", 10, "accept: {at_most: 0.8}", NONE, NotRun),
            ("crashed", 10, "accept: {at_most: 0.8}", CRASH, NotRun),
            ("never in the window", 10, "accept: {at_most: 0.8}", NEVER, NotRun),
            // (1e-10/1e-2)^(1/980) = 0.9814.
            ("stopped inside: at least", 10, "accept: {at_most: 0.98}", STALLED, Contradicted),
            ("stopped inside: enough", 10, "accept: {at_least: 0.98}", STALLED, Reproduced),
            ("stopped inside: open", 10, "accept: {at_least: 0.99}", STALLED, Inconclusive),
        ],
    );
    let still = format!("{base}, select: {{problem: still, solver: a}}");
    truth_table(
        &still,
        &[
            ("one exact run", 1, "accept: {between: [0.8999, 0.9001]}", EXACT, Reproduced),
            ("one exact run, outside", 1, "accept: {at_most: 0.89}", EXACT, Contradicted),
        ],
    );
    let claim = judge(1, &format!("{still}, accept: {{at_most: 0.95}}"), EXACT);
    let estimate = claim.estimate.unwrap();
    assert!((estimate.value - 0.9).abs() < 1e-12 && estimate.method.starts_with("Theil-Sen"), "{estimate:?}");
    let never = judge(10, &format!("{lap}, accept: {{at_most: 0.8}}"), NEVER);
    assert_eq!(never.reason.as_deref(), Some("10 cells never came down to 0.01, where the window begins"));
    let superlinear = judge(1, &format!("{still}, accept: {{at_most: 0.8}}"), |_| {
        Some(Sketch::solved(vec![(0, 0.0, 1.0), (1, 0.1, 1e-3), (2, 0.2, 1e-6), (3, 0.3, 1e-12)]))
    });
    let few = "1 cell crosses the window with 2 recorded points, and a line needs 3";
    assert_eq!(superlinear.reason.as_deref(), Some(few));
}

#[test]
fn threshold() {
    const SIXTY: Results = |_| Some(Sketch::in_steps(60));
    let still = "kind: threshold, metric: iterations, select: {problem: still, solver: a}";
    truth_table(
        still,
        &[
            ("on the bound", 1, "bound: at_most, reported: 60", SIXTY, Reproduced),
            ("within the last digit", 1, "bound: at_most, reported: 59.5", SIXTY, Contradicted),
            ("within half a unit", 1, "bound: at_most, reported: 6e1", SIXTY, Reproduced),
            ("above", 1, "bound: at_most, reported: 59", SIXTY, Contradicted),
            ("at least", 1, "bound: at_least, reported: 60", SIXTY, Reproduced),
            ("too little", 1, "bound: at_least, reported: 61", SIXTY, Contradicted),
        ],
    );
    let lap = "kind: threshold, metric: iterations, select: {problem: lap, solver: a}";
    truth_table(
        lap,
        &[
            ("inside", 10, "bound: at_most, reported: 80", SIX_TIMES, Reproduced),
            ("outside", 10, "bound: at_most, reported: 50", SIX_TIMES, Contradicted),
            ("across", 10, "bound: at_most, reported: 66", SIX_TIMES, Inconclusive),
            ("one random run", 1, "bound: at_most, reported: 80", SIX_TIMES, Inconclusive),
            ("not run", 1, "bound: at_most, reported: 80", NONE, NotRun),
            (
                "a quantile of too few",
                10,
                "bound: at_most, reported: 80, aggregate: q(0.9)",
                SIX_TIMES,
                Inconclusive,
            ),
            (
                "a quantile of enough",
                40,
                "bound: at_most, reported: 80, aggregate: q(0.9)",
                SIX_TIMES,
                Reproduced,
            ),
        ],
    );
    let reach = still.replace("metric: iterations", "metric: \"iters_to(marginal_l1 <= 1e-9)\"");
    let stopped =
        judge(1, &format!("{reach}, bound: at_most, reported: 50"), |_| Some(Sketch::stopped_at(60)));
    assert_eq!(stopped.verdict, Contradicted, "at least 60 is more than 50: {stopped:#?}");
    assert_eq!(stopped.region_from, "the paper's bound and half a unit of its last printed digit");
    assert!(!stopped.better);
}

#[test]
fn optimum() {
    // The last value is 1e-9.
    const TEN: Results = |_| Some(Sketch::in_steps(10));
    let still = "kind: optimum, select: {problem: still, solver: a}, metric: final(marginal_l1)";
    let lap = still.replace("still", "lap");
    truth_table(
        still,
        &[
            ("on the edge", 1, "optimum: 0, sense: minimise, tolerance: 1e-9", TEN, Reproduced),
            ("short of it", 1, "optimum: 0, sense: minimise, tolerance: 9e-10", TEN, Contradicted),
            ("the other edge", 1, "optimum: 0, sense: maximise, tolerance: 1e-9", TEN, Reproduced),
            ("better than the best", 1, "optimum: 0, sense: maximise, tolerance: 9e-10", TEN, Contradicted),
            ("relative above 1", 1, "optimum: -100, sense: minimise, tolerance: 1.01", TEN, Reproduced),
            ("no such fact", 1, "optimum: optimm, sense: minimise, tolerance: 1", TEN, NotRun),
            ("crashed", 1, "optimum: 0, sense: minimise, tolerance: 1", CRASH, NotRun),
        ],
    );
    truth_table(
        &lap,
        &[
            ("replicates", 10, "optimum: 0, sense: minimise, tolerance: 1e-8", TEN, Reproduced),
            ("one random run", 1, "optimum: 0, sense: minimise, tolerance: 1e-8", TEN, Inconclusive),
            (
                "one random run that is impossible",
                1,
                "optimum: 1, sense: minimise, tolerance: 0.5",
                TEN,
                Contradicted,
            ),
            ("not run", 1, "optimum: 1, sense: minimise, tolerance: 0.5", NONE, NotRun),
        ],
    );
    let impossible = judge(10, &format!("{lap}, optimum: 1, sense: minimise, tolerance: 0.5"), TEN);
    let reason = impossible.reason.unwrap();
    assert!(reason.starts_with("impossible value: check feasibility; 10 of 10 runs are better"), "{reason}");
    assert_eq!(impossible.p, None, "it is not a matter of chance");
    // The fixture records a cost of 0.00323 against an optimum of 0.00321.
    let fact = still.replace("final(marginal_l1)", "final(cost)");
    let close = judge(1, &format!("{fact}, optimum: optimum, sense: minimise, tolerance: 2.1e-5"), TEN);
    assert_eq!(close.verdict, Reproduced, "{close:#?}");
    assert!((close.estimate.unwrap().value - 2e-5).abs() < 1e-12);
}

/// Fails in the ways that count against a method, in turns; every fifth run reaches the goal.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a campaign asks for results")]
fn failing(spec: &CellSpec) -> Option<Sketch> {
    Some(match spec.replicate % 5 {
        0 => Sketch::in_steps(10),
        1 => Sketch::failed(Outcome::Timeout, "hard limit of 1 s", ""),
        2 => Sketch::failed(Outcome::Oom, "memory", ""),
        3 => Sketch::failed(Outcome::Signal, "signal 11", ""),
        _ => Sketch::stopped_at(60),
    })
}

#[test]
fn success() {
    const INTERRUPTED: Results = |_| Some(Sketch::failed(Outcome::Interrupted, "interrupted", ""));
    const DIVERGED: Results = |_| {
        let mut sketch = Sketch::in_steps(10);
        sketch.status = Some("diverged");
        Some(sketch)
    };
    // Reached 1e-9 at step 60, and was ended at its hard limit later.
    const LATER: Results = |spec| {
        let mut sketch = Sketch::in_steps(60 + i64::from(spec.replicate % 2));
        (sketch.outcome, sketch.status) = (Outcome::Timeout, None);
        Some(sketch)
    };
    let goal = "kind: success, goal: \"final(marginal_l1) <= 1e-9\"";
    let lap = format!("{goal}, select: {{problem: lap, solver: a}}");
    truth_table(
        &lap,
        &[
            ("ten of ten", 10, "accept: {at_least: 0.69}", SIX_TIMES, Reproduced),
            ("ten of ten are not all", 10, "accept: {at_least: 0.9}", SIX_TIMES, Inconclusive),
            ("ten of ten are too many", 10, "accept: {at_most: 0.5}", SIX_TIMES, Contradicted),
            ("two of ten", 10, "accept: {at_least: 0.6}", failing, Contradicted),
            ("two of ten, open", 10, "accept: {at_least: 0.5}", failing, Inconclusive),
            ("all crashed", 10, "accept: {at_least: 0.5}", CRASH, Contradicted),
            ("diverged at a small error", 10, "accept: {at_least: 0.5}", DIVERGED, Contradicted),
            ("ended at a limit", 10, "accept: {at_least: 0.5}", LATER, Contradicted),
            ("one random run", 1, "accept: {at_least: 0.5}", SIX_TIMES, Inconclusive),
            ("interrupted", 10, "accept: {at_least: 0.5}", INTERRUPTED, NotRun),
            ("not run", 10, "accept: {at_least: 0.5}", NONE, NotRun),
        ],
    );
    let before = lap.replace("final(marginal_l1) <= 1e-9", "iters_to(marginal_l1 <= 1e-9) <= 100");
    truth_table(
        &before,
        &[
            ("reached before the limit", 10, "accept: {at_least: 0.5}", LATER, Reproduced),
            ("stopped before", 10, "accept: {at_least: 0.5}", |_| Some(Sketch::stopped_at(60)), Contradicted),
        ],
    );
    let still = format!("{goal}, select: {{problem: still, solver: a}}");
    truth_table(
        &still,
        &[
            ("one exact run, edge", 1, "accept: {at_least: 1}", SIX_TIMES, Reproduced),
            (
                "one exact run fails",
                1,
                "accept: {at_least: 0.1}",
                |_| Some(Sketch::stopped_at(60)),
                Contradicted,
            ),
        ],
    );
    let claim = judge(10, &format!("{lap}, accept: {{at_least: 0.6}}"), failing);
    let estimate = claim.estimate.unwrap();
    assert_eq!((estimate.value, estimate.n, estimate.method), (0.2, 10, "Clopper-Pearson"));
    let how =
        "8 runs of 10 did not reach the goal: 2 runs max_iter, 2 runs oom, 2 runs signal, 2 runs timeout";
    assert_eq!(claim.remarks, [how]);
    let sooner = lap.replace("final(marginal_l1) <= 1e-9", "iters_to(marginal_l1 <= 1e-9) <= 1");
    let solved = judge(10, &format!("{sooner}, accept: {{at_least: 0.6}}"), SIX_TIMES);
    let how =
        "10 runs of 10 did not reach the goal: 10 runs solved by the suite's `stop`, which is another goal";
    assert_eq!(solved.remarks, [how], "a solved run that misses the claim's goal is no contradiction");
    let flag = lap.replace("final(marginal_l1) <= 1e-9", "outcome(timeout)");
    let timeouts = judge(10, &format!("{flag}, accept: {{at_least: 0.1}}"), failing);
    assert_eq!(timeouts.estimate.unwrap().value, 0.2);
}

#[test]
fn negative() {
    let lap = "kind: negative, goal: solved, select: {problem: lap, solver: a}";
    truth_table(
        lap,
        &[
            ("all fail", 10, "accept: {at_least: 0.6}", CRASH, Reproduced),
            ("none fails", 10, "accept: {at_least: 0.5}", SIX_TIMES, Contradicted),
            ("most fail", 10, "accept: {at_least: 0.5}", failing, Inconclusive),
            ("one random run", 1, "accept: {at_least: 0.5}", CRASH, Inconclusive),
            ("not run", 10, "accept: {at_least: 0.5}", NONE, NotRun),
        ],
    );
    let still = lap.replace("lap", "still");
    truth_table(
        &still,
        &[("one exact run, edge", 1, "accept: {at_least: 1}", |_| Some(Sketch::stopped_at(60)), Reproduced)],
    );
}

#[test]
fn table() {
    // 60 and 10 steps: factors of 2 (60 against 30), 1 (30 against 30) and 1 (10 against 10).
    const EXACT: Results = |spec| Some(Sketch::in_steps(if is_a(spec) { 60 } else { 10 }));
    const ONE_SIDE: Results = |spec| is_a(spec).then(|| Sketch::in_steps(60));
    // The steps of a run are not known if it was ended at its limit: at least 60.
    const ENDED: Results = |spec| {
        let mut sketch = Sketch::in_steps(if is_a(spec) { 60 } else { 10 });
        if is_a(spec) {
            (sketch.outcome, sketch.status) = (Outcome::Timeout, None);
        }
        Some(sketch)
    };
    truth_table(
        "kind: table, table: exact",
        &[
            ("on the edge", 1, "accept: {within_factor: 2}", EXACT, Reproduced),
            ("beyond", 1, "accept: {within_factor: 1.9}", EXACT, Contradicted),
            ("one column", 1, "columns: half, accept: {within_factor: 1}", EXACT, Reproduced),
            ("one row", 1, "rows: [B], accept: {within_factor: 1}", EXACT, Reproduced),
            ("a cell without runs", 1, "accept: {within_factor: 2}", ONE_SIDE, Inconclusive),
            (
                "a cell without runs, beyond already",
                1,
                "accept: {within_factor: 1.9}",
                ONE_SIDE,
                Contradicted,
            ),
            ("at least 60 is twice 30", 1, "accept: {within_factor: 1.9}", ENDED, Contradicted),
            ("at least 60 may be more", 1, "accept: {within_factor: 2}", ENDED, Inconclusive),
            ("not run", 1, "accept: {within_factor: 2}", NONE, NotRun),
        ],
    );
    truth_table(
        "kind: table, table: random",
        &[
            ("inside", 10, "accept: {within_factor: 1.25}", SIX_TIMES, Reproduced),
            ("across", 10, "accept: {within_factor: 1.15}", SIX_TIMES, Inconclusive),
            ("outside", 10, "accept: {within_factor: 1.5}", |_| Some(Sketch::in_steps(100)), Contradicted),
            ("too few replicates", 6, "accept: {within_factor: 1.5}", SIX_TIMES, Inconclusive),
        ],
    );
    let claim = judge(6, "kind: table, table: random, accept: {within_factor: 1.5}", SIX_TIMES);
    // Two cells: 97.5 % each, for which a median takes 7 replicates instead of 6.
    assert_eq!((claim.needed_n, claim.parts.len()), (Some(7), 2));
    let claim = judge(10, "kind: table, table: random, accept: {within_factor: 1.25}", SIX_TIMES);
    let labels: Vec<&str> = claim.parts.iter().map(|p| p.label.as_str()).collect();
    assert_eq!(labels, ["A, steps", "B, steps"]);
    assert!(claim.parts.iter().all(|p| p.estimate.as_ref().unwrap().level == 0.975), "{:#?}", claim.parts);
    assert_eq!(claim.estimate.unwrap().method, "worst of several, Bonferroni");
    let missing = judge(1, "kind: table, table: exact, accept: {within_factor: 2}", ONE_SIDE);
    assert_eq!(missing.reason.as_deref(), Some("1 cell has no value of ours, of 3"));
}

#[test]
fn curve() {
    // 0.1 at 5 by interpolation of the logarithm, 0.01 at 10: as in the paper.
    const SAME: Results = |_| Some(Sketch::solved(vec![(0, 0.0, 1.0), (10, 0.1, 0.01)]));
    const HALF: Results = |_| Some(Sketch::solved(vec![(0, 0.0, 1.0), (10, 0.1, 0.005), (20, 0.2, 1e-9)]));
    const NEAR: Results = |spec| {
        let value = 0.1 * (1.0 + wobble(spec));
        Some(Sketch::solved(vec![(0, 0.0, 1.0), (5, 0.1, value), (20, 0.2, 1e-9)]))
    };
    const ZERO: Results = |_| Some(Sketch::solved(vec![(0, 0.0, 1.0), (5, 0.1, 0.0), (10, 0.2, 0.0)]));
    let a = "kind: curve, figure: f, series: a";
    truth_table(
        a,
        &[
            ("the same", 1, "accept: {within_factor: 1.000001}", SAME, Reproduced),
            // The figure was read to 10 %: a factor of 2 lies within 1.9 · 1.1.
            ("half, within the figure's error", 1, "accept: {within_factor: 1.9}", HALF, Reproduced),
            ("half, beyond it", 1, "accept: {within_factor: 1.8}", HALF, Contradicted),
            ("no logarithm", 1, "accept: {within_factor: 2}", ZERO, NotRun),
            ("not run", 1, "accept: {within_factor: 2}", NONE, NotRun),
            ("crashed", 1, "accept: {within_factor: 2}", CRASH, NotRun),
        ],
    );
    truth_table(
        "kind: curve, figure: f, series: b",
        &[
            ("ends before a point", 1, "accept: {within_factor: 2}", SAME, Inconclusive),
            ("ends before, and is far off already", 1, "accept: {within_factor: 1.3}", HALF, Contradicted),
        ],
    );
    truth_table(
        "kind: curve, figure: f, series: a, panel: 1",
        &[
            ("replicates", 10, "accept: {within_factor: 1.1}", NEAR, Reproduced),
            ("replicates, across", 10, "accept: {within_factor: 1.02}", NEAR, Inconclusive),
            (
                "replicates, a quantile",
                10,
                "aggregate: q(0.9), accept: {within_factor: 1.1}",
                NEAR,
                Inconclusive,
            ),
            ("one random run", 1, "accept: {within_factor: 2}", NEAR, Inconclusive),
        ],
    );
    let claim = judge(1, &format!("{a}, accept: {{within_factor: 1.9}}"), HALF);
    assert!((claim.estimate.as_ref().unwrap().value - 2.0).abs() < 1e-12, "{claim:#?}");
    assert_eq!(claim.region_from, "within a factor of 1.9 ⊕ the error of digitising");
    let labels: Vec<&str> = claim.parts.iter().map(|p| p.label.as_str()).collect();
    assert_eq!(labels, ["step = 5", "step = 10"]);
}

/// The verdict in a campaign in which an audit found the first replicate of `a` on `still` to agree so far.
fn audited(body: &str, kind: &str, level: &str) -> ClaimResult {
    let mut campaign = campaign(1, &[body], SIX_TIMES);
    let cell = campaign.plan.cells.iter().find(|c| is_a(&c.spec) && c.spec.problem.id == "grid").unwrap();
    let run = campaign.data.runs.iter().find(|r| r.cell_key == cell.key).unwrap();
    let row = AuditRow {
        audit_id: "audit".to_owned(),
        suite: "mini".to_owned(),
        kind: kind.to_owned(),
        problem: "still".to_owned(),
        solver: "a".to_owned(),
        declared: "bitwise".to_owned(),
        cell_key_a: cell.key.clone(),
        cell_key_b: cell.key.clone(),
        run_a: run.run_id,
        run_b: run.run_id,
        level: level.to_owned(),
        max_ulp: Some(3),
        max_diff: None,
        first_diff_step: Some(7),
        passed: true,
        reason: None,
        code_key: campaign.plan.code_key.clone(),
        env_key: run.env_key.clone(),
    };
    campaign.data.audits = vec![row];
    campaign.verdicts().swap_remove(0)
}

#[test]
fn determinism_by_audits() {
    let body = |across: &str, level: &str| {
        format!("kind: determinism, select: {{problem: still, solver: a}}, across: {across}, level: {level}")
    };
    for (across, level, found, want) in [
        ("threads", "bitwise", "bitwise", Reproduced),
        ("threads", "bitwise", "tolerance", Contradicted),
        ("threads", "tolerance", "tolerance", Reproduced),
        ("threads", "tolerance", "bitwise", Reproduced),
        ("threads", "tolerance", "statistical", Contradicted),
        ("threads", "statistical", "statistical", Reproduced),
        ("threads", "bitwise", "none", NotRun),
        ("order", "bitwise", "bitwise", NotRun),
    ] {
        let claim = audited(&body(across, level), "threads", found);
        assert_eq!(claim.verdict, want, "{across} {level} {found}: {claim:#?}");
    }
    let claim = audited(&body("threads", "bitwise"), "threads", "tolerance");
    assert_eq!((claim.p, claim.estimate.as_ref().unwrap().value), (None, 0.0), "a count, not a sample");
    assert_eq!(claim.remarks, ["1 pair of 1 agree less than bitwise"]);
    let remark = claim.parts[0].remark.as_ref().unwrap();
    assert!(remark.starts_with("tolerance, 3 ulp apart from step 7 on"), "{remark}");
    let other = audited(&body("threads", "bitwise").replace("solver: a", "solver: b"), "threads", "bitwise");
    assert_eq!(other.verdict, NotRun, "an audit of another solver says nothing of this one");
    assert!(other.reason.as_ref().unwrap().contains("harness audit kinds=threads"));
}

#[test]
fn determinism_by_repeated_runs() {
    let body = "kind: determinism, select: {problem: still, solver: a}, across: same, level: bitwise";
    let with = |hash: &str, code: Option<&str>| {
        let mut campaign = campaign(1, &[body], SIX_TIMES);
        let cell = campaign.plan.cells.iter().find(|c| is_a(&c.spec) && c.spec.problem.id == "grid").unwrap();
        let mut again = campaign.data.runs.iter().find(|r| r.cell_key == cell.key).unwrap().clone();
        again.run_id = "00000000-0000-7000-8000-00000000abcd".parse().unwrap();
        (again.attempt, again.result_hash) = (2, Some(hash.to_owned()));
        if let Some(code) = code {
            again.code_key = harness_core::CodeKey::of(code.as_bytes());
        }
        campaign.data.runs.push(again);
        campaign.verdicts().swap_remove(0)
    };
    assert_eq!(with("00", None).verdict, Reproduced);
    let differ = with("01", None);
    assert_eq!(differ.verdict, Contradicted, "{differ:#?}");
    assert_eq!(with("01", Some("older code")).verdict, NotRun, "runs of older code are no repetition");
    let plain = judge(1, body, SIX_TIMES);
    assert_eq!(plain.verdict, NotRun, "one run repeats nothing");
}

#[test]
fn a_contradiction_has_to_survive_all_claims_that_are_tested_with_it() {
    let wrong = "kind: value, metric: iterations, select: {problem: lap, solver: a}, accept: {at_most: 50}";
    let right = "kind: value, metric: iterations, select: {problem: lap, solver: a}, accept: {at_most: 500}";
    // Six replicates on one side of the bound: p = 2 · 2⁻⁶.
    let alone = judge(6, wrong, SIX_TIMES);
    assert_eq!((alone.verdict, alone.tests), (Contradicted, Some(1)));
    assert!((alone.p.unwrap() - 0.03125).abs() < 1e-6 && alone.p == alone.p_adjusted);
    let claims = campaign(6, &[wrong, right], SIX_TIMES).verdicts();
    let [first, second] = &claims[..] else { panic!() };
    assert_eq!((first.verdict, second.verdict), (Inconclusive, Reproduced), "{first:#?}");
    assert!((first.p_adjusted.unwrap() - 0.0625).abs() < 1e-6, "{first:#?}");
    // At 97.5 % a median takes seven replicates.
    assert_eq!(first.needed_n, Some(7));
    assert_eq!(
        first.reason.as_deref(),
        Some(
            "outside the region with p = 0.0313, which may be chance among 2 claims tested together: 0.0625 when adjusted \
             (Holm), not below 0.05; about 1 more replicate needed"
        )
    );
    assert_eq!((second.p, second.p_adjusted), (Some(1.0), Some(1.0)));
    // More replicates decide it.
    assert_eq!(campaign(8, &[wrong, right], SIX_TIMES).verdicts()[0].verdict, Contradicted);
    // What is exact is no test: it neither weakens others nor is weakened.
    let exact = "kind: value, metric: iterations, select: {problem: still, solver: a}, accept: {at_most: 50}";
    let claims = campaign(6, &[wrong, exact, exact], SIX_TIMES).verdicts();
    assert!(claims.iter().all(|c| c.verdict == Contradicted), "{claims:#?}");
    assert_eq!(claims.iter().map(|c| c.tests).collect::<Vec<_>>(), [Some(1), None, None]);
}

#[test]
fn a_side_that_is_better_is_open_and_marked() {
    let value = |extra: &str| {
        format!(
            "kind: value, metric: iterations, select: {{problem: still, solver: a}}, reported: 90, {extra}"
        )
    };
    let sixty: Results = |_| Some(Sketch::in_steps(60));
    let two_sided = judge(1, &value("accept: {within: 0.1}"), sixty);
    assert_eq!((two_sided.verdict, two_sided.better), (Contradicted, false));
    let open = judge(1, &value("accept: {within: 0.1}, better: lower"), sixty);
    assert_eq!((open.verdict, open.better, open.region_lo), (Reproduced, true, None));
    assert_eq!(open.region_from, "reported ± 10 %, open on the better side");
    // Better than a range is better than its nearer end.
    let range = |lo: u32| {
        let body = value("better: lower").replace("reported: 90", &format!("reported: {{lo: {lo}, hi: 90}}"));
        judge(1, &body, sixty)
    };
    assert_eq!((range(61).verdict, range(61).better, range(59).better), (Reproduced, true, false));
    let worse = judge(1, &value("accept: {within: 0.1}, better: higher"), sixty);
    assert_eq!((worse.verdict, worse.better), (Contradicted, false));
}

/// Four claims that take much to explain.
fn explained() -> Vec<ClaimResult> {
    let ratio = "kind: ratio, metric: \"iters_to(marginal_l1 <= 1e-9)\", select: {problem: lap}, numerator: {solver: a}, \
                 denominator: {solver: b}, aggregate: geomean, reported: {value: 12.3, std: 1.5, n: 9}, tolerance: 2";
    let few =
        "kind: value, metric: iterations, select: {problem: lap, solver: b}, reported: 10, better: lower";
    let table = "kind: table, table: exact, accept: {within_factor: 2}";
    let failing_ones =
        "kind: success, goal: solved, select: {problem: lap, solver: a}, accept: {at_least: 0.9}";
    campaign(6, &[ratio, few, table, failing_ones], |spec| match spec.replicate {
        4 if is_a(spec) => Some(Sketch::stopped_at(90)),
        5 if is_a(spec) => Some(Sketch::failed(Outcome::Signal, "ended by signal 11 (SIGSEGV)", "")),
        _ => SIX_TIMES(spec),
    })
    .verdicts()
}

#[test]
fn explanations_are_for_people() {
    let claims = explained();
    let text: Vec<String> = claims.iter().map(explain).collect();
    insta::assert_snapshot!("explained", text.join("\n"));
    for line in text.iter().flat_map(|t| t.lines()).filter(|l| !l.contains("just run")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn some_of_the_claims_are_shown_with_the_headline_of_all() {
    let claims = explained();
    let some: Vec<&ClaimResult> = claims.iter().filter(|c| c.kind != "table").collect();
    insta::assert_snapshot!("chosen", text_selection(&some, &claims));
}
