//! How many processes the kernel has ever killed for lack of memory, in a cgroup or at large.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The kernel makes the whole of `/proc/vmstat` for its one line: 25 µs, too much for each of thousands of short runs.
const FRESH: Duration = Duration::from_millis(100);

/// A count and when it was taken.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    kills: Option<u64>,
}

/// The latest reading: the count is the whole machine's.
static LAST: Mutex<Option<Reading>> = Mutex::new(None);

/// The count before a process is started. It may be up to 100 ms old: a kill of something else in that time counts as one
/// during the run, which matters only if somebody then sends this very process SIGKILL.
pub(crate) fn kills_before() -> Option<u64> {
    let mut last = last();
    match *last {
        Some(reading) if reading.at.elapsed() < FRESH => reading.kills,
        _ => last.insert(read()).kills,
    }
}

/// Whether there are more now than `before`.
pub(crate) fn more_than(before: Option<u64>) -> bool {
    let now = last().insert(read()).kills;
    now.zip(before).is_some_and(|(now, before)| now > before)
}

fn last() -> MutexGuard<'static, Option<Reading>> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read() -> Reading {
    let at = Instant::now();
    let vmstat = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let kills = vmstat.lines().find_map(|line| line.strip_prefix("oom_kill "));
    Reading { at, kills: kills.and_then(|n| n.trim().parse().ok()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_kills_are_told_from_as_many_and_from_an_unknown_number() {
        // Kernels may be built without the count.
        if let Some(before) = kills_before() {
            assert!(before == 0 || more_than(Some(before - 1)));
            assert!(kills_before().is_some_and(|now| now >= before));
        }
        assert!(!more_than(Some(u64::MAX)));
        assert!(!more_than(None));
    }
}
