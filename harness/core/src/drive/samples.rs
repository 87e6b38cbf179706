//! Timed samples: repetitions without evaluation, warmed up before they count.

use std::io;

use crate::cell::Warmup;
use crate::conditions::{Times, signs};
use crate::drive::{DriveError, Host, Job};
use crate::frame::{Frame, Sample};
use crate::solver::{Iterations, SolveError, Step, StepContext};
use crate::work::Work;

/// How long a warm-up until stable may take where the job has no time budget: a fifth of this.
const BUDGET_NS: i64 = 10_000_000_000;

/// Takes samples and records them.
pub(super) struct Sampler<'h, H: Host + ?Sized> {
    host: &'h H,
    threads: usize,
    /// The longest warm-up until stable, in nanoseconds.
    warm_within_ns: i64,
    first_freq_mhz: Option<f64>,
    rep: u32,
}

impl<'h, H: Host + ?Sized> Sampler<'h, H> {
    pub(super) fn new(host: &'h H, job: &Job) -> Self {
        let budget_ns = job.stop.budget_s.map_or(BUDGET_NS, |s| (s * 1e9) as i64);
        Self {
            host,
            threads: job.start.threads,
            warm_within_ns: budget_ns / 5,
            first_freq_mhz: host.conditions().freq_mhz,
            rep: 0,
        }
    }

    /// Warms up, then takes `samples` of `body`, each of which holds `iters` repetitions. Ends early when the run is
    /// told to stop.
    pub(super) fn take(
        &mut self,
        warmup: Warmup,
        samples: u32,
        iters: u64,
        body: &mut dyn FnMut() -> Result<(), SolveError>,
    ) -> Result<(), DriveError> {
        let began = self.host.now().wall_ns;
        let mut walls = Vec::new();
        // Without samples that count there is nothing to warm up for.
        while samples > 0 && !self.host.stop_requested() && !self.is_warm(warmup, &walls, began) {
            walls.push(self.sample(true, iters, body)?);
        }
        for _ in 0..samples {
            if self.host.stop_requested() {
                break;
            }
            self.sample(false, iters, body)?;
        }
        Ok(())
    }

    fn is_warm(&self, warmup: Warmup, walls: &[i64], began: i64) -> bool {
        match warmup {
            Warmup::Samples(n) => walls.len() >= n as usize,
            Warmup::Stable => {
                let late = self.host.now().wall_ns - began >= self.warm_within_ns;
                is_stable(walls) || (late && !walls.is_empty())
            }
        }
    }

    fn sample(
        &mut self,
        warmup: bool,
        iters: u64,
        body: &mut dyn FnMut() -> Result<(), SolveError>,
    ) -> Result<i64, DriveError> {
        let before = self.host.conditions();
        let began = self.host.now();
        body()?;
        let now = self.host.now();
        let during = self.host.conditions().since(before);
        let (wall_ns, cpu_ns) = (now.wall_ns - began.wall_ns, now.cpu_ns - began.cpu_ns);
        let times = Times { wall_ns, cpu_ns, threads: self.threads, first_freq_mhz: self.first_freq_mhz };
        let signs = signs(&times, &during);
        let sample = Sample {
            rep: self.rep,
            warmup,
            wall_ns,
            cpu_ns,
            iters,
            conditions: during,
            contaminated: signs.as_ref().map(|signs| !signs.is_empty()),
            signs: signs.unwrap_or_default(),
        };
        self.host.emit(Frame::Sample(sample)).map_err(|e: io::Error| DriveError::Record(e))?;
        self.rep += 1;
        Ok(wall_ns)
    }
}

/// Whether the last three medians, each of three successive samples, differ by less than 2 %.
fn is_stable(walls: &[i64]) -> bool {
    const WINDOW: usize = 3;
    const MEDIANS: usize = 3;
    let Some(first) = walls.len().checked_sub(WINDOW + MEDIANS - 1) else { return false };
    let medians = walls[first..].windows(WINDOW).map(|window| {
        let mut sorted = [window[0], window[1], window[2]];
        sorted.sort_unstable();
        sorted[1]
    });
    let (low, high) = medians.fold((i64::MAX, i64::MIN), |(low, high), m| (low.min(m), high.max(m)));
    (high as f64) < 1.02 * low as f64
}

/// One timed solve of so many steps; how many it made.
pub(super) fn solve<Sol, H: Host + ?Sized>(
    mut iterations: Box<dyn Iterations<Solution = Sol> + '_>,
    steps: u64,
    host: &H,
) -> Result<u64, SolveError> {
    let (mut work, mut notes) = (Work::default(), Vec::new());
    let mut done = 0;
    while done < steps {
        let (outcome, made) = untimed_step(iterations.as_mut(), &mut work, &mut notes, host)?;
        done += made;
        if matches!(outcome, Step::Done(_)) {
            break;
        }
    }
    Ok(done)
}

/// So many timed steps, in as many solves as it takes.
pub(super) fn solves<'a, Sol, H: Host + ?Sized>(
    start: &dyn Fn(u64) -> Result<Box<dyn Iterations<Solution = Sol> + 'a>, SolveError>,
    steps: u64,
    host: &H,
) -> Result<(), SolveError> {
    let mut done = 0;
    while done < steps && !host.stop_requested() {
        let left = steps - done;
        match solve(start(left)?, left, host)? {
            0 => return Err(SolveError(format!("a solve of {left} steps ended without one"))),
            made => done += made,
        }
    }
    Ok(())
}

/// So many timed steps.
pub(super) fn steps<Sol, H: Host + ?Sized>(
    iterations: &mut dyn Iterations<Solution = Sol>,
    count: u64,
    host: &H,
) -> Result<(), SolveError> {
    let (mut work, mut notes) = (Work::default(), Vec::new());
    for _ in 0..count {
        untimed_step(iterations, &mut work, &mut notes, host)?;
    }
    Ok(())
}

/// How many steps fill a sample: doubled until they take `min_sample_s`.
pub(super) fn batch<H: Host + ?Sized>(
    repeat: &mut dyn FnMut(u64) -> Result<(), SolveError>,
    host: &H,
    min_sample_s: f64,
) -> Result<u64, SolveError> {
    let wanted_ns = (min_sample_s * 1e9) as i64;
    let mut iters = 1;
    loop {
        let began = host.now().wall_ns;
        repeat(iters)?;
        if host.now().wall_ns - began >= wanted_ns || host.stop_requested() {
            return Ok(iters);
        }
        iters *= 2;
    }
}

fn untimed_step<Sol>(
    iterations: &mut dyn Iterations<Solution = Sol>,
    work: &mut Work,
    notes: &mut Vec<(&'static str, f64)>,
    host: &(impl Host + ?Sized),
) -> Result<(Step, u64), SolveError> {
    notes.clear();
    let mut made = 1;
    let should_stop = || host.stop_requested();
    let outcome =
        iterations.step(&mut StepContext { work, notes, made: &mut made, should_stop: &should_stop })?;
    Ok((outcome, made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_medians_within_two_per_cent_are_stable() {
        assert!(!is_stable(&[100, 100, 100, 100]), "four samples have two medians");
        assert!(is_stable(&[100, 101, 100, 101, 101]));
        assert!(is_stable(&[500, 100, 101, 100, 101, 101]), "only the last count");
        assert!(!is_stable(&[130, 120, 110, 105, 103]));
        assert!(is_stable(&[100, 900, 101, 100, 900, 100]), "a spike does not move a median");
    }
}
