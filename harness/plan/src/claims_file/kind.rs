//! What a claim compares.

use std::fmt;

use crate::expr::{Axis, Clocks, GoalText, Metric, named};
use crate::source::Spanned;
use crate::suite_file::{Aggregate, ParamRef, Selection, XAxis};

/// What a claim compares.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimKind {
    /// A metric.
    Value {
        /// What is measured in each run.
        metric: Metric,
        /// How runs become one number.
        aggregate: Aggregate,
    },
    /// The metric of the numerator over the metric of the denominator, paired by problem and replicate.
    Ratio {
        /// What is measured in each run.
        metric: Metric,
        /// How pairs become one number: the median or the geometric mean.
        aggregate: Aggregate,
        /// The cells above the line.
        numerator: Selection,
        /// The cells below the line.
        denominator: Selection,
    },
    /// The share of pairs, by problem and replicate, in which the metric of `less` is below the metric of `greater`.
    Order {
        /// What is measured in each run.
        metric: Metric,
        /// The cells that are claimed to have the smaller metric.
        less: Selection,
        /// The cells that are claimed to have the greater metric.
        greater: Selection,
    },
    /// The exponent of a power law: the slope of the logarithm of the metric against that of a parameter.
    Exponent {
        /// What is measured in each run.
        metric: Metric,
        /// The parameter.
        x: Spanned<ParamRef>,
    },
    /// The factor by which a trace metric shrinks per unit of an axis: linear convergence.
    Rate {
        /// The trace metric.
        trace: Spanned<String>,
        /// The axis.
        per: Axis,
        /// Between which values of the trace metric.
        window: Window,
    },
    /// A metric against a bound that the paper states.
    Threshold {
        /// What is measured in each run.
        metric: Metric,
        /// How runs become one number.
        aggregate: Aggregate,
        /// On which side of the reported number the paper's bound holds.
        bound: BoundSide,
    },
    /// The distance of a metric from the optimum, relative to max(1, |optimum|): positive is worse.
    Optimum {
        /// What is measured in each run.
        metric: Metric,
        /// How runs become one number.
        aggregate: Aggregate,
        /// The optimum.
        optimum: Optimum,
        /// In which direction it is one.
        sense: Sense,
    },
    /// The share of runs that reach a goal.
    Success {
        /// The goal.
        goal: GoalText,
    },
    /// The share of runs that do not reach a goal: the paper says that the method fails here.
    Negative {
        /// The goal.
        goal: GoalText,
    },
    /// The worst factor between our numbers and the paper's over the cells of a table.
    Table {
        /// The table's id in the suite file.
        table: Spanned<String>,
        /// Labels of rows; empty: all.
        rows: Vec<Spanned<String>>,
        /// Columns; empty: all.
        columns: Vec<Spanned<String>>,
    },
    /// The worst factor between our trace and the paper's points of a figure, in each run.
    Curve {
        /// The figure's id in the suite file.
        figure: Spanned<String>,
        /// The panel, from 0.
        panel: usize,
        /// The label of the solver that the points belong to.
        series: Spanned<String>,
        /// How runs become one number.
        aggregate: Aggregate,
        /// The figure's horizontal axis; known once the file is checked.
        x: Option<XAxis>,
    },
    /// The share of pairs of runs that agree as far as is claimed.
    Determinism {
        /// What is different between the two.
        across: Across,
        /// How far they agree.
        level: Agreement,
    },
}

/// Between which values of a metric a rate is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The larger value, where it begins.
    pub from: f64,
    /// The smaller value, where it ends.
    pub to: f64,
}

/// The optimum of a problem.
#[derive(Debug, Clone, PartialEq)]
pub enum Optimum {
    /// The same number for all instances.
    Number(f64),
    /// A fact about the instance.
    Fact(String),
}

impl fmt::Display for Optimum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Optimum::Number(value) => write!(f, "{value}"),
            Optimum::Fact(name) => write!(f, "instance({name})"),
        }
    }
}

named!(
    /// On which side of a number a bound holds.
    BoundSide as "bound" {
        /// Values up to the number.
        AtMost = "at_most",
        /// Values from the number on.
        AtLeast = "at_least",
    }
);

named!(
    /// In which direction an optimum is one.
    Sense as "sense" {
        /// Smaller is better.
        Minimise = "minimise",
        /// Larger is better.
        Maximise = "maximise",
    }
);

named!(
    /// What is different between two runs that should agree.
    Across as "circumstance" {
        /// Nothing.
        Same = "same",
        /// The order of the cells, and what ran beside.
        Order = "order",
        /// The number of threads.
        Threads = "threads",
    }
);

named!(
    /// How far two runs agree.
    Agreement as "level of agreement" {
        /// In every bit.
        Bitwise = "bitwise",
        /// Up to the tolerance that the solver declares.
        Tolerance = "tolerance",
        /// In distribution only.
        Statistical = "statistical",
    }
);

impl ClaimKind {
    /// How it is written in the file.
    pub fn as_str(&self) -> &'static str {
        match self {
            ClaimKind::Value { .. } => "value",
            ClaimKind::Ratio { .. } => "ratio",
            ClaimKind::Order { .. } => "order",
            ClaimKind::Exponent { .. } => "exponent",
            ClaimKind::Rate { .. } => "rate",
            ClaimKind::Threshold { .. } => "threshold",
            ClaimKind::Optimum { .. } => "optimum",
            ClaimKind::Success { .. } => "success",
            ClaimKind::Negative { .. } => "negative",
            ClaimKind::Table { .. } => "table",
            ClaimKind::Curve { .. } => "curve",
            ClaimKind::Determinism { .. } => "determinism",
        }
    }

    /// All kinds.
    pub const NAMES: [&'static str; 12] = [
        "value",
        "ratio",
        "order",
        "exponent",
        "rate",
        "threshold",
        "optimum",
        "success",
        "negative",
        "table",
        "curve",
        "determinism",
    ];

    /// The expression that is measured in each run, where there is one.
    pub fn metric(&self) -> Option<&Metric> {
        match self {
            ClaimKind::Value { metric, .. }
            | ClaimKind::Ratio { metric, .. }
            | ClaimKind::Order { metric, .. }
            | ClaimKind::Exponent { metric, .. }
            | ClaimKind::Threshold { metric, .. }
            | ClaimKind::Optimum { metric, .. } => Some(metric),
            _ => None,
        }
    }

    /// How runs become one number, where they do.
    pub fn aggregate(&self) -> Option<Aggregate> {
        match self {
            ClaimKind::Value { aggregate, .. }
            | ClaimKind::Ratio { aggregate, .. }
            | ClaimKind::Threshold { aggregate, .. }
            | ClaimKind::Optimum { aggregate, .. }
            | ClaimKind::Curve { aggregate, .. } => Some(*aggregate),
            _ => None,
        }
    }

    /// What is measured, in the words of the expression language where they suffice.
    pub fn measured(&self) -> String {
        match self {
            ClaimKind::Rate { trace, per, .. } => format!("rate({trace}, {per})"),
            ClaimKind::Success { goal } | ClaimKind::Negative { goal } => goal.goal.to_string(),
            ClaimKind::Optimum { metric, optimum, .. } => format!("{} against {optimum}", metric.expr),
            ClaimKind::Table { table, .. } => format!("table `{table}`"),
            ClaimKind::Curve { figure, series, .. } => format!("figure `{figure}`, `{series}`"),
            ClaimKind::Determinism { across, level } => format!("{level} across {across}"),
            _ => self.metric().map_or_else(String::new, |m| m.expr.to_string()),
        }
    }

    /// The clocks that it reads; those of a table are its cells'.
    pub fn clocks(&self) -> Clocks {
        match self {
            ClaimKind::Rate { per: Axis::Time, .. } | ClaimKind::Curve { x: Some(XAxis::Seconds), .. } => {
                Clocks { wall: true, cpu: false }
            }
            ClaimKind::Success { goal } | ClaimKind::Negative { goal } => goal.goal.clocks(),
            _ => self.metric().map(|m| m.expr.clocks()).unwrap_or_default(),
        }
    }

    pub(super) fn selections(&self) -> Vec<&Selection> {
        match self {
            ClaimKind::Ratio { numerator: a, denominator: b, .. }
            | ClaimKind::Order { less: a, greater: b, .. } => vec![a, b],
            _ => Vec::new(),
        }
    }

    pub(super) fn selections_mut(&mut self) -> Vec<&mut Selection> {
        match self {
            ClaimKind::Ratio { numerator: a, denominator: b, .. }
            | ClaimKind::Order { less: a, greater: b, .. } => vec![a, b],
            _ => Vec::new(),
        }
    }
}
