//! The suite's solvers and problems against closed forms, published values and one another.

mod common;
mod entropic;
mod exact;
mod files;
mod instruction_sets;
mod plans;
mod problems;
mod registry;
mod sinkhorn;
