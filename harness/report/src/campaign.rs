//! A campaign as a report sees it: the planned cells with their labels, and of each cell its latest run with trace and
//! samples.

use std::collections::{BTreeMap, BTreeSet};

use harness_core::record::AuditRow;
use harness_core::{
    CellKey, CellSpec, CodeKey, Determinism, EnvRow, MetricInfo, MetricRole, Metrics, Outcome, Randomness,
    RunId, RunRecord, SampleRow, Suite, TraceRow, shell_word,
};
use harness_plan::PlannedCell;
use harness_plan::suite_file::{Place, Selection};

use crate::varying::Varying;
use crate::{Identity, Input};

/// Rows of the result tables. They may hold more than the campaign: what belongs to no planned cell is ignored.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    /// Rows of `runs`. Of several runs of a cell one counts: of the present code, with an answer, the latest.
    pub runs: Vec<RunRecord>,
    /// Rows of `traces`, in any order.
    pub traces: Vec<TraceRow>,
    /// Rows of `samples`, in any order.
    pub samples: Vec<SampleRow>,
    /// Rows of `env`.
    pub env: Vec<EnvRow>,
    /// Rows of `audits`, those of other code among them.
    pub audits: Vec<AuditRow>,
}

/// A point of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TracePoint {
    pub(crate) step: i64,
    pub(crate) t_ns: i64,
    pub(crate) work: i64,
    pub(crate) value: f64,
}

/// The traces of one run by metric, each sorted by step.
pub(crate) type Trace<'a> = BTreeMap<&'a str, Vec<TracePoint>>;

/// The latest run of a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) record: &'a RunRecord,
    pub(crate) trace: Option<&'a Trace<'a>>,
    pub(crate) samples: &'a [&'a SampleRow],
}

/// A planned cell, seen through a selection: under the labels by which it was selected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Picked<'a> {
    pub(crate) cell: &'a PlannedCell,
    pub(crate) problem_label: &'a str,
    pub(crate) solver_label: &'a str,
    pub(crate) run: Option<Run<'a>>,
}

/// The cells of a campaign joined with their results.
pub(crate) struct Campaign<'a> {
    suite: &'a Suite,
    cells: &'a [PlannedCell],
    /// Labels or ids of solvers that the command line names.
    named: &'a [String],
    runs: BTreeMap<&'a CellKey, &'a RunRecord>,
    traces: BTreeMap<RunId, Trace<'a>>,
    samples: BTreeMap<RunId, Vec<&'a SampleRow>>,
    /// Finished runs of each cell by the present code.
    repeats: BTreeMap<&'a CellKey, Vec<&'a RunRecord>>,
    /// Comparisons of runs of the present code.
    audits: Vec<&'a AuditRow>,
    /// What varies under each pair of labels `(problem, solver)`.
    varying: BTreeMap<(&'a str, &'a str), Varying>,
}

impl<'a> Campaign<'a> {
    /// The campaign that a report is made from.
    pub(crate) fn of(input: &'a Input<'a>) -> Self {
        let campaign = Self::new(input.suite, input.cells, input.data, &input.identity.code_key);
        Self { named: &input.identity.solvers, ..campaign }
    }

    pub(crate) fn new(
        suite: &'a Suite,
        cells: &'a [PlannedCell],
        data: &'a Data,
        code_key: &CodeKey,
    ) -> Self {
        let planned: BTreeSet<&CellKey> = cells.iter().map(|c| &c.key).collect();
        let mut runs: BTreeMap<&CellKey, &RunRecord> = BTreeMap::new();
        let mut repeats: BTreeMap<&CellKey, Vec<&RunRecord>> = BTreeMap::new();
        for run in data.runs.iter().filter(|r| planned.contains(&r.cell_key)) {
            if run.outcome == Outcome::Ok && run.code_key == *code_key {
                repeats.entry(&run.cell_key).or_default().push(run);
            }
            let slot = runs.entry(&run.cell_key).or_insert(run);
            if rank(run, code_key) > rank(slot, code_key) {
                *slot = run;
            }
        }
        let chosen: BTreeSet<RunId> = runs.values().map(|r| r.run_id).collect();
        let mut traces: BTreeMap<RunId, Trace<'_>> = BTreeMap::new();
        for row in data.traces.iter().filter(|t| chosen.contains(&t.run_id)) {
            let point = TracePoint { step: row.step, t_ns: row.t_ns, work: row.work, value: row.value };
            traces.entry(row.run_id).or_default().entry(&row.metric).or_default().push(point);
        }
        for points in traces.values_mut().flat_map(BTreeMap::values_mut) {
            points.sort_by_key(|p| p.step);
        }
        let mut samples: BTreeMap<RunId, Vec<&SampleRow>> = BTreeMap::new();
        for row in data.samples.iter().filter(|s| chosen.contains(&s.run_id)) {
            samples.entry(row.run_id).or_default().push(row);
        }
        for rows in samples.values_mut() {
            rows.sort_by_key(|s| s.rep);
        }
        let mut labelled: BTreeMap<(&str, &str), Vec<&CellSpec>> = BTreeMap::new();
        for cell in cells {
            for (problem, solver) in &cell.labels {
                labelled.entry((problem, solver)).or_default().push(&cell.spec);
            }
        }
        let varying = labelled.into_iter().map(|(labels, specs)| (labels, Varying::over(specs))).collect();
        let audits = data.audits.iter().filter(|a| a.code_key == *code_key).collect();
        Self { suite, cells, named: &[], runs, traces, samples, repeats, audits, varying }
    }

    /// Finished runs of a cell by the present code.
    pub(crate) fn repeats(&self, cell: &PlannedCell) -> &[&'a RunRecord] {
        self.repeats.get(&cell.key).map_or(&[], Vec::as_slice)
    }

    /// The problem that the run's solution is one of, if that is not the instance's: what it took is no time to a solution.
    pub(crate) fn other_problem(&self, run: Run<'_>) -> Option<&'static str> {
        let others =
            self.suite.metrics().into_iter().filter(|metric| metric.role == MetricRole::OtherProblem);
        let others: Vec<MetricInfo> = others.collect();
        if others.is_empty() {
            return None;
        }
        let found: Metrics = serde_json::from_str(&run.record.metrics).unwrap_or_default();
        let answers = |metric: &MetricInfo| found.get(metric.id).is_some_and(|value| value != 0.0);
        others.into_iter().find(answers).map(|metric| metric.label)
    }

    /// Comparisons of runs of the present code.
    pub(crate) fn audits(&self) -> &[&'a AuditRow] {
        &self.audits
    }

    pub(crate) fn suite(&self) -> &'a Suite {
        self.suite
    }

    /// The run of a cell that counts. A cell that is planned as skipped has none, whatever an earlier campaign stored.
    fn run_of(&self, cell: &PlannedCell) -> Option<Run<'_>> {
        if cell.skip.is_some() {
            return None;
        }
        let record = *self.runs.get(&cell.key)?;
        let samples = self.samples.get(&record.run_id).map_or(&[][..], Vec::as_slice);
        Some(Run { record, trace: self.traces.get(&record.run_id), samples })
    }

    /// Whether the command line names a solver, by its label or its id.
    pub(crate) fn is_named(&self, place: Place<'_>) -> bool {
        self.named.iter().any(|name| name == place.solver_label || *name == place.spec.solver.id)
    }

    /// The cells that all selections select under the same labels, in the order of the plan.
    pub(crate) fn select(&self, selections: &[&Selection]) -> Vec<Picked<'_>> {
        self.select_where(|place| selections.iter().all(|s| s.matches(place)))
    }

    /// The cells that `wanted` wants under some of their labels. The second arm of a control answers no question about its
    /// solver: it is there to be compared with it.
    pub(crate) fn select_where(&self, wanted: impl Fn(Place<'_>) -> bool) -> Vec<Picked<'_>> {
        let pick = |cell: &'a PlannedCell| {
            let (problem_label, solver_label) = cell.labels.iter().find(|(problem, solver)| {
                wanted(Place { problem_label: problem, solver_label: solver, spec: &cell.spec })
            })?;
            Some(Picked { cell, problem_label, solver_label, run: self.run_of(cell) })
        };
        self.cells.iter().filter(|cell| !cell.spec.control).filter_map(pick).collect()
    }

    /// All cells, controls included, each under its first labels.
    pub(crate) fn all(&self) -> Vec<Picked<'_>> {
        let pick = |cell: &'a PlannedCell| Picked {
            cell,
            problem_label: cell.problem_label(),
            solver_label: cell.solver_label(),
            run: self.run_of(cell),
        };
        self.cells.iter().map(pick).collect()
    }

    /// The two arms of each A/A control: the cell and its double.
    pub(crate) fn controls(&self) -> Vec<(Picked<'_>, Picked<'_>)> {
        let all = self.all();
        let by_key: BTreeMap<&CellKey, &Picked<'_>> = all.iter().map(|p| (&p.cell.key, p)).collect();
        let doubles = all.iter().filter(|p| p.cell.spec.control);
        doubles
            .filter_map(|double| Some((**by_key.get(&single(&double.cell.spec).key())?, *double)))
            .collect()
    }

    /// What tells the cells under a pair of labels apart.
    pub(crate) fn varying<'b>(
        &'b self,
        problem_label: &'b str,
        solver_label: &'b str,
    ) -> Option<&'b Varying> {
        self.varying.get(&(problem_label, solver_label))
    }

    /// Whether a cell draws no random numbers at all: replicates would be the same run.
    pub(crate) fn is_fixed(&self, cell: &PlannedCell) -> bool {
        let problem = self.suite.problem(&cell.spec.problem.id);
        let solver = self.suite.solver(&cell.spec.solver.id);
        let fixed = |r: Option<Randomness>| r == Some(Randomness::Fixed);
        fixed(problem.and_then(|p| p.randomness(&cell.spec.problem.params).ok()))
            && fixed(solver.map(|s| s.randomness))
    }

    /// Whether everything about a cell that is not a time or a memory size is the same in every run.
    pub(crate) fn is_exact(&self, cell: &PlannedCell) -> bool {
        let solver = self.suite.solver(&cell.spec.solver.id);
        self.is_fixed(cell) && solver.is_some_and(|s| s.determinism == Determinism::Bitwise)
    }

    /// The commands that run cells again, each once.
    pub(crate) fn commands<'p>(
        &self,
        identity: &Identity,
        cells: impl IntoIterator<Item = &'p Picked<'p>>,
    ) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        for picked in cells {
            let command = self.command(identity, picked);
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        commands
    }

    /// The command that runs a cell again, whatever is stored. Replicates of the cell run with it.
    pub(crate) fn command(&self, identity: &Identity, picked: &Picked<'_>) -> String {
        let spec = &single(&picked.cell.spec);
        // A control has no label on the command line: it comes with the cell that it doubles.
        let own = self.cells.iter().find(|cell| picked.cell.spec.control && cell.spec == *spec);
        let (problem, solver) = match own {
            Some(own) => (own.problem_label(), own.solver_label()),
            None => (picked.problem_label, picked.solver_label),
        };
        let mut words = vec![
            format!("suite={}", spec.suite),
            format!("profile={}", identity.profile),
            format!("problem={problem}"),
            format!("solver={solver}"),
        ];
        if let Some(varying) = self.varying.get(&(problem, solver)) {
            let pairs = varying.pairs(spec).into_iter();
            words.extend(pairs.map(|(side, name, value)| format!("{side}{name}={value}")));
        }
        // What the campaign was started with applies unless the cell fixes it.
        for pair in &identity.overrides {
            let key = pair.split('=').next().unwrap_or_default();
            if !words.iter().any(|w| w.split('=').next() == Some(key)) {
                words.push(pair.clone());
            }
        }
        words.push("--fresh".to_owned());
        let quoted: Vec<_> = words.iter().map(|w| shell_word(w)).collect();
        format!("just run {}", quoted.join(" "))
    }
}

/// The cell without being the second arm of a control.
fn single(spec: &CellSpec) -> CellSpec {
    CellSpec { control: false, ..spec.clone() }
}

/// Which of two runs of a cell counts: one of the present code before one of other code, one that answers (`ok`, or ended
/// at a limit) before one that failed, one that was interrupted last; then the later one.
fn rank(run: &RunRecord, code_key: &CodeKey) -> (bool, u8, (u32, RunId)) {
    let answer = match run.outcome {
        Outcome::Ok | Outcome::Timeout | Outcome::Oom => 2,
        Outcome::Interrupted => 0,
        _ => 1,
    };
    (run.code_key == *code_key, answer, run.recency())
}

#[cfg(test)]
mod tests {
    use harness_core::{Device, Dtype, Limits, Measure, ProblemSpec, SolverSpec, Stop, SuiteBuilder};

    use super::*;

    fn planned(control: bool) -> PlannedCell {
        let named = serde_json::Map::new;
        let spec = CellSpec {
            suite: "s".into(),
            problem: ProblemSpec {
                id: "p".into(),
                version: 1,
                params: named(),
                omit: Vec::new(),
                data_sha256: Vec::new(),
            },
            solver: SolverSpec { id: "s".into(), params: named(), omit: Vec::new(), code: None },
            stop: Stop { metric: "m".into(), tol: None, max_iter: 1, budget_s: None, stall: None },
            measure: Measure::Trace {},
            replicate: 0,
            master_seed: 0,
            device: Device::Cpu,
            dtype: Dtype::F64,
            threads: 1,
            control,
        };
        PlannedCell {
            key: spec.key(),
            spec,
            labels: vec![("problem".to_owned(), "solver".to_owned())],
            limits: Limits::default(),
            skip: None,
            timed: true,
            place: None,
        }
    }

    fn keys<'a>(picked: &[Picked<'a>]) -> Vec<&'a CellKey> {
        picked.iter().map(|p| &p.cell.key).collect()
    }

    #[test]
    fn no_selection_takes_the_second_arm_of_a_control() {
        let suite = SuiteBuilder::new("s", "", "", "").build();
        let (cells, data) = ([planned(false), planned(true)], Data::default());
        let campaign = Campaign::new(&suite, &cells, &data, &CodeKey::of(b""));
        assert_eq!(keys(&campaign.select(&[&Selection::default()])), [&cells[0].key]);
        assert_eq!(keys(&campaign.select_where(|_| true)), [&cells[0].key]);
        assert_eq!(keys(&campaign.all()), [&cells[0].key, &cells[1].key]);
    }
}
