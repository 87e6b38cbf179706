//! Intervals, tests, rates and ratios; no input or output.
