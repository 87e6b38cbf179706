//! The worker and the runner together, on solvers that misbehave.

mod evil;
mod fixture;
mod killed;
mod memory;
mod refusal;
mod stopped;
