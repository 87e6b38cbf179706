//! Every instruction set against plain Rust, bit for bit.

mod fill;
mod lanes;
mod rows;
mod values;
