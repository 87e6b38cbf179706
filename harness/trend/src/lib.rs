//! What moved: between two sets of runs ([`compare`]) and over nights ([`history`]). Rows of the result tables go in, findings
//! come out, as text, Markdown, HTML, JSON and charts; no file, clock or environment is read.
//!
//! Two kinds of quantities are treated apart. What a solver *counts* (iterations, work) and how it ends is the same in every
//! run of a deterministic solver, so that any difference is a change. What a clock measures is compared by ratios within
//! blocks, on logarithms, with Student's t over blocks, and only between runs on the same machine; and only where both sides
//! took turns is a difference more than a suspicion.

pub mod compare;
mod family;
pub mod history;
mod measured;
pub mod night;
#[cfg(test)]
mod testing;

pub use family::{Families, Family, FamilyName, Names};
pub use measured::{Clock, Measured, measured};
