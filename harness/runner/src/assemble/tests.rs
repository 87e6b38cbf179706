//! Rows from hand-written journals.

use harness_core::frame::{FailureKind, Sample};
use harness_core::protocol::WORKER_PROTOCOL;
use harness_core::record::BlockPlace;
use harness_core::{Conditions, SolverStatus};
use proptest::prelude::*;

use super::*;
use crate::testing::{self, facts, job, ticket};

fn ready() -> Frame {
    let instance = [("n".to_owned(), 5.into())].into_iter().collect();
    Frame::Ready(Ready { instance, setup_ns: 40, vmhwm_bytes: Some(1000) })
}

fn point(step: u64) -> Frame {
    let values = [("err", 1.0 / (1 + step) as f64), ("cost", 2.0), ("nnz", 9.0)].into_iter().collect();
    Frame::Point(Point { step, t_ns: 100 * step as i64, cpu_ns: 90 * step as i64, work: 3 * step, values })
}

fn end() -> Frame {
    Frame::End(Box::new(testing::end(SolverStatus::Solved)))
}

fn sample(rep: u32, warmup: bool, contaminated: Option<bool>) -> Frame {
    let conditions = Conditions { nivcsw: Some(1), ..Conditions::default() };
    Frame::Sample(Sample {
        rep,
        warmup,
        wall_ns: 7,
        cpu_ns: 6,
        iters: 2,
        conditions,
        contaminated,
        signs: Vec::new(),
    })
}

fn journal(frames: Vec<Frame>) -> Journal {
    Journal { frames, damaged: false }
}

#[test]
fn a_finished_run_fills_every_column() {
    let ticket = ticket();
    let sample = sample(0, true, Some(false));
    let frames = vec![ready(), point(0), point(1), point(2), sample, end()];
    let finished = assemble(&ticket, &journal(frames), Some(&facts(Exit::Code(0))));
    let run = &finished.run;
    assert_eq!((run.outcome, run.reason.as_deref(), run.exit_code), (Outcome::Ok, None, Some(0)));
    assert_eq!(run.solver_status.as_deref(), Some("solved"));
    assert_eq!((run.objective, run.gap, run.feas), (Some(1.5), Some(0.25), None));
    assert_eq!(run.metrics, r#"{"cost":1.5,"err":0.25}"#);
    assert_eq!((run.instance.as_str(), run.counters.as_str()), (r#"{"n":5}"#, r#"{"steps":2}"#));
    assert_eq!((run.problem_params.as_str(), run.solver_params.as_str()), (r#"{"n":5}"#, "{}"));
    assert_eq!(run.measure, r#"{"trace":{}}"#);
    assert_eq!((run.n_iter, run.work, run.eval_ns), (Some(2), Some(6), Some(30)));
    assert_eq!((run.setup_ns, run.solve_wall_ns, run.solve_cpu_ns), (Some(40), Some(210), Some(190)));
    assert_eq!((run.elapsed_ns, run.process_cpu_ns, run.started_unix_ns), (1000, Some(700), 5));
    assert_eq!((run.vmhwm_setup, run.vmhwm_solve, run.minflt), (Some(1000), Some(2000), Some(1)));
    assert_eq!((run.attempt, run.replicate, run.master_seed, run.threads), (1, 3, 7, 2));
    assert_eq!(
        (run.shard.as_deref(), run.git_dirty, run.stderr_tail.as_deref()),
        (Some("1/4"), Some(true), None)
    );
    assert_eq!((finished.samples.len(), finished.samples[0].iters), (1, 2));
    assert_eq!(run.trace_rows, finished.traces.len() as i64);
    let order: Vec<(&str, i64)> = finished.traces.iter().map(|r| (r.metric.as_str(), r.step)).collect();
    let expected: Vec<(&str, i64)> =
        ["cost", "cpu_s", "err", "nnz"].into_iter().flat_map(|m| (0..3).map(move |s| (m, s))).collect();
    assert_eq!(order, expected);
    assert_eq!(finished.traces[5].value, 180e-9, "solver CPU seconds at step 2");
}

#[test]
fn a_run_that_crashed_keeps_its_curve_and_what_it_had_reached() {
    let finished =
        assemble(&ticket(), &journal(vec![ready(), point(0), point(1)]), Some(&facts(Exit::Signal(11))));
    let run = &finished.run;
    assert_eq!((run.outcome, run.signal, run.exit_code), (Outcome::Signal, Some(11), None));
    assert_eq!((run.n_iter, run.work, run.solve_wall_ns), (Some(1), Some(3), Some(100)));
    assert_eq!((run.gap, run.solver_status.as_deref(), run.result_hash.as_deref()), (Some(0.5), None, None));
    assert_eq!(run.metrics, r#"{"cost":2.0,"err":0.5}"#, "notes of the solver are no metrics");
    assert_eq!(run.vmhwm_solve, Some(1500), "as the runner last saw it");
    assert_eq!(run.trace_rows, 8);
}

#[test]
fn a_run_whose_runner_died_is_judged_by_its_journal() {
    let whole = assemble(&ticket(), &journal(vec![ready(), point(0), end()]), None);
    assert_eq!((whole.run.outcome, whole.run.elapsed_ns), (Outcome::Ok, 40 + 210 + 30));
    let part = assemble(&ticket(), &journal(vec![ready(), point(0), point(1)]), None);
    assert_eq!((part.run.outcome, part.run.elapsed_ns), (Outcome::Interrupted, 40 + 100));
    assert_eq!(part.traces.len(), 8);
    let nothing = assemble(&ticket(), &journal(Vec::new()), None);
    assert_eq!((nothing.run.outcome, nothing.run.elapsed_ns), (Outcome::Interrupted, 0));
}

#[test]
fn a_failure_is_told_in_its_own_words() {
    let failure = Frame::Failure(Failure { kind: FailureKind::Panic, message: "boom (at a.rs:1:2)".into() });
    let finished = assemble(&ticket(), &journal(vec![ready(), failure]), Some(&facts(Exit::Code(101))));
    assert_eq!(finished.run.outcome, Outcome::Panic);
    assert_eq!(finished.run.reason.as_deref(), Some("boom (at a.rs:1:2)"));
}

#[test]
fn a_skipped_cell_has_a_row_with_its_reason() {
    let row = skipped(&job(3), &ticket().context.campaign, "no CUDA device").run;
    assert_eq!((row.outcome, row.reason.as_deref()), (Outcome::Skipped, Some("no CUDA device")));
    assert_eq!((row.cell_key, row.trace_rows), (job(3).key, 0));
}

proptest! {
    #[test]
    fn a_journal_cut_anywhere_gives_a_prefix_of_the_curve(cut in 0_usize..8) {
        let frames = vec![ready(), point(0), point(1), point(2), point(3), point(4), end()];
        let whole = assemble(&ticket(), &journal(frames.clone()), None);
        let part = assemble(&ticket(), &journal(frames[..cut.min(frames.len())].to_vec()), None);
        let of = |run: &FinishedRun| run.traces.iter().filter(|r| r.metric == "err").map(|r| (r.step, r.value)).collect::<Vec<_>>();
        prop_assert!(of(&whole).starts_with(&of(&part)));
        prop_assert_eq!(part.run.outcome == Outcome::Ok, cut >= 7);
        prop_assert_eq!(part.run.trace_rows, part.traces.len() as i64);
    }
}

#[test]
fn a_timed_run_says_where_it_stood_and_how_quiet_the_machine_was() {
    let mut ticket = ticket();
    ticket.context.place = Some(BlockPlace { block: 4, position: 1 });
    let begin = |pinning| {
        Frame::Begin(Begin {
            protocol: WORKER_PROTOCOL,
            run_id: ticket.request.run_id,
            cell_key: ticket.request.cell_key.clone(),
            code_key: ticket.request.code_key.clone(),
            pid: 1,
            started_unix_ns: 0,
            quiet: [("pinning".to_owned(), pinning)].into_iter().collect(),
        })
    };
    let run = |frames| assemble(&ticket, &journal(frames), Some(&facts(Exit::Code(0)))).run;
    let pinned = run(vec![begin(Grant::Granted), ready(), point(0), end()]);
    assert_eq!((pinned.block, pinned.position, pinned.cpu_list.as_deref()), (Some(4), Some(1), Some("1")));
    assert_eq!(pinned.quiet.as_deref(), Some(r#"{"pinning":"granted","turbo":"absent"}"#));
    assert_eq!(pinned.contaminated, None, "there are no samples");
    let free = run(vec![begin(Grant::Refused), ready(), point(0), end()]);
    assert_eq!(free.cpu_list, None);
}

#[test]
fn a_run_is_contaminated_when_more_than_a_fifth_of_its_samples_are() {
    let run = |spoilt: u32| {
        let warmup = (0..3).map(|rep| sample(rep, true, Some(true)));
        let samples = (0..5).map(|rep| sample(rep, false, Some(rep < spoilt)));
        let frames = [ready(), point(0)].into_iter().chain(warmup).chain(samples).chain([end()]).collect();
        assemble(&ticket(), &journal(frames), Some(&facts(Exit::Code(0)))).run.contaminated
    };
    assert_eq!((run(0), run(1), run(2)), (Some(false), Some(false), Some(true)));
}

#[test]
fn the_signs_of_disturbance_become_a_column() {
    let row = |signs: Vec<Sign>| {
        let Frame::Sample(sample) = sample(0, false, Some(!signs.is_empty())) else { unreachable!() };
        let sample = Frame::Sample(Sample { signs, ..sample });
        assemble(&ticket(), &journal(vec![ready(), sample]), None).samples.remove(0).contamination
    };
    assert_eq!(row(Vec::new()), None);
    assert_eq!(row(vec![Sign::Steal, Sign::Frequency]).as_deref(), Some("steal, frequency"));
}

#[test]
fn a_peer_s_memory_and_versions_are_its_own() {
    let facts_of_peer = [("pot".to_owned(), "0.9".into())].into_iter().collect();
    let peer = Frame::Peer(PeerReady { facts: facts_of_peer, import_ns: 9, vmhwm_bytes: Some(77) });
    let run =
        assemble(&ticket(), &journal(vec![ready(), peer, point(0), end()]), Some(&facts(Exit::Code(0)))).run;
    assert_eq!((run.vmhwm_setup, run.import_ns), (Some(77), Some(9)));
    assert_eq!(run.solver_facts.as_deref(), Some(r#"{"pot":"0.9"}"#));
}
