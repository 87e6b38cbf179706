//! Sweeps: several values of one parameter, as a list, as a range, or as both.
//!
//! `[250, 500]` are two values, unless the parameter is itself a list; `1..4` is 1, 2, 3, 4; `0.1..0.5..0.2` is 0.1, 0.3,
//! 0.5. Ranges are computed in decimal, so that their values are those that one would write by hand.

use serde_json::Value;

/// The most values of one sweep.
const MAX_VALUES: i128 = 100_000;

/// One value of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// The value.
    pub value: Value,
    /// Which element of the list it comes from; none: there is no list.
    pub element: Option<usize>,
}

/// A range that cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SweepError {
    /// What is wrong, and what was expected.
    pub message: String,
    /// Which element of the list it is in.
    pub element: Option<usize>,
}

/// The values of a parameter whose default is `default`: its type decides whether a list is one value or several, and
/// whether `1..4` is a range or a text.
///
/// # Errors
///
/// When a range is empty, endless or too long, or a list is empty.
pub fn expand(given: &Value, default: &Value) -> Result<Vec<Swept>, SweepError> {
    let ranges = !default.is_string();
    match given {
        Value::Array(items) if depth(given) > depth(default) => {
            if items.is_empty() {
                let message = "an empty list: expected at least one value".to_owned();
                return Err(SweepError { message, element: None });
            }
            let mut all = Vec::new();
            for (i, item) in items.iter().enumerate() {
                all.extend(one(item, Some(i), ranges)?);
            }
            Ok(all)
        }
        _ => one(given, None, ranges),
    }
}

fn one(given: &Value, element: Option<usize>, ranges: bool) -> Result<Vec<Swept>, SweepError> {
    let range = given.as_str().filter(|_| ranges).and_then(range);
    match range {
        Some(Ok(values)) => Ok(values.into_iter().map(|value| Swept { value, element }).collect()),
        Some(Err(message)) => Err(SweepError { message, element }),
        None => Ok(vec![Swept { value: given.clone(), element }]),
    }
}

/// How deep lists nest: 0 for a scalar, 1 for a list, …
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The values of `first..last` or `first..last..step`; none if `text` is no range.
pub fn range(text: &str) -> Option<Result<Vec<Value>, String>> {
    let parts: Vec<&str> = text.split("..").map(str::trim).collect();
    let numbers: Vec<Decimal> = parts.iter().map(|part| Decimal::parse(part)).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [first, last] => Some(steps(*first, *last, None, text)),
        [first, last, step] => Some(steps(*first, *last, Some(*step), text)),
        _ => None,
    }
}

/// `digits · 10^(−decimals)`.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: i128,
    decimals: u32,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || whole.len() + fraction.len() > 18 {
            return None;
        }
        let value: i128 = format!("{whole}{fraction}").parse().ok()?;
        let digits = if text.starts_with('-') { -value } else { value };
        Some(Self { digits, decimals: fraction.len() as u32 })
    }

    fn scaled(self, decimals: u32) -> i128 {
        self.digits * 10_i128.pow(decimals - self.decimals)
    }
}

fn steps(first: Decimal, last: Decimal, step: Option<Decimal>, text: &str) -> Result<Vec<Value>, String> {
    let decimals = first.decimals.max(last.decimals).max(step.map_or(0, |s| s.decimals));
    let (from, to) = (first.scaled(decimals), last.scaled(decimals));
    let by = step.map_or(10_i128.pow(decimals), |s| s.scaled(decimals));
    if by == 0 {
        return Err(format!("the range `{text}` has step 0"));
    }
    if (to - from).signum() * by.signum() < 0 {
        return Err(format!("the range `{text}` is empty: expected first..last or first..last..step"));
    }
    let count = (to - from) / by + 1;
    if count > MAX_VALUES {
        return Err(format!("the range `{text}` has {count} values: at most {MAX_VALUES} are allowed"));
    }
    Ok((0..count).map(|k| value(from + k * by, decimals)).collect())
}

fn value(digits: i128, decimals: u32) -> Value {
    if decimals == 0 {
        return i64::try_from(digits).map_or(Value::Null, Value::from);
    }
    let unit = 10_u128.pow(decimals);
    let (sign, digits) = (if digits < 0 { "-" } else { "" }, digits.unsigned_abs());
    let text = format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = decimals as usize);
    text.parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn values(given: &Value, default: &Value) -> Value {
        expand(given, default).unwrap().into_iter().map(|s| s.value).collect()
    }

    #[test]
    fn the_parameter_s_type_decides_what_a_list_is() {
        assert_eq!(values(&json!([1, 2]), &json!(0)), json!([1, 2]));
        assert_eq!(values(&json!([1, 2]), &json!([7])), json!([[1, 2]]));
        assert_eq!(values(&json!([[1, 2], [3]]), &json!([7])), json!([[1, 2], [3]]));
        assert_eq!(values(&json!("a"), &json!("b")), json!(["a"]));
        assert_eq!(values(&json!(["a", "b"]), &json!("b")), json!(["a", "b"]));
        assert_eq!(values(&json!([1, 2]), &json!(null)), json!([1, 2]));
    }

    #[test]
    fn ranges_hold_both_ends_and_the_numbers_one_would_write() {
        assert_eq!(values(&json!("1..4"), &json!(0)), json!([1, 2, 3, 4]));
        assert_eq!(values(&json!("250..2000..250"), &json!(0)).as_array().unwrap().len(), 8);
        assert_eq!(values(&json!("0.1..0.5..0.1"), &json!(0.0)), json!([0.1, 0.2, 0.3, 0.4, 0.5]));
        assert_eq!(values(&json!("1..10..4"), &json!(0)), json!([1, 5, 9]));
        assert_eq!(values(&json!("3..1..-1"), &json!(0)), json!([3, 2, 1]));
        assert_eq!(values(&json!("-0.5..0.5..0.5"), &json!(0.0)), json!([-0.5, 0.0, 0.5]));
        assert_eq!(values(&json!(["1..2", 9]), &json!(0)), json!([1, 2, 9]));
        assert_eq!(values(&json!("7..7"), &json!(0)), json!([7]));
    }

    #[test]
    fn a_text_parameter_keeps_its_dots() {
        assert_eq!(values(&json!("1..4"), &json!("")), json!(["1..4"]));
        assert_eq!(range("../data"), None);
        assert_eq!(range("1.5"), None);
        assert_eq!(range("1..2..3..4"), None);
    }

    #[test]
    fn faulty_ranges_say_why() {
        let message = |given| expand(&json!(given), &json!(0)).unwrap_err().message;
        assert_eq!(message("4..1"), "the range `4..1` is empty: expected first..last or first..last..step");
        assert_eq!(message("1..4..0"), "the range `1..4..0` has step 0");
        assert!(message("1..999999999").contains("at most 100000"));
        assert!(expand(&json!([]), &json!(0)).is_err());
    }

    proptest! {
        #[test]
        fn an_integer_range_is_what_a_loop_makes(first in -1000_i64..1000, count in 1_i64..50, step in 1_i64..30) {
            let last = first + (count - 1) * step;
            let want: Vec<i64> = (0..count).map(|k| first + k * step).collect();
            prop_assert_eq!(values(&json!(format!("{first}..{last}..{step}")), &json!(0)), json!(want));
        }
    }
}
