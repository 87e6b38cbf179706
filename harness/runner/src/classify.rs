//! How a run ended, from what its process reported and what the runner saw of it.

use harness_core::frame::{End, Failure, FailureKind};
use harness_core::protocol::{JOURNAL_EXIT, JOURNAL_FAILED};
use harness_core::{Outcome, SolverStatus};

use crate::facts::{EndedFor, Exit, ProcessFacts, SignalName};

/// What a run is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// Its end, if it reported one.
    pub(crate) end: Option<&'a End>,
    /// Its failure, if it reported one.
    pub(crate) failure: Option<&'a Failure>,
    /// Whether times are what the run is about: a request to stop spoils them.
    pub(crate) timed: bool,
    /// Its hard limit in seconds.
    pub(crate) hard_s: f64,
    /// Its memory limit in bytes.
    pub(crate) memory: Option<u64>,
}

/// An outcome and, unless all is well, the reason in a sentence.
pub(crate) type Verdict = (Outcome, Option<String>);

fn verdict(outcome: Outcome, reason: impl Into<String>) -> Verdict {
    (outcome, Some(reason.into()))
}

/// Judges a run whose process was seen to end.
pub(crate) fn classify(evidence: &Evidence<'_>, facts: &ProcessFacts) -> Verdict {
    match facts.ended_for {
        Some(EndedFor::HardLimit) => {
            let how = match facts.exit {
                Exit::Code(_) => "it stopped when told to",
                Exit::Signal(libc::SIGKILL) => "it did not stop when told to and was killed",
                Exit::Signal(_) => "it was ended",
            };
            return verdict(
                Outcome::Timeout,
                format!("the hard limit of {} s was reached; {how}", evidence.hard_s),
            );
        }
        Some(EndedFor::Interrupt) if !finished_regardless(evidence, facts) => {
            return verdict(Outcome::Interrupted, "the campaign was stopped");
        }
        Some(EndedFor::Interrupt) | None => {}
    }
    if let Some(said) = journal_failure(facts) {
        return verdict(Outcome::Interrupted, said);
    }
    if let Some(reason) = out_of_memory(evidence, facts) {
        return verdict(Outcome::Oom, reason);
    }
    match facts.exit {
        Exit::Code(0) => exited_well(evidence),
        Exit::Code(code) => exited_badly(evidence, code, &facts.stderr_tail),
        Exit::Signal(signal) => {
            let when = if evidence.end.is_some() { " after it had reported its end" } else { "" };
            verdict(Outcome::Signal, format!("ended by {}{when}", SignalName(signal)))
        }
    }
}

/// What a worker said that ended because it could not write its journal: a fault of the disk, not of the solver.
pub(crate) fn journal_failure(facts: &ProcessFacts) -> Option<&str> {
    let last = facts.stderr_tail.lines().next_back()?;
    (facts.exit == Exit::Code(i32::from(JOURNAL_EXIT)) && last.contains(JOURNAL_FAILED)).then_some(last)
}

/// Judges a run whose runner died, from its journal alone.
pub(crate) fn classify_orphan(evidence: &Evidence<'_>) -> Verdict {
    match (evidence.end, evidence.failure) {
        (Some(_), _) => exited_well(evidence),
        (None, Some(_)) => exited_badly(evidence, 1, ""),
        (None, None) => verdict(Outcome::Interrupted, "the runner died while it ran"),
    }
}

/// Whether a run that was told to stop had finished by itself, so that nothing about it is spoilt.
fn finished_regardless(evidence: &Evidence<'_>, facts: &ProcessFacts) -> bool {
    let by_itself = evidence.end.is_some_and(|end| end.status != SolverStatus::Stopped);
    facts.exit == Exit::Code(0) && by_itself && !evidence.timed
}

fn exited_well(evidence: &Evidence<'_>) -> Verdict {
    match (evidence.end, evidence.failure) {
        (Some(end), _) if end.status == SolverStatus::Stopped => {
            verdict(Outcome::Interrupted, "it was told to stop from outside")
        }
        (Some(_), _) => (Outcome::Ok, None),
        (None, Some(failure)) => verdict(Outcome::Error, failure.message.clone()),
        (None, None) => verdict(Outcome::Error, "exited with code 0 without reporting its end"),
    }
}

/// `said` is the end of what it wrote to standard error.
fn exited_badly(evidence: &Evidence<'_>, code: i32, said: &str) -> Verdict {
    match (evidence.failure, evidence.end) {
        (Some(Failure { kind: FailureKind::Panic, message }), _) => verdict(Outcome::Panic, message.clone()),
        (Some(Failure { kind: FailureKind::Error, message }), _) => verdict(Outcome::Error, message.clone()),
        (None, Some(_)) => {
            verdict(Outcome::Error, format!("exited with code {code} after it had reported its end"))
        }
        (None, None) => {
            let last_words = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
            let told = last_words.map_or(String::new(), |line| format!(": {line}"));
            verdict(Outcome::Error, format!("exited with code {code} without reporting its end{told}"))
        }
    }
}

/// How Rust's last words on memory begin.
const RUST_SAYS: &str = "memory allocation of";

/// What allocators and runtimes say when there is no memory left.
const ALLOCATION_FAILURES: [&str; 7] = [
    RUST_SAYS,
    "memory allocation failed",
    "std::bad_alloc",
    "cannot allocate memory",
    "can't allocate memory",
    "out of memory",
    "MemoryError",
];

/// Why a process that ended badly counts as out of memory, if it does.
fn out_of_memory(evidence: &Evidence<'_>, facts: &ProcessFacts) -> Option<String> {
    if facts.exit == Exit::Code(0) {
        return None;
    }
    let of_limit = evidence.memory.map_or(String::new(), |limit| format!(" (memory limit {limit} bytes)"));
    let said = evidence.failure.map_or(facts.stderr_tail.as_str(), |failure| failure.message.as_str());
    // Rust never goes on after it says so; with a backtrace asked for it may fail again, and say so again, while printing it.
    let first_of_rust = said.lines().find(|line| line.trim().starts_with(RUST_SAYS));
    let last = || said.lines().rev().find(|line| tells_of_allocation_failure(line));
    if let Some(line) = first_of_rust.or_else(last) {
        return Some(format!("{}{of_limit}", line.trim()));
    }
    let Exit::Signal(signal) = facts.exit else { return None };
    if signal == libc::SIGKILL && facts.oom_kill {
        return Some(format!("the kernel killed it for lack of memory{of_limit}"));
    }
    let limit = evidence.memory?;
    let peak = u64::try_from(facts.peak_bytes?).ok()?;
    let memory_signal = [libc::SIGABRT, libc::SIGKILL, libc::SIGSEGV, libc::SIGBUS].contains(&signal);
    // Nine tenths: the peak is looked at ten times a second, and a failed allocation leaves it below the limit.
    (memory_signal && peak >= limit / 10 * 9).then(|| {
        format!("ended by {} with {peak} bytes resident of a limit of {limit} bytes", SignalName(signal))
    })
}

fn tells_of_allocation_failure(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    ALLOCATION_FAILURES.iter().any(|text| lower.contains(&text.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{end, facts};

    fn failure(kind: FailureKind, message: &str) -> Failure {
        Failure { kind, message: message.to_owned() }
    }

    const NOTHING: Evidence<'_> =
        Evidence { end: None, failure: None, timed: false, hard_s: 1.0, memory: None };

    fn outcome(evidence: &Evidence<'_>, facts: &ProcessFacts) -> Outcome {
        let (outcome, reason) = classify(evidence, facts);
        assert_eq!(outcome == Outcome::Ok, reason.is_none(), "{outcome}: {reason:?}");
        outcome
    }

    #[test]
    fn only_an_end_and_exit_code_0_are_ok() {
        let solved = end(SolverStatus::Solved);
        let with_end = Evidence { end: Some(&solved), ..NOTHING };
        assert_eq!(outcome(&with_end, &facts(Exit::Code(0))), Outcome::Ok);
        assert_eq!(outcome(&with_end, &facts(Exit::Code(1))), Outcome::Error);
        assert_eq!(outcome(&with_end, &facts(Exit::Signal(11))), Outcome::Signal);
        assert_eq!(outcome(&NOTHING, &facts(Exit::Code(0))), Outcome::Error);
        assert_eq!(outcome(&NOTHING, &facts(Exit::Code(7))), Outcome::Error);
    }

    #[test]
    fn a_journal_that_cannot_be_written_is_the_disk_s_fault() {
        let said =
            "harness-worker: failed to write the journal /r/j.jsonl: No space left on device (os error 28)";
        let failed = ProcessFacts { stderr_tail: format!("starting\n{said}\n"), ..facts(Exit::Code(74)) };
        assert_eq!(classify(&NOTHING, &failed), (Outcome::Interrupted, Some(said.to_owned())));
        // A solver that exits with the same code, or says the same, is a solver that failed.
        assert_eq!(outcome(&NOTHING, &facts(Exit::Code(74))), Outcome::Error);
        assert_eq!(outcome(&NOTHING, &ProcessFacts { exit: Exit::Code(3), ..failed }), Outcome::Error);
    }

    #[test]
    fn a_reported_failure_names_itself() {
        let panic = failure(FailureKind::Panic, "index out of bounds");
        let error = failure(FailureKind::Error, "no such file");
        let report = |f| Evidence { failure: Some(f), ..NOTHING };
        assert_eq!(
            classify(&report(&panic), &facts(Exit::Code(101))),
            (Outcome::Panic, Some("index out of bounds".into()))
        );
        assert_eq!(
            classify(&report(&error), &facts(Exit::Code(3))),
            (Outcome::Error, Some("no such file".into()))
        );
    }

    #[test]
    fn the_hard_limit_wins_over_whatever_the_process_then_did() {
        let (stopped, solved) = (end(SolverStatus::Stopped), end(SolverStatus::Solved));
        for (end, exit) in
            [(None, Exit::Signal(9)), (Some(&stopped), Exit::Code(0)), (Some(&solved), Exit::Code(0))]
        {
            let facts = ProcessFacts { ended_for: Some(EndedFor::HardLimit), ..facts(exit) };
            assert_eq!(outcome(&Evidence { end, ..NOTHING }, &facts), Outcome::Timeout);
        }
    }

    #[test]
    fn an_interrupted_run_counts_only_if_it_had_finished_by_itself() {
        let (stopped, solved) = (end(SolverStatus::Stopped), end(SolverStatus::Solved));
        let told = |exit| ProcessFacts { ended_for: Some(EndedFor::Interrupt), ..facts(exit) };
        let with = |end, timed| Evidence { end: Some(end), timed, ..NOTHING };
        assert_eq!(outcome(&with(&stopped, false), &told(Exit::Code(0))), Outcome::Interrupted);
        assert_eq!(outcome(&with(&solved, false), &told(Exit::Code(0))), Outcome::Ok);
        assert_eq!(outcome(&with(&solved, true), &told(Exit::Code(0))), Outcome::Interrupted);
        assert_eq!(outcome(&NOTHING, &told(Exit::Signal(15))), Outcome::Interrupted);
        assert_eq!(outcome(&with(&stopped, false), &facts(Exit::Code(0))), Outcome::Interrupted);
    }

    #[test]
    fn memory_is_out_when_somebody_says_so_or_the_limit_is_near() {
        let limited = Evidence { memory: Some(1000), ..NOTHING };
        let said = ProcessFacts {
            stderr_tail: "…\nmemory allocation of 64 bytes failed\n".into(),
            ..facts(Exit::Signal(6))
        };
        assert_eq!(outcome(&NOTHING, &said), Outcome::Oom);
        let near = ProcessFacts { peak_bytes: Some(950), ..facts(Exit::Signal(11)) };
        assert_eq!(outcome(&limited, &near), Outcome::Oom);
        assert_eq!(outcome(&NOTHING, &near), Outcome::Signal);
        let far = ProcessFacts { peak_bytes: Some(500), ..facts(Exit::Signal(11)) };
        assert_eq!(outcome(&limited, &far), Outcome::Signal);
        let killed = ProcessFacts { oom_kill: true, ..facts(Exit::Signal(9)) };
        assert_eq!(outcome(&NOTHING, &killed), Outcome::Oom);
        let torch = failure(FailureKind::Error, "DefaultCPUAllocator: can't allocate memory: you tried …");
        assert_eq!(
            outcome(&Evidence { failure: Some(&torch), ..NOTHING }, &facts(Exit::Code(3))),
            Outcome::Oom
        );
    }

    /// While it prints a backtrace a process that is out of memory may run out of it again.
    #[test]
    fn the_allocation_that_failed_first_is_the_reason() {
        let said = "starting\nmemory allocation of 67108864 bytes failed\nstack backtrace:\n\
                    memory allocation of 48 bytes failed\n";
        let twice = ProcessFacts { stderr_tail: said.into(), ..facts(Exit::Signal(6)) };
        let first = "memory allocation of 67108864 bytes failed";
        assert_eq!(classify(&NOTHING, &twice), (Outcome::Oom, Some(first.to_owned())));
        // Python goes on after an error that is caught: the last one ended it.
        let python = "MemoryError: first\nMemoryError: second\n";
        let caught = ProcessFacts { stderr_tail: python.into(), ..facts(Exit::Code(1)) };
        assert_eq!(classify(&NOTHING, &caught), (Outcome::Oom, Some("MemoryError: second".to_owned())));
    }

    #[test]
    fn an_orphan_is_judged_by_its_journal() {
        let solved = end(SolverStatus::Solved);
        assert_eq!(classify_orphan(&Evidence { end: Some(&solved), ..NOTHING }), (Outcome::Ok, None));
        assert_eq!(classify_orphan(&NOTHING).0, Outcome::Interrupted);
        let panic = failure(FailureKind::Panic, "x");
        assert_eq!(classify_orphan(&Evidence { failure: Some(&panic), ..NOTHING }).0, Outcome::Panic);
    }
}
