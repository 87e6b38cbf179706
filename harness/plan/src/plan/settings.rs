//! The settings that apply to an entry of `runs`: its own, else the profile's, else the defaults; the command line over
//! all.

use harness_core::stop::Stall;
use harness_core::{Device, Dtype, Limits, Measure, Stop};

use crate::diagnostic::Diagnostics;
use crate::overrides::{MeasureOverrides, Overrides};
use crate::suite_file::{Profile, RunBlock, RunSettings, StopRules, SuiteFile};

/// Settings without gaps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effective {
    pub(super) replicates: u32,
    pub(super) seed: u64,
    pub(super) threads: Vec<u32>,
    pub(super) devices: Vec<Device>,
    pub(super) dtypes: Vec<Dtype>,
    pub(super) stops: Vec<CellStop>,
    pub(super) limits: Limits,
    pub(super) measure: Measure,
    /// How many groups of compared solvers have an A/A control.
    pub(super) controls: u32,
}

/// The groups that have an A/A control unless the file says otherwise.
const CONTROLS: u32 = 3;

impl Effective {
    /// Every device, element type and thread count, the last fastest.
    pub(super) fn places(&self) -> Vec<(Device, Dtype, u32)> {
        let mut all = Vec::new();
        for device in &self.devices {
            for dtype in &self.dtypes {
                for threads in &self.threads {
                    all.push((*device, *dtype, *threads));
                }
            }
        }
        all
    }
}

/// [`StopRules`] whose sweeps are expanded: the rules of one cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CellStop {
    /// None: the problem's own.
    metric: Option<String>,
    tol: Option<f64>,
    max_iter: u64,
    budget_s: Option<f64>,
    stall: Option<Stall>,
}

impl CellStop {
    /// The rules on the problem's own metric unless they name another.
    pub(super) fn stop(&self, metric: &str) -> Stop {
        Stop {
            metric: self.metric.clone().unwrap_or_else(|| metric.to_owned()),
            tol: self.tol,
            max_iter: self.max_iter,
            budget_s: self.budget_s,
            stall: self.stall.clone(),
        }
    }
}

/// The first that is given: on the command line, by the entry itself, by the profile.
fn first<T: Clone>(given: Option<&T>, own: Option<&T>, general: Option<&T>, default: T) -> T {
    given.or(own).or(general).cloned().unwrap_or(default)
}

pub(super) fn effective(
    profile: &Profile,
    block: &RunBlock,
    file: &SuiteFile,
    overrides: &Overrides,
    errors: &mut Diagnostics,
) -> Option<Effective> {
    let (own, general) = (&block.settings, &profile.settings);
    let Some(stop) = own.stop.as_ref().or(general.stop.as_ref()) else {
        let message = format!("no `stop` for runs of profile `{}`", profile.name);
        errors.push(&file.source, profile.name.span, message, None);
        return None;
    };
    let get = |field: fn(&RunSettings) -> Option<&Vec<u32>>| (field(own), field(general));
    let (own_threads, general_threads) = get(|s| s.threads.as_ref());
    let measure = first(None, own.measure.as_ref(), general.measure.as_ref(), Measure::Trace {});
    let limits = first(None, own.limits.as_ref(), general.limits.as_ref(), Limits::default());
    Some(Effective {
        replicates: first(
            overrides.replicates.as_ref(),
            own.replicates.as_ref(),
            general.replicates.as_ref(),
            1,
        ),
        seed: first(overrides.seed.as_ref(), own.seed.as_ref(), general.seed.as_ref(), 0),
        threads: first(overrides.threads.as_ref(), own_threads, general_threads, vec![1]),
        devices: first(
            overrides.device.as_ref(),
            own.device.as_ref(),
            general.device.as_ref(),
            vec![Device::Cpu],
        ),
        dtypes: first(overrides.dtype.as_ref(), own.dtype.as_ref(), general.dtype.as_ref(), vec![Dtype::F64]),
        stops: stops(&stop.value, overrides),
        limits: Limits {
            hard_s: overrides.limits.hard_s.unwrap_or(limits.hard_s),
            grace_s: overrides.limits.grace_s.unwrap_or(limits.grace_s),
            memory: overrides.limits.memory.unwrap_or(limits.memory),
        },
        measure: measured(&measure, &overrides.measure),
        controls: first(None, own.controls.as_ref(), general.controls.as_ref(), CONTROLS),
    })
}

/// The stop rules with what the command line overrides; sweeps multiply.
fn stops(rules: &StopRules, overrides: &Overrides) -> Vec<CellStop> {
    let over = &overrides.stop;
    let metric = over.metric.as_ref().or(rules.metric.as_ref()).map(|metric| metric.value.clone());
    let mut all = Vec::new();
    let own =
        || if rules.tol.is_empty() { vec![None] } else { rules.tol.iter().copied().map(Some).collect() };
    for tol in over.tol.clone().unwrap_or_else(own) {
        for max_iter in over.max_iter.clone().unwrap_or_else(|| vec![rules.max_iter]) {
            for budget_s in over.budget_s.clone().unwrap_or_else(|| vec![rules.budget_s]) {
                let (metric, stall) = (metric.clone(), rules.stall.clone());
                all.push(CellStop { metric, tol, max_iter, budget_s, stall });
            }
        }
    }
    all
}

fn measured(measure: &Measure, over: &MeasureOverrides) -> Measure {
    match measure {
        Measure::Trace {} => Measure::Trace {},
        Measure::Solve { warmup, samples } => Measure::Solve {
            warmup: over.warmup.unwrap_or(*warmup),
            samples: over.samples.unwrap_or(*samples),
        },
        Measure::Step { warmup, samples, min_sample_s } => Measure::Step {
            warmup: over.warmup.unwrap_or(*warmup),
            samples: over.samples.unwrap_or(*samples),
            min_sample_s: over.min_sample_s.unwrap_or(*min_sample_s),
        },
    }
}
