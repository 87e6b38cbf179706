//! Rows of the result tables from a run's ticket, its journal, and what was seen of its process.

use std::collections::BTreeMap;

use harness_core::canon::canon;
use harness_core::conditions::Sign;
use harness_core::frame::{Begin, End, Failure, Grant, Journal, PeerReady, Point, Ready};
use harness_core::protocol::PINNING;
use harness_core::record::FinishedRun;
use harness_core::system::unix_ns;
use harness_core::{Frame, Metrics, Outcome, RunId, RunRecord, SampleRow, TraceRow};
use serde::Serialize;

use crate::classify::{Evidence, classify, classify_orphan};
use crate::config::Campaign;
use crate::facts::{Exit, ProcessFacts};
use crate::job::Job;
use crate::journal::{RunContext, Ticket};

/// The trace metric that holds solver CPU time in seconds. The harness adds it to every curve, so that `cpu_to(…)` can
/// be answered from the traces.
pub const CPU_METRIC: &str = "cpu_s";

/// What a journal says, sorted by kind.
#[derive(Default)]
struct Parts<'a> {
    begin: Option<&'a Begin>,
    ready: Option<&'a Ready>,
    peer: Option<&'a PeerReady>,
    points: Vec<&'a Point>,
    samples: Vec<SampleRow>,
    end: Option<&'a End>,
    failure: Option<&'a Failure>,
}

impl<'a> Parts<'a> {
    fn of(ticket: &Ticket, journal: &'a Journal) -> Self {
        let request = &ticket.request;
        let mut parts = Self::default();
        for frame in &journal.frames {
            match frame {
                Frame::Begin(begin) => parts.begin = Some(begin),
                Frame::Ready(ready) => parts.ready = Some(ready),
                Frame::Peer(peer) => parts.peer = Some(peer),
                Frame::Point(point) => parts.points.push(point),
                Frame::Sample(s) => parts.samples.push(SampleRow {
                    run_id: request.run_id,
                    cell_key: request.cell_key.clone(),
                    rep: s.rep,
                    warmup: s.warmup,
                    wall_ns: s.wall_ns,
                    cpu_ns: s.cpu_ns,
                    iters: s.iters as i64,
                    nvcsw: s.conditions.nvcsw,
                    nivcsw: s.conditions.nivcsw,
                    psi_cpu_some_us: s.conditions.psi_cpu_some_us,
                    steal_ticks: s.conditions.steal_ticks,
                    freq_mhz: s.conditions.freq_mhz,
                    contaminated: s.contaminated,
                    contamination: contamination(&s.signs),
                }),
                Frame::End(end) => parts.end = Some(end),
                Frame::Failure(failure) => parts.failure = Some(failure),
            }
        }
        parts
    }

    /// One row a metric, sorted by metric and then by step.
    fn traces(&self, ticket: &Ticket) -> Vec<TraceRow> {
        let mut by_metric: BTreeMap<&str, Vec<TraceRow>> = BTreeMap::new();
        for point in &self.points {
            let cpu = (CPU_METRIC, point.cpu_ns as f64 / 1e9);
            for (metric, value) in point.values.iter().chain([cpu]) {
                by_metric.entry(metric).or_default().push(TraceRow {
                    run_id: ticket.request.run_id,
                    cell_key: ticket.request.cell_key.clone(),
                    metric: metric.to_owned(),
                    step: point.step as i64,
                    t_ns: point.t_ns,
                    work: point.work as i64,
                    value,
                });
            }
        }
        by_metric.into_values().flatten().collect()
    }

    /// The metrics of the final solution, or of the last point of a run that did not get there.
    fn metrics(&self, context: &RunContext) -> Metrics {
        match (self.end, self.points.last()) {
            (Some(end), _) => end.metrics.clone(),
            (None, Some(point)) => {
                let known = |(name, _): &(&str, f64)| context.metrics.all.iter().any(|m| m == name);
                point.values.iter().filter(known).collect()
            }
            (None, None) => Metrics::new(),
        }
    }
}

/// The rows of a run. `facts` are what was seen of its process; none if its runner died before the process did, in which
/// case a run that reported its end counts as `ok` and any other as `interrupted`.
pub fn assemble(ticket: &Ticket, journal: &Journal, facts: Option<&ProcessFacts>) -> FinishedRun {
    let (request, context) = (&ticket.request, &ticket.context);
    let parts = Parts::of(ticket, journal);
    let evidence = Evidence {
        end: parts.end,
        failure: parts.failure,
        timed: request.cell.measure.is_timed(),
        hard_s: context.limits.hard_s,
        memory: context.limits.memory,
    };
    let (outcome, reason) = match facts {
        Some(facts) => classify(&evidence, facts),
        None => classify_orphan(&evidence),
    };
    let traces = parts.traces(ticket);
    let (end, last, metrics) = (parts.end, parts.points.last(), parts.metrics(context));
    let named = |name: &Option<String>| name.as_deref().and_then(|n| metrics.get(n));
    let usage = end.map(|e| e.usage.clone()).unwrap_or_default();

    let mut run = blank(ticket);
    run.outcome = outcome;
    run.reason = reason;
    run.solver_status = end.map(|e| e.status.to_string());
    if let Some(facts) = facts {
        match facts.exit {
            Exit::Code(code) => run.exit_code = Some(code),
            Exit::Signal(signal) => run.signal = Some(signal),
        }
        run.stderr_tail = Some(facts.stderr_tail.clone()).filter(|tail| !tail.is_empty());
        run.leaked = facts.leaked;
        run.process_cpu_ns = Some(facts.cpu_ns);
    }
    run.setup_ns = parts.ready.map(|r| r.setup_ns);
    run.import_ns = parts.peer.map(|p| p.import_ns);
    run.compile_ns = end.and_then(|e| e.compile_ns);
    run.seen_wall_ns = end.and_then(|e| e.seen_wall_ns);
    run.solver_facts = parts.peer.map(|p| text(&p.facts));
    run.contaminated = contaminated(&parts.samples);
    if run.block.is_some() {
        run.quiet = parts.begin.map(|begin| text(&all_grants(&context.quiet, &begin.quiet)));
        run.cpu_list = pinned_to(request.cpus.as_deref(), parts.begin);
    }
    run.solve_wall_ns = end.map(|e| e.solve_wall_ns).or(last.map(|p| p.t_ns));
    run.solve_cpu_ns = end.map(|e| e.solve_cpu_ns).or(last.map(|p| p.cpu_ns));
    run.eval_ns = end.map(|e| e.eval_ns);
    run.elapsed_ns = facts.map_or_else(
        // Nobody saw the process end: what it is known to have spent.
        || [run.setup_ns, run.solve_wall_ns, run.eval_ns].into_iter().flatten().sum(),
        |facts| facts.elapsed_ns,
    );
    run.n_iter = end.map(|e| e.n_iter as i64).or(last.map(|p| p.step as i64));
    run.work = end.map(|e| e.work as i64).or(last.map(|p| p.work as i64));
    run.counters = end.map_or(String::from("{}"), |e| text(&e.counters));
    run.objective = named(&context.metrics.objective);
    run.feas = named(&context.metrics.feas);
    run.gap = named(&context.metrics.gap);
    run.metrics = text(&metrics);
    run.instance = parts.ready.map_or(String::from("{}"), |r| text(&r.instance));
    // The memory of a peer is its own, not that of the worker beside it.
    run.vmhwm_setup = parts.peer.map_or_else(|| parts.ready.and_then(|r| r.vmhwm_bytes), |p| p.vmhwm_bytes);
    run.vmhwm_solve = usage.vmhwm_bytes.or(facts.and_then(|f| f.peak_bytes));
    run.minflt = usage.minflt;
    run.majflt = usage.majflt;
    run.nvcsw = usage.nvcsw;
    run.nivcsw = usage.nivcsw;
    run.result_hash = end.map(|e| e.result_hash.clone());
    run.trace_rows = traces.len() as i64;
    FinishedRun { run, samples: parts.samples, traces }
}

/// The signs by which a sample is contaminated, as the column holds them.
fn contamination(signs: &[Sign]) -> Option<String> {
    let names: Vec<&str> = signs.iter().map(|sign| sign.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Whether more than a fifth of the samples that count are contaminated; none if nothing is known of any.
fn contaminated(samples: &[SampleRow]) -> Option<bool> {
    let known: Vec<bool> = samples.iter().filter(|s| !s.warmup).filter_map(|s| s.contaminated).collect();
    let spoilt = known.iter().filter(|c| **c).count();
    (!known.is_empty()).then_some(5 * spoilt > known.len())
}

/// What became of all attempts: the runner's and the worker's.
fn all_grants(runner: &BTreeMap<String, Grant>, worker: &BTreeMap<String, Grant>) -> BTreeMap<String, Grant> {
    runner.iter().chain(worker).map(|(what, grant)| (what.clone(), *grant)).collect()
}

/// The processors that a worker was pinned to, if it was.
fn pinned_to(cpus: Option<&[u32]>, begin: Option<&Begin>) -> Option<String> {
    let granted = begin.is_some_and(|b| b.quiet.get(PINNING) == Some(&Grant::Granted));
    let list = |cpus: &[u32]| cpus.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    cpus.filter(|_| granted).map(list)
}

/// The row of a cell that is not run, for `reason`.
pub fn skipped(job: &Job, campaign: &Campaign, reason: &str) -> FinishedRun {
    let mut run = blank_for(job, campaign, RunId::fresh());
    run.outcome = Outcome::Skipped;
    run.reason = Some(reason.to_owned());
    run.started_unix_ns = unix_ns();
    FinishedRun { run, samples: Vec::new(), traces: Vec::new() }
}

fn text<T: Serialize + ?Sized>(value: &T) -> String {
    canon(value).expect("maps with text keys have a canonical form")
}

/// A row with everything that is known before the process starts.
fn blank(ticket: &Ticket) -> RunRecord {
    let (request, context) = (&ticket.request, &ticket.context);
    let job = Job {
        key: request.cell_key.clone(),
        place: context.place,
        attempt: context.attempt,
        ..Job::new(request.cell.clone(), context.labels.clone(), context.limits)
    };
    let mut run = blank_for(&job, &context.campaign, request.run_id);
    run.started_unix_ns = context.spawned_unix_ns;
    run
}

fn blank_for(job: &Job, campaign: &Campaign, run_id: RunId) -> RunRecord {
    let cell = &job.cell;
    RunRecord {
        run_id,
        campaign_id: campaign.campaign_id.clone(),
        cell_key: job.key.clone(),
        code_key: campaign.code_key.clone(),
        env_key: campaign.env_key.clone(),
        attempt: job.attempt,
        shard: campaign.shard.clone(),
        suite: campaign.suite.clone(),
        profile: campaign.profile.clone(),
        problem: cell.problem.id.clone(),
        problem_params: text(&cell.problem.params),
        solver: cell.solver.id.clone(),
        solver_params: text(&cell.solver.params),
        stop: text(&cell.stop),
        measure: text(&cell.measure),
        replicate: cell.replicate,
        master_seed: cell.master_seed,
        device: cell.device.to_string(),
        dtype: cell.dtype.to_string(),
        threads: cell.threads,
        control: cell.control.then_some(true),
        block: job.place.map(|place| place.block),
        position: job.place.map(|place| place.position),
        solver_code: cell.solver.code.clone(),
        solver_facts: None,
        outcome: Outcome::Error,
        solver_status: None,
        signal: None,
        exit_code: None,
        reason: None,
        stderr_tail: None,
        leaked: false,
        hard_limit_ns: i64::try_from(job.limits.hard().as_nanos()).ok(),
        memory_limit: job.limits.memory.and_then(|m| i64::try_from(m).ok()),
        started_unix_ns: 0,
        elapsed_ns: 0,
        setup_ns: None,
        import_ns: None,
        compile_ns: None,
        solve_wall_ns: None,
        solve_cpu_ns: None,
        seen_wall_ns: None,
        eval_ns: None,
        process_cpu_ns: None,
        n_iter: None,
        work: None,
        counters: "{}".to_owned(),
        objective: None,
        feas: None,
        gap: None,
        metrics: "{}".to_owned(),
        instance: "{}".to_owned(),
        vmhwm_setup: None,
        vmhwm_solve: None,
        minflt: None,
        majflt: None,
        nvcsw: None,
        nivcsw: None,
        cpu_list: None,
        quiet: None,
        contaminated: None,
        result_hash: None,
        trace_rows: 0,
        git_commit: campaign.git_commit.clone(),
        git_dirty: campaign.git_dirty,
        harness_version: campaign.harness_version.clone(),
    }
}

#[cfg(test)]
mod tests;
