//! Numbers as people read them: few digits, the same everywhere in a report.

/// Three significant digits: `0.34`, `29`, `56199`, `1.2e-9`. Whole numbers below a million keep all their digits.
pub fn short(value: f64) -> String {
    significant(value, 3)
}

/// `digits` significant digits, in positional notation from 1e-3 up to a million, else with an exponent. Whole numbers
/// below a million keep all their digits.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e6 {
        return minus(&format!("{value:.0}"));
    }
    // The exponent after rounding: 9.996 with three digits is 10.0.
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..6).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        minus(&trimmed(&format!("{value:.decimals$}")))
    } else {
        minus(&format!("{}e{exponent}", trimmed(mantissa)))
    }
}

/// `[lo, hi]` with enough digits to tell the ends apart.
pub fn interval(lo: f64, hi: f64) -> String {
    if lo == hi {
        return "exact".to_owned();
    }
    let mut digits = 3;
    while digits < 6 && significant(lo, digits) == significant(hi, digits) {
        digits += 1;
    }
    let end = |x: f64| significant(x, digits);
    match (lo.is_finite(), hi.is_finite()) {
        (true, false) => format!("≥ {}", end(lo)),
        (false, true) => format!("≤ {}", end(hi)),
        _ => format!("[{}, {}]", end(lo), end(hi)),
    }
}

/// A duration in seconds with a unit: `1.2 µs`, `34 ms`, `2.5 s`, `12 min`.
pub fn seconds(value: f64) -> String {
    let scaled = |factor: f64, unit: &str| format!("{} {unit}", short(value * factor));
    match value.abs() {
        v if v == 0.0 || !v.is_finite() => format!("{} s", short(value)),
        v if v < 1e-6 => scaled(1e9, "ns"),
        v if v < 1e-3 => scaled(1e6, "µs"),
        v if v < 1.0 => scaled(1e3, "ms"),
        v if v < 600.0 => scaled(1.0, "s"),
        v if v < 36_000.0 => scaled(1.0 / 60.0, "min"),
        _ => scaled(1.0 / 3600.0, "h"),
    }
}

/// Bytes with a binary unit: `1.5 MiB`.
pub fn bytes(value: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut scaled, mut unit) = (value, 0);
    while scaled.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{} {}", short(scaled), UNITS[unit])
}

/// A value with its unit: seconds and bytes get the prefix that suits them.
pub fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "" => short(value),
        "s" => seconds(value),
        "B" | "byte" | "bytes" => bytes(value),
        _ => format!("{} {unit}", short(value)),
    }
}

/// A value in exactly this unit, to stand beside a paper's number.
pub fn in_unit(value: f64, unit: &str) -> String {
    if unit.is_empty() { short(value) } else { format!("{} {unit}", short(value)) }
}

/// A ratio: `2.3×`.
pub fn times(ratio: f64) -> String {
    format!("{}×", short(ratio))
}

/// The name of a power of ten: `10⁻³`.
pub fn power_of_ten(exponent: i32) -> String {
    let mut out = String::from("10");
    for c in exponent.to_string().chars() {
        out.push(match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            '9' => '⁹',
            _ => '⁰',
        });
    }
    out
}

/// A number for CSV and data attributes: the shortest text that reads back the same.
pub fn exact(value: f64) -> String {
    match value {
        v if v.is_nan() => "nan".to_owned(),
        v if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.to_owned(),
        v if v != 0.0 && !(1e-5..1e16).contains(&v.abs()) => format!("{v:e}"),
        v => format!("{v}"),
    }
}

fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

fn minus(text: &str) -> String {
    text.replacen('-', "−", usize::from(text.starts_with('-')))
}

/// `1 cell`, `3 cells`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, want) in [
            (0.34, "0.34"),
            (29.0, "29"),
            (56_199.0, "56199"),
            (1.2e-9, "1.2e-9"),
            (9.996, "10"),
            (1234.56, "1235"),
            (0.001, "0.001"),
            (-0.5, "−0.5"),
            (1e6, "1e6"),
            (0.0, "0"),
            (f64::INFINITY, "∞"),
            (999_999.5, "1e6"),
        ] {
            assert_eq!(short(value), want);
        }
    }

    #[test]
    fn units_take_prefixes() {
        assert_eq!(with_unit(0.0174, "s"), "17.4 ms");
        assert_eq!(with_unit(233.36, "s"), "233 s");
        assert_eq!(with_unit(3_000_000.0, "B"), "2.86 MiB");
        assert_eq!(with_unit(12.0, "n·m"), "12 n·m");
        assert_eq!(seconds(0.0), "0 s");
    }

    #[test]
    fn intervals_show_their_width_and_open_ends() {
        assert_eq!(interval(29.0, 29.0), "exact");
        assert_eq!(interval(1.001, 1.002), "[1.001, 1.002]");
        assert_eq!(interval(6.0, f64::INFINITY), "≥ 6");
        assert_eq!(interval(1.2, 3.4), "[1.2, 3.4]");
    }

    #[test]
    fn powers_of_ten_are_superscripts() {
        assert_eq!(power_of_ten(-12), "10⁻¹²");
        assert_eq!(power_of_ten(0), "10⁰");
    }

    proptest! {
        #[test]
        fn three_digits_are_within_half_a_unit(value in prop_oneof![-1e12..1e12_f64, 1e-12..1e-3_f64]) {
            let text = short(value).replace('−', "-");
            let back: f64 = text.parse().unwrap();
            prop_assert!((back - value).abs() <= 0.5e-2 * value.abs() + 1e-300, "{value} → {text}");
        }

        #[test]
        fn exact_numbers_read_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            prop_assert_eq!(exact(value).parse::<f64>().unwrap(), value);
        }
    }
}
