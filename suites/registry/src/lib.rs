//! The list of suites: one line each.
