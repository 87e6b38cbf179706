//! AVX-512: a block is one register.
#![expect(unsafe_code, reason = "calls instructions whose presence was checked when the token was made")]

use std::arch::x86_64::{self as x86, __m512, __m512d, __mmask8, __mmask16};

use crate::element::Element;
use crate::fill::Slot;
use crate::lanes::{Lanes, Op};

/// Made only where the instructions were detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Avx512(());

impl Avx512 {
    pub(super) fn detected() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    pub(super) fn run<T: Element, O: Op<T>>(self, op: O) -> O::Output
    where
        Self: Lanes<T>,
    {
        // SAFETY: `self` proves that the processor has avx512f.
        unsafe { compiled_for_it(self, op) }
    }
}

#[target_feature(enable = "avx512f")]
fn compiled_for_it<T: Element, O: Op<T>>(s: Avx512, op: O) -> O::Output
where
    Avx512: Lanes<T>,
{
    op.run(s)
}

/// Applies an instruction.
macro_rules! call {
    // SAFETY: wherever this stands, `self` proves that the processor has avx512f.
    ($f:ident($($a:ident),+)) => { unsafe { x86::$f($($a),+) } };
}

macro_rules! lanes {
    (
        $t:ty, $v:ty, $mask:ty, $fraction_bits:literal,
        $set1:ident $loadu:ident $storeu:ident $maskload:ident $maskstore:ident $stream:ident $transpose:ident
        $add:ident $sub:ident $mul:ident $fmadd:ident $fnmadd:ident $max:ident $min:ident
        $to_int:ident $from_int:ident $int_add:ident $int_shift:ident $cmp:ident
    ) => {
        impl Lanes<$t> for Avx512 {
            type V = $v;

            const LOADS_ARE_CHEAP: bool = true;

            #[inline(always)]
            fn splat(self, a: $t) -> Self::V {
                call!($set1(a))
            }
            #[inline(always)]
            fn load(self, from: &<$t as Element>::Array) -> Self::V {
                // SAFETY: `self` proves avx512f; the reference covers a block, loaded without alignment.
                unsafe { x86::$loadu(from.as_ptr()) }
            }
            #[inline(always)]
            fn store(self, a: Self::V, to: &mut <$t as Element>::Array) {
                // SAFETY: `self` proves avx512f; the reference covers a block, stored without alignment.
                unsafe { x86::$storeu(to.as_mut_ptr(), a) }
            }
            #[inline(always)]
            fn load_part(self, from: &[$t]) -> Self::V {
                let mask = first_lanes(from.len()) as $mask;
                // SAFETY: `self` proves avx512f; lanes outside of the slice are neither read nor faulted on.
                unsafe { x86::$maskload(mask, from.as_ptr()) }
            }
            #[inline(always)]
            fn store_part(self, a: Self::V, to: &mut [$t]) {
                let mask = first_lanes(to.len()) as $mask;
                // SAFETY: `self` proves avx512f; lanes outside of the slice are neither written nor faulted on.
                unsafe { x86::$maskstore(to.as_mut_ptr(), mask, a) }
            }
            #[inline(always)]
            fn stream(self, a: Self::V, to: Slot<'_, $t>) {
                // SAFETY: `self` proves avx512f; a slot is a block on a 64-byte boundary, which nobody reads or writes before the
                // fence.
                unsafe { x86::$stream(to.0.as_mut_ptr(), a) }
            }
            #[inline(always)]
            fn fence(self) {
                // SAFETY: every x86-64 processor has it.
                unsafe { x86::_mm_sfence() }
            }
            #[inline(always)]
            fn transpose(self, tile: &mut <$t as Element>::Tile<Self::V>) {
                *tile = $transpose(self, *tile);
            }
            #[inline(always)]
            fn add(self, a: Self::V, b: Self::V) -> Self::V {
                call!($add(a, b))
            }
            #[inline(always)]
            fn sub(self, a: Self::V, b: Self::V) -> Self::V {
                call!($sub(a, b))
            }
            #[inline(always)]
            fn mul(self, a: Self::V, b: Self::V) -> Self::V {
                call!($mul(a, b))
            }
            #[inline(always)]
            fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                call!($fmadd(a, b, c))
            }
            #[inline(always)]
            fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                call!($fnmadd(a, b, c))
            }
            #[inline(always)]
            fn max(self, a: Self::V, b: Self::V) -> Self::V {
                call!($max(a, b))
            }
            #[inline(always)]
            fn min(self, a: Self::V, b: Self::V) -> Self::V {
                call!($min(a, b))
            }
            #[inline(always)]
            fn add_exponent(self, a: Self::V, k: Self::V) -> Self::V {
                // SAFETY: `self` proves that the processor has avx512f.
                unsafe {
                    let k = x86::$int_shift::<$fraction_bits>(x86::$to_int(k));
                    x86::$from_int(x86::$int_add(x86::$to_int(a), k))
                }
            }
            #[inline(always)]
            fn above(self, a: Self::V, b: Self::V) -> u32 {
                // SAFETY: `self` proves that the processor has avx512f.
                let mask: $mask = unsafe { x86::$cmp::<{ x86::_CMP_GT_OQ }>(a, b) };
                u32::from(mask)
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
    f32, __m512, __mmask16, 23,
    _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_maskz_loadu_ps _mm512_mask_storeu_ps _mm512_stream_ps transposed_16x16
    _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_fmadd_ps _mm512_fnmadd_ps _mm512_max_ps _mm512_min_ps
    _mm512_castps_si512 _mm512_castsi512_ps _mm512_add_epi32 _mm512_slli_epi32 _mm512_cmp_ps_mask
);
lanes!(
    f64, __m512d, __mmask8, 52,
    _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_maskz_loadu_pd _mm512_mask_storeu_pd _mm512_stream_pd transposed_8x8
    _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_fmadd_pd _mm512_fnmadd_pd _mm512_max_pd _mm512_min_pd
    _mm512_castpd_si512 _mm512_castsi512_pd _mm512_add_epi64 _mm512_slli_epi64 _mm512_cmp_pd_mask
);

/// A bit for each of the first `n` lanes, 16 at most.
#[inline(always)]
fn first_lanes(n: usize) -> u32 {
    (1 << n.min(16)) - 1
}

/// Sixteen rows of sixteen values as sixteen columns.
#[inline(always)]
fn transposed_16x16(_: Avx512, rows: [__m512; 16]) -> [__m512; 16] {
    let (mut pairs, mut quads, mut columns) = (rows, rows, rows);
    // SAFETY: the token proves that the processor has avx512f.
    unsafe {
        for i in (0..16).step_by(2) {
            pairs[i] = x86::_mm512_unpacklo_ps(rows[i], rows[i + 1]);
            pairs[i + 1] = x86::_mm512_unpackhi_ps(rows[i], rows[i + 1]);
        }
        // Quarter b of register 4q + k holds column 4b + k of rows 4q to 4q + 3.
        for q in (0..16).step_by(4) {
            for k in [0, 1] {
                let (a, b) = (pairs[q + k], pairs[q + 2 + k]);
                quads[q + 2 * k] = x86::_mm512_shuffle_ps::<0x44>(a, b);
                quads[q + 2 * k + 1] = x86::_mm512_shuffle_ps::<0xee>(a, b);
            }
        }
        for k in 0..4 {
            let even_low = x86::_mm512_shuffle_f32x4::<0x88>(quads[k], quads[4 + k]);
            let even_high = x86::_mm512_shuffle_f32x4::<0x88>(quads[8 + k], quads[12 + k]);
            let odd_low = x86::_mm512_shuffle_f32x4::<0xdd>(quads[k], quads[4 + k]);
            let odd_high = x86::_mm512_shuffle_f32x4::<0xdd>(quads[8 + k], quads[12 + k]);
            columns[k] = x86::_mm512_shuffle_f32x4::<0x88>(even_low, even_high);
            columns[4 + k] = x86::_mm512_shuffle_f32x4::<0x88>(odd_low, odd_high);
            columns[8 + k] = x86::_mm512_shuffle_f32x4::<0xdd>(even_low, even_high);
            columns[12 + k] = x86::_mm512_shuffle_f32x4::<0xdd>(odd_low, odd_high);
        }
    }
    columns
}

/// Eight rows of eight values as eight columns.
#[inline(always)]
fn transposed_8x8(_: Avx512, rows: [__m512d; 8]) -> [__m512d; 8] {
    let (mut pairs, mut columns) = (rows, rows);
    // SAFETY: the token proves that the processor has avx512f.
    unsafe {
        // Quarter b of register 2q + k holds column 2b + k of rows 2q and 2q + 1.
        for i in (0..8).step_by(2) {
            pairs[i] = x86::_mm512_unpacklo_pd(rows[i], rows[i + 1]);
            pairs[i + 1] = x86::_mm512_unpackhi_pd(rows[i], rows[i + 1]);
        }
        for k in 0..2 {
            let even_low = x86::_mm512_shuffle_f64x2::<0x88>(pairs[k], pairs[2 + k]);
            let even_high = x86::_mm512_shuffle_f64x2::<0x88>(pairs[4 + k], pairs[6 + k]);
            let odd_low = x86::_mm512_shuffle_f64x2::<0xdd>(pairs[k], pairs[2 + k]);
            let odd_high = x86::_mm512_shuffle_f64x2::<0xdd>(pairs[4 + k], pairs[6 + k]);
            columns[k] = x86::_mm512_shuffle_f64x2::<0x88>(even_low, even_high);
            columns[2 + k] = x86::_mm512_shuffle_f64x2::<0x88>(odd_low, odd_high);
            columns[4 + k] = x86::_mm512_shuffle_f64x2::<0xdd>(even_low, even_high);
            columns[6 + k] = x86::_mm512_shuffle_f64x2::<0xdd>(odd_low, odd_high);
        }
    }
    columns
}
