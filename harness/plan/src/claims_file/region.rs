//! The region that counts as agreement with a claim.

use harness_core::suggest;

use super::{BoundSide, Claim, ClaimKind};
use crate::decode::{Decode, Decoder, Positive};
use crate::expr::named;
use crate::yaml::{Kind, Node};

/// The region that counts as agreement, as a claim gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Accept {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Between these.
    Between(f64, f64),
    /// Within this relative distance of the reported number.
    Within(f64),
    /// Between the reported number over this and times this.
    WithinFactor(f64),
}

named!(
    /// Which side is better than the paper.
    Better as "side" {
        /// Smaller values.
        Lower = "lower",
        /// Larger values.
        Higher = "higher",
    }
);

/// The region that counts as agreement, and how it was formed.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedRegion {
    /// Its lower end, perhaps infinite; part of it.
    pub lo: f64,
    /// Its upper end, perhaps infinite; part of it.
    pub hi: f64,
    /// How it was formed, in words.
    pub from: String,
}

impl Claim {
    /// The region that counts as agreement. That of a `curve` is widened by the error of its figure, which the claim does not
    /// know.
    pub fn region(&self) -> AcceptedRegion {
        let mut region = self.two_sided();
        match self.better {
            Some(Better::Lower) => region.lo = f64::NEG_INFINITY,
            Some(Better::Higher) => region.hi = f64::INFINITY,
            None => return region,
        }
        region.from.push_str(", open on the better side");
        region
    }

    fn two_sided(&self) -> AcceptedRegion {
        const INF: f64 = f64::INFINITY;
        let region = |lo, hi, from: &str| AcceptedRegion { lo, hi, from: from.to_owned() };
        let reported = self.reported.map(|r| r.value());
        match (&self.kind, self.accept) {
            (ClaimKind::Optimum { .. }, _) => {
                let tolerance = self.tolerance.unwrap_or(0.0);
                region(-tolerance, tolerance, "the optimum ± the tolerance, relative to max(1, |optimum|)")
            }
            (ClaimKind::Determinism { .. }, _) => region(1.0, INF, "every pair of runs agrees"),
            (ClaimKind::Threshold { bound, .. }, _) => {
                let from = "the paper's bound and half a unit of its last printed digit";
                let (lo, hi) = self.reported.map_or((-INF, INF), |r| r.interval());
                match bound {
                    BoundSide::AtMost => region(-INF, hi, from),
                    BoundSide::AtLeast => region(lo, INF, from),
                }
            }
            (_, Some(Accept::AtLeast(low))) => region(low, INF, "accepted as the note says"),
            (_, Some(Accept::AtMost(high))) => region(-INF, high, "accepted as the note says"),
            (_, Some(Accept::Between(low, high))) => region(low, high, "accepted as the note says"),
            (_, Some(Accept::Within(relative))) => {
                let r = reported.unwrap_or(f64::NAN);
                let half = relative * r.abs();
                region(r - half, r + half, &format!("reported ± {} %", (relative * 1e4).round() / 1e2))
            }
            (ClaimKind::Table { .. } | ClaimKind::Curve { .. }, Some(Accept::WithinFactor(factor))) => {
                region(-INF, factor, &format!("within a factor of {factor}"))
            }
            (_, Some(Accept::WithinFactor(factor))) => {
                let r = reported.unwrap_or(f64::NAN);
                region(r / factor, r * factor, &format!("within a factor of {factor} of the reported number"))
            }
            (_, None) => self.around_reported(),
        }
    }

    /// reported ± (tolerance ⊕ half a unit of the last printed digit ⊕ two standard errors ⊕ error of digitising); each is an
    /// allowance of its own, so they add up.
    fn around_reported(&self) -> AcceptedRegion {
        let Some(reported) = &self.reported else {
            return AcceptedRegion { lo: f64::NEG_INFINITY, hi: f64::INFINITY, from: "anything".to_owned() };
        };
        let (lo, hi) = reported.interval();
        let (tolerance, error) = (self.tolerance.unwrap_or(0.0), self.transcribed.error());
        let slack = tolerance + error * reported.value().abs();
        let mut from = "reported ± ".to_owned();
        if tolerance > 0.0 {
            from.push_str("the tolerance ⊕ ");
        }
        from.push_str(reported.allowance());
        if error > 0.0 {
            from.push_str(" ⊕ the error of digitising");
        }
        AcceptedRegion { lo: lo - slack, hi: hi + slack, from }
    }

    /// Which side is better than the paper's number, if the claim says so. What keeps a bound is not better than it.
    pub fn better(&self) -> Option<Better> {
        match self.accept {
            Some(Accept::AtMost(_)) => Some(Better::Lower),
            Some(Accept::AtLeast(_)) => Some(Better::Higher),
            _ => self.better,
        }
    }
}

impl Decode for Accept {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let expected = "one of `{at_least: x}`, `{at_most: x}`, `{between: [x, y]}`, `{within: r}`, `{within_factor: f}`";
        let entry = match &node.kind {
            Kind::Map(entries) if entries.len() == 1 => &entries[0],
            _ => {
                d.wrong(node, expected, None);
                return None;
            }
        };
        match entry.key.as_str() {
            "at_least" => f64::decode(&entry.value, d).map(Self::AtLeast),
            "at_most" => f64::decode(&entry.value, d).map(Self::AtMost),
            "within" => Positive::decode(&entry.value, d).map(|r| Self::Within(r.0)),
            "within_factor" => {
                let factor = f64::decode(&entry.value, d)?;
                if factor >= 1.0 {
                    return Some(Self::WithinFactor(factor));
                }
                d.wrong(&entry.value, "a factor of at least 1", None);
                None
            }
            "between" => match <Vec<f64>>::decode(&entry.value, d)?.as_slice() {
                [low, high] if low <= high => Some(Self::Between(*low, *high)),
                _ => {
                    d.error(entry.value.span, "expected two numbers `[low, high]` with low ≤ high", None);
                    None
                }
            },
            other => {
                let known = ["at_least", "at_most", "between", "within", "within_factor"];
                let help = suggest::hint(other, known);
                d.error(entry.key_span, format!("unknown region `{other}`"), Some(help));
                None
            }
        }
    }
}
