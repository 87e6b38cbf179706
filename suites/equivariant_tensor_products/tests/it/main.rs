//! The suite's mathematics against closed forms, quadrature, symmetry and other libraries.

mod clebsch_gordan;
mod common;
mod e3nn;
mod gaunt;
mod harmonics;
mod quadrature;
mod rotations;
mod symbols;
