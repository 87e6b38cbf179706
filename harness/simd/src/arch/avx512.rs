//! AVX-512: a block is one register.
#![expect(unsafe_code, reason = "calls instructions whose presence was checked when the token was made")]

use std::arch::x86_64::{self as x86, __m512, __m512d, __mmask8, __mmask16};

use crate::element::Element;
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
        $set1:ident $loadu:ident $storeu:ident $maskload:ident $maskstore:ident
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
    _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_maskz_loadu_ps _mm512_mask_storeu_ps
    _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_fmadd_ps _mm512_fnmadd_ps _mm512_max_ps _mm512_min_ps
    _mm512_castps_si512 _mm512_castsi512_ps _mm512_add_epi32 _mm512_slli_epi32 _mm512_cmp_ps_mask
);
lanes!(
    f64, __m512d, __mmask8, 52,
    _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_maskz_loadu_pd _mm512_mask_storeu_pd
    _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_fmadd_pd _mm512_fnmadd_pd _mm512_max_pd _mm512_min_pd
    _mm512_castpd_si512 _mm512_castsi512_pd _mm512_add_epi64 _mm512_slli_epi64 _mm512_cmp_pd_mask
);

/// A bit for each of the first `n` lanes, 16 at most.
#[inline(always)]
fn first_lanes(n: usize) -> u32 {
    (1 << n.min(16)) - 1
}
