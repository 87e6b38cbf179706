//! The crate's mathematics, as far as coefficients need it.

#[path = "../src/math/binomial.rs"]
pub mod binomial;
#[path = "../src/math/clebsch_gordan.rs"]
pub mod clebsch_gordan;
#[path = "../src/math/combined.rs"]
pub mod combined;
#[path = "../src/math/gaunt.rs"]
pub mod gaunt;
#[path = "../src/math/index.rs"]
pub mod index;
#[path = "../src/math/paths.rs"]
pub mod paths;
#[path = "../src/math/symbols.rs"]
pub mod symbols;
