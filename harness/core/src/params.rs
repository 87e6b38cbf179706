//! Typed parameters of problems and solvers.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::suggest;

/// A parameter's name and meaning, for `harness list` and the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamDoc {
    /// The field's name.
    pub name: &'static str,
    /// What it is, with its unit and where it comes from.
    pub doc: &'static str,
}

/// Parameters: a plain struct whose `Default` holds the paper's values.
///
/// Derive `Serialize`, `Deserialize`, `Default`, `Clone` and put `#[serde(default, deny_unknown_fields)]` on the
/// struct. The typed value, not the text in the YAML file, is what goes into keys.
pub trait Params: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {
    /// One entry a field. A test of the registry compares them with the fields.
    const DOCS: &'static [ParamDoc];

    /// Parameters that say where an instance is and not what it is, such as the path of a file whose hash is in the key.
    const UNKEYED: &'static [&'static str] = &[];

    /// Checks ranges and combinations, when the plan is made.
    ///
    /// # Errors
    ///
    /// Names the parameter, what was expected and what was found.
    fn check(&self) -> Result<(), ParamError> {
        Ok(())
    }

    /// Parameters added after results were stored: the value under which they change nothing. A parameter equal to
    /// its neutral value is left out of the cell key, so old results stay valid. Never change a neutral value.
    fn neutral() -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}

/// A parameter is unknown, of the wrong type, or out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamError {
    /// The parameter, if the error concerns one.
    pub param: Option<String>,
    /// What is wrong, what was expected, and the nearest name for an unknown one.
    pub message: String,
}

impl ParamError {
    /// An error about one parameter: `expected` completes "`name` must be …".
    pub fn out_of_range(name: &str, expected: &str, found: impl std::fmt::Display) -> Self {
        Self { param: Some(name.to_owned()), message: format!("`{name}` must be {expected}, found {found}") }
    }

    /// Refuses `value` unless it satisfies `holds`.
    pub fn require(
        holds: bool,
        name: &str,
        expected: &str,
        value: impl std::fmt::Display,
    ) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self::out_of_range(name, expected, value)) }
    }
}

/// Resolved parameters: every field, and the names of those that equal their neutral value.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// All fields, in the order of the struct.
    pub values: Map<String, Value>,
    /// Fields left out of the key: neutral ones and those that never count.
    pub omit: Vec<String>,
}

/// The defaults of `P` as JSON, in the order of its fields.
pub fn defaults<P: Params>() -> Map<String, Value> {
    match serde_json::to_value(P::default()) {
        Ok(Value::Object(map)) => map,
        other => unreachable!("parameters are a struct with named fields, found {other:?}"),
    }
}

/// Reads parameters that were resolved before.
///
/// # Errors
///
/// When `values` are not what [`resolve`] made.
pub fn typed<P: Params>(values: &Map<String, Value>) -> Result<P, ParamError> {
    serde_json::from_value(Value::Object(values.clone()))
        .map_err(|e| ParamError { param: None, message: e.to_string() })
}

/// Fills `given` up with defaults, checks every name, type and range, and reports all errors, not only the first.
///
/// # Errors
///
/// One error a wrong parameter.
pub fn resolve<P: Params>(given: &Map<String, Value>) -> Result<Resolved, Vec<ParamError>> {
    let defaults = defaults::<P>();
    let mut errors = Vec::new();
    let mut merged = defaults.clone();
    for (name, value) in given {
        if !defaults.contains_key(name) {
            let hint = suggest::hint(name, defaults.keys().map(String::as_str).collect::<Vec<_>>());
            errors.push(ParamError {
                param: Some(name.clone()),
                message: format!("unknown parameter `{name}`; {hint}"),
            });
            continue;
        }
        // One parameter at a time over the defaults, so that each wrong type is reported.
        let mut alone = defaults.clone();
        alone.insert(name.clone(), value.clone());
        match serde_json::from_value::<P>(Value::Object(alone)) {
            Ok(_) => {
                merged.insert(name.clone(), value.clone());
            }
            Err(e) => {
                errors.push(ParamError { param: Some(name.clone()), message: format!("`{name}`: {e}") });
            }
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let params: P = typed(&merged).map_err(|e| vec![e])?;
    params.check().map_err(|e| vec![e])?;
    let Ok(Value::Object(values)) = serde_json::to_value(&params) else {
        unreachable!("parameters are a struct with named fields")
    };
    let omit = P::neutral()
        .into_iter()
        .filter(|(name, neutral)| values.get(*name) == Some(neutral))
        .map(|(name, _)| name.to_owned())
        .chain(P::UNKEYED.iter().map(|name| (*name).to_owned()))
        .collect();
    Ok(Resolved { values, omit })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, Clone)]
    #[serde(default, deny_unknown_fields)]
    struct Demo {
        n: usize,
        eta: f64,
        added: u32,
    }

    impl Default for Demo {
        fn default() -> Self {
            Self { n: 5, eta: 1200.0, added: 0 }
        }
    }

    impl Params for Demo {
        const DOCS: &'static [ParamDoc] = &[];

        fn check(&self) -> Result<(), ParamError> {
            ParamError::require(self.eta > 0.0, "eta", "positive", self.eta)
        }

        fn neutral() -> Vec<(&'static str, Value)> {
            vec![("added", json!(0))]
        }
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn defaults_fill_up_and_numbers_take_the_field_s_type() {
        let resolved = resolve::<Demo>(&object(&json!({"eta": 7}))).unwrap();
        assert_eq!(Value::Object(resolved.values), json!({"n": 5, "eta": 7.0, "added": 0}));
        assert_eq!(resolved.omit, ["added"]);
    }

    #[test]
    fn every_wrong_parameter_is_reported_with_the_nearest_name() {
        let errors = resolve::<Demo>(&object(&json!({"etaa": 1, "n": "ten"}))).unwrap_err();
        let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(text[0], "unknown parameter `etaa`; did you mean `eta`?");
        assert!(text[1].starts_with("`n`: invalid type: string \"ten\""), "{}", text[1]);
    }

    #[test]
    fn ranges_are_checked() {
        let errors = resolve::<Demo>(&object(&json!({"eta": -1}))).unwrap_err();
        assert_eq!(errors[0].to_string(), "`eta` must be positive, found -1");
    }
}
