//! What a series is about.

use std::fmt;
use std::str::FromStr;

use harness_core::{Outcome, suggest};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::measured::{Clock, Measured};

/// A value of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Median CPU time of the samples, in seconds.
    Cpu,
    /// Median wall time of the samples, in seconds.
    Wall,
    /// Steps.
    Iterations,
    /// Work in the suite's unit.
    Work,
    /// The final value of the metric that is optimised.
    Objective,
    /// The final distance to the best known objective.
    Gap,
    /// The final violation of constraints.
    Feasibility,
    /// Most resident memory of the solve, in bytes.
    PeakMemory,
    /// 1 where the solver says `solved`, else 0.
    Solved,
    /// A counter of the solver's.
    Counter(String),
}

/// The names of those that have one.
static NAMED: [(&str, Metric); 9] = [
    ("cpu", Metric::Cpu),
    ("wall", Metric::Wall),
    ("iterations", Metric::Iterations),
    ("work", Metric::Work),
    ("objective", Metric::Objective),
    ("gap", Metric::Gap),
    ("feas", Metric::Feasibility),
    ("peak_mem", Metric::PeakMemory),
    ("solved", Metric::Solved),
];

/// A text names no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no metric of a history; {1}, or counter(NAME)")]
pub struct UnknownMetric(String, String);

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        if let Some(name) = text.strip_prefix("counter(").and_then(|rest| rest.strip_suffix(')')) {
            return Ok(Metric::Counter(name.to_owned()));
        }
        let found = NAMED.iter().find(|(name, _)| *name == text).map(|(_, metric)| metric.clone());
        found.ok_or_else(|| {
            UnknownMetric(text.to_owned(), suggest::hint(text, NAMED.iter().map(|(name, _)| *name)))
        })
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Counter(name) => write!(f, "counter({name})"),
            named => {
                let name = NAMED.iter().find(|(_, metric)| metric == named).map_or("", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Metric {
    /// Those that have a name of their own.
    pub fn named() -> impl Iterator<Item = &'static Metric> {
        NAMED.iter().map(|(_, metric)| metric)
    }

    /// The clock it is measured by, if it is a time.
    pub fn clock(&self) -> Option<Clock> {
        match self {
            Metric::Cpu => Some(Clock::Cpu),
            Metric::Wall => Some(Clock::Wall),
            _ => None,
        }
    }

    /// Whether it is the same in every run of a solver whose results are the same bit by bit.
    pub fn is_exact(&self) -> bool {
        !matches!(self, Metric::Cpu | Metric::Wall | Metric::PeakMemory)
    }

    /// Whether more of it is worse; none if neither is.
    pub fn more_is_worse(&self) -> Option<bool> {
        match self {
            Metric::Cpu | Metric::Wall | Metric::Iterations | Metric::Work | Metric::PeakMemory => Some(true),
            Metric::Solved => Some(false),
            Metric::Objective | Metric::Gap | Metric::Feasibility | Metric::Counter(_) => None,
        }
    }

    /// Its unit, for [`harness_report::number::with_unit`].
    pub fn unit(&self) -> &'static str {
        match self {
            Metric::Cpu | Metric::Wall => "s",
            Metric::PeakMemory => "B",
            _ => "",
        }
    }

    /// Its value in a run; none where the run has none.
    pub fn value(&self, measured: &Measured<'_>) -> Option<f64> {
        let run = measured.run;
        if *self == Metric::Solved {
            let says = !matches!(run.outcome, Outcome::Skipped | Outcome::Interrupted);
            return says.then(|| f64::from(u8::from(run.solver_status.as_deref() == Some("solved"))));
        }
        if run.outcome != Outcome::Ok {
            return None;
        }
        // What a budget in seconds ends says nothing of what it takes.
        let ended_by_time = run.solver_status.as_deref() == Some("max_time");
        let value = match self {
            Metric::Cpu => measured.time(Clock::Cpu),
            Metric::Wall => measured.time(Clock::Wall),
            Metric::PeakMemory => run.vmhwm_solve.map(|bytes| bytes as f64),
            _ if ended_by_time => None,
            Metric::Iterations => run.n_iter.map(|n| n as f64),
            Metric::Work => run.work.map(|n| n as f64),
            Metric::Objective => run.objective,
            Metric::Gap => run.gap,
            Metric::Feasibility => run.feas,
            Metric::Counter(name) => {
                let counters: Map<String, Value> = serde_json::from_str(&run.counters).unwrap_or_default();
                counters.get(name).and_then(Value::as_f64)
            }
            Metric::Solved => None,
        };
        value.filter(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (name, metric) in &NAMED {
            assert_eq!((&name.parse::<Metric>().unwrap(), metric.to_string().as_str()), (metric, *name));
        }
        assert_eq!("counter(matvecs)".parse::<Metric>().unwrap().to_string(), "counter(matvecs)");
        let told = "iteration".parse::<Metric>().unwrap_err().to_string();
        assert!(told.contains("did you mean `iterations`?"), "{told}");
    }
}
