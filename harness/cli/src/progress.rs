//! What a person sees while a campaign runs: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use harness_core::record::{FinishedRun, RunRecord};
use harness_core::{Outcome, RunId, printable};
use harness_runner::{Job, Observer, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::out;

/// Without a terminal, a line at least this often, so that a log shows life.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// How many lines of a failed run's standard error are shown.
const LAST_WORDS: usize = 3;
/// What the lines of the worker itself begin with.
const WORKER: &str = "harness-worker: ";

/// Shows the progress on standard error.
pub(crate) struct Display {
    bar: Option<ProgressBar>,
    running: Vec<Option<String>>,
    last_line: Instant,
}

impl Display {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            let style =
                ProgressStyle::with_template("{bar:24.cyan} {pos}/{len} cells{prefix} · {elapsed} · {msg}");
            bar.set_style(style.expect("a valid template"));
            bar.enable_steady_tick(Duration::from_millis(250));
            bar
        });
        Self { bar, running: Vec::new(), last_line: Instant::now() }
    }

    /// Leaves the terminal as it was.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(printable(text)),
            None => out::status(text),
        }
        self.last_line = Instant::now();
    }

    fn update(&self, progress: &Progress) {
        let Some(bar) = &self.bar else { return };
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_prefix(if progress.failed > 0 {
            format!(", {} failed", progress.failed)
        } else {
            String::new()
        });
        let running: Vec<&str> = self.running.iter().flatten().map(String::as_str).collect();
        let eta = progress.eta().map_or(String::new(), |eta| format!("about {} left · ", human(eta)));
        bar.set_message(format!("{eta}{}", running.join(" | ")));
    }
}

/// A job as people name it.
fn name(job: &Job) -> String {
    let name = format!("{} × {} #{}", job.labels.problem, job.labels.solver, job.cell.replicate);
    printable(&name).into_owned()
}

/// The last lines that a failed run's program wrote to standard error, without what is in its reason anyway.
fn last_words(run: &RunRecord) -> Vec<&str> {
    let reason = run.reason.as_deref().unwrap_or("");
    let is_news =
        |line: &&str| !line.trim().is_empty() && !line.starts_with(WORKER) && !reason.contains(line.trim());
    let mut last: Vec<&str> =
        run.stderr_tail.as_deref().unwrap_or("").lines().rev().filter(is_news).take(LAST_WORDS).collect();
    last.reverse();
    last
}

/// A duration in the two largest units.
pub(crate) fn human(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

impl Observer for Display {
    fn started(&mut self, slot: usize, job: &Job, _: RunId, progress: &Progress) {
        if self.running.len() <= slot {
            self.running.resize(slot + 1, None);
        }
        self.running[slot] = Some(name(job));
        self.update(progress);
    }

    fn finished(&mut self, slot: usize, job: &Job, run: &FinishedRun, progress: &Progress) {
        self.running[slot] = None;
        let run = &run.run;
        let spent = Duration::from_nanos(run.elapsed_ns.unsigned_abs());
        let status = run.solver_status.as_deref().unwrap_or("");
        let line = match run.outcome {
            Outcome::Ok => {
                let iterations = run.n_iter.map_or(String::new(), |n| format!(" after {n} iterations"));
                format!(
                    "[{}/{}] {}: {status}{iterations}, {}",
                    progress.done,
                    progress.total,
                    name(job),
                    human(spent)
                )
            }
            outcome => format!(
                "[{}/{}] {}: {outcome}{}, {}",
                progress.done,
                progress.total,
                name(job),
                run.reason.as_deref().map_or(String::new(), |r| format!(" ({r})")),
                human(spent)
            ),
        };
        // On a terminal the bar tells of what went well.
        if self.bar.is_none() || run.outcome.is_failure() {
            self.line(&line);
        }
        if run.outcome.is_failure() {
            for said in last_words(run) {
                self.line(&format!("    | {said}"));
            }
        }
        self.update(progress);
    }

    fn tick(&mut self, progress: &Progress) {
        self.update(progress);
        if self.bar.is_none() && self.last_line.elapsed() >= HEARTBEAT {
            let running: Vec<&str> = self.running.iter().flatten().map(String::as_str).collect();
            let eta = progress.eta().map_or(String::new(), |eta| format!(", about {} left", human(eta)));
            self.line(&format!(
                "[{}/{}] running {}{eta}",
                progress.done,
                progress.total,
                running.join(" | ")
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        assert_eq!(human(Duration::from_millis(1540)), "1.5 s");
        assert_eq!(human(Duration::from_secs(61)), "1 min 1 s");
        assert_eq!(human(Duration::from_secs(3700)), "1 h 1 min");
    }
}
