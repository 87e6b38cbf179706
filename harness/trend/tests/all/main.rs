//! What moved, from rows that are made up.

mod comparing;
mod rows;
