//! The suite's mathematics against closed forms, quadrature, symmetry and other libraries.

mod clebsch_gordan;
mod common;
mod e3nn;
mod expressivity;
mod fourier;
mod gaunt;
mod harmonics;
mod matrix;
mod poisson;
mod quadrature;
mod rotations;
mod symbols;
mod tetris;
mod vector;
