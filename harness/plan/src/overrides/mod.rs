//! The command line's `key=value` pairs, typed.
//!
//! `profile=ci problem.n=250,500 solver.eta=1e3..5e3 replicates=10 stop.tol=1e-6`: the last of equal keys wins; values are
//! read as YAML, so that `1e3` is the same number here and in the file.

mod pair;

use std::path::PathBuf;
use std::sync::Arc;

use harness_core::{Device, Dtype, Warmup, suggest};
use serde_json::Value;

use self::pair::{OrNull, Pair};
use crate::decode::{Bytes, Count, Decoder, NonNegative, Positive};
use crate::diagnostic::Diagnostics;
use crate::expr::named;
use crate::source::{Source, Span, Spanned};
use crate::suite_file::Side;
use crate::yaml::{Kind, Node};

/// The name under which errors cite the command line.
const COMMAND_LINE: &str = "command line";

/// The keys that are not dotted.
const KEYS: [&str; 12] = [
    "suite",
    "profile",
    "problem",
    "solver",
    "device",
    "dtype",
    "threads",
    "replicates",
    "seed",
    "out",
    "executor",
    "peers",
];
const STOP: [&str; 4] = ["metric", "tol", "max_iter", "budget_s"];
const LIMITS: [&str; 3] = ["hard_s", "grace_s", "memory"];
const MEASURE: [&str; 3] = ["warmup", "samples", "min_sample_s"];

named!(
    /// Who runs the cells.
    Executor as "executor" {
        /// This machine.
        Local = "local",
        /// A SLURM cluster.
        Slurm = "slurm",
    }
);

/// What the command line changes. What is not given stays as the file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Overrides {
    /// The pairs as they were written, for errors about them.
    pub source: Arc<Source>,
    /// The suite's id.
    pub suite: Option<Spanned<String>>,
    /// The profile.
    pub profile: Option<Spanned<String>>,
    /// Labels or ids of the problems to keep; empty: all.
    pub problem: Vec<Spanned<String>>,
    /// Labels or ids of the solvers to keep; empty: all.
    pub solver: Vec<Spanned<String>>,
    /// Devices.
    pub device: Option<Vec<Device>>,
    /// Element types.
    pub dtype: Option<Vec<Dtype>>,
    /// Thread counts.
    pub threads: Option<Vec<u32>>,
    /// Independent repetitions.
    pub replicates: Option<u32>,
    /// The master seed.
    pub seed: Option<u64>,
    /// The results folder.
    pub out: Option<PathBuf>,
    /// Who runs the cells.
    pub executor: Option<Executor>,
    /// Which peers run, and where more of them are declared.
    pub peers: Peers,
    /// Parameters of problems and solvers; several values sweep.
    pub params: Vec<ParamOverride>,
    /// When a solve ends.
    pub stop: StopOverrides,
    /// What a process may use.
    pub limits: LimitOverrides,
    /// What is measured.
    pub measure: MeasureOverrides,
    /// The pairs whose keys the caller knows and this crate does not.
    pub extra: Vec<(String, String)>,
}

/// What `peers=` says: `on` or `off` (the default), and files that declare further peers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Peers {
    /// Whether the peers of the profile run. One that `solver=` names runs in any case.
    pub on: bool,
    /// Files that declare further peers: a file alone runs none of them, `solver=` names those that run.
    pub files: Vec<PathBuf>,
}

impl Peers {
    /// Reads the value of the key, words between commas: `on`, `off`, and any other is a file.
    pub fn of(value: &str) -> Self {
        let words = || value.split(',').map(str::trim).filter(|word| !word.is_empty());
        let is_file = |word: &&str| !matches!(*word, "on" | "off");
        Self {
            on: words().any(|word| word == "on"),
            files: words().filter(is_file).map(PathBuf::from).collect(),
        }
    }
}

/// A parameter of every selected problem or solver that has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamOverride {
    /// Whose parameter it is.
    pub side: Side,
    /// Its name.
    pub name: Spanned<String>,
    /// Its value, or a list of values that sweep.
    pub given: Spanned<Value>,
    /// Where the elements of a list are written.
    pub elements: Vec<Span>,
    /// The text that the positions are in.
    pub source: Arc<Source>,
}

/// Overrides of stop rules; several values sweep, and null takes a rule away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StopOverrides {
    /// The metric.
    pub metric: Option<Spanned<String>>,
    /// The tolerance.
    pub tol: Option<Vec<Option<f64>>>,
    /// The most steps.
    pub max_iter: Option<Vec<u64>>,
    /// Solver time in seconds.
    pub budget_s: Option<Vec<Option<f64>>>,
}

/// Overrides of limits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitOverrides {
    /// Wall time in seconds after which the process group is told to end.
    pub hard_s: Option<f64>,
    /// Seconds between being told to end and being killed.
    pub grace_s: Option<f64>,
    /// Memory in bytes; null: no limit.
    pub memory: Option<Option<u64>>,
}

/// Overrides of what is measured, for the runs that are timed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MeasureOverrides {
    /// Repetitions that are recorded as warm-up.
    pub warmup: Option<Warmup>,
    /// Repetitions that count.
    pub samples: Option<u32>,
    /// The shortest sample in seconds, of `step`.
    pub min_sample_s: Option<f64>,
    /// Where the first of them is written.
    pub span: Option<Span>,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            source: Source::new(COMMAND_LINE, ""),
            suite: None,
            profile: None,
            problem: Vec::new(),
            solver: Vec::new(),
            device: None,
            dtype: None,
            threads: None,
            replicates: None,
            seed: None,
            out: None,
            executor: None,
            peers: Peers::default(),
            params: Vec::new(),
            stop: StopOverrides::default(),
            limits: LimitOverrides::default(),
            measure: MeasureOverrides::default(),
            extra: Vec::new(),
        }
    }
}

impl Overrides {
    /// Reads pairs. Keys in `extra` are the caller's own: they are handed back as they are.
    ///
    /// # Errors
    ///
    /// All errors at once: words that are no pairs, unknown keys with the nearest name, values of the wrong type.
    pub fn parse<S: AsRef<str>>(pairs: &[S], extra: &[&'static str]) -> Result<Self, Diagnostics> {
        let text = pairs.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ");
        let mut overrides = Self { source: Source::new(COMMAND_LINE, &text), ..Self::default() };
        let mut d = Decoder::new(&overrides.source);
        let mut start = 0;
        for pair in pairs {
            let pair = pair.as_ref();
            let span = Span::new(start, start + pair.len());
            start = span.end + 1;
            match pair.split_once('=') {
                None | Some(("", _)) => {
                    d.error(span, format!("expected `key=value`, found `{pair}`"), None);
                }
                Some((key, "")) => {
                    let help = Some(format!("write `{key}=…` without blanks"));
                    d.error(span, format!("`{key}` has no value"), help);
                }
                Some((key, value)) => {
                    let pair = Pair {
                        key: Spanned::new(key, Span::new(span.start, span.start + key.len())),
                        value: Spanned::new(value, Span::new(span.start + key.len() + 1, span.end)),
                    };
                    overrides.set(&pair, extra, &mut d);
                }
            }
        }
        d.errors.into_result(overrides)
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self { source: Arc::clone(&self.source), ..Self::default() }
    }

    fn set(&mut self, pair: &Pair<'_>, extra: &[&'static str], d: &mut Decoder) {
        let key = pair.key.value;
        if extra.contains(&key) {
            self.extra.retain(|(k, _)| k != key);
            self.extra.push((key.to_owned(), pair.value.value.to_owned()));
            return;
        }
        if let Some((head, name)) = key.split_once('.') {
            let name_span = Span::new(pair.key.span.start + head.len() + 1, pair.key.span.end);
            let name = Spanned::new(name, name_span);
            match head {
                "problem" => self.param(Side::Problem, name, pair, d),
                "solver" => self.param(Side::Solver, name, pair, d),
                "stop" => self.set_stop(name, pair, d),
                "limits" => self.set_limits(name, pair, d),
                "measure" => self.set_measure(name, pair, d),
                _ => {
                    let known = ["problem", "solver", "stop", "limits", "measure"];
                    let help = suggest::hint(head, known);
                    d.error(pair.key.span, format!("unknown group `{head}` of `{key}`"), Some(help));
                }
            }
            return;
        }
        match key {
            "suite" => self.suite = Some(pair.text()),
            "profile" => self.profile = Some(pair.text()),
            "problem" => self.problem = pair.names(),
            "solver" => self.solver = pair.names(),
            "device" => replace(&mut self.device, pair.list(d)),
            "dtype" => replace(&mut self.dtype, pair.list(d)),
            "threads" => {
                replace(
                    &mut self.threads,
                    pair.list(d).map(|all| all.into_iter().map(|c: Count| c.0).collect()),
                );
            }
            "replicates" => replace(&mut self.replicates, pair.one(d).map(|c: Count| c.0)),
            "seed" => replace(&mut self.seed, pair.one(d)),
            "out" => self.out = Some(PathBuf::from(pair.value.value)),
            "executor" => replace(&mut self.executor, pair.one(d)),
            "peers" => self.peers = Peers::of(pair.value.value),
            _ => unknown_key(pair, extra, d),
        }
    }

    fn param(&mut self, side: Side, name: Spanned<&str>, pair: &Pair<'_>, d: &mut Decoder) {
        let Some(nodes) = pair.nodes(d) else { return };
        let values: Option<Vec<Value>> = nodes.iter().map(|node| d.json(node)).collect();
        let Some(mut values) = values else { return };
        let given = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
        let spans = |nodes: &[Node]| nodes.iter().map(|n| n.span).collect();
        let elements = match nodes.as_slice() {
            [Node { kind: Kind::List(items), .. }] => spans(items),
            [_] => Vec::new(),
            many => spans(many),
        };
        self.params.retain(|p| p.side != side || p.name.value != name.value);
        self.params.push(ParamOverride {
            side,
            name: Spanned::new(name.value.to_owned(), name.span),
            given: Spanned::new(given, pair.value.span),
            elements,
            source: Arc::clone(&self.source),
        });
    }

    fn set_stop(&mut self, name: Spanned<&str>, pair: &Pair<'_>, d: &mut Decoder) {
        match name.value {
            "metric" => self.stop.metric = Some(pair.text()),
            "tol" => replace(&mut self.stop.tol, pair.list_or_null(d, |t: NonNegative| t.0)),
            "max_iter" => replace(&mut self.stop.max_iter, pair.list(d)),
            "budget_s" => replace(&mut self.stop.budget_s, pair.list_or_null(d, |b: Positive| b.0)),
            _ => unknown_field("stop", name, &STOP, d),
        }
    }

    fn set_limits(&mut self, name: Spanned<&str>, pair: &Pair<'_>, d: &mut Decoder) {
        match name.value {
            "hard_s" => replace(&mut self.limits.hard_s, pair.one(d).map(|s: Positive| s.0)),
            "grace_s" => replace(&mut self.limits.grace_s, pair.one(d).map(|s: NonNegative| s.0)),
            "memory" => {
                replace(&mut self.limits.memory, pair.one(d).map(|b: OrNull<Bytes>| b.0.map(|b| b.0)));
            }
            _ => unknown_field("limits", name, &LIMITS, d),
        }
    }

    fn set_measure(&mut self, name: Spanned<&str>, pair: &Pair<'_>, d: &mut Decoder) {
        self.measure.span.get_or_insert(pair.key.span);
        match name.value {
            "warmup" => replace(&mut self.measure.warmup, pair.one(d)),
            "samples" => replace(&mut self.measure.samples, pair.one(d).map(|c: Count| c.0)),
            "min_sample_s" => replace(&mut self.measure.min_sample_s, pair.one(d).map(|s: Positive| s.0)),
            _ => unknown_field("measure", name, &MEASURE, d),
        }
    }
}

/// Takes what was read; where it is `None` an error was recorded.
fn replace<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

fn unknown_key(pair: &Pair<'_>, extra: &[&'static str], d: &mut Decoder) {
    let key = pair.key.value;
    let known: Vec<&str> = KEYS.iter().copied().chain(extra.iter().copied()).collect();
    let groups = [("stop", &STOP[..]), ("limits", &LIMITS), ("measure", &MEASURE)];
    let is_field = |field: &str| field == key || field.strip_suffix("_s") == Some(key);
    let fields =
        groups.into_iter().flat_map(|(group, fields)| fields.iter().map(move |field| (group, *field)));
    let field = fields.into_iter().find(|(_, field)| is_field(field));
    let help = match (field, suggest::nearest(key, known.iter().copied())) {
        (Some((group, field)), _) => format!("did you mean `{group}.{field}`?"),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => format!(
            "a parameter is written `problem.{key}=` or `solver.{key}=`; {}",
            suggest::hint(key, known)
        ),
    };
    d.error(pair.key.span, format!("unknown key `{key}`"), Some(help));
}

fn unknown_field(group: &str, name: Spanned<&str>, known: &[&str], d: &mut Decoder) {
    let help = suggest::hint(name.value, known.iter().copied());
    d.error(name.span, format!("unknown key `{}` of `{group}`", name.value), Some(help));
}
