//! From a label with given parameters to the resolved parameter sets that it stands for.

use std::sync::Arc;

use harness_core::params::Resolved;
use harness_core::{ParamError, Suite, suggest};
use serde_json::{Map, Value};

use crate::diagnostic::Diagnostics;
use crate::overrides::ParamOverride;
use crate::source::{Source, Span};
use crate::suite_file::{Configured, Side};
use crate::sweep;

/// The most parameter sets that one label may stand for.
const MAX_VARIANTS: usize = 10_000;

/// A parameter that is given, in the file or on the command line.
struct Given<'a> {
    name: &'a str,
    value: &'a Value,
    source: &'a Arc<Source>,
    name_span: Span,
    span: Span,
    elements: &'a [Span],
}

/// A value that a parameter takes, with its place.
struct Choice<'a> {
    name: &'a str,
    value: Value,
    source: &'a Arc<Source>,
    span: Span,
}

/// What is the same for problems and solvers.
struct Entry<'e> {
    defaults: Map<String, Value>,
    resolve: &'e dyn Fn(&Map<String, Value>) -> Result<Resolved, Vec<ParamError>>,
}

/// The parameter sets of a label. Everything wrong is added to `errors`.
pub(crate) fn variants(
    configured: &Configured,
    side: Side,
    overrides: &[ParamOverride],
    suite: &Suite,
    source: &Arc<Source>,
    errors: &mut Diagnostics,
) -> Vec<Resolved> {
    let id = configured.id.as_str();
    let mut unknown = |known: Vec<&str>| {
        let message = format!("suite `{}` has no {side} `{id}`", suite.id);
        errors.push(source, configured.id.span, message, Some(suggest::hint(id, known)));
    };
    match side {
        Side::Problem => match suite.problem(id) {
            Some(found) => {
                let entry = Entry { defaults: found.defaults(), resolve: &|map| found.resolve(map) };
                expand(configured, side, overrides, &entry, source, errors)
            }
            None => {
                unknown(suite.problems().iter().map(|p| p.id).collect());
                Vec::new()
            }
        },
        Side::Solver => match suite.solver(id) {
            Some(found) => {
                let entry = Entry { defaults: found.defaults(), resolve: &|map| found.resolve(map) };
                expand(configured, side, overrides, &entry, source, errors)
            }
            None => {
                unknown(suite.solvers().iter().map(|s| s.id.as_ref()).collect());
                Vec::new()
            }
        },
    }
}

fn expand(
    configured: &Configured,
    side: Side,
    overrides: &[ParamOverride],
    entry: &Entry<'_>,
    source: &Arc<Source>,
    errors: &mut Diagnostics,
) -> Vec<Resolved> {
    let overridden: Vec<&ParamOverride> =
        overrides.iter().filter(|o| o.side == side && entry.defaults.contains_key(&o.name.value)).collect();
    let mut given: Vec<Given<'_>> = Vec::new();
    for param in &configured.params {
        if overridden.iter().all(|o| o.name.value != param.name.value) {
            given.push(Given {
                name: &param.name,
                value: &param.given,
                source,
                name_span: param.name.span,
                span: param.given.span,
                elements: &param.elements,
            });
        }
    }
    given.extend(overridden.iter().map(|o| Given {
        name: &o.name,
        value: &o.given,
        source: &o.source,
        name_span: o.name.span,
        span: o.given.span,
        elements: &o.elements,
    }));

    let before = errors.len();
    let mut choices: Vec<Vec<Choice<'_>>> = Vec::new();
    for param in &given {
        choices.extend(values(param, configured, side, &entry.defaults, errors));
    }
    let count = choices.iter().try_fold(1_usize, |n, values| n.checked_mul(values.len()));
    if count.is_none_or(|n| n > MAX_VARIANTS) {
        let message = format!(
            "the sweeps of `{}` multiply to more than {MAX_VARIANTS} parameter sets",
            configured.label
        );
        errors.push(source, configured.label.span, message, None);
        return Vec::new();
    }
    let mut resolved = Vec::new();
    let mut at = vec![0; choices.len()];
    loop {
        let chosen: Vec<&Choice<'_>> = choices.iter().zip(&at).map(|(values, i)| &values[*i]).collect();
        let map: Map<String, Value> = chosen.iter().map(|c| (c.name.to_owned(), c.value.clone())).collect();
        match (entry.resolve)(&map) {
            Ok(found) => resolved.push(found),
            Err(found) => {
                for error in found {
                    let place = chosen.iter().find(|c| Some(c.name) == error.param.as_deref());
                    let (source, span) = match place {
                        Some(choice) => (choice.source, choice.span),
                        // The error is about a parameter that is not given, or about several together.
                        None => (source, configured.id.span),
                    };
                    errors.push(source, span, error.message, None);
                }
            }
        }
        if !advance(&mut at, &choices) {
            break;
        }
    }
    if errors.len() > before { Vec::new() } else { resolved }
}

/// The next combination, the last parameter fastest.
fn advance(at: &mut [usize], choices: &[Vec<Choice<'_>>]) -> bool {
    for i in (0..at.len()).rev() {
        at[i] += 1;
        if at[i] < choices[i].len() {
            return true;
        }
        at[i] = 0;
    }
    false
}

fn values<'a>(
    param: &Given<'a>,
    configured: &Configured,
    side: Side,
    defaults: &Map<String, Value>,
    errors: &mut Diagnostics,
) -> Option<Vec<Choice<'a>>> {
    let Some(default) = defaults.get(param.name) else {
        let message = format!("unknown parameter `{}` of {side} `{}`", param.name, configured.id);
        let help = suggest::hint(param.name, defaults.keys().map(String::as_str).collect::<Vec<_>>());
        errors.push(param.source, param.name_span, message, Some(help));
        return None;
    };
    let place =
        |element: Option<usize>| element.and_then(|i| param.elements.get(i)).copied().unwrap_or(param.span);
    match sweep::expand(param.value, default) {
        Ok(swept) => Some(
            swept
                .into_iter()
                .map(|s| Choice {
                    name: param.name,
                    value: whole(s.value, default),
                    source: param.source,
                    span: place(s.element),
                })
                .collect(),
        ),
        Err(error) => {
            errors.push(param.source, place(error.element), error.message, None);
            None
        }
    }
}

/// `1e3` for a parameter that is an integer: a float in YAML, and what people write for a thousand.
fn whole(value: Value, default: &Value) -> Value {
    match (value, default) {
        (Value::Number(number), Value::Number(kind)) if number.is_f64() && !kind.is_f64() => {
            let exact = number.as_f64().filter(|f| *f == f.trunc() && f.abs() < 9e15);
            exact.map_or(Value::Number(number), |f| Value::from(f as i64))
        }
        (Value::Array(items), Value::Array(kinds)) if !kinds.is_empty() => {
            items.into_iter().map(|item| whole(item, &kinds[0])).collect()
        }
        (value, _) => value,
    }
}
