//! Goals: what a run must come to, true or false.

use super::{Clocks, Expr, Relation, Use};
use crate::source::Span;

/// What a run must come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// An expression that is 1 or 0: `solved`, `outcome(ok)`.
    Flag(Expr),
    /// `final(gap) <= 1e-9`.
    Relation {
        /// The left side.
        left: Expr,
        /// The relation.
        relation: Relation,
        /// The right side.
        right: Expr,
    },
}

/// A goal as it is written in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalText {
    /// The goal.
    pub goal: Goal,
    /// The names it uses, with their places in the file.
    pub uses: Vec<Use>,
    /// Its place in the file.
    pub span: Span,
}

impl Goal {
    /// Its expressions.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Goal::Flag(expr) => vec![expr],
            Goal::Relation { left, right, .. } => vec![left, right],
        }
    }

    /// The clocks that it reads.
    pub fn clocks(&self) -> Clocks {
        self.expressions()
            .into_iter()
            .map(Expr::clocks)
            .fold(Clocks::default(), |a, b| Clocks { wall: a.wall || b.wall, cpu: a.cpu || b.cpu })
    }
}
