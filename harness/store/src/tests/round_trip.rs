//! What is written is what is read, bit for bit.

use harness_core::record::{ClaimRow, FinishedRun, Outcome, RunRecord, SampleRow, TraceRow};
use proptest::prelude::*;
use tempfile::tempdir;

use super::{claim, finished, machine, record, store};
use crate::read::{all_rows, encode};
use crate::rows::{Origin, Row};
use crate::select::Filter;

/// Rows as text: NaN equals NaN, and every bit of a float counts.
fn bits<R: std::fmt::Debug>(rows: &[R], floats: impl Fn(&R) -> Vec<Option<f64>>) -> Vec<String> {
    let text =
        |row| format!("{row:?} {:?}", floats(row).iter().map(|f| f.map(f64::to_bits)).collect::<Vec<_>>());
    rows.iter().map(text).collect()
}

fn run_bits(rows: &[RunRecord]) -> Vec<String> {
    bits(rows, |r| vec![r.objective, r.feas, r.gap])
}

fn claim_bits(rows: &[ClaimRow]) -> Vec<String> {
    bits(rows, |r| vec![r.reported, r.region_lo, r.region_hi, r.estimate, r.ci_lo, r.ci_hi, Some(r.ci_level)])
}

fn trace_bits(rows: &[TraceRow]) -> Vec<String> {
    bits(rows, |r| vec![Some(r.value)])
}

/// Every field of a run at a value that is easily lost.
fn extreme() -> RunRecord {
    let text = "tab\tquote\" ü 漢 \u{1F600} \u{0} end".to_owned();
    RunRecord {
        shard: Some(text.clone()),
        problem: text.clone(),
        attempt: u32::MAX,
        replicate: u32::MAX,
        threads: 0,
        master_seed: u64::MAX - 1,
        outcome: Outcome::Interrupted,
        solver_status: None,
        signal: Some(i32::MIN),
        exit_code: None,
        reason: Some(String::new()),
        stderr_tail: Some("x".repeat(100_000)),
        leaked: true,
        hard_limit_ns: None,
        memory_limit: Some(i64::MAX),
        started_unix_ns: i64::MIN,
        elapsed_ns: i64::MAX,
        setup_ns: None,
        solve_wall_ns: None,
        solve_cpu_ns: None,
        eval_ns: None,
        process_cpu_ns: None,
        n_iter: None,
        work: Some(i64::MAX),
        counters: text,
        objective: Some(f64::NAN),
        feas: Some(f64::NEG_INFINITY),
        gap: Some(-0.0),
        vmhwm_setup: Some(1),
        vmhwm_solve: None,
        minflt: None,
        majflt: None,
        nvcsw: None,
        nivcsw: None,
        result_hash: None,
        git_commit: Some("abc".to_owned()),
        git_dirty: None,
        ..record("extreme")
    }
}

#[test]
fn every_table_reads_back_as_written() {
    let dir = tempdir().unwrap();
    let store = store(dir.path());
    let mut first = finished("a", 3);
    first.traces[0].value = f64::NAN;
    first.traces[1].value = f64::NEG_INFINITY;
    first.traces[2].value = -0.0;
    first.traces[3].value = f64::MIN_POSITIVE / 4.0;
    let second = FinishedRun { run: extreme(), samples: vec![], traces: vec![] };
    let claims = [claim("campaign", "a", None), claim("campaign", "b", Some(f64::INFINITY))];

    let mut writer = store.writer().unwrap();
    writer.push(first.clone()).unwrap();
    writer.push(second.clone()).unwrap();
    writer.flush().unwrap();
    writer.put_env(&machine(), "campaign").unwrap();
    writer.put_claims(&claims).unwrap();

    let runs = store.runs(&Filter::default()).unwrap();
    assert_eq!(run_bits(&runs), run_bits(&[first.run.clone(), second.run.clone()]));
    let origin = |run: &RunRecord| Origin {
        run_id: run.run_id,
        campaign_id: run.campaign_id.clone(),
        env_key: run.env_key.clone(),
        started_unix_ns: run.started_unix_ns,
    };
    assert_eq!(store.origins().unwrap(), runs.iter().map(origin).collect::<Vec<_>>());
    let ids = [first.run.run_id, second.run.run_id];
    assert_eq!(store.samples(&ids).unwrap(), first.samples);
    first.traces.sort_by(TraceRow::order);
    assert_eq!(trace_bits(&store.traces(&ids).unwrap()), trace_bits(&first.traces));
    assert_eq!(store.env().unwrap(), machine());
    assert_eq!(claim_bits(&store.claims().unwrap()), claim_bits(&claims));
}

#[test]
fn all_null_and_all_present_columns_keep_their_types() {
    // A column of nulls only is where a writer may forget the type.
    let rows: Vec<RunRecord> = vec![extreme()];
    let bytes = encode(&rows.iter().collect::<Vec<_>>(), &["c"]).unwrap();
    let read: Vec<RunRecord> = all_rows("x.parquet".as_ref(), &bytes).unwrap();
    assert_eq!(run_bits(&read), run_bits(&rows));
    let none: Vec<RunRecord> =
        all_rows("x.parquet".as_ref(), &encode::<RunRecord>(&[], &[]).unwrap()).unwrap();
    assert!(none.is_empty());
}

/// Any text: short ones and ones longer than what is stored in place, with any letters.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), any::<String>(), "[a-z]{40}", Just("\u{0}".to_owned())]
}

fn float() -> impl Strategy<Value = f64> {
    // Every bit pattern, every NaN among them.
    prop_oneof![any::<u64>().prop_map(f64::from_bits), Just(f64::INFINITY), Just(-0.0), Just(1.0)]
}

prop_compose! {
    fn any_run()(
        texts in (text(), text(), text(), prop::option::of(text()), prop::option::of(text())),
        numbers in (any::<u32>(), any::<u64>(), any::<i64>(), prop::option::of(any::<i32>()), prop::option::of(any::<i64>())),
        floats in (prop::option::of(float()), prop::option::of(float()), prop::option::of(float())),
        flags in (any::<bool>(), prop::option::of(any::<bool>()), 0..Outcome::ALL.len()),
    ) -> RunRecord {
        RunRecord {
            campaign_id: texts.0,
            problem_params: texts.1,
            metrics: texts.2,
            shard: texts.3.clone(),
            stderr_tail: texts.3,
            reason: texts.4,
            replicate: numbers.0,
            master_seed: numbers.1,
            elapsed_ns: numbers.2,
            trace_rows: numbers.2,
            signal: numbers.3,
            exit_code: numbers.3,
            work: numbers.4,
            minflt: numbers.4,
            block: Some(numbers.0),
            import_ns: numbers.4,
            contaminated: flags.1,
            objective: floats.0,
            feas: floats.1,
            gap: floats.2,
            leaked: flags.0,
            git_dirty: flags.1,
            outcome: Outcome::ALL[flags.2],
            ..record("any")
        }
    }
}

prop_compose! {
    fn any_trace()(metric in text(), step in any::<i64>(), work in any::<i64>(), value in float()) -> TraceRow {
        let run = record("any");
        TraceRow { run_id: run.run_id, cell_key: run.cell_key, metric, step, t_ns: -step.saturating_abs(), work, value }
    }
}

prop_compose! {
    fn any_sample()(rep in any::<u32>(), warmup in any::<bool>(), wall_ns in any::<i64>(), nivcsw in prop::option::of(any::<i64>())) -> SampleRow {
        let run = record("any");
        SampleRow { run_id: run.run_id, cell_key: run.cell_key, rep, warmup, wall_ns, cpu_ns: wall_ns, iters: wall_ns, nivcsw, nvcsw: nivcsw, psi_cpu_some_us: nivcsw, steal_ticks: None, freq_mhz: None, contaminated: Some(warmup), contamination: nivcsw.map(|n| n.to_string()) }
    }
}

fn through_parquet<R: Row>(rows: &[R]) -> Vec<R> {
    all_rows("x.parquet".as_ref(), &encode(&rows.iter().collect::<Vec<_>>(), &["ü"]).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn runs_round_trip(rows in prop::collection::vec(any_run(), 0..12)) {
        prop_assert_eq!(run_bits(&through_parquet(&rows)), run_bits(&rows));
    }

    #[test]
    fn traces_round_trip(rows in prop::collection::vec(any_trace(), 0..40)) {
        prop_assert_eq!(trace_bits(&through_parquet(&rows)), trace_bits(&rows));
    }

    #[test]
    fn samples_round_trip(rows in prop::collection::vec(any_sample(), 0..40)) {
        prop_assert_eq!(through_parquet(&rows), rows);
    }
}
