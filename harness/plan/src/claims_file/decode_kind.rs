//! Nodes → the fields of each kind of claim.

use super::{Across, Agreement, BoundSide, ClaimKind, Optimum, Sense, Window};
use crate::decode::{Decode, Decoder, Dotted, Fields, OneOrMany, Positive};
use crate::expr::{Axis, Metric};
use crate::source::{Span, Spanned};
use crate::suite_file::Aggregate;
use crate::yaml::{Kind, Node};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum KindName {
    Value,
    Ratio,
    Order,
    Exponent,
    Rate,
    Threshold,
    Optimum,
    Success,
    Negative,
    Table,
    Curve,
    Determinism,
}

/// The fields that some kinds have and some have not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Select,
    Reported,
    Accept,
    Tolerance,
    Better,
}

impl KindName {
    const ALL: [KindName; 12] = [
        KindName::Value,
        KindName::Ratio,
        KindName::Order,
        KindName::Exponent,
        KindName::Rate,
        KindName::Threshold,
        KindName::Optimum,
        KindName::Success,
        KindName::Negative,
        KindName::Table,
        KindName::Curve,
        KindName::Determinism,
    ];

    pub(super) fn as_str(self) -> &'static str {
        ClaimKind::NAMES[self as usize]
    }

    /// The name with its article.
    pub(super) fn with_article(self) -> String {
        let name = self.as_str();
        let article = if name.starts_with(['e', 'o']) { "an" } else { "a" };
        format!("{article} `{name}`")
    }

    /// Whether the kind has a field.
    pub(super) fn has(self, field: Field) -> bool {
        use Field::{Accept, Better, Reported, Select, Tolerance};
        let fields: &[Field] = match self {
            KindName::Value | KindName::Ratio | KindName::Exponent | KindName::Rate => {
                &[Select, Reported, Accept, Tolerance, Better]
            }
            // A share has a better side only where the region has one end, which says it.
            KindName::Order | KindName::Success | KindName::Negative => {
                &[Select, Reported, Accept, Tolerance]
            }
            // The region is the paper's own.
            KindName::Threshold => &[Select, Reported],
            KindName::Optimum => &[Select, Tolerance],
            KindName::Curve => &[Select, Accept],
            KindName::Table => &[Accept],
            KindName::Determinism => &[Select],
        };
        fields.contains(&field)
    }

    /// What a region of the kind looks like, where it needs one of its own.
    pub(super) fn region_help(self) -> Option<String> {
        let example = match self {
            KindName::Order => "accept: {at_least: 0.5}",
            KindName::Table | KindName::Curve => "accept: {within_factor: 2}",
            KindName::Threshold => "reported: 100",
            KindName::Optimum => "tolerance: 1e-6",
            _ => return None,
        };
        Some(format!("for example `{example}`"))
    }
}

impl Decode for KindName {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        d.one_of(node, "kind of claim", Self::ALL.into_iter().map(|kind| (kind.as_str(), kind)))
    }
}

/// The fields of a kind.
pub(super) fn claim_kind(name: KindName, f: &mut Fields<'_>, d: &mut Decoder) -> Option<ClaimKind> {
    match name {
        KindName::Value => {
            let (metric, aggregate) = (f.need(d, "metric"), aggregate(f, d));
            Some(ClaimKind::Value { metric: metric?, aggregate: aggregate? })
        }
        KindName::Ratio => {
            let (metric, aggregate) = (f.need::<Metric>(d, "metric"), of_ratios(f, d));
            let (numerator, denominator) = (f.need(d, "numerator"), f.need(d, "denominator"));
            Some(ClaimKind::Ratio {
                metric: metric?,
                aggregate: aggregate?,
                numerator: numerator?,
                denominator: denominator?,
            })
        }
        KindName::Order => {
            let metric = f.need(d, "metric");
            let (less, greater) = (f.need(d, "less"), f.need(d, "greater"));
            Some(ClaimKind::Order { metric: metric?, less: less?, greater: greater? })
        }
        KindName::Exponent => {
            let (metric, x) = (f.need(d, "metric"), f.need(d, "x"));
            Some(ClaimKind::Exponent { metric: metric?, x: x? })
        }
        KindName::Rate => {
            let (trace, per, window) = (f.need(d, "trace"), f.need::<Axis>(d, "per"), f.need(d, "window"));
            Some(ClaimKind::Rate { trace: trace?, per: per?, window: window? })
        }
        KindName::Threshold => {
            let (metric, aggregate) = (f.need(d, "metric"), aggregate(f, d));
            let bound = f.need::<BoundSide>(d, "bound");
            Some(ClaimKind::Threshold { metric: metric?, aggregate: aggregate?, bound: bound? })
        }
        KindName::Optimum => {
            let (metric, aggregate) = (f.need(d, "metric"), of_gaps(f, d));
            let (optimum, sense) = (f.need(d, "optimum"), f.need::<Sense>(d, "sense"));
            Some(ClaimKind::Optimum {
                metric: metric?,
                aggregate: aggregate?,
                optimum: optimum?,
                sense: sense?,
            })
        }
        KindName::Success => Some(ClaimKind::Success { goal: f.need(d, "goal")? }),
        KindName::Negative => Some(ClaimKind::Negative { goal: f.need(d, "goal")? }),
        KindName::Table => {
            let table = f.need(d, "table");
            let (rows, columns) = (names(f, d, "rows"), names(f, d, "columns"));
            Some(ClaimKind::Table { table: table?, rows: rows?, columns: columns? })
        }
        KindName::Curve => {
            let (figure, series) = (f.need(d, "figure"), f.need(d, "series"));
            let (panel, aggregate) = (f.or_default::<u32>(d, "panel"), aggregate(f, d));
            Some(ClaimKind::Curve {
                figure: figure?,
                panel: panel? as usize,
                series: series?,
                aggregate: aggregate?,
                x: None,
            })
        }
        KindName::Determinism => {
            let (across, level) = (f.need::<Across>(d, "across"), f.need::<Agreement>(d, "level"));
            Some(ClaimKind::Determinism { across: across?, level: level? })
        }
    }
}

fn names(f: &mut Fields<'_>, d: &mut Decoder, field: &'static str) -> Option<Vec<Spanned<String>>> {
    f.or_default::<OneOrMany<Spanned<String>>>(d, field).map(|many| many.0)
}

/// `aggregate`, the median unless given.
fn aggregate(f: &mut Fields<'_>, d: &mut Decoder) -> Option<Aggregate> {
    let why = "an extreme has no interval that a verdict could rest on";
    aggregate_of(f, d, "a claim's `aggregate` must be mean, median, geomean or q(…)", why, |a| {
        !a.is_extreme()
    })
}

/// `aggregate` of ratios.
fn of_ratios(f: &mut Fields<'_>, d: &mut Decoder) -> Option<Aggregate> {
    let why = "another would change with which side is on top";
    aggregate_of(f, d, "the `aggregate` of ratios must be median or geomean", why, |a| {
        matches!(a, Aggregate::Median | Aggregate::Geomean)
    })
}

/// `aggregate` of gaps to an optimum.
fn of_gaps(f: &mut Fields<'_>, d: &mut Decoder) -> Option<Aggregate> {
    let why = "gaps may be 0 or below, and an extreme has no interval that a verdict could rest on";
    aggregate_of(f, d, "the `aggregate` of gaps must be mean, median or q(…)", why, |a| {
        !a.is_extreme() && a != Aggregate::Geomean
    })
}

fn aggregate_of(
    f: &mut Fields<'_>,
    d: &mut Decoder,
    must: &str,
    why: &str,
    allowed: impl Fn(Aggregate) -> bool,
) -> Option<Aggregate> {
    let given: Option<Spanned<Aggregate>> = f.may(d, "aggregate")?;
    let Some(given) = given else { return Some(Aggregate::Median) };
    if allowed(given.value) {
        return Some(given.value);
    }
    d.error(given.span, format!("{must}, found `{}`", given.value), Some(why.to_owned()));
    None
}

impl Decode for Window {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        let mut f = d.fields(node, "a window")?;
        let (from, to) = (f.need::<Positive>(d, "from"), f.need::<Positive>(d, "to"));
        f.end(d, Dotted::Refuse);
        let (from, to) = (from?.0, to?.0);
        if from <= to {
            let span: Span = node.span;
            d.error(span, format!("the window goes down: expected from > to, found {from} and {to}"), None);
            return None;
        }
        Some(Self { from, to })
    }
}

impl Decode for Optimum {
    fn decode(node: &Node, d: &mut Decoder) -> Option<Self> {
        match &node.kind {
            Kind::Int(_) | Kind::Float(_) => f64::decode(node, d).map(Self::Number),
            Kind::Text => Some(Self::Fact(node.text.clone())),
            _ => {
                d.wrong(node, "a number, or the name of a fact about the instance", None);
                None
            }
        }
    }
}
