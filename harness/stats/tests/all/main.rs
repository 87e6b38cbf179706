//! Properties, coverage and the A/A simulation: what the intervals promise, checked from outside.

mod aa_simulation;
mod change_points;
mod coverage;
mod coverage_by_size;
mod generator;
mod many_solvers;
mod properties;
