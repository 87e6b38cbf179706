use std::collections::BTreeMap;

use harness_core::{CellKey, CodeKey, EnvKey, RunRecord, SampleRow};
use harness_plan::expr::parse;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::campaign::Trace;

fn record(outcome: Outcome) -> RunRecord {
    let ok = outcome == Outcome::Ok;
    serde_json::from_value(json!({
        "run_id": "00000000-0000-7000-8000-000000000001", "campaign_id": "c", "cell_key": CellKey::of(b"cell"),
        "code_key": CodeKey::of(b"code"), "env_key": EnvKey::of(b"env"), "attempt": 1, "suite": "s", "profile": "p",
        "problem": "p", "problem_params": "{}", "solver": "s", "solver_params": "{}", "stop": "{}", "measure": "{}",
        "replicate": 0, "master_seed": 1, "device": "cpu", "dtype": "f64", "threads": 1, "outcome": outcome,
        "solver_status": ok.then_some("solved"), "reason": (!ok).then_some("hard limit of 1 s\nsecond line"),
        "leaked": false, "started_unix_ns": 0, "elapsed_ns": 0, "setup_ns": 500_000_000,
        "solve_wall_ns": ok.then_some(8_000_000_000_i64), "solve_cpu_ns": ok.then_some(6_000_000_000_i64),
        "n_iter": ok.then_some(40), "work": ok.then_some(400),
        "counters": r#"{"newton_steps": 9, "matvecs": 18}"#,
        "metrics": r#"{"gap": 0.125, "cost": "inf", "only_final": 3.0}"#,
        "instance": r#"{"n": 500, "exact": true, "name": "lap"}"#,
        "vmhwm_setup": 1024, "vmhwm_solve": ok.then_some(4096), "trace_rows": 0, "harness_version": "0"
    }))
    .unwrap()
}

/// `gap` halves every ten steps; a step takes 0.2 s of wall time, 0.1 s of CPU time and 10 units of work.
fn trace() -> Trace<'static> {
    let points = |value: fn(i64) -> f64| -> Vec<TracePoint> {
        [0, 10, 20, 40]
            .map(|step| TracePoint { step, t_ns: step * 200_000_000, work: step * 10, value: value(step) })
            .to_vec()
    };
    let gap = points(|step| 1.0 / f64::from(1 << (step / 10)));
    BTreeMap::from([("gap", gap), (CPU_TRACE, points(|step| step as f64 * 0.1))])
}

fn eval_in(text: &str, record: &RunRecord, trace: Option<&Trace<'_>>) -> Result<Censored, EvalError> {
    let sample = |rep, warmup, wall_ns| SampleRow {
        rep,
        warmup,
        iters: 10,
        ..SampleRow::bare(record, wall_ns, wall_ns / 2)
    };
    let rows = [
        sample(0, true, 900_000_000),
        sample(1, false, 30_000_000),
        sample(2, false, 10_000_000),
        sample(3, false, 20_000_000),
    ];
    let samples: Vec<&SampleRow> = rows.iter().collect();
    evaluate(&parse(text).unwrap().expr, Run { record, trace, samples: &samples })
}

fn eval(text: &str) -> Result<Censored, EvalError> {
    eval_in(text, &record(Outcome::Ok), Some(&trace()))
}

#[test]
fn every_form_on_a_trace_made_by_hand() {
    for (text, want) in [
        ("iters_to(gap <= 0.25)", 20.0),
        ("iters_to(gap < 0.25)", 40.0),
        ("time_to(gap <= 0.25)", 4.0),
        ("cpu_to(gap <= 0.25)", 2.0),
        ("work_to(gap <= 0.25)", 200.0),
        ("iters_to(gap >= 1)", 0.0),
        ("final(gap)", 0.0625),
        ("final(only_final)", 3.0),
        ("best(gap)", 0.0625),
        ("at(gap, step=19)", 0.5),
        ("at(gap, step=20)", 0.25),
        ("at(gap, t=2.5)", 0.5),
        ("at(gap, work=1000)", 0.0625),
        // 10·(1 + ½)/2 + 10·(½ + ¼)/2 + 20·(¼ + 1/16)/2
        ("auc(gap)", 14.375),
        ("auc(gap, t)", 2.875),
        ("auc(gap, work)", 143.75),
        ("outcome(ok)", 1.0),
        ("outcome(timeout)", 0.0),
        ("iterations", 40.0),
        ("wall", 8.0),
        ("cpu", 6.0),
        ("work", 400.0),
        ("setup", 0.5),
        ("peak_mem", 4096.0),
        ("counter(newton_steps)", 9.0),
        ("instance(n)", 500.0),
        ("instance(exact)", 1.0),
        ("solved", 1.0),
        // The median of 1, 2 and 3 ms; the warm-up does not count.
        ("sample_wall", 0.002),
        ("sample_cpu", 0.001),
        ("cpu / iterations", 0.15),
        ("2 * (wall - setup) + -1", 14.0),
    ] {
        let got = eval(text).unwrap_or_else(|e| panic!("{text}: the run {e}"));
        assert!(!got.is_censored() && (got.lower() - want).abs() < 1e-12, "{text}: {got:?}, want {want}");
    }
}

#[test]
fn a_target_that_is_never_reached_is_censored_at_what_was_spent() {
    for (text, want) in [
        ("iters_to(gap <= 1e-9)", 40.0),
        ("time_to(gap <= 1e-9)", 8.0),
        ("cpu_to(gap <= 1e-9)", 6.0),
        ("work_to(gap <= 1e-9)", 400.0),
        ("2 * time_to(gap <= 1e-9) + 1", 17.0),
        ("time_to(gap <= 1e-9) / iterations", 0.2),
    ] {
        assert_eq!(eval(text).unwrap(), Censored::AtLeast(want), "{text}");
    }
    for text in [
        "-time_to(gap <= 1e-9)",
        "1 / time_to(gap <= 1e-9)",
        "wall - time_to(gap <= 1e-9)",
        "-1 * time_to(gap <= 1e-9)",
    ] {
        assert!(matches!(eval(text), Err(EvalError::Unbounded(_))), "{text}");
    }
}

#[test]
fn with_patience_a_target_counts_only_if_it_is_kept() {
    let values = [(0, 1.0), (5, 0.2), (10, 1.0), (20, 0.2), (30, 0.2), (40, 0.1)];
    let point = |(step, value): (i64, f64)| TracePoint { step, t_ns: 0, work: 0, value };
    let trace: Trace<'static> = BTreeMap::from([("gap", values.map(point).to_vec())]);
    let reach = |record: &RunRecord, patience: &str| {
        eval_in(&format!("iters_to(gap <= 0.25{patience})"), record, Some(&trace)).unwrap()
    };
    let solved = record(Outcome::Ok);
    for (patience, want) in [
        ("", 5.0),
        // Nothing is recorded within four steps that says otherwise.
        (", patience=4", 5.0),
        (", patience=5", 20.0),
        (", patience=20", 20.0),
        // The run was solved and makes no further steps.
        (", patience=30", 20.0),
    ] {
        assert_eq!(reach(&solved, patience), Censored::Value(want), "{patience}");
    }
    let mut stopped = record(Outcome::Ok);
    stopped.solver_status = Some("max_iter".to_owned());
    assert_eq!(reach(&stopped, ", patience=20"), Censored::Value(20.0));
    assert_eq!(reach(&stopped, ", patience=30"), Censored::AtLeast(20.0), "it might have left it again");
    assert_eq!(
        eval_in("iters_to(gap <= 0.01, patience=3)", &stopped, Some(&trace)).unwrap(),
        Censored::AtLeast(40.0)
    );
}

#[test]
fn how_a_run_ended_is_known_unless_it_was_not_to_end() {
    for (outcome, timeout) in [(Outcome::Timeout, 1.0), (Outcome::Panic, 0.0), (Outcome::Oom, 0.0)] {
        let got = eval_in("outcome(timeout)", &record(outcome), None).unwrap();
        assert_eq!(got, Censored::Value(timeout), "{outcome}");
    }
    assert!(eval_in("outcome(timeout)", &record(Outcome::Interrupted), None).is_err());
    assert!(
        eval_in("auc(gap)", &record(Outcome::Timeout), Some(&trace())).is_err(),
        "part of an area is none"
    );
    let exact = |text: &str| is_exact(&parse(text).unwrap().expr);
    assert!(exact("auc(gap)") && !exact("auc(gap, t)") && !exact("outcome(timeout)"));
}

#[test]
fn a_run_that_was_ended_keeps_what_its_trace_shows() {
    let (record, trace) = (record(Outcome::Timeout), trace());
    let eval = |text| eval_in(text, &record, Some(&trace));
    assert_eq!(eval("iters_to(gap <= 0.25)").unwrap(), Censored::Value(20.0));
    assert_eq!(eval("time_to(gap <= 1e-9)").unwrap(), Censored::AtLeast(8.0));
    assert_eq!(eval("cpu_to(gap <= 1e-9)").unwrap(), Censored::AtLeast(4.0));
    assert_eq!(eval("wall").unwrap(), Censored::AtLeast(8.0));
    assert_eq!(eval("solved").unwrap(), Censored::Value(0.0));
    let error = eval("final(gap)").unwrap_err().to_string();
    assert_eq!(error, "ended with `timeout` (hard limit of 1 s)");
    assert!(eval_in("time_to(gap <= 1e-9)", &record, None).is_err());
    assert_eq!(eval("cpu").unwrap(), Censored::AtLeast(4.0));
    // It was ended between its timed repetitions: those that it took count.
    assert_eq!(eval("sample_wall").unwrap(), Censored::Value(0.002));
    let untaken = |text: &str| {
        evaluate(&parse(text).unwrap().expr, Run { record: &record, trace: Some(&trace), samples: &[] })
    };
    assert_eq!(untaken("sample_wall").unwrap(), Censored::AtLeast(8.0));
    assert_eq!(untaken("sample_cpu").unwrap(), Censored::AtLeast(4.0));
}

#[test]
fn a_timed_run_that_its_budget_ended_took_at_least_what_it_spent() {
    let mut record = record(Outcome::Ok);
    record.measure = r#"{"solve":{"samples":5,"warmup":1}}"#.to_owned();
    let trace = trace();
    let samples = |record: &RunRecord, text: &str| {
        evaluate(&parse(text).unwrap().expr, Run { record, trace: Some(&trace), samples: &[] })
    };
    assert!(samples(&record, "sample_cpu").is_err(), "it was to take none, or they are lost");
    record.solver_status = Some("max_time".to_owned());
    assert_eq!(samples(&record, "sample_cpu").unwrap(), Censored::AtLeast(6.0));
    assert_eq!(samples(&record, "sample_wall").unwrap(), Censored::AtLeast(8.0));
}

#[test]
fn errors_name_what_is_missing() {
    for (text, want) in [
        ("final(gapp)", "has no metric `gapp`; did you mean `gap`?"),
        ("iters_to(gapp <= 1)", "has no trace metric `gapp`; did you mean `gap`?"),
        ("counter(newton_step)", "has no counter `newton_step`; did you mean `newton_steps`?"),
        ("instance(name)", "has no instance fact `name`; did you mean `name`?"),
        ("final(cost)", "gives inf for `final(cost)`"),
        ("wall / (iterations - 40)", "gives inf for `wall / (iterations - 40)`"),
    ] {
        let error = eval(text).unwrap_err().to_string();
        if text == "instance(name)" {
            assert!(error.starts_with("has no instance fact `name`"), "{error}");
        } else {
            assert_eq!(error, want, "{text}");
        }
    }
    let skipped = record(Outcome::Skipped);
    assert!(matches!(eval_in("solved", &skipped, None), Err(EvalError::Failed { .. })));
}

#[test]
fn times_and_memory_are_not_exact() {
    let exact = |text| is_exact(&parse(text).unwrap().expr);
    assert!(exact("iters_to(gap <= 1e-9) / work") && exact("final(gap)"));
    assert!(!exact("1 + peak_mem") && !exact("time_to(gap <= 1e-9)") && !exact("-wall"));
}

#[test]
fn units_follow_the_arithmetic() {
    for (text, want) in [
        ("time_to(gap <= 1e-9)", "s"),
        ("cpu / iterations", "s"),
        ("1e3 * wall", "s"),
        ("wall / cpu", ""),
        ("peak_mem", "B"),
        ("iterations", ""),
        ("wall + cpu", "s"),
    ] {
        assert_eq!(unit_of(&parse(text).unwrap().expr, &[]), want, "{text}");
    }
}

proptest! {
    /// A lower bound stays one: whatever the hidden value is, the result is not below the bound.
    #[test]
    fn arithmetic_on_bounds_is_sound(
        (a, b, hidden_a, hidden_b) in (-9.0..9.0_f64, -9.0..9.0_f64, 0.0..50.0_f64, 0.0..50.0_f64),
        (a_cut, b_cut) in any::<(bool, bool)>(),
        op in prop::sample::select(Op::ALL),
    ) {
        let bound = |x, cut| if cut { Censored::AtLeast(x) } else { Censored::Value(x) };
        if let Some(result) = combine(op, bound(a, a_cut), bound(b, b_cut)) {
            let truth = op.apply(
                if a_cut { a + hidden_a } else { a },
                if b_cut { b + hidden_b } else { b },
            );
            prop_assert!(result.lower() <= truth + 1e-9 * truth.abs(), "{op} {a} {b}: {result:?} > {truth}");
            prop_assert_eq!(result.is_censored(), a_cut || b_cut);
        }
    }
}
