//! Numbers as papers print them.

/// A number that a paper reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reported {
    /// The number.
    pub value: f64,
    /// Half a unit of its last printed digit: how far rounding may have moved it.
    pub half_unit: f64,
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
        assert_eq!(Reported::parse("inf"), None);
        assert_eq!(Reported::parse("ten"), None);
    }
}
