//! The suite's mathematics against closed forms, quadrature, symmetry and other libraries; its methods against their maps by
//! definition.

mod cells;
mod clebsch_gordan;
mod common;
mod convolution;
mod e3nn;
mod expressivity;
mod fourier;
mod gaunt;
mod harmonics;
mod kernels;
mod matrix;
mod methods;
mod poisson;
mod properties;
mod quadrature;
mod rotations;
mod symbols;
mod tetris;
mod vector;
