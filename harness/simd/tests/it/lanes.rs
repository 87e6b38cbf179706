//! The operations on lanes.

use harness_simd::{Block, Element, Isa, Lanes, Op};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::values::{Value, bits};

/// Everything that a set computes from three blocks: what does not round twice, and what may be fused.
#[derive(Debug, Clone, PartialEq)]
struct Computed<T: Element> {
    exact: Vec<T>,
    fused: Vec<T>,
    above: u32,
}

struct Compute<'a, T: Element>([&'a Block<T>; 3]);

impl<T: Element> Op<T> for Compute<'_, T> {
    type Output = Computed<T>;

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) -> Computed<T> {
        let (a, b, c) = (s.load(self.0[0]), s.load(self.0[1]), s.load(self.0[2]));
        let (mut exact, mut fused) = (Vec::new(), Vec::new());
        let mut block = Block::<T>::default();
        for v in [
            s.splat(self.0[0].as_ref()[0]),
            s.add(a, b),
            s.sub(a, b),
            s.mul(a, b),
            s.max(a, b),
            s.min(a, b),
            s.add_exponent(a, c),
        ] {
            s.store(v, &mut block);
            exact.extend_from_slice(block.as_ref());
        }
        exact.extend([s.sum(a), s.max_lane(a)]);
        for v in [s.mul_add(a, b, c), s.neg_mul_add(a, b, c)] {
            s.store(v, &mut block);
            fused.extend_from_slice(block.as_ref());
        }
        s.prefetch(std::ptr::null());
        Computed { exact, fused, above: s.above(a, b) }
    }
}

fn block<T: Element>(values: &[T]) -> Block<T> {
    let mut block = Block::<T>::default();
    block.as_mut().copy_from_slice(values);
    block
}

fn compute<T: Value>(isa: Isa, values: &[Vec<T>; 3]) -> Computed<T> {
    let blocks = [block(&values[0]), block(&values[1]), block(&values[2])];
    isa.run(Compute([&blocks[0], &blocks[1], &blocks[2]]))
}

fn blocks<T: Value>(of: impl Fn() -> BoxedStrategy<T>) -> impl Strategy<Value = [Vec<T>; 3]> {
    [vec(of(), T::LANES), vec(of(), T::LANES), vec(of(), T::LANES)]
}

fn agree_with_portable<T: Value>(values: &[Vec<T>; 3]) -> Result<(), TestCaseError> {
    let plain = compute(Isa::PORTABLE, values);
    let [a, b, c] = values;
    for isa in Isa::available() {
        let got = compute(isa, values);
        prop_assert_eq!(bits(&got.exact), bits(&plain.exact), "{}", isa);
        prop_assert_eq!(got.above, plain.above, "{}", isa);
        for l in 0..T::LANES {
            let expected: [T; 2] = if isa == Isa::PORTABLE {
                [a[l] * b[l] + c[l], c[l] - a[l] * b[l]]
            } else {
                [a[l].fused(b[l], c[l]), a[l].negated().fused(b[l], c[l])]
            };
            prop_assert_eq!(got.fused[l].bits(), expected[0].bits(), "{} mul_add", isa);
            prop_assert_eq!(got.fused[l + T::LANES].bits(), expected[1].bits(), "{} neg_mul_add", isa);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_set_computes_the_bits_of_portable_f32(values in blocks(f32::any)) {
        agree_with_portable(&values)?;
    }

    #[test]
    fn every_set_computes_the_bits_of_portable_f64(values in blocks(f64::any)) {
        agree_with_portable(&values)?;
    }

    #[test]
    fn what_is_moderate_too_f32(values in blocks(f32::moderate)) {
        agree_with_portable(&values)?;
    }

    #[test]
    fn what_is_moderate_too_f64(values in blocks(f64::moderate)) {
        agree_with_portable(&values)?;
    }
}

/// Against the definitions, on integers, where every order of summation is exact.
fn means_what_it_says<T: Value>() {
    let n = T::LANES as i16;
    let a: Vec<T> = (0..n).map(|l| T::from_int(l - 3)).collect();
    let b = vec![T::from_int(2); T::LANES];
    for isa in Isa::available() {
        // Adding k = 5 to the exponents.
        let c = vec![T::ROUNDER + T::from_int(5); T::LANES];
        let got = compute(isa, &[a.clone(), b.clone(), c]);
        let parts: Vec<&[T]> = got.exact.chunks(T::LANES).collect();
        for l in 0..n {
            let (lane, a) = (l as usize, l - 3);
            assert_eq!(parts[0][lane], T::from_int(-3), "{isa} splat");
            assert_eq!(parts[1][lane], T::from_int(a + 2), "{isa} add");
            assert_eq!(parts[2][lane], T::from_int(a - 2), "{isa} sub");
            assert_eq!(parts[3][lane], T::from_int(a * 2), "{isa} mul");
            assert_eq!(parts[4][lane], T::from_int(a.max(2)), "{isa} max");
            assert_eq!(parts[5][lane], T::from_int(a.min(2)), "{isa} min");
            if a != 0 {
                assert_eq!(parts[6][lane], T::from_int(a * 32), "{isa} add_exponent");
            }
            assert_eq!(got.above >> l & 1 == 1, a > 2, "{isa} above");
        }
        assert_eq!(
            parts[7],
            [T::from_int(n * (n - 1) / 2 - 3 * n), T::from_int(n - 4)],
            "{isa} sum, max_lane"
        );
    }
}

#[test]
fn operations_mean_what_they_say() {
    means_what_it_says::<f32>();
    means_what_it_says::<f64>();
}

struct CopyPart<'a, T>(&'a [T], &'a mut [T]);

impl<T: Element> Op<T> for CopyPart<'_, T> {
    type Output = Block<T>;

    #[inline(always)]
    fn run<S: Lanes<T>>(self, s: S) -> Block<T> {
        let loaded = s.load_part(self.0);
        s.store_part(loaded, self.1);
        let mut block = Block::<T>::default();
        s.store(loaded, &mut block);
        block
    }
}

/// Slices of every length and on every boundary, within arrays whose other values must not change.
fn parts_stay_inside<T: Value>() {
    let guard = T::from_int(-7);
    for isa in Isa::available() {
        for start in 0..3 {
            for (from_len, to_len) in (0..=T::LANES + 2).flat_map(|i| (0..=T::LANES + 2).map(move |j| (i, j)))
            {
                let from: Vec<T> = (0..start + from_len).map(|k| T::from_int(k as i16 + 1)).collect();
                let mut to = vec![guard; start + to_len + T::LANES];
                let block = isa.run(CopyPart(&from[start..], &mut to[start..start + to_len]));
                for l in 0..T::LANES {
                    let value = if l < from_len { from[start + l] } else { T::default() };
                    assert_eq!(block.as_ref()[l], value, "{isa}: lane {l} of {from_len}");
                    let expected = if l < to_len { value } else { guard };
                    assert_eq!(to[start + l], expected, "{isa}: value {l} of {to_len}");
                }
                let outside = to[..start].iter().chain(&to[start + to_len.min(T::LANES)..]);
                assert!(outside.clone().all(|&v| v == guard), "{isa}: {to_len} values written");
            }
        }
    }
}

#[test]
fn parts_of_blocks_touch_nothing_outside() {
    parts_stay_inside::<f32>();
    parts_stay_inside::<f64>();
}
