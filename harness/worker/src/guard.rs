//! A runner's guard: it outlives the runner, and ends what a runner that was killed leaves running.
//!
//! A worker ends with its runner by itself; what the worker had started does not. The guard is told of every process group
//! as long as it lives, and learns from the end of its input that the runner is gone, however it went.

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::exit::{Exit, refuse};

/// Watches the groups that standard input tells of, and kills those that are left at its end.
pub(crate) fn watch() -> Exit {
    // What is meant for the runner may reach the guard too, and must not end it first.
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let ignored = std::sync::Arc::default();
        if let Err(e) = signal_hook::flag::register(signal, ignored) {
            return refuse(&format!("failed to ignore signal {signal}: {e}"));
        }
    }
    for group in left(io::stdin().lock()).into_iter().filter_map(Pid::from_raw) {
        // An error says that the group is gone.
        let _ = kill_process_group(group, Signal::KILL);
    }
    Exit::Ended
}

/// The groups that have started and are not gone when the input ends. A line that was cut off is left out: nothing runs
/// that was not told of in full.
fn left(mut input: impl BufRead) -> BTreeSet<i32> {
    let mut groups = BTreeSet::new();
    let mut line = String::new();
    loop {
        line.clear();
        match input.read_line(&mut line) {
            Ok(n) if n > 0 => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            _ => return groups,
        }
        let Some(text) = line.strip_suffix('\n') else { return groups };
        // Neither 0 nor 1 is a group that a runner started: signalling those would end more than it should.
        let group = |pid: &str| pid.parse().ok().filter(|pid: &i32| *pid > 1);
        if let Some(started) = text.strip_prefix('+').and_then(group) {
            groups.insert(started);
        } else if let Some(gone) = text.strip_prefix('-').and_then(group) {
            groups.remove(&gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(input: &str) -> Vec<i32> {
        left(input.as_bytes()).into_iter().collect()
    }

    #[test]
    fn what_started_and_is_not_gone_is_left() {
        assert_eq!(raw("+100\n+200\n-100\n+300\n"), [200, 300]);
        assert_eq!(raw(""), [0; 0]);
        assert_eq!(raw("+100\n-100\n+100\n"), [100]);
    }

    #[test]
    fn a_line_that_was_cut_off_and_strange_ones_do_nothing() {
        assert_eq!(raw("+100\n+20"), [100]);
        assert_eq!(raw("+0\n+1\n+-5\n+x\n\n100\n+999999999999\n"), [0; 0]);
    }
}
