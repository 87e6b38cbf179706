//! Every instruction set against plain Rust, bit for bit.

mod lanes;
mod values;
