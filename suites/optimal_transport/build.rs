//! Sets the fingerprint of the code for cell keys.

fn main() {
    println!("cargo::rustc-env=HARNESS_FINGERPRINT=development");
}
