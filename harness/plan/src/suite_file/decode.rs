//! Nodes → the plain data of a suite file.

use std::sync::Arc;

use harness_core::stop::Stall;
use harness_core::{Device, Dtype, Measure, Warmup};

use super::select::{Condition, ParamRef, Selection};
use super::settings::{Exclude, RunSettings, StopRules};
use super::values::ParamValues;
use super::{Configured, Paper, Profile, RunBlock, SuiteFile};
use crate::decode::{Bytes, Count, Decode, Decoder, Dotted, Fields, NonNegative, OneOrMany, Positive};
use crate::diagnostic::Diagnostics;
use crate::source::{Source, Spanned};
use crate::yaml::{self, Kind, Node};
use harness_core::Limits;

/// The version of both files' format.
pub(crate) const SCHEMA: u32 = 1;

/// Reads `schema:` and refuses another version.
pub(crate) fn schema(fields: &mut Fields<'_>, d: &mut Decoder) -> Option<()> {
    let version: Spanned<u32> = fields.need(d, "schema")?;
    if *version == SCHEMA {
        return Some(());
    }
    d.error(version.span, format!("unknown schema {}: this version reads schema {SCHEMA}", *version), None);
    None
}

pub(crate) fn suite_file(source: &Arc<Source>) -> Result<SuiteFile, Diagnostics> {
    let root = yaml::parse(source)?;
    let mut d = Decoder::new(source);
    let file = read(&root, &mut d);
    // What could not be read has left an error.
    d.errors.into_result(file).map(|file| file.expect("a file without errors is read"))
}

fn read(root: &Node, d: &mut Decoder) -> Option<SuiteFile> {
    let mut f = d.fields(root, "a suite file")?;
    let schema = schema(&mut f, d);
    let suite = f.need(d, "suite");
    let default_profile = f.need(d, "default_profile");
    let papers = f.or_default(d, "papers");
    let trace_metrics = f.or_default(d, "trace_metrics");
    let problems = f.node("problems").map(|node| labelled(node, d, "problem"));
    let solvers = f.node("solvers").map(|node| labelled(node, d, "solver"));
    let profiles = f.node("profiles").map(|node| profiles(node, d));
    for (name, missing) in
        [("problems", problems.is_none()), ("solvers", solvers.is_none()), ("profiles", profiles.is_none())]
    {
        if missing {
            d.error(f.span, format!("missing field `{name}` of a suite file"), None);
        }
    }
    let tables = f.or_default(d, "tables");
    let figures = f.or_default(d, "figures");
    let comparisons = f.or_default(d, "comparisons");
    let rankings = f.or_default(d, "rankings");
    f.end(d, Dotted::Ignore);
    schema?;
    Some(SuiteFile {
        source: Arc::clone(&d.source),
        suite: suite?,
        default_profile: default_profile?,
        papers: papers?,
        trace_metrics: trace_metrics?,
        problems: problems??,
        solvers: solvers??,
        profiles: profiles??,
        tables: tables?,
        figures: figures?,
        comparisons: comparisons?,
        rankings: rankings?,
    })
}

impl Decode for Paper {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a paper")?;
        let (id, title) = (f.need(d, "id"), f.need(d, "title"));
        let (authors, venue, url) = (f.may(d, "authors"), f.may(d, "venue"), f.may(d, "url"));
        f.end(d, Dotted::Refuse);
        Some(Self { id: id?, title: title?, authors: authors?, venue: venue?, url: url? })
    }
}

/// `label: {problem: id, params: {…}}` for each problem, and the same for solvers.
fn labelled(node: &Node, d: &mut Decoder, side: &'static str) -> Option<Vec<Configured>> {
    let entries = d.entries(node, &format!("{side}s by label (a mapping)"))?;
    let mut all = Vec::new();
    let mut complete = true;
    for entry in entries {
        let label = Spanned::new(entry.key.clone(), entry.key_span);
        let configured = configured(&entry.value, d, label, side);
        complete &= configured.is_some();
        all.extend(configured);
    }
    complete.then_some(all)
}

fn configured(
    node: &Node,
    d: &mut Decoder,
    label: Spanned<String>,
    side: &'static str,
) -> Option<Configured> {
    let what = if side == "problem" { "a problem" } else { "a solver" };
    let mut f = d.fields(node, what)?;
    let id = f.need(d, side);
    let params = f.node("params").map_or(Some(Vec::new()), |node| params(node, d));
    f.end(d, Dotted::Refuse);
    Some(Configured { label, id: id?, params: params? })
}

fn params(node: &Node, d: &mut Decoder) -> Option<Vec<ParamValues>> {
    let entries = d.entries(node, "parameters by name (a mapping)")?;
    let read: Vec<Option<ParamValues>> = entries
        .iter()
        .map(|entry| {
            let given = d.json(&entry.value)?;
            let elements = match &entry.value.kind {
                Kind::List(items) => items.iter().map(|item| item.span).collect(),
                _ => Vec::new(),
            };
            Some(ParamValues {
                name: Spanned::new(entry.key.clone(), entry.key_span),
                given: Spanned::new(given, entry.value.span),
                elements,
            })
        })
        .collect();
    read.into_iter().collect()
}

fn profiles(node: &Node, d: &mut Decoder) -> Option<Vec<Profile>> {
    let entries = d.entries(node, "profiles by name (a mapping)")?;
    let read: Vec<Option<Profile>> = entries
        .iter()
        .map(|entry| {
            let mut f = d.fields(&entry.value, "a profile")?;
            let title = f.may(d, "title");
            let settings = settings(&mut f, d);
            let runs: Option<Vec<RunBlock>> = f.need(d, "runs");
            if runs.as_ref().is_some_and(Vec::is_empty) {
                let message =
                    format!("profile `{}` runs nothing: expected at least one of `runs`", entry.key);
                d.error(entry.key_span, message, None);
            }
            f.end(d, Dotted::Refuse);
            let name = Spanned::new(entry.key.clone(), entry.key_span);
            Some(Profile { name, title: title?, settings: settings?, runs: runs? })
        })
        .collect();
    read.into_iter().collect()
}

impl Decode for RunBlock {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "an entry of `runs`")?;
        let problems: Option<OneOrMany<_>> = f.need(d, "problems");
        let solvers: Option<OneOrMany<_>> = f.need(d, "solvers");
        let with_peers = f.or_default(d, "with_peers");
        let settings = settings(&mut f, d);
        f.end(d, Dotted::Refuse);
        Some(Self {
            problems: problems?.0,
            solvers: solvers?.0,
            with_peers: with_peers?,
            settings: settings?,
        })
    }
}

fn settings(f: &mut Fields<'_>, d: &mut Decoder) -> Option<RunSettings> {
    let replicates: Option<Option<Count>> = f.may(d, "replicates");
    let seed = f.may(d, "seed");
    let threads: Option<Option<OneOrMany<Count>>> = f.may(d, "threads");
    let device: Option<Option<OneOrMany<Device>>> = f.may(d, "device");
    let dtype: Option<Option<OneOrMany<Dtype>>> = f.may(d, "dtype");
    let stop = f.may(d, "stop");
    let limits = f.may(d, "limits");
    let measure = f.may(d, "measure");
    let controls = f.may(d, "controls");
    let exclude = f.or_default(d, "exclude");
    Some(RunSettings {
        replicates: replicates?.map(|c| c.0),
        seed: seed?,
        threads: threads?.map(|list| list.0.into_iter().map(|c| c.0).collect()),
        device: device?.map(|list| list.0),
        dtype: dtype?.map(|list| list.0),
        stop: stop?,
        limits: limits?,
        measure: measure?,
        controls: controls?,
        exclude: exclude?,
    })
}

impl Decode for Device {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        d.one_of(node, "device", [("cpu", Device::Cpu), ("cuda", Device::Cuda)])
    }
}

impl Decode for Dtype {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        d.one_of(node, "element type", [("f64", Dtype::F64), ("f32", Dtype::F32), ("bf16", Dtype::Bf16)])
    }
}

impl Decode for StopRules {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a stop rule")?;
        let metric = f.may(d, "metric");
        let tol: Option<Option<OneOrMany<NonNegative>>> = f.may(d, "tol");
        let max_iter: Option<Count64> = f.need(d, "max_iter");
        let budget: Option<Option<Positive>> = f.may(d, "budget_s");
        let stall = f.may(d, "stall");
        f.end(d, Dotted::Refuse);
        Some(Self {
            metric: metric?,
            tol: tol?.map(|many| many.0.iter().map(|t| t.0).collect()).unwrap_or_default(),
            max_iter: max_iter?.0,
            budget_s: budget?.map(|b| b.0),
            stall: stall?,
        })
    }
}

struct Count64(u64);

impl Decode for Count64 {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let value = u64::decode(node, d)?;
        if value > 0 {
            return Some(Self(value));
        }
        d.wrong(node, "an integer of at least 1", None);
        None
    }
}

impl Decode for Stall {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a stall rule")?;
        let steps: Option<Count64> = f.need(d, "steps");
        let factor: Option<Spanned<Positive>> = f.need(d, "factor");
        f.end(d, Dotted::Refuse);
        let factor = factor?;
        if factor.value.0 >= 1.0 {
            d.error(factor.span, format!("`factor` must be below 1, found {}", factor.value.0), None);
            return None;
        }
        Some(Self { steps: steps?.0, factor: factor.value.0 })
    }
}

impl Decode for Limits {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "limits")?;
        let hard: Option<Option<Positive>> = f.may(d, "hard_s");
        let grace: Option<Option<NonNegative>> = f.may(d, "grace_s");
        let memory: Option<Option<Bytes>> = f.may(d, "memory");
        f.end(d, Dotted::Refuse);
        let default = Self::default();
        Some(Self {
            hard_s: hard?.map_or(default.hard_s, |s| s.0),
            grace_s: grace?.map_or(default.grace_s, |s| s.0),
            memory: memory?.map(|b| b.0),
        })
    }
}

impl Decode for Warmup {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        if node.kind == Kind::Text && node.text == "stable" {
            return Some(Self::Stable);
        }
        match node.kind {
            Kind::Int(n) if u32::try_from(n).is_ok() => u32::try_from(n).ok().map(Self::Samples),
            _ => {
                d.wrong(node, "a number of samples, or `stable`", None);
                None
            }
        }
    }
}

impl Decode for Measure {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let expected = "one of `{trace: {}}`, `{solve: {…}}`, `{step: {…}}`";
        let entries = match &node.kind {
            Kind::Map(entries) if entries.len() == 1 => entries,
            _ => {
                d.wrong(node, expected, None);
                return None;
            }
        };
        let (key, value) = (&entries[0], &entries[0].value);
        match key.key.as_str() {
            "trace" => {
                if value.kind != Kind::Null {
                    d.fields(value, "`trace`")?.end(d, Dotted::Refuse);
                }
                Some(Measure::Trace {})
            }
            "solve" => {
                let mut f = d.fields(value, "`solve`")?;
                let (warmup, samples) = (f.may::<Warmup>(d, "warmup"), f.need::<u32>(d, "samples"));
                f.end(d, Dotted::Refuse);
                Some(Measure::Solve { warmup: warmup?.unwrap_or(Warmup::Samples(0)), samples: samples? })
            }
            "step" => {
                let mut f = d.fields(value, "`step`")?;
                let (warmup, samples) = (f.may::<Warmup>(d, "warmup"), f.need::<Count>(d, "samples"));
                let shortest: Option<Positive> = f.need(d, "min_sample_s");
                f.end(d, Dotted::Refuse);
                let (warmup, samples) = (warmup?.unwrap_or(Warmup::Samples(0)), samples?.0);
                Some(Measure::Step { warmup, samples, min_sample_s: shortest?.0 })
            }
            other => {
                let help = harness_core::suggest::hint(other, ["trace", "solve", "step"]);
                d.error(key.key_span, format!("unknown measure `{other}`"), Some(help));
                None
            }
        }
    }
}

impl Decode for Exclude {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "an exclusion")?;
        let select = selection(&mut f, d);
        let reason = f.need(d, "reason");
        f.end(d, Dotted::Refuse);
        Some(Self { select: select?, reason: reason? })
    }
}

impl Decode for Selection {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a selection")?;
        let select = selection(&mut f, d);
        f.end(d, Dotted::Refuse);
        select
    }
}

/// Reads the fields of a selection out of a mapping that may have others.
pub(super) fn selection(f: &mut Fields<'_>, d: &mut Decoder) -> Option<Selection> {
    let problem: Option<OneOrMany<Spanned<String>>> = f.or_default(d, "problem");
    let solver: Option<OneOrMany<Spanned<String>>> = f.or_default(d, "solver");
    let conditions = f.node("where").map_or(Some(Vec::new()), |node| conditions(node, d));
    let device: Option<OneOrMany<Device>> = f.or_default(d, "device");
    let dtype: Option<OneOrMany<Dtype>> = f.or_default(d, "dtype");
    let threads: Option<OneOrMany<Count>> = f.or_default(d, "threads");
    Some(Selection {
        problem: problem?.0,
        solver: solver?.0,
        conditions: conditions?,
        device: device?.0,
        dtype: dtype?.0,
        threads: threads?.0.into_iter().map(|c| c.0).collect(),
    })
}

fn conditions(node: &Node, d: &mut Decoder) -> Option<Vec<Condition>> {
    let entries = d.entries(node, "values by parameter (a mapping)")?;
    let read: Vec<Option<Condition>> = entries
        .iter()
        .map(|entry| {
            let values = match &entry.value.kind {
                Kind::List(items) => {
                    let read: Vec<_> = items.iter().map(|item| d.json(item)).collect();
                    // A list is either several values, or the value of a parameter that is a list.
                    let mut values: Vec<_> = read.into_iter().collect::<Option<_>>()?;
                    values.push(d.json(&entry.value)?);
                    values
                }
                _ => vec![d.json(&entry.value)?],
            };
            Some(Condition { param: Spanned::new(ParamRef::parse(&entry.key), entry.key_span), values })
        })
        .collect();
    read.into_iter().collect()
}
