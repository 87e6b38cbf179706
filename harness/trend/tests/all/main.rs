//! What moved, from rows that are made up.

mod comparing;
mod nights;
mod rows;
mod same_code;
