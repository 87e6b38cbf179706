//! Rows to blocks and back.

use std::panic::catch_unwind;

use harness_simd::{Block, Isa, Rows, Stores};
use proptest::prelude::*;

use crate::values::{Value, bits};

/// Neither in the rows nor in the blocks.
const GUARD: i16 = -7;

/// A shape, where the rows begin in their buffer, and how many values follow.
#[derive(Debug, Clone, Copy)]
struct Case {
    shape: Rows,
    before: usize,
    after: usize,
}

impl Case {
    /// The buffer, on a 64-byte boundary, with value `row`.
    fn buffer<T: Value>(self, row: impl Fn(usize, usize) -> T) -> (Vec<Block<T>>, usize) {
        let len = self.before + self.shape.span() + self.after;
        let mut blocks = vec![Block::splat(T::from_int(GUARD)); len.div_ceil(T::LANES)];
        let values = Block::flatten_mut(&mut blocks);
        for i in 0..self.shape.samples {
            for c in 0..self.shape.components {
                values[self.before + i * self.shape.stride + c] = row(i, c);
            }
        }
        (blocks, len)
    }

    fn check<T: Value>(self) -> Result<(), TestCaseError> {
        let Self { shape, before, .. } = self;
        let value = |i: usize, c: usize| T::from_int((i * 131 + c * 7 + 1) as i16);
        let (source, len) = self.buffer(value);
        let source = &Block::flatten(&source)[..len];
        for isa in Isa::available() {
            // A block on each side that must not change.
            let mut blocks = vec![Block::splat(T::from_int(GUARD)); shape.blocks::<T>() + 2];
            let inner = 1..blocks.len() - 1;
            isa.gather_rows(&source[before..], shape, &mut blocks[inner.clone()]);
            for (b, block) in blocks.iter().enumerate() {
                for l in 0..T::LANES {
                    let expected = if inner.contains(&b) {
                        let i = (b - 1) / shape.components * T::LANES + l;
                        if i < shape.samples { value(i, (b - 1) % shape.components) } else { T::default() }
                    } else {
                        T::from_int(GUARD)
                    };
                    prop_assert_eq!(block[l], expected, "{}: block {}, lane {}", isa, b, l);
                }
            }
            for stores in [Stores::Cached, Stores::Streamed] {
                let (mut target, _) = self.buffer(|_, _| T::default());
                let target = Block::flatten_mut(&mut target);
                isa.scatter_rows(&blocks[inner.clone()], shape, stores, &mut target[before..len]);
                prop_assert_eq!(bits(&target[..len]), bits(source), "{}, {:?}", isa, stores);
                prop_assert!(
                    target[len..].iter().all(|&v| v == T::from_int(GUARD)),
                    "{} beyond the end",
                    isa
                );
            }
        }
        Ok(())
    }
}

fn cases() -> impl Strategy<Value = Case> {
    // Gaps and beginnings of whole blocks, which can be streamed, as often as any.
    let gap = prop_oneof![0..3_usize, 0..40_usize];
    (0..40_usize, 1..70_usize, gap, prop_oneof![Just(0), 0..17_usize], 0..20_usize, any::<bool>()).prop_map(
        |(samples, components, gap, before, after, round)| {
            let stride = components + gap;
            let stride = if round { stride.next_multiple_of(16) } else { stride };
            Case { shape: Rows { samples, components, stride }, before, after }
        },
    )
}

proptest! {
    #[test]
    fn there_and_back_on_every_set_touching_nothing_else_f32(case in cases()) {
        case.check::<f32>()?;
    }

    #[test]
    fn there_and_back_on_every_set_touching_nothing_else_f64(case in cases()) {
        case.check::<f64>()?;
    }
}

#[test]
fn all_sizes_around_the_borders_of_tiles() {
    let sizes = [1_usize, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33];
    for (samples, components) in sizes.into_iter().flat_map(|n| sizes.map(|c| (n, c))) {
        for stride in [components, components + 1, components.next_multiple_of(16)] {
            for before in [0, 1] {
                let case = Case { shape: Rows { samples, components, stride }, before, after: 0 };
                case.check::<f32>()
                    .and_then(|()| case.check::<f64>())
                    .unwrap_or_else(|e| panic!("{case:?}: {e}"));
            }
        }
    }
}

#[test]
fn nothing_is_copied_for_no_samples_or_no_components() {
    for shape in [Rows::dense(0, 5), Rows::dense(5, 0), Rows::dense(0, 0)] {
        Isa::fastest().gather_rows::<f32>(&[], shape, &mut []);
        Isa::fastest().scatter_rows::<f32>(&[], shape, Stores::Streamed, &mut []);
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let said = |shape: Rows, values: usize, blocks: usize| {
        let panic = catch_unwind(|| {
            Isa::fastest().gather_rows(&vec![0.0; values], shape, &mut vec![Block::<f64>::default(); blocks]);
        })
        .expect_err("a panic");
        panic.downcast_ref::<String>().expect("a message").clone()
    };
    assert!(said(Rows::dense(9, 3), 26, 6).contains("9 rows of 3 values every 3 in 26 values"));
    assert!(said(Rows::dense(9, 3), 27, 5).contains("9 samples of 3 components take 6 blocks"));
    assert!(said(Rows { samples: 2, components: 3, stride: 2 }, 99, 3).contains("overlap"));
}
