//! The mathematics of the suite, in `f64`: every table that a method reads, and what methods are checked against.
//!
//! # Conventions
//!
//! Those of e3nn, throughout:
//! - Degrees `l`, orders `m = -l..=l`, components of one vector of all degrees at the flat index `l² + l + m` ([`index`]).
//! - The polar axis is y: `r̂ = (sin β sin α, cos β, sin β cos α)`, so that the components of degree 1 are `(x, y, z)`.
//! - Real harmonics without the Condon–Shortley phase ([`harmonics`]); `Y(R r) = D(R) Y(r)` ([`wigner_d`]).
//! - Real Clebsch–Gordan tensors of unit Frobenius norm ([`clebsch_gordan`]).
//!
//! In this basis the couplings of all the other products are the same tensors times a scalar a path: [`gaunt`] and
//! [`poisson`] (both never negative), [`matrix_couplings`] and [`vector`].
//!
//! # Range
//!
//! Coupling coefficients come from exact integer sums ([`symbols`]) and are accurate to a few units in the last place
//! as long as `l1 + l2 + l3 ≤ 126` ([`symbols::MAX_DEGREE_SUM`]); beyond that they panic.

pub mod binomial;
pub mod clebsch_gordan;
pub mod combined;
pub mod expressivity;
pub mod fourier;
pub mod gaunt;
pub mod harmonics;
pub mod index;
pub mod legendre;
pub mod matrix_couplings;
pub mod paths;
pub mod poisson;
pub mod quadrature;
pub mod rotation;
pub mod symbols;
pub mod tetris;
pub mod vector;
pub mod wigner_d;
