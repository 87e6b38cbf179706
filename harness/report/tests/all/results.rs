//! Results made by hand: the rows that a campaign would have stored.

use harness_core::{CellSpec, EnvKey, EnvRow, Outcome, RunId, RunRecord, SampleRow, Suite, TraceRow};
use harness_plan::plan::{Machine, NoData};
use harness_plan::{ClaimsFile, Overrides, Plan, SuiteFile};
use harness_report::{
    CPU_TRACE, ClaimResult, Data, Identity, Input, Link, Previous, Report, build, excerpt, judge,
};
use serde_json::json;

/// What one run came to.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<&'static str>,
    /// Step, seconds, value of `marginal_l1`.
    pub(crate) curve: Vec<(i64, f64, f64)>,
    /// The step from which `phase` is 1.
    pub(crate) switch: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) stderr: Option<String>,
    /// Timed repetitions after two of warm-up: wall and CPU seconds, and whether other work disturbed them.
    pub(crate) samples: Vec<(f64, f64, Option<bool>)>,
    /// When it started, in seconds; none: the place in the plan.
    pub(crate) started: Option<i64>,
    /// Whether what it solved is another problem.
    pub(crate) elsewhere: bool,
}

impl Sketch {
    pub(crate) fn solved(curve: Vec<(i64, f64, f64)>) -> Self {
        Self {
            outcome: Outcome::Ok,
            status: Some("solved"),
            curve,
            switch: None,
            reason: None,
            stderr: None,
            samples: Vec::new(),
            started: None,
            elsewhere: false,
        }
    }

    /// Reaches 1e-9 in ten steps, with five undisturbed repetitions of so many wall and CPU seconds.
    pub(crate) fn timed(wall_s: f64, cpu_s: f64) -> Self {
        let spread = [1.0, 0.99, 1.01, 1.0, 1.02];
        let samples = spread.map(|s| (wall_s * s, cpu_s * s, Some(false))).to_vec();
        Self { samples, ..Self::solved(vec![(0, 0.0, 1.0), (10, cpu_s, 1e-9)]) }
    }

    /// The same, as a solution of another problem.
    pub(crate) fn of_another_problem(mut self) -> Self {
        self.elsewhere = true;
        self
    }

    /// The same, stopped before it reached its tolerance.
    pub(crate) fn short_of_it(mut self, status: &'static str) -> Self {
        self.status = Some(status);
        self.curve.last_mut().unwrap().2 = 0.5;
        self
    }

    /// The same with so many of its repetitions disturbed.
    pub(crate) fn disturbed(mut self, samples: usize) -> Self {
        self.samples.iter_mut().take(samples).for_each(|s| s.2 = Some(true));
        self
    }

    /// Reaches 1e-9 at `steps`, taking a millisecond a step.
    pub(crate) fn in_steps(steps: i64) -> Self {
        Self::solved(vec![(0, 0.0, 1.0), (1, 1e-3, 0.5), (steps, steps as f64 * 1e-3, 1e-9)])
    }

    /// Stopped at `steps` without reaching 1e-9.
    pub(crate) fn stopped_at(steps: i64) -> Self {
        let mut sketch = Self::in_steps(steps);
        sketch.curve.last_mut().unwrap().2 = 1e-3;
        Self { status: Some("max_iter"), ..sketch }
    }

    pub(crate) fn failed(outcome: Outcome, reason: &str, stderr: &str) -> Self {
        Self {
            outcome,
            status: None,
            curve: Vec::new(),
            reason: Some(reason.to_owned()),
            stderr: Some(stderr.to_owned()),
            ..Self::solved(Vec::new())
        }
    }
}

/// A campaign with its results.
pub(crate) struct Campaign {
    pub(crate) suite: Suite,
    pub(crate) file: SuiteFile,
    pub(crate) claims: ClaimsFile,
    pub(crate) plan: Plan,
    pub(crate) data: Data,
    pub(crate) previous: Option<Previous>,
    /// The solvers that the command line names.
    pub(crate) named: Vec<String>,
}

impl Campaign {
    /// Plans `profile` and asks `result` for the outcome of each cell that is not skipped; none: it has not run yet.
    pub(crate) fn new(
        suite_yaml: &str,
        claims_yaml: &str,
        profile: &str,
        result: impl Fn(&CellSpec) -> Option<Sketch>,
    ) -> Self {
        Self::with(suite_yaml, claims_yaml, profile, &[], result)
    }

    /// The same with words of the command line.
    pub(crate) fn with(
        suite_yaml: &str,
        claims_yaml: &str,
        profile: &str,
        pairs: &[&str],
        result: impl Fn(&CellSpec) -> Option<Sketch>,
    ) -> Self {
        let suite = crate::mini::suite();
        let file = SuiteFile::parse("suite.yaml", suite_yaml, &suite).unwrap_or_else(|e| panic!("{e}"));
        let claims =
            ClaimsFile::parse("claims.yaml", claims_yaml, &suite, &file).unwrap_or_else(|e| panic!("{e}"));
        let machine = Machine { cuda: false, max_threads: 2 };
        let overrides = Overrides::parse(pairs, &[]).unwrap_or_else(|e| panic!("{e}"));
        let plan = Plan::make(&suite, &file, profile, &overrides, &NoData, &machine)
            .unwrap_or_else(|e| panic!("{e}"));
        let mut data = Data::default();
        for (i, cell) in plan.cells.iter().enumerate() {
            if cell.skip.is_some() {
                continue;
            }
            let Some(sketch) = result(&cell.spec) else { continue };
            record(&mut data, cell, &sketch, i);
        }
        data.env = vec![
            EnvRow {
                env_key: env(),
                name: "cpu".into(),
                value: "A processor, 2 cores".into(),
                identity: true,
            },
            EnvRow { env_key: env(), name: "load".into(), value: "0.3".into(), identity: false },
        ];
        let named = overrides.solver.iter().map(|name| name.value.clone()).collect();
        Self { suite, file, claims, plan, data, previous: None, named }
    }

    pub(crate) fn report(&self) -> Report {
        build(&self.input()).unwrap()
    }

    /// The verdicts, without drawing anything. An excerpt of the campaign has the same.
    pub(crate) fn verdicts(&self) -> Vec<ClaimResult> {
        let judged = judge(&self.input());
        let kept = excerpt(&self.input());
        let again = judge(&Input { cells: &kept.cells, data: &kept.data, ..self.input() });
        assert_eq!(again.claim_rows(), judged.claim_rows());
        judged.claims
    }

    pub(crate) fn input(&self) -> Input<'_> {
        Input {
            identity: Identity {
                campaign_id: "smoke-0123456789".into(),
                suite: "mini".into(),
                profile: self.plan.profile.clone(),
                overrides: Vec::new(),
                solvers: self.named.clone(),
                code_key: self.plan.code_key.clone(),
                env_key: env(),
            },
            suite: &self.suite,
            suite_file: &self.file,
            claims: &self.claims,
            cells: &self.plan.cells,
            data: &self.data,
            links: vec![Link { label: "runs".into(), href: "../runs/part-0.parquet".into() }],
            previous: self.previous.as_ref(),
        }
    }
}

fn env() -> EnvKey {
    EnvKey::of(b"a machine")
}

fn record(data: &mut Data, cell: &harness_plan::PlannedCell, sketch: &Sketch, index: usize) {
    let run_id: RunId = format!("00000000-0000-7000-8000-{index:012x}").parse().unwrap();
    let spec = &cell.spec;
    let end = sketch.curve.last();
    let ns = |s: f64| (s * 1e9).round() as i64;
    let ok = sketch.outcome == Outcome::Ok;
    let started = sketch.started.unwrap_or(index as i64);
    let mut run: RunRecord = serde_json::from_value(json!({
        "run_id": run_id, "campaign_id": "smoke-0123456789", "cell_key": cell.key,
        "code_key": harness_core::CodeKey::of(b"fingerprint"), "env_key": env(), "attempt": 1,
        "suite": "mini", "profile": "smoke",
        "problem": spec.problem.id, "problem_params": serde_json::to_string(&spec.problem.params).unwrap(),
        "solver": spec.solver.id, "solver_params": serde_json::to_string(&spec.solver.params).unwrap(),
        "stop": serde_json::to_string(&spec.stop).unwrap(), "measure": serde_json::to_string(&spec.measure).unwrap(),
        "replicate": spec.replicate, "master_seed": spec.master_seed,
        "device": "cpu", "dtype": "f64", "threads": spec.threads,
        "outcome": sketch.outcome, "solver_status": sketch.status,
        "signal": (sketch.outcome == Outcome::Signal).then_some(11),
        "reason": sketch.reason, "stderr_tail": sketch.stderr, "leaked": false,
        "started_unix_ns": 1_767_225_600_000_000_000_i64 + started * 1_000_000_000, "elapsed_ns": 50_000_000,
        "setup_ns": 1_000_000,
        "solve_wall_ns": ok.then(|| end.map(|e| ns(e.1))).flatten(),
        "solve_cpu_ns": ok.then(|| end.map(|e| ns(e.1))).flatten(),
        "n_iter": ok.then(|| end.map(|e| e.0)).flatten(),
        "work": ok.then(|| end.map(|e| e.0 * 100)).flatten(),
        "counters": r#"{"newton_steps": 9}"#,
        "metrics": end.map_or_else(|| "{}".to_owned(), |e| format!(r#"{{"cost":0.00323,"marginal_l1":{:e}}}"#, e.2)),
        "instance": r#"{"n": 500, "optimum": 0.00321}"#,
        "vmhwm_solve": ok.then_some(12_582_912), "result_hash": "00", "trace_rows": sketch.curve.len(),
        "git_commit": "0123456789abcdef", "git_dirty": false, "harness_version": "0.1.0"
    }))
    .unwrap();
    if sketch.elsewhere {
        run.metrics = run.metrics.replace('{', r#"{"relaxed":1.0,"#);
    }
    run.control = spec.control.then_some(true);
    (run.block, run.position) = (cell.place.map(|p| p.block), cell.place.map(|p| p.position));
    if cell.timed {
        run.cpu_list = Some("1".to_owned());
        let quiet = r#"{"aslr":"granted","governor":"absent","pinning":"granted","turbo":"refused"}"#;
        run.quiet = Some(quiet.to_owned());
    }
    if harness_core::suite::is_peer(&spec.solver.id) {
        run.solver_facts = Some(r#"{"lib":"<b>1.2</b>","python":"3.11.7"}"#.to_owned());
        (run.import_ns, run.compile_ns) = (Some(610_000_000), Some(25_000_000));
    }
    for (step, seconds, value) in &sketch.curve {
        let phase = sketch.switch.map(|at| f64::from(u8::from(*step > at)));
        let rows = [("marginal_l1", Some(*value)), (CPU_TRACE, Some(*seconds)), ("phase", phase)];
        for (metric, value) in rows {
            data.traces.extend(value.map(|value| TraceRow {
                run_id,
                cell_key: cell.key.clone(),
                metric: metric.to_owned(),
                step: *step,
                t_ns: ns(*seconds),
                work: step * 100,
                value,
            }));
        }
    }
    let warmup =
        sketch.samples.iter().take(2).map(|(wall, cpu, _)| (true, 3.0 * wall, 3.0 * cpu, Some(true)));
    let counted = sketch.samples.iter().map(|(wall, cpu, contaminated)| (false, *wall, *cpu, *contaminated));
    for (rep, (warmup, wall, cpu, contaminated)) in warmup.chain(counted).enumerate() {
        data.samples.push(SampleRow {
            rep: rep as u32,
            warmup,
            contaminated,
            contamination: (contaminated == Some(true)).then(|| signs(rep).to_owned()),
            ..SampleRow::bare(&run, ns(wall), ns(cpu))
        });
    }
    data.runs.push(run);
}

/// The signs by which a disturbed sample is disturbed.
fn signs(rep: usize) -> &'static str {
    if rep.is_multiple_of(2) { "steal" } else { "off-cpu, steal" }
}
