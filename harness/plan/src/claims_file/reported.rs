//! The paper's number, as it prints it.

use std::fmt;

use super::Better;
use crate::decode::{Count, Decode, Decoder, Dotted, NonNegative};
use crate::number::Reported;
use crate::yaml::{Kind, Node};

/// The paper's number, as it prints it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Printed {
    /// `29`
    Number(Reported),
    /// `{value: 12.3, std: 0.4, n: 5}`: a mean over repetitions.
    Mean {
        /// The mean.
        mean: Reported,
        /// The standard deviation of a repetition.
        std: f64,
        /// How many repetitions.
        n: u32,
    },
    /// `{lo: 3, hi: 5}`
    Range {
        /// The lower end.
        lo: Reported,
        /// The upper end.
        hi: Reported,
    },
}

impl Printed {
    /// One number for it: the middle of a range.
    pub fn value(&self) -> f64 {
        match self {
            Printed::Number(number) => number.value,
            Printed::Mean { mean, .. } => mean.value,
            Printed::Range { lo, hi } => 0.5 * (lo.value + hi.value),
        }
    }

    /// The end of it that a value has to pass to be better.
    pub fn end(&self, better: Better) -> f64 {
        match (self, better) {
            (Printed::Range { lo, .. }, Better::Lower) => lo.value,
            (Printed::Range { hi, .. }, Better::Higher) => hi.value,
            _ => self.value(),
        }
    }

    /// The values that the paper may mean: each end further out by half a unit of its last printed digit, and by two
    /// standard errors of a mean.
    pub fn interval(&self) -> (f64, f64) {
        let (lo, hi, spread) = match self {
            Printed::Number(number) => (number, number, 0.0),
            Printed::Mean { mean, std, n } => (mean, mean, 2.0 * std / f64::from(*n).sqrt()),
            Printed::Range { lo, hi } => (lo, hi, 0.0),
        };
        (lo.value - lo.half_unit - spread, hi.value + hi.half_unit + spread)
    }

    /// What [`interval`](Self::interval) allows for, in words.
    pub(super) fn allowance(&self) -> &'static str {
        match self {
            Printed::Mean { .. } => "half a unit of the last printed digit ⊕ two standard errors",
            Printed::Number(_) | Printed::Range { .. } => "half a unit of the last printed digit",
        }
    }
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Printed::Number(number) => write!(f, "{number}"),
            Printed::Mean { mean, std, n } => write!(f, "{mean} ± {std} (n = {n})"),
            Printed::Range { lo, hi } => write!(f, "{lo} to {hi}"),
        }
    }
}

impl Decode for Printed {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let Kind::Map(entries) = &node.kind else { return Reported::decode(node, d).map(Self::Number) };
        let is_range = entries.iter().any(|e| matches!(e.key.as_str(), "lo" | "hi"));
        let mut f = d.fields(node, "a reported number")?;
        if is_range {
            let (lo, hi) = (f.need::<Reported>(d, "lo"), f.need::<Reported>(d, "hi"));
            f.end(d, Dotted::Refuse);
            let (lo, hi) = (lo?, hi?);
            if lo.value > hi.value {
                d.error(node.span, format!("`lo` is {lo} and `hi` is {hi}: expected lo ≤ hi"), None);
                return None;
            }
            return Some(Self::Range { lo, hi });
        }
        let (mean, std) = (f.need(d, "value"), f.need::<NonNegative>(d, "std"));
        let n = f.need::<Count>(d, "n");
        f.end(d, Dotted::Refuse);
        Some(Self::Mean { mean: mean?, std: std?.0, n: n?.0 })
    }
}
