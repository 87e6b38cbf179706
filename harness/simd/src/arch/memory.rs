//! Blocks seen as plain values.
#![expect(unsafe_code, reason = "a view of the same memory as another type")]

use std::slice;

use crate::element::{Block, Element};

/// The number of values in the blocks.
fn len<T: Element>(blocks: &[Block<T>]) -> usize {
    const {
        assert!(size_of::<Block<T>>() == T::LANES * size_of::<T>(), "a block has no padding");
    }
    blocks.len() * T::LANES
}

pub(crate) fn flatten<T: Element>(blocks: &[Block<T>]) -> &[T] {
    // SAFETY: a block is `T::LANES` values and nothing else, and more strictly aligned than a value; so are consecutive ones.
    unsafe { slice::from_raw_parts(blocks.as_ptr().cast(), len(blocks)) }
}

pub(crate) fn flatten_mut<T: Element>(blocks: &mut [Block<T>]) -> &mut [T] {
    // SAFETY: as above, and any value may stand in any place.
    unsafe { slice::from_raw_parts_mut(blocks.as_mut_ptr().cast(), len(blocks)) }
}
