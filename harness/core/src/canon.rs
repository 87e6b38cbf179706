//! Canonical JSON: the one text of a value, over which keys are computed.
//!
//! Object keys are sorted bytewise, there is no white space, floats are written in the shortest form that reads back
//! the same, −0.0 is 0.0, and strings are in Unicode normalisation form C.

use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// The canonical text of `value`.
///
/// # Errors
///
/// When `value` cannot be represented in JSON, for example because a map's key is not a string.
pub fn canon<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    write(&serde_json::to_value(value)?, &mut out);
    Ok(out)
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(number) => match (number.is_f64(), number.as_f64()) {
            (true, Some(f)) => out.push_str(&serde_json::json!(if f == 0.0 { 0.0 } else { f }).to_string()),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(s) => write_string(s, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(String, &Value)> =
                map.iter().map(|(k, v)| (k.nfc().collect(), v)).collect();
            entries.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(&key, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&Value::String(text.nfc().collect()).to_string());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_white_space_is_gone() {
        assert_eq!(
            canon(&json!({"b": 1, "a": [true, null], "A": "x"})).unwrap(),
            r#"{"A":"x","a":[true,null],"b":1}"#
        );
    }

    #[test]
    fn floats_have_one_form() {
        assert_eq!(
            canon(&json!([1.0e-3, 0.001, 1000.0, 1e3, -0.0])).unwrap(),
            "[0.001,0.001,1000.0,1000.0,0.0]"
        );
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(canon("e\u{301}").unwrap(), canon("\u{e9}").unwrap());
    }

    proptest! {
        #[test]
        fn the_order_of_an_object_does_not_matter(mut pairs in prop::collection::btree_map("[a-z]{1,6}", any::<f64>().prop_filter("finite", |f| f.is_finite()), 0..8)
            .prop_map(|m| m.into_iter().collect::<Vec<_>>()), seed in any::<u64>())
        {
            let object = |p: &[(String, f64)]| Value::Object(p.iter().map(|(k, v)| (k.clone(), json!(v))).collect());
            let before = canon(&object(&pairs)).unwrap();
            let len = pairs.len().max(1);
            pairs.rotate_left((seed as usize) % len);
            pairs.reverse();
            prop_assert_eq!(before, canon(&object(&pairs)).unwrap());
        }

        #[test]
        fn floats_read_back_the_same(f in any::<f64>().prop_filter("finite", |f| f.is_finite())) {
            let text = canon(&f).unwrap();
            prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap(), f);
        }
    }
}
