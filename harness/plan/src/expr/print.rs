//! Expression → text: what [`parse`](super::parse) reads back as the same expression.

use std::fmt;

use super::{Expr, Goal, Op};

/// A number in its shortest form that reads back the same.
pub(crate) fn number(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:?}") }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Number(value) => f.write_str(&number(*value)),
            Expr::Quantity(quantity) => write!(f, "{quantity}"),
            Expr::To { cost, metric, relation, threshold, patience } => {
                write!(f, "{cost}({metric} {relation} {}", number(*threshold))?;
                if *patience > 0 {
                    write!(f, ", patience={patience}")?;
                }
                f.write_str(")")
            }
            Expr::Final(metric) => write!(f, "final({metric})"),
            Expr::Best(metric) => write!(f, "best({metric})"),
            Expr::At { metric, axis, at } => write!(f, "at({metric}, {axis}={})", number(*at)),
            Expr::Auc { metric, axis } => write!(f, "auc({metric}, {axis})"),
            Expr::Outcome(outcome) => write!(f, "outcome({outcome})"),
            Expr::Counter(name) => write!(f, "counter({name})"),
            Expr::Instance(name) => write!(f, "instance({name})"),
            Expr::Negate(inner) => {
                f.write_str("-")?;
                operand(inner, matches!(**inner, Expr::Binary { .. }), f)
            }
            Expr::Binary { op, left, right } => {
                operand(left, precedence(left).is_some_and(|p| p < op.precedence()), f)?;
                write!(f, " {op} ")?;
                // The grammar associates to the left: a right operand of equal rank needs parentheses.
                operand(right, precedence(right).is_some_and(|p| p <= op.precedence()), f)
            }
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::Flag(expr) => write!(f, "{expr}"),
            Goal::Relation { left, relation, right } => write!(f, "{left} {relation} {right}"),
        }
    }
}

fn precedence(expr: &Expr) -> Option<u8> {
    match expr {
        Expr::Binary { op, .. } => Some(Op::precedence(*op)),
        _ => None,
    }
}

fn operand(expr: &Expr, parentheses: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if parentheses { write!(f, "({expr})") } else { write!(f, "{expr}") }
}
