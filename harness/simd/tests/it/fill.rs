//! Outputs that are written and not read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use harness_simd::{Block, Element, Fill, Isa, Lanes, Sink, Stores};

use crate::values::Value;

/// Writes `first`, `first + 1`, … from value `start` on, with the last block in part.
struct Count<T> {
    first: T,
    start: usize,
}

impl<T: Value> Fill<T> for Count<T> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Lanes<T>, const STREAMED: bool>(self, s: S, mut out: Sink<'_, T, STREAMED>) -> usize {
        let (_, mut out) = out.split_at(self.start);
        let mut lanes = Block::<T>::default();
        let mut value = self.first;
        for lane in lanes.as_mut() {
            (*lane, value) = (value, value + T::from_int(1));
        }
        let (mut v, step) = (s.load(&lanes), s.splat(T::from_int(T::LANES as i16)));
        let len = out.len();
        for at in (0..len).step_by(T::LANES) {
            if at + T::LANES <= len {
                out.put(s, v, at);
            } else {
                out.put_part(s, v, at, len - at);
            }
            v = s.add(v, step);
        }
        assert_eq!(out.is_empty(), len == 0);
        len
    }
}

fn counts<T: Value>() {
    for isa in Isa::available() {
        for stores in [Stores::Cached, Stores::Streamed] {
            for (start, len) in [(0_usize, 0_usize), (0, 160), (0, 163), (3, 100), (16, 64), (5, 9)] {
                let mut blocks = vec![Block::splat(T::from_int(-7)); (start + len).div_ceil(T::LANES) + 1];
                let values = Block::flatten_mut(&mut blocks);
                let count = Count { first: T::from_int(1), start };
                assert_eq!(isa.fill(count, stores, &mut values[..start + len]), len);
                for (i, &value) in values.iter().enumerate() {
                    let inside = (start..start + len).contains(&i);
                    let expected = if inside { (i - start + 1) as i16 } else { -7 };
                    assert_eq!(
                        value,
                        T::from_int(expected),
                        "{isa}, {stores:?}: value {i} of {len} after {start}"
                    );
                }
            }
        }
    }
}

#[test]
fn cached_and_streamed_outputs_are_the_same_on_every_set() {
    counts::<f32>();
    counts::<f64>();
}

#[test]
fn what_was_streamed_is_seen_by_another_thread() {
    const VALUES: usize = 1 << 20;
    let mut blocks = vec![Block::<f32>::default(); VALUES / f32::LANES];
    for round in 0..20_i16 {
        let values = Block::flatten_mut(&mut blocks);
        Isa::fastest().fill(Count { first: f32::from(round), start: 0 }, Stores::Streamed, values);
        let values = &*values;
        thread::scope(|scope| {
            scope.spawn(move || {
                let wrong = values.iter().enumerate().find(|&(i, &v)| v != f32::from(round) + i as f32);
                assert_eq!(wrong, None);
            });
        });
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    struct PutAt(usize);
    impl Fill<f64> for PutAt {
        type Output = ();
        #[inline(always)]
        fn run<S: Lanes<f64>, const STREAMED: bool>(self, s: S, mut out: Sink<'_, f64, STREAMED>) {
            out.put(s, s.splat(1.0), self.0);
        }
    }
    for (isa, stores) in Isa::available().flat_map(|isa| [(isa, Stores::Cached), (isa, Stores::Streamed)]) {
        let mut out = [Block::splat(0.0); 2];
        for at in [9, 16, usize::MAX - 3] {
            let result = catch_unwind(AssertUnwindSafe(|| {
                isa.fill(PutAt(at), stores, Block::flatten_mut(&mut out));
            }));
            assert!(result.is_err(), "{isa}: a block at {at} of 16 values");
        }
        isa.fill(PutAt(8), stores, Block::flatten_mut(&mut out));
        assert_eq!(out, [Block::splat(0.0), Block::splat(1.0)], "{isa}");
    }
}
