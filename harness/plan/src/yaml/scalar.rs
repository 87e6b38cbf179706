//! Plain scalars: the core schema of YAML 1.2 (section 10.3.2 of its specification).

use super::Kind;

/// What an unquoted scalar is.
pub(super) fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Kind::Float(f64::NAN),
        _ => infinity(text).or_else(|| integer(text)).or_else(|| float(text)).unwrap_or(Kind::Text),
    }
}

fn infinity(text: &str) -> Option<Kind> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let value = if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY };
    matches!(unsigned, ".inf" | ".Inf" | ".INF").then_some(Kind::Float(value))
}

fn all(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}

fn integer(text: &str) -> Option<Kind> {
    let radix = |digits: &str, radix| {
        all(digits, radix).then(|| {
            let value = i128::from_str_radix(digits, radix).ok();
            value.filter(|v| *v <= i128::from(u64::MAX)).map_or(Kind::Text, Kind::Int)
        })
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if !all(text.strip_prefix(['-', '+']).unwrap_or(text), 10) {
        return None;
    }
    let value = text.parse::<i128>().ok();
    let range = i128::from(i64::MIN)..=i128::from(u64::MAX);
    Some(match value.filter(|v| range.contains(v)) {
        Some(value) => Kind::Int(value),
        None => Kind::Float(text.parse().unwrap_or(f64::NAN)),
    })
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn float(text: &str) -> Option<Kind> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    let mantissa_ok = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_ok = exponent.is_none_or(|e| all(e.strip_prefix(['-', '+']).unwrap_or(e), 10));
    if mantissa_ok && exponent_ok { text.parse().ok().map(Kind::Float) } else { None }
}
