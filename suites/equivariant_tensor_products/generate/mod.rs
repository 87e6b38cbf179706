//! Writes straight-line products for small degrees, from the coefficients that the tables are made of.
//!
//! A build script cannot use the crate that it builds, so it compiles the mathematics a second time.

#[expect(dead_code, unreachable_pub, reason = "public to the crate; only the coefficients are needed here")]
mod math;
mod straight;

pub(crate) use straight::source;
