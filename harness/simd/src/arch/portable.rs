//! Plain arithmetic on arrays. Never the library's `mul_add`: without the instruction it is a slow call.

use crate::element::Element;
use crate::lanes::Lanes;

/// Every processor has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Portable;

macro_rules! lanes {
    ($t:ty, $fraction_bits:literal) => {
        impl Lanes<$t> for Portable {
            type V = <$t as Element>::Array;

            #[inline(always)]
            fn splat(self, a: $t) -> Self::V {
                <$t>::array(a)
            }
            #[inline(always)]
            fn load(self, from: &Self::V) -> Self::V {
                *from
            }
            #[inline(always)]
            fn store(self, a: Self::V, to: &mut Self::V) {
                *to = a;
            }
            #[inline(always)]
            fn load_part(self, from: &[$t]) -> Self::V {
                let mut result = <$t>::array(0.0);
                let n = from.len().min(<$t>::LANES);
                result[..n].copy_from_slice(&from[..n]);
                result
            }
            #[inline(always)]
            fn store_part(self, a: Self::V, to: &mut [$t]) {
                let n = to.len().min(<$t>::LANES);
                to[..n].copy_from_slice(&a[..n]);
            }
            #[inline(always)]
            fn transpose(self, tile: &mut <$t as Element>::Tile<Self::V>) {
                for row in 1..<$t>::LANES {
                    for column in 0..row {
                        let below = tile[row][column];
                        tile[row][column] = tile[column][row];
                        tile[column][row] = below;
                    }
                }
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a + b)
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a - b)
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| a * b)
            }
            #[inline(always)]
            fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                zip(zip(a, b, |a, b| a * b), c, |product, c| product + c)
            }
            #[inline(always)]
            fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                zip(c, zip(a, b, |a, b| a * b), |c, product| c - product)
            }
            #[inline(always)]
            fn max(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| if a > b { a } else { b })
            }
            #[inline(always)]
            fn min(self, a: Self::V, b: Self::V) -> Self::V {
                zip(a, b, |a, b| if a < b { a } else { b })
            }
            #[inline(always)]
            fn add_exponent(self, a: Self::V, k: Self::V) -> Self::V {
                zip(a, k, |a, k| <$t>::from_bits(a.to_bits().wrapping_add(k.to_bits() << $fraction_bits)))
            }
            #[inline(always)]
            fn above(self, a: Self::V, b: Self::V) -> u32 {
                let mut mask = 0;
                for l in 0..<$t>::LANES {
                    mask |= u32::from(a[l] > b[l]) << l;
                }
                mask
            }
        }
    };
}

lanes!(f32, 23);
lanes!(f64, 52);

#[inline(always)]
fn zip<T: Copy, const N: usize>(a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    let mut result = a;
    for l in 0..N {
        result[l] = f(a[l], b[l]);
    }
    result
}
