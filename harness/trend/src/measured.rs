//! A run with the time that it took.

use std::collections::BTreeMap;

use harness_core::{RunId, RunRecord, SampleRow};
use harness_stats::descriptive::median;
use serde::Serialize;

/// A clock by which runs are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// What the solver used, all threads together.
    Cpu,
    /// What a user waits.
    Wall,
}

impl Clock {
    /// Both.
    pub const ALL: [Clock; 2] = [Clock::Cpu, Clock::Wall];

    /// Its name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Clock::Cpu => "CPU time",
            Clock::Wall => "wall time",
        }
    }
}

/// A row of `runs` with the medians of its samples: of many samples in one process one value counts.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The row.
    pub run: &'a RunRecord,
    /// CPU time of one repetition in seconds; none if it was not timed.
    pub cpu: Option<f64>,
    /// Wall time of one repetition in seconds.
    pub wall: Option<f64>,
}

impl Measured<'_> {
    /// The time by a clock, if it is one that a ratio can be made of.
    pub fn time(&self, clock: Clock) -> Option<f64> {
        let time = match clock {
            Clock::Cpu => self.cpu,
            Clock::Wall => self.wall,
        };
        time.filter(|seconds| *seconds > 0.0 && seconds.is_finite())
    }
}

/// Joins runs with their samples. The second arm of an A/A control answers no question about its solver and is left out.
pub fn measured<'a>(runs: &'a [RunRecord], samples: &[SampleRow]) -> Vec<Measured<'a>> {
    let mut seconds: BTreeMap<RunId, [Vec<f64>; 2]> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.warmup && sample.iters > 0) {
        let [cpu, wall] = seconds.entry(sample.run_id).or_default();
        cpu.push(sample.cpu_ns as f64 * 1e-9 / sample.iters as f64);
        wall.push(sample.wall_ns as f64 * 1e-9 / sample.iters as f64);
    }
    let join = |run: &'a RunRecord| {
        let of = |clock: usize| seconds.get(&run.run_id).and_then(|times| median(&times[clock]).ok());
        Measured { run, cpu: of(0), wall: of(1) }
    };
    runs.iter().filter(|run| run.control != Some(true)).map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run;

    #[test]
    fn the_value_of_a_process_is_the_median_of_its_samples_per_repetition() {
        let row = run("quick", 0);
        let mut samples: Vec<SampleRow> =
            [30, 10, 20].into_iter().map(|ns| SampleRow::bare(&row, ns * 2_000, ns * 1_000)).collect();
        samples[0].iters = 10;
        samples.push(SampleRow { warmup: true, ..SampleRow::bare(&row, 1, 1) });
        let rows = [row];
        let found = measured(&rows, &samples);
        assert_eq!((found[0].cpu, found[0].wall), (Some(1e-5), Some(2e-5)));
    }

    #[test]
    fn the_second_arm_of_a_control_is_left_out() {
        let rows = [RunRecord { control: Some(true), ..run("quick", 0) }, run("quick", 0)];
        assert_eq!(measured(&rows, &[]).len(), 1);
    }
}
