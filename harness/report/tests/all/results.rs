//! Results made by hand: the rows that a campaign would have stored.

use harness_core::{CellSpec, EnvKey, EnvRow, Outcome, RunId, RunRecord, Suite, TraceRow};
use harness_plan::plan::{Machine, NoData};
use harness_plan::{ClaimsFile, Overrides, Plan, SuiteFile};
use harness_report::{CPU_TRACE, Data, Identity, Input, Link, Report, build};
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
}

impl Sketch {
    pub(crate) fn solved(curve: Vec<(i64, f64, f64)>) -> Self {
        Self { outcome: Outcome::Ok, status: Some("solved"), curve, switch: None, reason: None, stderr: None }
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
            switch: None,
            reason: Some(reason.to_owned()),
            stderr: Some(stderr.to_owned()),
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
}

impl Campaign {
    /// Plans `profile` and asks `result` for the outcome of each cell that is not skipped; none: it has not run yet.
    pub(crate) fn new(
        suite_yaml: &str,
        claims_yaml: &str,
        profile: &str,
        result: impl Fn(&CellSpec) -> Option<Sketch>,
    ) -> Self {
        let suite = crate::mini::suite();
        let file = SuiteFile::parse("suite.yaml", suite_yaml, &suite).unwrap_or_else(|e| panic!("{e}"));
        let claims =
            ClaimsFile::parse("claims.yaml", claims_yaml, &suite, &file).unwrap_or_else(|e| panic!("{e}"));
        let machine = Machine { cuda: false, max_threads: 2 };
        let plan = Plan::make(&suite, &file, profile, &Overrides::default(), &NoData, &machine)
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
        Self { suite, file, claims, plan, data }
    }

    pub(crate) fn report(&self) -> Report {
        let input = Input {
            identity: Identity {
                campaign_id: "smoke-0123456789".into(),
                suite: "mini".into(),
                profile: self.plan.profile.clone(),
                overrides: Vec::new(),
                code_key: self.plan.code_key.clone(),
                env_key: env(),
            },
            suite: &self.suite,
            suite_file: &self.file,
            claims: &self.claims,
            cells: &self.plan.cells,
            data: &self.data,
            links: vec![Link { label: "runs".into(), href: "../runs/part-0.parquet".into() }],
        };
        build(&input).unwrap()
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
    let run: RunRecord = serde_json::from_value(json!({
        "run_id": run_id, "campaign_id": "smoke-0123456789", "cell_key": cell.key,
        "code_key": harness_core::CodeKey::of(b"fingerprint"), "env_key": env(), "attempt": 1,
        "suite": "mini", "profile": "smoke",
        "problem": spec.problem.id, "problem_params": serde_json::to_string(&spec.problem.params).unwrap(),
        "solver": spec.solver.id, "solver_params": serde_json::to_string(&spec.solver.params).unwrap(),
        "stop": "{}", "measure": "{}", "replicate": spec.replicate, "master_seed": spec.master_seed,
        "device": "cpu", "dtype": "f64", "threads": spec.threads,
        "outcome": sketch.outcome, "solver_status": sketch.status,
        "signal": (sketch.outcome == Outcome::Signal).then_some(11),
        "reason": sketch.reason, "stderr_tail": sketch.stderr, "leaked": false,
        "started_unix_ns": 1_767_225_600_000_000_000_i64 + index as i64 * 1_000_000_000, "elapsed_ns": 50_000_000,
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
    data.runs.push(run);
}
