//! Reports of small campaigns whose results are made by hand.

mod browser;
mod claims;
mod comparisons;
mod excerpts;
mod json;
mod kinds;
mod large;
mod latex;
mod mini;
mod pages;
mod rankings;
mod results;
mod timings;

/// Says that a test was not done, past what the test runner holds back.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
