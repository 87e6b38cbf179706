//! The program end to end, as a person uses it: real worker processes, real result folders.

mod audit;
mod campaign;
mod claims;
mod clock;
mod compare;
mod damage;
mod data;
mod disk_full;
mod errors;
mod evil;
mod history;
mod interruption;
mod killed;
mod limits;
mod look;
mod nightly;
mod nights;
mod overhead;
mod peers;
mod reference;
mod site;
mod solve;
mod stale;
mod text;
mod two_runners;
