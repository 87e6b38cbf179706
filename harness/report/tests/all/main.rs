//! Reports of small campaigns whose results are made by hand.

mod claims;
mod comparisons;
mod mini;
mod pages;
mod results;
mod timings;
