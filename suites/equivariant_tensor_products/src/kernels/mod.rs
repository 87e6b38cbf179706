//! Hot loops. A product works on blocks: as many pairs as a cache line holds numbers side by side in the lanes, so that every
//! coefficient is one broadcast and nothing is shuffled ([`batch`]). What other libraries do better on rows works on rows ([`rows`]).

pub(crate) mod batch;
pub(crate) mod chain;
pub(crate) mod degrees;
pub(crate) mod dense;
pub(crate) mod edges;
pub(crate) mod either;
pub(crate) mod fourier;
pub(crate) mod grid;
pub(crate) mod groups;
pub(crate) mod harmonics;
pub(crate) mod limits;
pub(crate) mod linear;
pub(crate) mod linear_many;
pub(crate) mod number;
pub(crate) mod operators;
pub(crate) mod pointwise;
pub(crate) mod products;
pub(crate) mod rows;
pub(crate) mod sparse;
pub(crate) mod sphere;
pub(crate) mod straight;
#[cfg(test)]
mod tests;
pub(crate) mod turns;
pub(crate) mod wigner_blocks;
