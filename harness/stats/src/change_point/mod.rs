//! Where the level of a series changed: benchmark results night by night.
//!
//! Two procedures of different kind, because each has its own false alarms:
//!
//! - [`divisive()`]: E-divisive means (Matteson and James, JASA 109, 2014) as Hunter and Apache Otava run it (Fleming et al., ICPE
//!   2023), sensitive to small shifts. It takes noise to be independent and about normal between changes: of series of 50
//!   values without a change it finds one in 1.9 % if their noise is, and in 36 % if neighbours correlate by ½.
//! - [`potts()`]: the L1 Potts fit that asv uses, robust against outliers and allowing for autocorrelated noise, but blind to small
//!   shifts: five nights after one of three standard deviations it sees one in ten, after one of five three in four.
//!
//! [`changes()`] and [`newest()`] run both on the logarithms of a series and say which of them found what. Believe at once what both
//! found; run again what one of them found. Deterministic quantities need none of this: any difference is a change.
//!
//! Start the series anew where its level may change by right: at another machine, and at a change that was accepted.

mod divisive;
mod energy;
mod newest;
mod potts;

use crate::check;
use crate::error::{Result, StatsError};

pub use divisive::{ChangePoint, divisive};
pub use newest::{Best, Change, Found, NEAR, Newest, SinceBest, Standing, changes, newest};
pub use potts::{MOST_POINTS, Segment, potts};

/// How change points are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Values looked at together, at least twice `shortest`. Windows overlap by about half, so that a rise is found that a later
    /// fall takes back.
    pub window: usize,
    /// Largest p-value of a change point.
    pub p_max: f64,
    /// Fewest values between two change points, at least 2: a lone outlier is no level, and the energy distance of single
    /// values is biased.
    pub shortest: usize,
}

impl Default for Settings {
    /// 50 values, 0.001, 2 values.
    fn default() -> Self {
        Self { window: 50, p_max: 0.001, shortest: 2 }
    }
}

impl Settings {
    fn check(&self) -> Result<()> {
        check::open_unit("the largest p-value of a change point", self.p_max)?;
        let at_least = |what, value: usize, fewest: usize, expected| {
            if value < fewest {
                return Err(StatsError::OutOfRange { what, value: value as f64, expected });
            }
            Ok(())
        };
        at_least("the fewest values between change points", self.shortest, 2, "at least 2")?;
        at_least(
            "the window",
            self.window,
            self.shortest.saturating_mul(2),
            "at least twice the fewest values between change points",
        )
    }
}
