//! A profile with overrides → the cells, in the order in which they run.

use std::collections::BTreeMap;

use harness_core::params::Resolved;
use harness_core::suite::{ProblemEntry, SolverEntry};
use harness_core::{CellKey, CellSpec, DataNeed, Device, ProblemSpec, Randomness, SolverSpec, Suite};

use super::choose;
use super::named;
use super::order::{shuffled, williams};
use super::settings::{Effective, effective};
use super::{BlockPlace, Plan, PlannedCell};
use crate::diagnostic::Diagnostics;
use crate::overrides::Overrides;
use crate::resolve;
use crate::suite_file::{Configured, Exclude, Place, Side, SuiteFile};

/// What the label of an A/A control ends with.
const CONTROL: &str = " (A/A control)";

/// The most cells of a plan.
const MAX_CELLS: usize = 1_000_000;

/// What the machine that runs the cells has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Whether there is a CUDA device.
    pub cuda: bool,
    /// How many threads run at the same time.
    pub max_threads: u32,
}

/// Finds the files that instances are read from.
pub trait DataLookup {
    /// The SHA-256 of a file, in hexadecimal.
    ///
    /// # Errors
    ///
    /// Why it is not there, with the command that fetches it. The cell is then planned as skipped.
    fn sha256(&self, need: &DataNeed) -> Result<String, String>;
}

/// A resolved problem under a label.
struct ProblemVariant<'a> {
    label: &'a str,
    entry: &'a ProblemEntry,
    spec: ProblemSpec,
    seeded: bool,
    missing: Option<String>,
}

/// A resolved solver under a label.
struct SolverVariant<'a> {
    label: &'a str,
    entry: &'a SolverEntry,
    spec: SolverSpec,
}

/// A cell without its replicate.
#[derive(Clone)]
struct Base {
    cell: PlannedCell,
    replicated: bool,
}

/// The cells of the solvers that are compared on one problem variant under the same rules, at the same place.
type Group = Vec<Base>;

/// What stays the same while a plan is made.
pub(super) struct Maker<'a> {
    pub(super) suite: &'a Suite,
    pub(super) file: &'a SuiteFile,
    pub(super) overrides: &'a Overrides,
    pub(super) data: &'a dyn DataLookup,
    pub(super) machine: Machine,
}

impl<'a> Maker<'a> {
    pub(super) fn make(&self, profile_name: &str) -> Result<Plan, Diagnostics> {
        let profile = choose::profile(self.file, profile_name, self.overrides)?;
        let kept = self.kept(profile);
        let mut errors = Diagnostics::default();
        self.check_params(&kept, &mut errors);
        let mut problems: BTreeMap<&str, Vec<ProblemVariant<'a>>> = BTreeMap::new();
        let mut solvers: BTreeMap<&str, Vec<SolverVariant<'a>>> = BTreeMap::new();
        for blocks in &kept {
            for problem in &blocks.problems {
                if !problems.contains_key(problem.label.as_str()) {
                    problems.insert(&problem.label, self.problem(problem, &mut errors));
                }
            }
            for solver in &blocks.solvers {
                if !solvers.contains_key(solver.label.as_str()) {
                    solvers.insert(&solver.label, self.solver(solver, &mut errors));
                }
            }
        }
        let settings: Vec<Option<Effective>> = kept
            .iter()
            .map(|k| effective(profile, &profile.runs[k.block], self.file, self.overrides, &mut errors))
            .collect();
        self.check_measure(&settings, &mut errors);
        self.check_stop_metric(&kept, &mut errors);
        errors.into_result(())?;

        let mut cells = Cells::default();
        let mut controls_left = usize::MAX;
        for (kept, settings) in kept.iter().zip(settings.into_iter().flatten()) {
            let problems: Vec<_> = kept.problems.iter().flat_map(|p| &problems[p.label.as_str()]).collect();
            let solvers: Vec<_> = kept.solvers.iter().flat_map(|s| &solvers[s.label.as_str()]).collect();
            let count = [
                problems.len(),
                solvers.len(),
                settings.stops.len(),
                settings.devices.len(),
                settings.dtypes.len(),
                settings.threads.len(),
                settings.replicates as usize,
            ]
            .iter()
            .try_fold(1_usize, |n, k| n.checked_mul(*k));
            if count.is_none_or(|n| n > MAX_CELLS - cells.list.len().min(MAX_CELLS)) {
                let message = format!("profile `{profile_name}` has more than {MAX_CELLS} cells");
                return Err(Diagnostics::one(&self.file.source, profile.name.span, message, None));
            }
            let excludes: Vec<&Exclude> =
                profile.runs[kept.block].settings.exclude.iter().chain(&profile.settings.exclude).collect();
            let mut groups = self.groups(&problems, &solvers, &settings, &excludes);
            if settings.measure.is_timed() {
                if settings.replicates > 1 {
                    controls_left = add_controls(&mut groups, controls_left.min(settings.controls as usize));
                }
                cells.timed(&groups, &settings, kept.block);
            } else {
                cells.untimed(&groups, settings.replicates);
            }
        }
        Ok(Plan {
            suite: self.suite.id.to_owned(),
            profile: profile_name.to_owned(),
            code_key: self.suite.code_key.clone(),
            notes: self.notes(&cells.list),
            cells: cells.list,
        })
    }

    fn variants(&self, configured: &'a Configured, side: Side, errors: &mut Diagnostics) -> Vec<Resolved> {
        let params = &self.overrides.params;
        resolve::variants(configured, side, params, self.suite, &self.file.source, errors)
    }

    fn problem(&self, configured: &'a Configured, errors: &mut Diagnostics) -> Vec<ProblemVariant<'a>> {
        let resolved = self.variants(configured, Side::Problem, errors);
        let Some(entry) = self.suite.problem(&configured.id) else { return Vec::new() };
        let mut all = Vec::new();
        for Resolved { values: params, omit } in resolved {
            let facts = entry.randomness(&params).and_then(|r| Ok((r, entry.data(&params)?)));
            let (randomness, needs) = match facts {
                Ok(facts) => facts,
                Err(error) => {
                    errors.push(&self.file.source, configured.id.span, error.message, None);
                    continue;
                }
            };
            let found: Result<Vec<String>, String> = needs.iter().map(|n| self.data.sha256(n)).collect();
            let (data_sha256, missing) = match found {
                Ok(hashes) => (hashes, None),
                Err(reason) => (Vec::new(), Some(reason)),
            };
            let id = entry.id.to_owned();
            let spec = ProblemSpec { id, version: entry.version, params, omit, data_sha256 };
            let seeded = randomness == Randomness::Seeded;
            all.push(ProblemVariant { label: &configured.label, entry, spec, seeded, missing });
        }
        all
    }

    fn solver(&self, configured: &'a Configured, errors: &mut Diagnostics) -> Vec<SolverVariant<'a>> {
        let resolved = self.variants(configured, Side::Solver, errors);
        let Some(entry) = self.suite.solver(&configured.id) else { return Vec::new() };
        let variant = |Resolved { values: params, omit }| SolverVariant {
            label: &configured.label,
            entry,
            spec: SolverSpec {
                id: entry.id.clone().into_owned(),
                params,
                omit,
                code: entry.peer().map(|peer| peer.fingerprint.clone()),
            },
        };
        resolved.into_iter().map(variant).collect()
    }

    /// Every cell of an entry of `runs`, for replicate 0, in groups of compared solvers.
    fn groups(
        &self,
        problems: &[&ProblemVariant<'a>],
        solvers: &[&SolverVariant<'a>],
        settings: &Effective,
        excludes: &[&Exclude],
    ) -> Vec<Group> {
        let mut groups = Vec::new();
        for problem in problems {
            let refusals: Vec<Option<String>> = solvers
                .iter()
                .map(|s| s.entry.accepts(&s.spec.params, problem.entry, &problem.spec).err())
                .collect();
            for rules in &settings.stops {
                for (device, dtype, threads) in settings.places() {
                    let mut group = Group::new();
                    for (solver, refusal) in solvers.iter().zip(&refusals) {
                        let spec = CellSpec {
                            suite: self.suite.id.to_owned(),
                            problem: problem.spec.clone(),
                            solver: solver.spec.clone(),
                            stop: rules.stop(problem.entry.stop_metric),
                            measure: settings.measure.clone(),
                            replicate: 0,
                            master_seed: settings.seed,
                            device,
                            dtype,
                            threads,
                            control: false,
                        };
                        let skip = self.skip(problem, solver, refusal.as_deref(), &spec, excludes);
                        let timed = settings.measure.is_timed();
                        let seeded = problem.seeded || solver.entry.randomness == Randomness::Seeded;
                        group.push(Base {
                            replicated: seeded || timed,
                            cell: PlannedCell {
                                key: CellKey::of(b""),
                                spec,
                                labels: vec![(problem.label.to_owned(), solver.label.to_owned())],
                                limits: settings.limits,
                                skip,
                                timed,
                                place: None,
                            },
                        });
                    }
                    groups.push(group);
                }
            }
        }
        groups
    }

    fn skip(
        &self,
        problem: &ProblemVariant<'_>,
        solver: &SolverVariant<'_>,
        refusal: Option<&str>,
        spec: &CellSpec,
        excludes: &[&Exclude],
    ) -> Option<String> {
        let place = Place { problem_label: problem.label, solver_label: solver.label, spec };
        if let Some(exclude) = excludes.iter().find(|e| e.select.matches(place)) {
            return Some(exclude.reason.clone());
        }
        let entry = solver.entry;
        if let Some(reason) = refusal {
            return Some(reason.to_owned());
        }
        if !entry.devices.contains(&spec.device) {
            return Some(format!("`{}` does not compute on {}", entry.id, spec.device));
        }
        if !entry.dtypes.contains(&spec.dtype) {
            return Some(format!("`{}` does not compute in {}", entry.id, spec.dtype));
        }
        if spec.device == Device::Cuda && !self.machine.cuda {
            return Some("no CUDA device".to_owned());
        }
        if let Some(Err(reason)) = entry.peer().map(|peer| &peer.command) {
            return Some(reason.clone());
        }
        problem.missing.clone()
    }

    fn notes(&self, cells: &[PlannedCell]) -> Vec<String> {
        let most = cells.iter().filter(|c| c.skip.is_none()).map(|c| c.spec.threads).max().unwrap_or(0);
        let have = self.machine.max_threads;
        let note = format!("cells use up to {most} threads and this machine runs {have} at a time");
        if most > have { vec![note] } else { Vec::new() }
    }
}

/// Gives the first solver of up to `most` groups that runs a second arm, by which the campaign's timings are checked: any
/// difference between the two arms is not the solver's. Gives back how many more groups may have one.
fn add_controls(groups: &mut [Group], most: usize) -> usize {
    let mut left = most;
    for group in groups {
        let Some(base) = group.iter().find(|base| base.cell.skip.is_none()).filter(|_| left > 0) else {
            continue;
        };
        let mut control = base.clone();
        control.cell.spec.control = true;
        for (_, solver) in &mut control.cell.labels {
            solver.push_str(CONTROL);
        }
        group.push(control);
        left -= 1;
    }
    left
}

/// The cells so far, each key once.
#[derive(Default)]
struct Cells {
    list: Vec<PlannedCell>,
    by_key: BTreeMap<CellKey, usize>,
}

impl Cells {
    /// Replicate by replicate.
    fn untimed(&mut self, groups: &[Group], replicates: u32) {
        for replicate in 0..replicates {
            for base in groups.iter().flatten().filter(|b| replicate == 0 || b.replicated) {
                self.add(base, replicate, None);
            }
        }
    }

    /// Block by block: see [`order`](super::order).
    fn timed(&mut self, groups: &[Group], settings: &Effective, entry: usize) {
        for block in 0..settings.replicates {
            let what = [entry as u64, u64::from(block)];
            for at in shuffled(groups.len(), settings.seed, &what) {
                let group = &groups[at];
                let letters = shuffled(group.len(), settings.seed, &[entry as u64, at as u64]);
                for (position, letter) in williams(group.len(), block as usize).into_iter().enumerate() {
                    let place = BlockPlace { block, position: position as u32 };
                    self.add(&group[letters[letter]], block, Some(place));
                }
            }
        }
    }

    fn add(&mut self, base: &Base, replicate: u32, place: Option<BlockPlace>) {
        let mut cell = base.cell.clone();
        cell.spec.replicate = replicate;
        cell.key = cell.spec.key();
        cell.place = place;
        let Some(at) = self.by_key.get(&cell.key) else {
            self.by_key.insert(cell.key.clone(), self.list.len());
            self.list.push(cell);
            return;
        };
        // The same cell again: it keeps all its labels, runs if any of them wants it to, within the widest limits.
        let known = &mut self.list[*at];
        for label in cell.labels {
            if !known.labels.contains(&label) {
                known.labels.push(label);
            }
        }
        if known.skip.is_none() || cell.skip.is_none() {
            known.skip = None;
        }
        known.limits = known.limits.widest(cell.limits);
    }
}

/// Looks nothing up: for suites without data sets.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoData;

impl DataLookup for NoData {
    fn sha256(&self, need: &DataNeed) -> Result<String, String> {
        Err(match need {
            DataNeed::DataSet { name, .. } => {
                format!("data set `{name}` is missing: fetch it with `harness data fetch {name}`")
            }
            DataNeed::File(path) => format!("the file `{}` is not read here", path.display()),
        })
    }
}

impl Plan {
    /// The plan of a profile with overrides.
    ///
    /// # Errors
    ///
    /// Unknown names, parameters that no selected problem or solver has, values out of range: all of them at once, on the
    /// command line or in the suite file.
    pub fn make(
        suite: &Suite,
        file: &SuiteFile,
        profile: &str,
        overrides: &Overrides,
        data: &dyn DataLookup,
        machine: &Machine,
    ) -> Result<Self, Diagnostics> {
        let named = named::with_named(file, choose::profile(file, profile, overrides)?, suite, overrides)?;
        let file = named.as_ref();
        Maker { suite, file, overrides, data: &Remember::new(data), machine: *machine }.make(profile)
    }
}

/// Asks for each file once.
struct Remember<'a> {
    inner: &'a dyn DataLookup,
    known: std::cell::RefCell<Vec<(DataNeed, Result<String, String>)>>,
}

impl<'a> Remember<'a> {
    fn new(inner: &'a dyn DataLookup) -> Self {
        Self { inner, known: std::cell::RefCell::new(Vec::new()) }
    }
}

impl DataLookup for Remember<'_> {
    fn sha256(&self, need: &DataNeed) -> Result<String, String> {
        if let Some((_, found)) = self.known.borrow().iter().find(|(n, _)| n == need) {
            return found.clone();
        }
        let found = self.inner.sha256(need);
        self.known.borrow_mut().push((need.clone(), found.clone()));
        found
    }
}
