//! The instruction sets, chosen at run time, behind one small trait.
//!
//! A kernel is written once, generic over [`Simd`], as an [`Op`]. [`Isa::run`] calls it inside a function compiled
//! for the chosen instruction set; everything in between is `#[inline(always)]`, so that the instructions of the
//! set reach the innermost loop. (A closure is not: it is compiled for the base set, and so is what it calls. Inner
//! parts use loops.) All sets work on eight lanes and add up in the same order: their
//! results differ only where a fused multiply-add saves a rounding.
#![expect(unsafe_code, reason = "calls instructions whose presence was checked when the Isa was made")]

use std::fmt;

use super::matrix::{LANES, Octet};

/// Eight-lane arithmetic. A value of an implementing type is a proof that its instructions can be executed.
pub(super) trait Simd: Copy {
    /// Eight values of `f64`, in registers.
    type V: Copy;

    /// Whether eight values are one load, so that a kernel may load more often to wait less.
    const LOADS_ARE_CHEAP: bool = false;

    fn splat(self, a: f64) -> Self::V;
    fn load(self, a: &Octet) -> Self::V;
    fn store(self, a: Self::V, to: &mut Octet);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a·b + c`, fused where the instruction set can.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `c − a·b`, fused where the instruction set can.
    fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger; `b` where either is not a number.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller; `b` where either is not a number.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// Adds the low twelve bits of each `k` to the exponent of `a`: `a·2^k` for the integer that was rounded into
    /// the low bits of `k`, provided the result is a normal number.
    fn add_exponent(self, a: Self::V, k: Self::V) -> Self::V;
    /// Bit `l` is set where lane `l` of `a` exceeds that of `b`.
    fn above(self, a: Self::V, b: Self::V) -> u8;

    /// Asks for the cache line at `a`, which need not point to anything; does nothing where the set has no such
    /// instruction.
    #[inline(always)]
    fn prefetch(self, _a: *const Octet) {}

    /// Sum over the lanes, in a fixed order.
    #[inline(always)]
    fn sum(self, a: Self::V) -> f64 {
        let mut s = [0.0; LANES];
        self.store(a, &mut s);
        ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
    }

    /// Largest lane.
    #[inline(always)]
    fn max_lane(self, a: Self::V) -> f64 {
        let mut s = [0.0; LANES];
        self.store(a, &mut s);
        s.into_iter().fold(f64::NEG_INFINITY, |largest, v| if v < largest { largest } else { v })
    }
}

/// A kernel's inner part, generic over the instruction set. `run` must be `#[inline(always)]`.
pub(super) trait Op {
    type Output;
    fn run<S: Simd>(self, s: S) -> Self::Output;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// An instruction set that this processor has. There is no way to hold one that it lacks.
///
/// ```
/// use suite_optimal_transport::kernels::Isa;
/// assert!(Isa::available().any(|isa| isa == Isa::PORTABLE));
/// assert_eq!(Isa::from_name("portable"), Some(Isa::PORTABLE));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isa(Level);

impl Isa {
    /// Plain Rust, for whatever processor the crate is compiled for.
    pub const PORTABLE: Self = Self(Level::Portable);

    /// All sets that this processor has, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let sets = [
            Some(Self::PORTABLE),
            (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"))
                .then_some(Self(Level::Avx2)),
            is_x86_feature_detected!("avx512f").then_some(Self(Level::Avx512)),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let sets = [Some(Self::PORTABLE)];
        sets.into_iter().flatten()
    }

    /// The fastest available set.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// The available set called `name` (`portable`, `avx2` or `avx512`), or `None`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::available().find(|isa| isa.name() == name)
    }

    /// `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
        }
    }

    /// Runs a kernel's inner part with this instruction set.
    pub(super) fn run<O: Op>(self, op: O) -> O::Output {
        match self.0 {
            Level::Portable => op.run(Portable),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only made by `available`, after the processor reported avx2 and fma.
            Level::Avx2 => unsafe { x86::run_avx2(op) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the level is only made by `available`, after the processor reported avx512f.
            Level::Avx512 => unsafe { x86::run_avx512(op) },
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Plain arithmetic on arrays. Never `f64::mul_add`: without the instruction it is a slow library call.
#[derive(Clone, Copy)]
struct Portable;

#[inline(always)]
fn zip(a: Octet, b: Octet, f: impl Fn(f64, f64) -> f64) -> Octet {
    let mut result = [0.0; LANES];
    for l in 0..LANES {
        result[l] = f(a[l], b[l]);
    }
    result
}

impl Simd for Portable {
    type V = Octet;

    #[inline(always)]
    fn splat(self, a: f64) -> Octet {
        [a; LANES]
    }
    #[inline(always)]
    fn load(self, a: &Octet) -> Octet {
        *a
    }
    #[inline(always)]
    fn store(self, a: Octet, to: &mut Octet) {
        *to = a;
    }
    #[inline(always)]
    fn add(self, a: Octet, b: Octet) -> Octet {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Octet, b: Octet) -> Octet {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Octet, b: Octet) -> Octet {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn mul_add(self, a: Octet, b: Octet, c: Octet) -> Octet {
        self.add(self.mul(a, b), c)
    }
    #[inline(always)]
    fn neg_mul_add(self, a: Octet, b: Octet, c: Octet) -> Octet {
        self.sub(c, self.mul(a, b))
    }
    #[inline(always)]
    fn max(self, a: Octet, b: Octet) -> Octet {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: Octet, b: Octet) -> Octet {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn add_exponent(self, a: Octet, k: Octet) -> Octet {
        zip(a, k, |a, k| f64::from_bits(a.to_bits().wrapping_add(k.to_bits() << 52)))
    }
    #[inline(always)]
    fn above(self, a: Octet, b: Octet) -> u8 {
        let mut mask = 0;
        for l in 0..LANES {
            mask |= u8::from(a[l] > b[l]) << l;
        }
        mask
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256d, __m512d, _CMP_GT_OQ, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi64, _mm256_add_pd,
        _mm256_castpd_si256, _mm256_castsi256_pd, _mm256_cmp_pd, _mm256_fmadd_pd, _mm256_fnmadd_pd,
        _mm256_loadu_pd, _mm256_max_pd, _mm256_min_pd, _mm256_movemask_pd, _mm256_mul_pd, _mm256_set1_pd,
        _mm256_slli_epi64, _mm256_storeu_pd, _mm256_sub_pd, _mm512_add_epi64, _mm512_add_pd,
        _mm512_castpd_si512, _mm512_castsi512_pd, _mm512_cmp_pd_mask, _mm512_fmadd_pd, _mm512_fnmadd_pd,
        _mm512_loadu_pd, _mm512_max_pd, _mm512_min_pd, _mm512_mul_pd, _mm512_set1_pd, _mm512_slli_epi64,
        _mm512_storeu_pd, _mm512_sub_pd,
    };

    use super::{Octet, Op, Simd};

    /// # Safety
    /// The processor must have `avx2` and `fma`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn run_avx2<O: Op>(op: O) -> O::Output {
        op.run(Avx2(()))
    }

    /// # Safety
    /// The processor must have `avx512f`.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn run_avx512<O: Op>(op: O) -> O::Output {
        op.run(Avx512(()))
    }

    /// Made only in `run_avx2`, whose caller vouches for the instructions.
    #[derive(Clone, Copy)]
    struct Avx2(());

    /// Made only in `run_avx512`, whose caller vouches for the instructions.
    #[derive(Clone, Copy)]
    struct Avx512(());

    /// Applies a four-lane intrinsic to both halves.
    macro_rules! halves {
        // SAFETY: `self` proves that the processor has avx2 and fma.
        ($f:ident($($a:ident),+)) => { unsafe { [$f($($a[0]),+), $f($($a[1]),+)] } };
    }

    impl Simd for Avx2 {
        type V = [__m256d; 2];

        #[inline(always)]
        fn splat(self, a: f64) -> Self::V {
            // SAFETY: `self` proves that the processor has avx2 and fma.
            unsafe { [_mm256_set1_pd(a); 2] }
        }
        #[inline(always)]
        fn load(self, a: &Octet) -> Self::V {
            // SAFETY: `self` proves avx; the reference covers eight values, loaded without alignment.
            unsafe { [_mm256_loadu_pd(a.as_ptr()), _mm256_loadu_pd(a.as_ptr().add(4))] }
        }
        #[inline(always)]
        fn store(self, a: Self::V, to: &mut Octet) {
            // SAFETY: `self` proves avx; the reference covers eight values, stored without alignment.
            unsafe {
                _mm256_storeu_pd(to.as_mut_ptr(), a[0]);
                _mm256_storeu_pd(to.as_mut_ptr().add(4), a[1]);
            }
        }
        #[inline(always)]
        fn add(self, a: Self::V, b: Self::V) -> Self::V {
            halves!(_mm256_add_pd(a, b))
        }
        #[inline(always)]
        fn sub(self, a: Self::V, b: Self::V) -> Self::V {
            halves!(_mm256_sub_pd(a, b))
        }
        #[inline(always)]
        fn mul(self, a: Self::V, b: Self::V) -> Self::V {
            halves!(_mm256_mul_pd(a, b))
        }
        #[inline(always)]
        fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
            halves!(_mm256_fmadd_pd(a, b, c))
        }
        #[inline(always)]
        fn neg_mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
            halves!(_mm256_fnmadd_pd(a, b, c))
        }
        #[inline(always)]
        fn max(self, a: Self::V, b: Self::V) -> Self::V {
            halves!(_mm256_max_pd(a, b))
        }
        #[inline(always)]
        fn min(self, a: Self::V, b: Self::V) -> Self::V {
            halves!(_mm256_min_pd(a, b))
        }
        #[inline(always)]
        fn add_exponent(self, a: Self::V, k: Self::V) -> Self::V {
            // SAFETY: `self` proves that the processor has avx2.
            unsafe {
                let low = _mm256_slli_epi64::<52>(_mm256_castpd_si256(k[0]));
                let high = _mm256_slli_epi64::<52>(_mm256_castpd_si256(k[1]));
                [
                    _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a[0]), low)),
                    _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a[1]), high)),
                ]
            }
        }
        #[inline(always)]
        fn above(self, a: Self::V, b: Self::V) -> u8 {
            // SAFETY: `self` proves that the processor has avx.
            let (low, high) = unsafe {
                (
                    _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a[0], b[0])),
                    _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a[1], b[1])),
                )
            };
            (low | high << 4) as u8
        }
        #[inline(always)]
        fn prefetch(self, a: *const Octet) {
            // SAFETY: a hint, which every x86-64 processor has and which never faults, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(a.cast()) }
        }
    }

    impl Simd for Avx512 {
        type V = __m512d;

        const LOADS_ARE_CHEAP: bool = true;

        #[inline(always)]
        fn splat(self, a: f64) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_set1_pd(a) }
        }
        #[inline(always)]
        fn load(self, a: &Octet) -> __m512d {
            // SAFETY: `self` proves avx512f; the reference covers eight values, loaded without alignment.
            unsafe { _mm512_loadu_pd(a.as_ptr()) }
        }
        #[inline(always)]
        fn store(self, a: __m512d, to: &mut Octet) {
            // SAFETY: `self` proves avx512f; the reference covers eight values, stored without alignment.
            unsafe { _mm512_storeu_pd(to.as_mut_ptr(), a) }
        }
        #[inline(always)]
        fn add(self, a: __m512d, b: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_add_pd(a, b) }
        }
        #[inline(always)]
        fn sub(self, a: __m512d, b: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_sub_pd(a, b) }
        }
        #[inline(always)]
        fn mul(self, a: __m512d, b: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_mul_pd(a, b) }
        }
        #[inline(always)]
        fn mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_fmadd_pd(a, b, c) }
        }
        #[inline(always)]
        fn neg_mul_add(self, a: __m512d, b: __m512d, c: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_fnmadd_pd(a, b, c) }
        }
        #[inline(always)]
        fn max(self, a: __m512d, b: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_max_pd(a, b) }
        }
        #[inline(always)]
        fn min(self, a: __m512d, b: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_min_pd(a, b) }
        }
        #[inline(always)]
        fn add_exponent(self, a: __m512d, k: __m512d) -> __m512d {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe {
                let k = _mm512_slli_epi64::<52>(_mm512_castpd_si512(k));
                _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), k))
            }
        }
        #[inline(always)]
        fn above(self, a: __m512d, b: __m512d) -> u8 {
            // SAFETY: `self` proves that the processor has avx512f.
            unsafe { _mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b) }
        }
        #[inline(always)]
        fn prefetch(self, a: *const Octet) {
            // SAFETY: a hint, which every x86-64 processor has and which never faults, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(a.cast()) }
        }
    }
}
