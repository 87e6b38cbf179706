//! A peer as a method: each of its answers is a step.

use std::cell::{Cell, RefCell};
use std::path::{Component, Path};

use crate::drive::{DriveError, Host, Job, Now, Purpose, SolveOf, drive_solves};
use crate::peer::Channel;
use crate::peer::clock::PeerHost;
use crate::peer::messages::{Answer, Request, StartSolve, Times};
use crate::problem::Instance;
use crate::protocol::Save;
use crate::solver::{Iterations, SolveError, SolverStatus, Step, StepContext};

/// The version of the protocol between harness and peers.
pub const PROTOCOL: u32 = 1;

/// By how much a peer's clock may be ahead of ours before its times are refused: two programs read their clocks at
/// different instants.
const SLACK_NS: i64 = 1_000_000;

/// Runs a peer, which is ready, on an instance that it has read.
///
/// # Errors
///
/// When the peer fails, breaks the protocol, or gives back what is no solution; when recording fails.
pub fn run<I: Instance>(
    instance: &I,
    channel: &dyn Channel,
    job: &Job,
    host: &dyn Host,
    save: Option<&Save>,
) -> Result<(), DriveError> {
    let host = PeerHost::new(host, channel);
    let line = Line { channel, host: &host, job, solves: Cell::new(0), broken: RefCell::new(None) };
    let mut finish = |solution: &_| save.map_or(Ok(()), |save| save.write(instance, solution));
    drive_solves(&|purpose| line.start(instance, purpose), instance, job, &host, &mut finish)?;
    line.broken.take().map_or(Ok(()), |error| Err(error.into()))
}

/// The line to the peer, over all solves.
struct Line<'p> {
    channel: &'p dyn Channel,
    host: &'p PeerHost<'p>,
    job: &'p Job,
    solves: Cell<u64>,
    /// What went wrong while a solve was put away, where nobody could be told.
    broken: RefCell<Option<SolveError>>,
}

impl Line<'_> {
    fn start<'a, I: Instance>(
        &'a self,
        instance: &'a I,
        purpose: Purpose,
    ) -> Result<SolveOf<'a, I>, SolveError> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        let began = self.host.real();
        let cpu_before = self.channel.cpu_ns().unwrap_or(began.wall_ns);
        let solve = self.solves.replace(self.solves.get() + 1);
        let (max_iter, tol, iterates) = match purpose {
            Purpose::Trace => (self.job.stop.max_iter, self.job.stop.tol, true),
            Purpose::Sample { steps } => (steps, None, false),
        };
        self.channel.send(&Request::Solve(StartSolve { solve, max_iter, tol, iterates }))?;
        self.host.took(began, Now::default());
        Ok(Box::new(PeerSolve {
            line: self,
            instance,
            solution: None,
            purpose,
            at: Times::default(),
            waits: false,
            ended: false,
            told: Now::default(),
            asked: Now { wall_ns: began.wall_ns, cpu_ns: cpu_before },
            seen_wall_ns: 0,
        }))
    }
}

struct PeerSolve<'a, I: Instance> {
    line: &'a Line<'a>,
    instance: &'a I,
    solution: Option<I::Solution>,
    purpose: Purpose,
    /// The last answer.
    at: Times,
    /// Whether the peer waits for an answer to an iterate.
    waits: bool,
    ended: bool,
    /// What the peer said that the solve took so far.
    told: Now,
    /// When we last sent it a message: on our clock, and by its CPU time.
    asked: Now,
    /// Wall time between our messages and its answers.
    seen_wall_ns: i64,
}

impl<I: Instance> PeerSolve<'_, I> {
    fn next(&mut self, context: &mut StepContext<'_>) -> Result<(Step, Now), SolveError> {
        let channel = self.line.channel;
        if self.waits {
            self.asked = self.now();
            channel.send(&Request::Go { go: true })?;
            self.waits = false;
        }
        let answer = channel.receive();
        let now = self.now();
        let seen = Now { wall_ns: now.wall_ns - self.asked.wall_ns, cpu_ns: now.cpu_ns - self.asked.cpu_ns };
        let (outcome, times) = match answer {
            Ok(Answer::Step(times)) => {
                self.waits = true;
                (Step::Continue, times)
            }
            Ok(Answer::End(end)) => {
                self.ended = true;
                // Nobody told it to: it kept to its own time budget.
                let by_itself = end.status == SolverStatus::Stopped && !self.line.host.stop_requested();
                let status = if by_itself { SolverStatus::MaxTime } else { end.status };
                (Step::Done(status), end.times)
            }
            Ok(Answer::Error(message)) => return Err(SolveError(message)),
            Ok(Answer::Ready(_)) => {
                return Err(SolveError("the peer said `ready` twice".to_owned()));
            }
            // It was told to stop together with us, and went.
            Err(_) if self.solution.is_some() && self.line.host.stop_requested() => {
                self.ended = true;
                return Ok((Step::Done(SolverStatus::Stopped), Now::default()));
            }
            Err(error) => return Err(error),
        };
        self.seen_wall_ns += seen.wall_ns;
        let taken = self.taken(&times, seen)?;
        self.count(&times, context)?;
        if self.purpose == Purpose::Trace {
            match &times.solution {
                Some(name) => self.read(name, times.step)?,
                None if self.ended && self.solution.is_some() && times.step == self.at.step => {}
                None => {
                    return Err(SolveError(format!(
                        "the answer for step {} names no `solution`",
                        times.step
                    )));
                }
            }
            self.line.host.note(self.seen_wall_ns, times.compile_s.map(nanoseconds));
        }
        self.at = times;
        Ok((outcome, taken))
    }

    /// What the last answer took: as the peer says, else as it was seen.
    fn taken(&mut self, times: &Times, seen: Now) -> Result<Now, SolveError> {
        let before = self.told;
        self.told = Now {
            wall_ns: times.time_s.map_or(before.wall_ns + seen.wall_ns, nanoseconds),
            cpu_ns: times.cpu_s.map_or(before.cpu_ns + seen.cpu_ns, nanoseconds),
        };
        let taken =
            Now { wall_ns: self.told.wall_ns - before.wall_ns, cpu_ns: self.told.cpu_ns - before.cpu_ns };
        if taken.wall_ns < 0 || taken.cpu_ns < 0 {
            return Err(SolveError(format!("the peer's clock went back at step {}", times.step)));
        }
        // Over the whole solve, since a peer may make iterates before it is asked for them.
        if self.told.wall_ns > self.seen_wall_ns + SLACK_NS {
            return Err(SolveError(format!(
                "the peer says that {} steps took {:.6} s, but no more than {:.6} s went by",
                times.step,
                self.told.wall_ns as f64 / 1e9,
                self.seen_wall_ns as f64 / 1e9
            )));
        }
        Ok(taken)
    }

    /// Counts the steps and the work of the last answer.
    fn count(&self, times: &Times, context: &mut StepContext<'_>) -> Result<(), SolveError> {
        let steps = times.step.checked_sub(self.at.step).filter(|n| *n > 0 || self.ended);
        let steps = steps.ok_or_else(|| {
            SolveError(format!("the peer's steps must increase: {} after {}", times.step, self.at.step))
        })?;
        context.made(steps);
        let before = self.at.work.unwrap_or(0.0);
        context.work.spend((times.work.unwrap_or(before) - before).max(0.0) as u64);
        for (name, total) in &times.counters {
            let before = self.at.counters.get(name).copied().unwrap_or(0);
            context.work.count(name.clone(), total.saturating_sub(before));
        }
        Ok(())
    }

    /// The machine's clock and the CPU time of the peer.
    fn now(&self) -> Now {
        let wall_ns = self.line.host.real().wall_ns;
        Now { wall_ns, cpu_ns: self.line.channel.cpu_ns().unwrap_or(wall_ns) }
    }

    fn read(&mut self, name: &Path, step: u64) -> Result<(), SolveError> {
        if !name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(SolveError(format!(
                "the solution file `{}` is not below the peer's folder",
                name.display()
            )));
        }
        let path = self.line.channel.folder().join(name);
        let solution = self.instance.read_solution(&path);
        let solution = solution.map_err(|e| SolveError(format!("the solution of step {step}: {e}")))?;
        self.solution = Some(solution);
        Ok(())
    }
}

impl<I: Instance> Iterations for PeerSolve<'_, I> {
    type Solution = I::Solution;

    fn step(&mut self, context: &mut StepContext<'_>) -> Result<Step, SolveError> {
        let began = self.line.host.real();
        let result = self.next(context);
        let taken = result.as_ref().map_or(Now::default(), |(_, taken)| *taken);
        self.line.host.took(began, taken);
        result.map(|(outcome, _)| outcome)
    }

    fn has_solution(&self) -> bool {
        self.solution.is_some()
    }

    fn goes_on(&self) -> bool {
        false
    }

    fn solution(&mut self) -> &I::Solution {
        self.solution.as_ref().expect("a solution is asked for once there is one")
    }
}

impl<I: Instance> Drop for PeerSolve<'_, I> {
    /// Ends a solve that is not wanted any longer.
    fn drop(&mut self) {
        if !self.waits || self.ended || self.line.broken.borrow().is_some() {
            return;
        }
        let channel = self.line.channel;
        let ended = channel.send(&Request::Go { go: false }).and_then(|()| match channel.receive()? {
            Answer::End(_) => Ok(()),
            Answer::Error(message) => Err(SolveError(message)),
            _ => Err(SolveError("the peer went on after `go: false`; expected `end`".to_owned())),
        });
        // A peer that is told to stop together with us may be gone already.
        if let Err(error) = ended
            && !self.line.host.stop_requested()
        {
            *self.line.broken.borrow_mut() = Some(error);
        }
    }
}

fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}
