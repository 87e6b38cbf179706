//! Time, as the store needs it; tests bring their own.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// What the store reads of the time.
pub trait Clock: Debug + Send + Sync {
    /// Nanoseconds since the Unix epoch: names the day of a part.
    fn unix_ns(&self) -> i64;
    /// Time since some fixed moment, never going back: decides when a batch is due.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn unix_ns(&self) -> i64 {
        harness_core::system::unix_ns()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The day in UTC, as `YYYY-MM-DD`.
pub(crate) fn day(unix_ns: i64) -> String {
    let time = jiff::Timestamp::from_nanosecond(i128::from(unix_ns)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::Offset::UTC.to_datetime(time).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_utc_days() {
        // 2026-03-01T00:00:00Z is 1_772_323_200 s after the epoch.
        assert_eq!(day(1_772_323_200_000_000_000), "2026-03-01");
        assert_eq!(day(1_772_323_199_999_999_999), "2026-02-28");
        assert_eq!(day(0), "1970-01-01");
    }
}
