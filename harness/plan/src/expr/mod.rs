//! Metric expressions: a small closed language over the results of one run.
//!
//! `iters_to(gap <= 1e-9)`, `final(gap)`, `cpu / iterations`, … The language is described in `docs/yaml.md`; the report
//! evaluates what is parsed here.

mod goal;
mod parse;
mod print;
mod seconds;
#[cfg(test)]
mod tests;

pub use goal::{Goal, GoalText};
pub use parse::{ExprError, Parsed, ParsedGoal, Use, UseKind, parse, parse_goal};

use harness_core::Outcome;

use crate::source::Span;

/// An expression as it is written in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The expression.
    pub expr: Expr,
    /// The names it uses, with their places in the file.
    pub uses: Vec<Use>,
    /// Its text in the file.
    pub text: String,
    /// Its place in the file.
    pub span: Span,
}

/// An expression over one run.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number, not negative: a minus sign is [`Expr::Negate`].
    Number(f64),
    /// A quantity of the run.
    Quantity(Quantity),
    /// `iters_to(metric <= x)` and its kin: what it took until the trace metric first satisfied the relation. A run that
    /// never did is censored at what it spent.
    To {
        /// In which measure.
        cost: Cost,
        /// The trace metric.
        metric: String,
        /// The relation.
        relation: Relation,
        /// The threshold.
        threshold: f64,
        /// For how many further steps the relation must hold; 0: none.
        patience: u64,
    },
    /// `final(metric)`: the last value of the trace.
    Final(String),
    /// `best(metric)`: the smallest value of the trace.
    Best(String),
    /// `at(metric, step=k)`: the last value of the trace at or before a point.
    At {
        /// The trace metric.
        metric: String,
        /// The axis of the point.
        axis: Axis,
        /// The point; seconds for [`Axis::Time`].
        at: f64,
    },
    /// `auc(metric, step)`: the area under the trace, by trapezoids between its points.
    Auc {
        /// The trace metric.
        metric: String,
        /// Along which axis; seconds for [`Axis::Time`].
        axis: Axis,
    },
    /// `outcome(timeout)`: 1 when the run ended so, else 0.
    Outcome(Outcome),
    /// `counter(name)`: a named work counter of the run.
    Counter(String),
    /// `instance(name)`: a fact about the instance.
    Instance(String),
    /// `-e`.
    Negate(Box<Expr>),
    /// `a + b` and its kin.
    Binary {
        /// The operation.
        op: Op,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
}

/// The clocks that an expression reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clocks {
    /// Wall time, which everything else on the machine lengthens.
    pub wall: bool,
    /// CPU time.
    pub cpu: bool,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident as $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// All values.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// How it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }

            /// The value that is written so.
            pub fn from_name(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::decode::Decode for $name {
            fn decode(node: &crate::yaml::Node, d: &mut crate::decode::Decoder) -> Option<Self> {
                d.one_of(node, $what, Self::ALL.iter().map(|value| (value.as_str(), *value)))
            }
        }
    };
}
pub(crate) use named;

named!(
    /// A quantity of a run. Times are in seconds, memory in bytes.
    Quantity as "quantity" {
        /// Steps made.
        Iterations = "iterations",
        /// Solver wall time, evaluation excluded.
        Wall = "wall",
        /// Solver CPU time of all threads, evaluation excluded.
        Cpu = "cpu",
        /// Work in the suite's unit.
        Work = "work",
        /// Wall time that making the instance took.
        Setup = "setup",
        /// The high-water mark of resident memory.
        PeakMem = "peak_mem",
        /// The median wall time of the timed samples, per repetition.
        SampleWall = "sample_wall",
        /// The median CPU time of the timed samples, per repetition.
        SampleCpu = "sample_cpu",
        /// 1 when the run was solved, else 0.
        Solved = "solved",
    }
);

named!(
    /// What an [`Expr::To`] counts.
    Cost as "function" {
        /// Steps.
        Iterations = "iters_to",
        /// Solver wall time in seconds.
        Wall = "time_to",
        /// Solver CPU time in seconds.
        Cpu = "cpu_to",
        /// Work in the suite's unit.
        Work = "work_to",
    }
);

named!(
    /// A relation between a trace metric and a threshold.
    Relation as "relation" {
        /// At most.
        AtMost = "<=",
        /// Below.
        Below = "<",
        /// At least.
        AtLeast = ">=",
        /// Above.
        Above = ">",
    }
);

named!(
    /// An axis of the trace.
    Axis as "axis" {
        /// Steps.
        Step = "step",
        /// Solver wall time in seconds.
        Time = "t",
        /// Work in the suite's unit.
        Work = "work",
    }
);

named!(
    /// An arithmetic operation.
    Op as "operation" {
        /// Sum.
        Add = "+",
        /// Difference.
        Subtract = "-",
        /// Product.
        Multiply = "*",
        /// Quotient.
        Divide = "/",
    }
);

impl Relation {
    /// Whether `value` satisfies the relation with `threshold`. NaN satisfies none.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Relation::AtMost => value <= threshold,
            Relation::Below => value < threshold,
            Relation::AtLeast => value >= threshold,
            Relation::Above => value > threshold,
        }
    }
}

impl Op {
    /// The result on two numbers.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Op::Add => left + right,
            Op::Subtract => left - right,
            Op::Multiply => left * right,
            Op::Divide => left / right,
        }
    }

    fn precedence(self) -> u8 {
        match self {
            Op::Add | Op::Subtract => 1,
            Op::Multiply | Op::Divide => 2,
        }
    }
}

impl Expr {
    /// The trace metrics it reads, each once, in order of appearance.
    pub fn trace_metrics(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |e| {
            if let Expr::To { metric, .. }
            | Expr::Final(metric)
            | Expr::Best(metric)
            | Expr::Auc { metric, .. }
            | Expr::At { metric, .. } = e
                && !names.contains(&metric.as_str())
            {
                names.push(metric.as_str());
            }
        });
        names
    }

    /// Whether it reads a time: its value then depends on the machine.
    pub fn reads_time(&self) -> bool {
        let clocks = self.clocks();
        clocks.wall || clocks.cpu
    }

    /// The clocks that it reads.
    pub fn clocks(&self) -> Clocks {
        let mut clocks = Clocks::default();
        self.visit(&mut |e| match e {
            Expr::To { cost: Cost::Wall, .. }
            | Expr::At { axis: Axis::Time, .. }
            | Expr::Auc { axis: Axis::Time, .. }
            | Expr::Quantity(Quantity::Wall | Quantity::Setup | Quantity::SampleWall) => clocks.wall = true,
            Expr::To { cost: Cost::Cpu, .. } | Expr::Quantity(Quantity::Cpu | Quantity::SampleCpu) => {
                clocks.cpu = true;
            }
            _ => {}
        });
        clocks
    }

    /// Calls `f` for it and for every expression in it.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Expr)) {
        f(self);
        match self {
            Expr::Negate(e) => e.visit(f),
            Expr::Binary { left, right, .. } => {
                left.visit(f);
                right.visit(f);
            }
            _ => {}
        }
    }
}
