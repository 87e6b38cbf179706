//! Tables, figures, comparisons and rankings.

use super::aggregate::Aggregate;
use super::select::{ParamRef, Selection};
use crate::claims_file::PaperSource;
use crate::expr::{Metric, named};
use crate::number::Reported;
use crate::source::Spanned;

named!(
    /// What is on the horizontal axis along a run.
    XAxis as "axis" {
        /// Steps.
        Iteration = "iteration",
        /// Solver wall time in seconds.
        Seconds = "seconds",
        /// Work in the suite's unit.
        Work = "work",
    }
);

named!(
    /// How an axis is drawn.
    AxisScale as "scale" {
        /// Linear.
        Linear = "linear",
        /// Logarithmic.
        Log = "log",
    }
);

/// A table of a paper, redrawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its id.
    pub id: Spanned<String>,
    /// Its title.
    pub title: String,
    /// Where it is in the paper; none: a table of our own.
    pub source: Option<PaperSource>,
    /// The columns, in order.
    pub columns: Vec<Spanned<String>>,
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// A remark below the table.
    pub note: Option<String>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its label.
    pub label: String,
    /// The cells it is about.
    pub select: Selection,
    /// What is in it, by column; a column may be left empty.
    pub cells: Vec<(Spanned<String>, TableCell)>,
}

/// A number of a table, ours beside the paper's.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCell {
    /// What is measured in each run.
    pub metric: Metric,
    /// How runs become one number.
    pub aggregate: Aggregate,
    /// The paper's number.
    pub reported: Option<Reported>,
    /// The unit of both.
    pub unit: Option<String>,
    /// The claim about it.
    pub claim: Option<Spanned<String>>,
    /// A selection besides the row's; both must match.
    pub select: Selection,
}

impl Table {
    /// The cells for which the paper reports a number, with their row and column; none named: of all rows, of all columns.
    pub fn reported(
        &self,
        rows: &[Spanned<String>],
        columns: &[Spanned<String>],
    ) -> Vec<(&Row, &str, &TableCell, Reported)> {
        let wanted =
            |names: &[Spanned<String>], name: &str| names.is_empty() || names.iter().any(|n| **n == name);
        let mut out = Vec::new();
        for row in self.rows.iter().filter(|row| wanted(rows, &row.label)) {
            for (column, cell) in row.cells.iter().filter(|(column, _)| wanted(columns, column)) {
                out.extend(cell.reported.map(|reported| (row, column.as_str(), cell, reported)));
            }
        }
        out
    }
}

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its id.
    pub id: Spanned<String>,
    /// Its title.
    pub title: String,
    /// Where it is in the paper; none: a figure of our own.
    pub source: Option<PaperSource>,
    /// What is drawn.
    pub kind: FigureKind,
    /// The scale of the horizontal axis; none: what suits the figure.
    pub x_scale: Option<AxisScale>,
    /// The scale of the vertical axis; none: the metric's own.
    pub y_scale: Option<AxisScale>,
    /// The label of the horizontal axis; none: made from what is drawn.
    pub x_label: Option<String>,
    /// The label of the vertical axis.
    pub y_label: Option<String>,
    /// The panels.
    pub panels: Vec<Panel>,
    /// The paper's points.
    pub reported: Vec<ReportedSeries>,
}

impl Figure {
    /// The paper's points of a series in a panel.
    pub fn points(&self, panel: usize, series: &str) -> Option<&ReportedSeries> {
        self.reported.iter().find(|r| r.panel == panel && *r.series == series)
    }
}

/// What a figure draws.
#[derive(Debug, Clone, PartialEq)]
pub enum FigureKind {
    /// A metric along a run; one line a solver label.
    Convergence {
        /// The horizontal axis.
        x: XAxis,
        /// The trace metric.
        y: Spanned<String>,
        /// A trace metric whose change is marked on the line.
        mark: Option<Spanned<String>>,
    },
    /// An expression against a parameter.
    Sweep {
        /// The parameter.
        x: Spanned<ParamRef>,
        /// The expression.
        y: Metric,
        /// How runs become one number.
        aggregate: Aggregate,
        /// Whether a log-log slope is fitted.
        slope: bool,
    },
    /// What it takes to reach each power of ten of a metric.
    WorkPrecision {
        /// In which measure.
        x: XAxis,
        /// The trace metric.
        y: Spanned<String>,
    },
}

/// A panel of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Its title.
    pub title: Option<String>,
    /// The cells it is about.
    pub select: Selection,
}

/// Points of a paper's figure.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedSeries {
    /// The label of the solver that they belong to.
    pub series: Spanned<String>,
    /// The panel, from 0.
    pub panel: usize,
    /// The points `(x, y)`.
    pub points: Vec<(f64, f64)>,
    /// The relative error of reading them off the figure.
    pub error: Option<f64>,
}

/// Solvers side by side, for each problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Its id.
    pub id: Spanned<String>,
    /// Its title.
    pub title: String,
    /// A remark below it.
    pub note: Option<String>,
    /// The cells it is about.
    pub select: Selection,
    /// What is measured in each run.
    pub metric: Metric,
    /// What the columns are.
    pub by: By,
    /// The label or id of the solver that the others are compared with; none: the fastest of each column.
    pub baseline: Option<Spanned<String>>,
}

/// What the columns of a comparison are.
#[derive(Debug, Clone, PartialEq)]
pub enum By {
    /// There is one.
    Nothing,
    /// The accuracies that were asked for: the values of `stop.tol`.
    Tolerance,
    /// The values of a parameter.
    Param(Spanned<ParamRef>),
}

/// Solvers ranked over many instances.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Its id.
    pub id: Spanned<String>,
    /// Its title.
    pub title: String,
    /// A remark below it.
    pub note: Option<String>,
    /// The cells it is about.
    pub select: Selection,
    /// What a run costs: small is good.
    pub metric: Metric,
    /// A cost above it is a failure, and a failure costs ten times as much in PAR-10; none: there is no PAR-10.
    pub limit: Option<f64>,
}
