//! AVX2 with FMA: a block is two registers of 32 bytes.
#![expect(unsafe_code, reason = "calls instructions whose presence was checked when the token was made")]

use std::arch::x86_64::{self as x86, __m256, __m256d};

use crate::element::Element;
use crate::fill::Slot;
use crate::lanes::{Lanes, Op};

/// Made only where the instructions were detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Avx2(());

impl Avx2 {
    pub(super) fn detected() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }

    pub(super) fn run<T: Element, O: Op<T>>(self, op: O) -> O::Output
    where
        Self: Lanes<T>,
    {
        // SAFETY: `self` proves that the processor has avx2 and fma.
        unsafe { compiled_for_it(self, op) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn compiled_for_it<T: Element, O: Op<T>>(s: Avx2, op: O) -> O::Output
where
    Avx2: Lanes<T>,
{
    op.run(s)
}

/// Applies an instruction to both halves.
macro_rules! halves {
    // SAFETY: wherever this stands, `self` proves that the processor has avx2 and fma.
    ($f:ident($($a:ident),+)) => { unsafe { [x86::$f($($a[0]),+), x86::$f($($a[1]),+)] } };
}

macro_rules! lanes {
    (
        $t:ty, $half:ty, $int:ty, $fraction_bits:literal,
        $set1:ident $loadu:ident $storeu:ident $maskload:ident $maskstore:ident $stream:ident $transpose:ident
        $add:ident $sub:ident $mul:ident $fmadd:ident $fnmadd:ident $max:ident $min:ident
        $to_int:ident $from_int:ident $int_add:ident $int_shift:ident $cmp:ident $movemask:ident
    ) => {
        impl Lanes<$t> for Avx2 {
            type V = [$half; 2];

            #[inline(always)]
            fn splat(self, a: $t) -> Self::V {
                // SAFETY: `self` proves that the processor has avx.
                unsafe { [x86::$set1(a); 2] }
            }
            #[inline(always)]
            fn load(self, from: &<$t as Element>::Array) -> Self::V {
                const HALF: usize = <$t>::LANES / 2;
                // SAFETY: `self` proves avx; the reference covers a block, loaded without alignment.
                unsafe { [x86::$loadu(from.as_ptr()), x86::$loadu(from.as_ptr().add(HALF))] }
            }
            #[inline(always)]
            fn store(self, a: Self::V, to: &mut <$t as Element>::Array) {
                const HALF: usize = <$t>::LANES / 2;
                // SAFETY: `self` proves avx; the reference covers a block, stored without alignment.
                unsafe {
                    x86::$storeu(to.as_mut_ptr(), a[0]);
                    x86::$storeu(to.as_mut_ptr().add(HALF), a[1]);
                }
            }
            #[inline(always)]
            fn load_part(self, from: &[$t]) -> Self::V {
                const HALF: usize = <$t>::LANES / 2;
                let (low, high) = from.split_at(from.len().min(HALF));
                let mask = |n: usize| <$int>::mask(n.min(HALF)).as_ptr().cast();
                // SAFETY: `self` proves avx; a mask is 32 bytes long, and lanes outside of the slices are neither read nor faulted on.
                unsafe {
                    [
                        x86::$maskload(low.as_ptr(), x86::_mm256_loadu_si256(mask(low.len()))),
                        x86::$maskload(high.as_ptr(), x86::_mm256_loadu_si256(mask(high.len()))),
                    ]
                }
            }
            #[inline(always)]
            fn store_part(self, a: Self::V, to: &mut [$t]) {
                const HALF: usize = <$t>::LANES / 2;
                let (low, high) = to.split_at_mut(to.len().min(HALF));
                let mask = |n: usize| <$int>::mask(n.min(HALF)).as_ptr().cast();
                // SAFETY: `self` proves avx; a mask is 32 bytes long, and lanes outside of the slices are neither written nor faulted
                // on.
                unsafe {
                    let (low_mask, high_mask) = (mask(low.len()), mask(high.len()));
                    x86::$maskstore(low.as_mut_ptr(), x86::_mm256_loadu_si256(low_mask), a[0]);
                    x86::$maskstore(high.as_mut_ptr(), x86::_mm256_loadu_si256(high_mask), a[1]);
                }
            }
            #[inline(always)]
            fn stream(self, a: Self::V, to: Slot<'_, $t>) {
                const HALF: usize = <$t>::LANES / 2;
                // SAFETY: `self` proves avx; a slot is a block on a 64-byte boundary, which nobody reads or writes before the fence.
                unsafe {
                    x86::$stream(to.0.as_mut_ptr(), a[0]);
                    x86::$stream(to.0.as_mut_ptr().add(HALF), a[1]);
                }
            }
            #[inline(always)]
            fn fence(self) {
                // SAFETY: every x86-64 processor has it.
                unsafe { x86::_mm_sfence() }
            }
            #[inline(always)]
            fn transpose(self, tile: &mut <$t as Element>::Tile<Self::V>) {
                const HALF: usize = <$t>::LANES / 2;
                // Quarter by quarter; the two that are off the diagonal change places.
                let mut quarters = [[[tile[0][0]; HALF]; 2]; 2];
                for r in 0..HALF {
                    for half in 0..2 {
                        quarters[0][half][r] = tile[r][half];
                        quarters[1][half][r] = tile[HALF + r][half];
                    }
                }
                for (side, pair) in quarters.into_iter().enumerate() {
                    for (half, quarter) in pair.into_iter().enumerate() {
                        let columns = $transpose(self, quarter);
                        for c in 0..HALF {
                            tile[half * HALF + c][side] = columns[c];
                        }
                    }
                }
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                halves!($add(a, b))
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                halves!($sub(a, b))
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                halves!($mul(a, b))
            }
            #[inline(always)]
            fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                halves!($fmadd(a, b, c))
            }
            #[inline(always)]
            fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                halves!($fnmadd(a, b, c))
            }
            #[inline(always)]
            fn max(self, a: Self::V, b: Self::V) -> Self::V {
                halves!($max(a, b))
            }
            #[inline(always)]
            fn min(self, a: Self::V, b: Self::V) -> Self::V {
                halves!($min(a, b))
            }
            #[inline(always)]
            fn add_exponent(self, a: Self::V, k: Self::V) -> Self::V {
                // SAFETY: `self` proves that the processor has avx2.
                unsafe {
                    let low = x86::$int_shift::<$fraction_bits>(x86::$to_int(k[0]));
                    let high = x86::$int_shift::<$fraction_bits>(x86::$to_int(k[1]));
                    [
                        x86::$from_int(x86::$int_add(x86::$to_int(a[0]), low)),
                        x86::$from_int(x86::$int_add(x86::$to_int(a[1]), high)),
                    ]
                }
            }
            #[inline(always)]
            fn above(self, a: Self::V, b: Self::V) -> u32 {
                const HALF: usize = <$t>::LANES / 2;
                // SAFETY: `self` proves that the processor has avx.
                let (low, high) = unsafe {
                    (
                        x86::$movemask(x86::$cmp::<{ x86::_CMP_GT_OQ }>(a[0], b[0])),
                        x86::$movemask(x86::$cmp::<{ x86::_CMP_GT_OQ }>(a[1], b[1])),
                    )
                };
                (low | high << HALF) as u32
            }
            #[inline(always)]
            fn prefetch(self, a: *const <$t as Element>::Array) {
                // SAFETY: a hint, which every x86-64 processor has and which never faults, whatever the address.
                unsafe { x86::_mm_prefetch::<{ x86::_MM_HINT_T0 }>(a.cast()) }
            }
        }
    };
}

lanes!(
    f32, __m256, i32, 23,
    _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_maskload_ps _mm256_maskstore_ps _mm256_stream_ps transposed_8x8
    _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_fmadd_ps _mm256_fnmadd_ps _mm256_max_ps _mm256_min_ps
    _mm256_castps_si256 _mm256_castsi256_ps _mm256_add_epi32 _mm256_slli_epi32 _mm256_cmp_ps _mm256_movemask_ps
);
lanes!(
    f64, __m256d, i64, 52,
    _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_maskload_pd _mm256_maskstore_pd _mm256_stream_pd transposed_4x4
    _mm256_add_pd _mm256_sub_pd _mm256_mul_pd _mm256_fmadd_pd _mm256_fnmadd_pd _mm256_max_pd _mm256_min_pd
    _mm256_castpd_si256 _mm256_castsi256_pd _mm256_add_epi64 _mm256_slli_epi64 _mm256_cmp_pd _mm256_movemask_pd
);

/// Masks for the first lanes of a register.
trait Mask: Sized + 'static {
    /// 32 bytes: all bits set in the first `n` integers, none in the others.
    fn mask(n: usize) -> &'static [Self];
}

impl Mask for i32 {
    #[inline(always)]
    fn mask(n: usize) -> &'static [Self] {
        static ONES_AND_ZEROS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
        &ONES_AND_ZEROS[8 - n..][..8]
    }
}

impl Mask for i64 {
    #[inline(always)]
    fn mask(n: usize) -> &'static [Self] {
        static ONES_AND_ZEROS: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];
        &ONES_AND_ZEROS[4 - n..][..4]
    }
}

/// Eight rows of eight values as eight columns.
#[inline(always)]
fn transposed_8x8(_: Avx2, rows: [__m256; 8]) -> [__m256; 8] {
    let (mut pairs, mut quads, mut columns) = (rows, rows, rows);
    // SAFETY: the token proves that the processor has avx.
    unsafe {
        for i in (0..8).step_by(2) {
            pairs[i] = x86::_mm256_unpacklo_ps(rows[i], rows[i + 1]);
            pairs[i + 1] = x86::_mm256_unpackhi_ps(rows[i], rows[i + 1]);
        }
        // Register 4q + k holds columns k and 4 + k of rows 4q to 4q + 3.
        for q in [0, 4] {
            for k in [0, 1] {
                let (a, b) = (pairs[q + k], pairs[q + 2 + k]);
                quads[q + 2 * k] = x86::_mm256_shuffle_ps::<0x44>(a, b);
                quads[q + 2 * k + 1] = x86::_mm256_shuffle_ps::<0xee>(a, b);
            }
        }
        for k in 0..4 {
            columns[k] = x86::_mm256_permute2f128_ps::<0x20>(quads[k], quads[4 + k]);
            columns[4 + k] = x86::_mm256_permute2f128_ps::<0x31>(quads[k], quads[4 + k]);
        }
    }
    columns
}

/// Four rows of four values as four columns.
#[inline(always)]
fn transposed_4x4(_: Avx2, rows: [__m256d; 4]) -> [__m256d; 4] {
    // SAFETY: the token proves that the processor has avx.
    unsafe {
        let pairs = [
            x86::_mm256_unpacklo_pd(rows[0], rows[1]),
            x86::_mm256_unpackhi_pd(rows[0], rows[1]),
            x86::_mm256_unpacklo_pd(rows[2], rows[3]),
            x86::_mm256_unpackhi_pd(rows[2], rows[3]),
        ];
        [
            x86::_mm256_permute2f128_pd::<0x20>(pairs[0], pairs[2]),
            x86::_mm256_permute2f128_pd::<0x20>(pairs[1], pairs[3]),
            x86::_mm256_permute2f128_pd::<0x31>(pairs[0], pairs[2]),
            x86::_mm256_permute2f128_pd::<0x31>(pairs[1], pairs[3]),
        ]
    }
}
