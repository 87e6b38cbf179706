use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::source::Source;

fn read(text: &str) -> Result<Value, String> {
    let node = parse(&Source::new("t", text)).map_err(|e| e.to_string())?;
    node.to_json().map_err(|e| format!("not finite at {}", e.0.start))
}

/// What the library `serde_yaml` makes of the same text.
fn oracle(text: &str) -> Option<Value> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    value.apply_merge().ok()?;
    serde_json::to_value(value).ok()
}

#[test]
fn scalars_follow_the_core_schema() {
    let cases = [
        ("1", json!(1)),
        ("-7", json!(-7)),
        ("+7", json!(7)),
        ("0x1F", json!(31)),
        ("0o17", json!(15)),
        ("18446744073709551615", json!(u64::MAX)),
        ("1e3", json!(1000.0)),
        ("1.0e-3", json!(0.001)),
        (".5", json!(0.5)),
        ("5.", json!(5.0)),
        ("true", json!(true)),
        ("False", json!(false)),
        ("~", Value::Null),
        ("", Value::Null),
        ("null", Value::Null),
        ("no", json!("no")),
        ("10:30", json!("10:30")),
        ("1..10", json!("1..10")),
        ("1e", json!("1e")),
        ("e3", json!("e3")),
        (".", json!(".")),
        ("'1'", json!("1")),
        ("\"1e3\"", json!("1e3")),
        ("!!str 12", json!("12")),
        ("1_000", json!("1_000")),
        ("2024-01-01", json!("2024-01-01")),
    ];
    for (text, want) in cases {
        assert_eq!(read(text), Ok(want), "{text}");
    }
}

#[test]
fn infinities_and_nan_are_recognised_so_that_they_can_be_refused() {
    for text in [".inf", "-.inf", "+.Inf", ".nan", ".NaN"] {
        let node = parse(&Source::new("t", text)).unwrap();
        assert!(matches!(node.kind, Kind::Float(f) if !f.is_finite()), "{text}");
        assert!(node.to_json().is_err());
    }
}

#[test]
fn spans_are_the_text_of_what_they_mark() {
    let text = "# é\nä: {k: [1, 'zwei', \"drei\"]}\nb: x y\n";
    let source = Source::new("t", text);
    let node = parse(&source).unwrap();
    let Kind::Map(entries) = &node.kind else { panic!() };
    assert_eq!(source.slice(entries[0].key_span), "ä");
    assert_eq!(source.slice(entries[1].key_span), "b");
    assert_eq!(source.slice(entries[1].value.span), "x y");
    let list = node.get("ä").unwrap().get("k").unwrap();
    assert_eq!(source.slice(list.span), "[1, 'zwei', \"drei\"]");
    let Kind::List(items) = &list.kind else { panic!() };
    let shown: Vec<&str> = items.iter().map(|i| source.slice(i.span)).collect();
    assert_eq!(shown, ["1", "'zwei'", "\"drei\""]);
    assert_eq!(source.line_column(entries[1].key_span.start), (3, 1));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_not_shift_places() {
    let text = "a: 1\r\nbc: 22\r\n";
    let source = Source::new("t", text);
    let node = parse(&source).unwrap();
    assert_eq!(source.slice(node.get("bc").unwrap().span), "22");
    let source = Source::new("t", "\u{feff}a: 1\nbc: 22\n");
    let node = parse(&source).unwrap();
    assert_eq!(source.slice(node.get("bc").unwrap().span), "22");
}

#[test]
fn explicit_keys_win_over_merged_ones_and_the_first_merged_wins() {
    let text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 9}\nd: {y: 9, <<: *a}\n";
    let value = read(text).unwrap();
    assert_eq!(value["c"], json!({"y": 9, "x": 1, "z": 2}));
    assert_eq!(value["d"], json!({"y": 9, "x": 1}));
    assert_eq!(Some(value), oracle(text));
}

#[test]
fn what_is_merged_may_itself_merge() {
    let text = "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: &c {<<: *a, x: 3}\nd: {<<: [*b, *c], z: 4}\n";
    assert_eq!(read(text).unwrap()["d"], json!({"z": 4, "y": 2, "x": 1}));
}

#[test]
fn errors_of_syntax_and_structure() {
    let faulty = [
        "a: 1\na: 2\nb: {c: 1, 'c': 2}\n",
        "a: [1, 2\nb: 3\n",
        "a: *nowhere\n",
        "a: &a [*a]\n",
        "{<<: 3, a: 1}",
        "a: &x {b: 1}\nc: {<<: *x, <<: *x}\n",
        "? [1, 2]\n: x\n",
        "--- 1\n--- 2\n",
        "a: !custom 3\nb: !!int 4\n",
        "a:\n\tb: 1\n",
        "a: \"open\n",
        "a: b: c\n",
    ];
    let shown: Vec<String> =
        faulty.iter().map(|t| format!("{t:?}\n  {}", read(t).unwrap_err().replace('\n', "\n  "))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for k in 1..12 {
        let list = vec![format!("*a{}", k - 1); 10].join(", ");
        writeln!(text, "a{k}: &a{k} [{list}]").unwrap();
    }
    assert!(read(&text).unwrap_err().contains("aliases expanded"));
}

#[test]
fn deep_nesting_is_refused_and_does_not_overflow() {
    for text in ["[".repeat(100), "[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let error = read(&text).unwrap_err();
        assert!(error.contains("nested more than 64 deep") || error.contains("recursion limit"), "{error}");
    }
}

/// A JSON value of what YAML files hold, with keys that read as texts.
fn value() -> impl Strategy<Value = Value> {
    let text = "[a-zA-Z_ .:#'\"é-]{0,8}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,5}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Maps of one level, written in flow style, some with a merge of earlier ones.
fn merging() -> impl Strategy<Value = String> {
    let map = prop::collection::btree_map("[a-e]", 0_u32..9, 0..4);
    let merged = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    prop::collection::vec((map, merged, any::<bool>()), 1..6).prop_map(|maps| {
        let mut text = String::new();
        // Only maps that merge nothing are merged: `apply_merge` leaves what is merged twice as it is.
        let mut plain: Vec<usize> = Vec::new();
        for (k, (map, merged, merge_first)) in maps.into_iter().enumerate() {
            let mut parts: Vec<String> = map.iter().map(|(key, v)| format!("{key}: {v}")).collect();
            let names: Vec<String> =
                merged.iter().filter(|_| !plain.is_empty()).map(|i| format!("*m{}", i.get(&plain))).collect();
            let merge = match names.as_slice() {
                [] => None,
                [one] => Some(format!("<<: {one}")),
                many => Some(format!("<<: [{}]", many.join(", "))),
            };
            if merge.is_none() {
                plain.push(k);
            }
            match (merge, merge_first) {
                (Some(merge), true) => parts.insert(0, merge),
                (Some(merge), false) => parts.push(merge),
                _ => {}
            }
            writeln!(text, "m{k}: &m{k} {{{}}}", parts.join(", ")).unwrap();
        }
        text
    })
}

proptest! {
    #[test]
    fn what_serde_yaml_writes_reads_back_the_same(value in value()) {
        let text = serde_yaml::to_string(&value).unwrap();
        prop_assert_eq!(read(&text), Ok(value), "{}", text);
    }

    #[test]
    fn json_is_yaml(value in value()) {
        prop_assert_eq!(read(&value.to_string()), Ok(value));
    }

    #[test]
    fn merges_are_those_of_serde_yaml(text in merging()) {
        let ours = read(&text);
        prop_assert_eq!(ours.ok(), oracle(&text), "{}", text);
    }

    #[test]
    fn plain_scalars_are_those_of_serde_yaml(text in "[-+]?[0-9.eEx_on]{1,6}|[a-zA-Z~.:]{1,6}") {
        // `010` is ten in YAML 1.2 and a text to serde_yaml; `0b1` is a number to serde_yaml only; it also
        // takes a sign before `0x` and `0o`.
        let digits = text.trim_start_matches(['-', '+']);
        let special = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_alphanumeric();
        let many = text.starts_with(['-', '+']) && digits.starts_with(['-', '+']);
        prop_assume!(!special && !many && text != "...");
        prop_assume!(!text.starts_with(':') && !text.ends_with(':'));
        if let Ok(ours) = read(&text) {
            prop_assert_eq!(Some(ours), oracle(&text), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-c:{}\\[\\],&*<\\-?|>'\"#!%@ \n\t]{0,60}") {
        let _ = read(&text);
    }
}
