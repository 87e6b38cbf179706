//! Vector instructions chosen at run time, behind one small trait.
//!
//! The unit is a *block*: 64 bytes, one cache line, eight values of `f64` or sixteen of `f32` ([`Element::LANES`]). A kernel is
//! written once, as an [`Op`] that is generic over the instruction set ([`Lanes`]); [`Isa::run`] calls it inside a function
//! compiled for the chosen set. There are three: plain Rust, AVX2 with FMA (two registers a block), and AVX-512 (one).
//!
//! ```
//! use harness_simd::{Block, Element, Isa, Lanes, Op};
//!
//! /// `y ← a·x + y`
//! struct Axpy<'a, T: Element> {
//!     a: T,
//!     x: &'a [Block<T>],
//!     y: &'a mut [Block<T>],
//! }
//!
//! impl<T: Element> Op<T> for Axpy<'_, T> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run<S: Lanes<T>>(self, s: S) {
//!         let a = s.splat(self.a);
//!         for (x, y) in self.x.iter().zip(self.y) {
//!             let sum = s.mul_add(a, s.load(x), s.load(y));
//!             s.store(sum, y);
//!         }
//!     }
//! }
//!
//! let x = [Block::splat(2.0_f32); 3];
//! for isa in Isa::available() {
//!     let mut y = [Block::splat(1.0); 3];
//!     isa.run(Axpy { a: 10.0, x: &x, y: &mut y });
//!     assert_eq!(y, [Block::splat(21.0); 3], "{isa}");
//! }
//! ```
//!
//! # Rules for kernels
//!
//! - `Op::run` and every function between it and the arithmetic is `#[inline(always)]`: what is not inlined is compiled for
//!   the base set, and each operation becomes a call. A closure cannot be so marked; inner parts use loops.
//! - Results of different sets differ only where a fused multiply-add saves a rounding ([`Lanes::mul_add`],
//!   [`Lanes::neg_mul_add`]); everything else is the same bit for bit, sums over lanes included.
//! - The end of an array that is no whole block is padded, or read and written with [`Lanes::load_part`] and
//!   [`Lanes::store_part`].
//!
//! # Rows, and large outputs
//!
//! [`Isa::gather_rows`] and [`Isa::scatter_rows`] go between rows of samples and blocks in which each lane is a sample;
//! [`gather_rows`] and [`scatter_rows`] do so within a kernel. A kernel that writes more than the caches hold is a [`Fill`]: its
//! output, a [`Sink`], can go past them ([`Stores::Streamed`]), and is fenced when it returns.
//!
//! # Which set
//!
//! [`Isa::best`] is the fastest that the processor has, or the one that the environment variable `HARNESS_SIMD` names. What
//! solves asks it, and gives its error to whoever called; what judges or tests names its set ([`Isa::fastest`],
//! [`Isa::available`]) and does not depend on the environment.

mod arch;
mod element;
mod fill;
mod isa;
mod lanes;
mod rows;

pub use element::{Block, Element};
pub use fill::{Fill, Sink, Slot, Stores};
pub use isa::{Isa, SIMD_VARIABLE, UnknownIsa};
pub use lanes::{Lanes, Op};
pub use rows::{Rows, gather_rows, scatter_rows};
