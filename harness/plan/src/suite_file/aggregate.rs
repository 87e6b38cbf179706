//! How the values of several runs become one.

use std::fmt;

use harness_core::suggest;

use crate::decode::{Decode, Decoder};
use crate::yaml::{Kind, Node};

/// How the values of several runs become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// The arithmetic mean.
    Mean,
    /// The median.
    Median,
    /// The geometric mean.
    Geomean,
    /// The least: for tables that show a spread, not for claims.
    Min,
    /// The greatest: for tables that show a spread, not for claims.
    Max,
    /// `q(0.9)`: a quantile.
    Quantile(Thousandths),
}

/// A share between 0 and 1, ends excluded, to three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thousandths(u16);

impl Thousandths {
    /// The share.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl Aggregate {
    const NAMED: [(&'static str, Aggregate); 5] = [
        ("mean", Aggregate::Mean),
        ("median", Aggregate::Median),
        ("geomean", Aggregate::Geomean),
        ("min", Aggregate::Min),
        ("max", Aggregate::Max),
    ];

    /// Whether it is an extreme, which has no interval that a verdict could rest on.
    pub fn is_extreme(self) -> bool {
        matches!(self, Aggregate::Min | Aggregate::Max)
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((_, named)) = Self::NAMED.iter().find(|(name, _)| *name == text) {
            return Some(*named);
        }
        let share: f64 = text.strip_prefix("q(")?.strip_suffix(')')?.trim().parse().ok()?;
        let thousandths = (share * 1000.0).round();
        // More decimals would be rounded away in silence.
        let exact = (thousandths / 1000.0 - share).abs() < 1e-12 && thousandths > 0.0 && thousandths < 1000.0;
        exact.then_some(Self::Quantile(Thousandths(thousandths as u16)))
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aggregate::Quantile(q) => write!(f, "q({})", q.get()),
            named => {
                let found = Self::NAMED.iter().find(|(_, a)| a == named);
                f.write_str(found.map_or("", |(name, _)| name))
            }
        }
    }
}

impl Decode for Aggregate {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        if node.kind != Kind::Text {
            d.wrong(node, "an aggregate such as `median` or `q(0.9)`", None);
            return None;
        }
        let found = Self::parse(&node.text);
        if found.is_none() {
            let (message, help) = if node.text.starts_with("q(") {
                let help = "a share between 0 and 1 with at most three decimals, for example `q(0.9)`";
                (format!("`{}` is not a quantile", node.text), help.to_owned())
            } else {
                let names = Self::NAMED.iter().map(|(name, _)| *name).chain(["q(0.9)"]);
                (format!("unknown aggregate `{}`", node.text), suggest::hint(&node.text, names))
            };
            d.error(node.span, message, Some(help));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let quantiles = (1..1000).map(|k| Aggregate::Quantile(Thousandths(k)));
        for aggregate in Aggregate::NAMED.map(|(_, a)| a).into_iter().chain(quantiles) {
            assert_eq!(Aggregate::parse(&aggregate.to_string()), Some(aggregate));
        }
        for wrong in ["q(0)", "q(1)", "q(0.12345)", "q(nan)", "q(x)", "q 0.9", "Median"] {
            assert_eq!(Aggregate::parse(wrong), None, "{wrong}");
        }
    }
}
