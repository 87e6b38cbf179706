//! Metrics: named numbers that an instance computes from a solution.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a metric means to the harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricRole {
    /// The value that is optimised; stored as `objective`.
    Objective,
    /// The violation of constraints; stored as `feas`.
    Feasibility,
    /// The distance to the best known objective; stored as `gap`.
    Gap,
    /// Not zero where a solution is one of another problem, which its label names: it may be solved, and what it took is
    /// shown, but never compared with what a solution of the instance's own problem takes.
    OtherProblem,
    /// Anything else.
    Other,
}

/// The axis on which a metric is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Linear.
    Linear,
    /// Logarithmic: positive values only.
    Log,
}

/// A metric's name and how people read it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricInfo {
    /// The name used in YAML, columns and expressions.
    pub id: &'static str,
    /// The label of an axis or column.
    pub label: &'static str,
    /// What it is: a formula or a sentence.
    pub doc: &'static str,
    /// The unit, or empty.
    pub unit: &'static str,
    /// What it means to the harness.
    pub role: MetricRole,
    /// How it is drawn.
    pub scale: Scale,
}

/// Named values, sorted by name. Values that are not finite are kept: they say that a run diverged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// No metrics yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a metric.
    pub fn set(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), value);
    }

    /// The value of a metric, if it was set.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    /// All metrics, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Whether no metric was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(&'a str, f64)> for Metrics {
    fn from_iter<T: IntoIterator<Item = (&'a str, f64)>>(pairs: T) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// JSON has no infinities and no NaN: they are written as text.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Number(#[serde(with = "number")] f64);

mod number {
    use serde::de::{Error, Unexpected, Visitor};
    use serde::{Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            v if v.is_nan() => serializer.serialize_str("nan"),
            v if v.is_infinite() => serializer.serialize_str(if *v > 0.0 { "inf" } else { "-inf" }),
            v => serializer.serialize_f64(*v),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = f64;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number, \"nan\", \"inf\" or \"-inf\"")
            }
            fn visit_f64<E: Error>(self, v: f64) -> Result<f64, E> {
                Ok(v)
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<f64, E> {
                Ok(v as f64)
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<f64, E> {
                Ok(v as f64)
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<f64, E> {
                match v {
                    "nan" => Ok(f64::NAN),
                    "inf" => Ok(f64::INFINITY),
                    "-inf" => Ok(f64::NEG_INFINITY),
                    _ => Err(E::invalid_value(Unexpected::Str(v), &self)),
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Number(*value))))
    }
}

impl<'de> Deserialize<'de> for Metrics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<String, Number>::deserialize(deserializer)?;
        Ok(Self(map.into_iter().map(|(name, Number(value))| (name, value)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_finite_survive_json() {
        let metrics: Metrics = [("a", 1.5), ("b", f64::INFINITY), ("c", f64::NEG_INFINITY), ("d", f64::NAN)]
            .into_iter()
            .collect();
        let text = serde_json::to_string(&metrics).unwrap();
        assert_eq!(text, r#"{"a":1.5,"b":"inf","c":"-inf","d":"nan"}"#);
        let back: Metrics = serde_json::from_str(&text).unwrap();
        assert_eq!(back.get("b"), Some(f64::INFINITY));
        assert!(back.get("d").unwrap().is_nan());
    }
}
