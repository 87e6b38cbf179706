//! Sets the fingerprint of the code for cell keys.

fn main() {
    harness_fingerprint::emit(&["src"]);
}
