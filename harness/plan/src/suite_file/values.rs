//! Values of parameters.

use serde_json::Value;

use crate::source::{Span, Spanned};

/// A parameter and the values it takes; more than one sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamValues {
    /// The parameter.
    pub name: Spanned<String>,
    /// Its value as it is written: a scalar, a list, or a range as text. [`sweep`](crate::sweep) expands it once the
    /// parameter's type is known.
    pub given: Spanned<Value>,
    /// Where the elements of a list are written.
    pub elements: Vec<Span>,
}

/// Whether two values are the same: numbers by their value, so that `1e3` is `1000` and `1000.0`.
pub fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let integers = (x.as_i128(), y.as_i128());
            if let (Some(x), Some(y)) = integers { x == y } else { x.as_f64() == y.as_f64() }
        }
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same_value(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same_value(v, w)))
        }
        _ => a == b,
    }
}
