//! Peers as their manifest declares them.

use serde_json::{Map, Value};

use super::ParamMap;
use crate::cell::Dtype;
use crate::params::{ParamError, Resolved};
use crate::peer::PeerCommand;
use crate::solver::Determinism;
use crate::suggest;

/// What the id of every peer begins with.
pub const PEER_PREFIX: &str = "peer:";

/// Whether a solver of this id is a peer.
pub fn is_peer(id: &str) -> bool {
    id.starts_with(PEER_PREFIX)
}

/// A solver that is a program of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerSolver {
    /// Its name: the id without [`PEER_PREFIX`].
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Where it comes from: library, version, function, licence.
    pub source: String,
    /// How far two runs may differ.
    pub determinism: Determinism,
    /// Its parameters with their defaults.
    pub params: Map<String, Value>,
    /// Element types that it computes in.
    pub dtypes: Vec<Dtype>,
    /// The problems that it solves; empty: all.
    pub problems: Vec<String>,
    /// A hash of each of its programs and of what they depend on, by name, as a JSON object.
    pub fingerprint: String,
    /// How it is started, or why it cannot be and what to do about it.
    pub command: Result<PeerCommand, String>,
}

impl PeerSolver {
    pub(super) fn resolve(&self, given: &ParamMap) -> Result<Resolved, Vec<ParamError>> {
        let mut values = self.params.clone();
        let mut errors = Vec::new();
        for (name, value) in given {
            let refuse = |message| ParamError { param: Some(name.clone()), message };
            match self.params.get(name) {
                None => {
                    let known: Vec<&str> = self.params.keys().map(String::as_str).collect();
                    let hint = suggest::hint(name, known);
                    errors.push(refuse(format!("unknown parameter `{name}`; {hint}")));
                }
                Some(default) if kind(default) == kind(value) || default.is_null() => {
                    values.insert(name.clone(), value.clone());
                }
                Some(default) => errors.push(refuse(format!(
                    "`{name}` must be {}, like its default {default}; found {value}",
                    kind(default)
                ))),
            }
        }
        if errors.is_empty() { Ok(Resolved { values, omit: Vec::new() }) } else { Err(errors) }
    }

    pub(super) fn accepts(&self, problem: &str) -> Result<(), String> {
        if self.problems.is_empty() || self.problems.iter().any(|p| p == problem) {
            return Ok(());
        }
        Err(format!("the peer `{}` solves only {}", self.name, self.problems.join(", ")))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn peer() -> PeerSolver {
        let params = json!({"every": 10, "mode": "log", "free": null});
        PeerSolver {
            name: "p".into(),
            summary: String::new(),
            source: String::new(),
            determinism: Determinism::Bitwise,
            params: params.as_object().unwrap().clone(),
            dtypes: vec![Dtype::F64],
            problems: vec!["walk".into()],
            fingerprint: String::new(),
            command: Ok(PeerCommand::default()),
        }
    }

    #[test]
    fn parameters_take_the_kind_of_their_default_and_names_are_checked() {
        let given = json!({"every": 2.5, "free": [1]});
        let resolved = peer().resolve(given.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(resolved.values), json!({"every": 2.5, "mode": "log", "free": [1]}));
        let wrong = json!({"evry": 1, "mode": 3});
        let errors = peer().resolve(wrong.as_object().unwrap()).unwrap_err();
        let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(text[0], "unknown parameter `evry`; did you mean `every`?");
        assert_eq!(text[1], "`mode` must be a text, like its default \"log\"; found 3");
    }

    #[test]
    fn it_solves_only_what_it_lists() {
        assert_eq!(peer().accepts("walk"), Ok(()));
        assert!(peer().accepts("run").unwrap_err().contains("only walk"));
    }
}
