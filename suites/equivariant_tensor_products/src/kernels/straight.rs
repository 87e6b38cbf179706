//! Products of small degrees as straight-line code, which the build script writes (`generate`): no table is read, products stay
//! in registers, and each coefficient is an operand of its instruction. Only AVX-512 runs it: for two registers a block, and for
//! arrays, compiling it takes longer than it saves.

#![expect(
    clippy::unreadable_literal,
    clippy::too_many_lines,
    reason = "nobody writes or reads what is included"
)]

use harness_simd::{Block, Lanes};

use super::batch::Pair;
use super::number::Number;
use crate::math::paths::{Filter, Setting, Shape};

/// What becomes of the paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outputs {
    /// Each is written out.
    Paths,
    /// Added up with weights.
    Weighted,
    /// Added up with Gaunt couplings.
    Gaunt,
}

fn sized<V, const N: usize>(values: &[V]) -> &[V; N] {
    values.try_into().expect("as many as the product takes")
}

fn sized_mut<V, const N: usize>(values: &mut [V]) -> &mut [V; N] {
    values.try_into().expect("as many as the product makes")
}

include!(concat!(env!("OUT_DIR"), "/straight.rs"));
