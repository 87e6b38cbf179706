//! Checks of arguments, shared by all modules.

use crate::error::{Result, StatsError};

pub(crate) fn non_empty<T>(what: &'static str, xs: &[T]) -> Result<()> {
    if xs.is_empty() { Err(StatsError::Empty { what }) } else { Ok(()) }
}

pub(crate) fn finite(what: &'static str, xs: &[f64]) -> Result<()> {
    non_empty(what, xs)?;
    match xs.iter().position(|x| !x.is_finite()) {
        Some(index) => Err(StatsError::NotFinite { what, index, value: xs[index] }),
        None => Ok(()),
    }
}

pub(crate) fn positive(what: &'static str, xs: &[f64]) -> Result<()> {
    finite(what, xs)?;
    match xs.iter().position(|&x| x <= 0.0) {
        Some(index) => Err(StatsError::NotPositive { what, index, value: xs[index] }),
        None => Ok(()),
    }
}

pub(crate) fn at_least(what: &'static str, n: usize, needed: usize) -> Result<()> {
    if n < needed { Err(StatsError::TooFew { what, n, needed }) } else { Ok(()) }
}

pub(crate) fn at_most(what: &'static str, n: usize, limit: usize) -> Result<()> {
    if n > limit { Err(StatsError::TooMany { what, n, limit }) } else { Ok(()) }
}

pub(crate) fn same_length<T, U>(left: (&'static str, &[T]), right: (&'static str, &[U])) -> Result<()> {
    if left.1.len() == right.1.len() {
        return Ok(());
    }
    Err(StatsError::LengthMismatch {
        left: left.0,
        left_len: left.1.len(),
        right: right.0,
        right_len: right.1.len(),
    })
}

/// A single number that must be finite.
pub(crate) fn finite_value(what: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what, value, expected: "a finite number" })
    }
}

/// A single number that must be finite and above zero.
pub(crate) fn positive_value(what: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what, value, expected: "a finite number above zero" })
    }
}

/// A number in the open unit interval.
pub(crate) fn open_unit(what: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(StatsError::OutOfRange { what, value, expected: "a number strictly between 0 and 1" })
    }
}

pub(crate) fn logs(xs: &[f64]) -> Vec<f64> {
    xs.iter().map(|x| x.ln()).collect()
}

pub(crate) fn sorted(xs: &[f64]) -> Vec<f64> {
    let mut out = xs.to_vec();
    out.sort_unstable_by(f64::total_cmp);
    out
}
