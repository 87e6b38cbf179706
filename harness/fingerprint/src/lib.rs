//! Build-script helper: a fingerprint of the code that a crate is built from.
