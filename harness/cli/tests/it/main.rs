//! The program end to end, as a person uses it: real worker processes, real result folders.

mod audit;
mod campaign;
mod data;
mod errors;
mod interruption;
mod killed;
mod look;
mod peers;
mod site;
mod solve;
