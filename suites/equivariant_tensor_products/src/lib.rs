//! Tensor products of irreducible representations of O(3), after "The Price of Freedom" (Xie, Daigavane, Kotak and
//! Smidt, ICML 2025) and "Gaunt tensor products" (Luo, Chen and Krishnapriyan, ICLR 2024).
//!
//! [`math`] holds what the methods are made of and judged by, in `f64`: coefficients, harmonics, rotations, grids.

pub mod math;
