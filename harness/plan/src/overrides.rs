//! The command line's `key=value` pairs, typed.
