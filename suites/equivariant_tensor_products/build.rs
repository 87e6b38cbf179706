//! Writes the straight-line kernels, and sets the fingerprint of the code for cell keys.

mod generate;

use std::env;
use std::path::Path;

fn main() {
    harness_fingerprint::emit(&["src", "generate", "build.rs"]);
    let folder = env::var("OUT_DIR").expect("cargo sets it for build scripts");
    let path = Path::new(&folder).join("straight.rs");
    std::fs::write(&path, generate::source())
        .unwrap_or_else(|e| panic!("failed to write {}: {e}", path.display()));
}
