//! Numbers as papers print them.

/// A number that a paper reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported {
    /// The number.
    pub value: f64,
    /// Half a unit of its last printed digit: how far rounding may have moved it.
    pub half_unit: f64,
}

impl std::fmt::Display for Reported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // As many decimals as were printed, unless it was written with an exponent.
        let decimals = -(2.0 * self.half_unit).log10().round();
        match self.value.abs() {
            x if decimals >= 0.0 && (x == 0.0 || (1e-4..1e15).contains(&x)) => {
                write!(f, "{:.*}", decimals as usize, self.value)
            }
            _ => write!(f, "{}", self.value),
        }
    }
}

impl Reported {
    /// The number that is printed as `text`, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let value: f64 = text.parse().ok().filter(|v: &f64| v.is_finite())?;
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let decimals = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
        Some(Self { value, half_unit: 0.5 * 10_f64.powi(exponent - decimals) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_printed_digit_counts() {
        for (text, value, half) in
            [("29", 29.0, 0.5), ("0.34", 0.34, 0.005), ("1.20e3", 1200.0, 5.0), ("-2e-4", -2e-4, 5e-5)]
        {
            let found = Reported::parse(text).unwrap();
            assert_eq!(found.value, value);
            assert!((found.half_unit / half - 1.0).abs() < 1e-12, "{text}: {}", found.half_unit);
        }
        for text in ["29", "0.34", "12.30", "0", "-2.5"] {
            assert_eq!(Reported::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Reported::parse("inf"), None);
        assert_eq!(Reported::parse("ten"), None);
    }
}
