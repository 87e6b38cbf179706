//! Which expressions are in seconds: their values hang on the machine, so that only one measured beside them can be
//! compared with them.

use super::{Axis, Cost, Expr, Goal, Op, Quantity};

impl Expr {
    /// Whether its value changes with the speed of the machine: a time, a time a step, steps a second. A ratio of two
    /// times of one run does not.
    pub fn is_in_seconds(&self) -> bool {
        let mut looked_up_by_time = false;
        self.visit(&mut |e| looked_up_by_time |= matches!(e, Expr::At { axis: Axis::Time, .. }));
        looked_up_by_time || self.power_of_seconds() != Some(0)
    }

    /// The power of seconds in its unit; none if it adds what has different units.
    fn power_of_seconds(&self) -> Option<i32> {
        match self {
            Expr::To { cost: Cost::Wall | Cost::Cpu, .. }
            | Expr::Auc { axis: Axis::Time, .. }
            | Expr::Quantity(
                Quantity::Wall | Quantity::Cpu | Quantity::Setup | Quantity::SampleWall | Quantity::SampleCpu,
            ) => Some(1),
            Expr::Negate(e) => e.power_of_seconds(),
            Expr::Binary { op, left, right } => {
                let (left, right) = (left.power_of_seconds()?, right.power_of_seconds()?);
                match op {
                    Op::Add | Op::Subtract => (left == right).then_some(left),
                    Op::Multiply => left.checked_add(right),
                    Op::Divide => left.checked_sub(right),
                }
            }
            _ => Some(0),
        }
    }
}

impl Goal {
    /// Whether it compares a time with a number, and not with another time.
    pub fn is_in_seconds(&self) -> bool {
        match self {
            Goal::Flag(expr) => expr.is_in_seconds(),
            // Both sides of a relation have one unit: their ratio has none.
            Goal::Relation { left, right, .. } => {
                let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
                Expr::Binary { op: Op::Divide, left, right }.is_in_seconds()
            }
        }
    }
}
