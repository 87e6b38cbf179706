//! Tells the runner which compiler made it: a fact about the environment.

fn main() {
    harness_fingerprint::emit_compiler();
}
