//! Build-script helper: a fingerprint of the code that a crate is built from.
//!
//! It covers the contents of source folders (the crate's own, those of the workspace crates it depends on, and others
//! that the build script names), the versions and checksums of its dependencies in `Cargo.lock` (only those: another
//! crate's dependency changes nothing), the compiler, the target with its features, the optimisation level and the
//! crate's own features. It does not cover where the workspace lies, tests, or time.
//!
//! ```no_run
//! // build.rs; the crate then passes `env!("HARNESS_FINGERPRINT")` to `SuiteBuilder::new`.
//! harness_fingerprint::emit(&["src"]);
//! ```

mod dependencies;
mod sources;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::dependencies::Dependencies;

/// A fingerprint cannot be made. The message says what, where, and what to do.
#[derive(Debug)]
pub struct FingerprintError(String);

impl FingerprintError {
    fn new(what: &str, path: &Path, why: impl std::fmt::Display) -> Self {
        Self(format!("failed to {what} {}: {why}", path.display()))
    }
}

impl std::fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FingerprintError {}

/// To be called from a build script: sets the environment variable `HARNESS_FINGERPRINT` for the crate.
///
/// `source_dirs` are folders or files relative to the crate's own folder; the `src` folders of the crate and of the workspace
/// crates that it depends on are always covered.
///
/// # Panics
///
/// When a source cannot be read or `Cargo.lock` does not list the crate: a build without a true fingerprint would let
/// stale results be reused.
pub fn emit(source_dirs: &[&str]) {
    let crate_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let build = [compiler(), build_settings()].concat();
    let printed = of_crate(&crate_dir, &variable("CARGO_PKG_NAME"), source_dirs, &build)
        .unwrap_or_else(|e| panic!("no fingerprint: {e}"));
    let mut out = std::io::stdout().lock();
    for path in &printed.watched {
        write_line(&mut out, &format!("cargo::rerun-if-changed={}", path.display()));
    }
    write_line(&mut out, "cargo::rerun-if-env-changed=RUSTC");
    write_line(&mut out, &format!("cargo::rustc-env=HARNESS_FINGERPRINT={}", printed.digest));
}

/// To be called from a build script: sets the environment variable `HARNESS_RUSTC` to the compiler's version.
pub fn emit_compiler() {
    let mut out = std::io::stdout().lock();
    let version = compiler();
    write_line(&mut out, "cargo::rerun-if-changed=build.rs");
    write_line(&mut out, "cargo::rerun-if-env-changed=RUSTC");
    write_line(&mut out, &format!("cargo::rustc-env=HARNESS_RUSTC={}", version.lines().next().unwrap_or("")));
}

fn write_line(out: &mut impl std::io::Write, line: &str) {
    writeln!(out, "{line}").expect("cargo reads what a build script prints");
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: this runs in build scripts only"))
}

/// A fingerprint and the paths whose change makes it another.
struct Fingerprint {
    digest: String,
    watched: Vec<PathBuf>,
}

fn of_crate(
    crate_dir: &Path,
    name: &str,
    source_dirs: &[&str],
    build: &str,
) -> Result<Fingerprint, FingerprintError> {
    let lock = dependencies::find_lock(crate_dir)?;
    let root = lock.parent().expect("a file has a folder").to_owned();
    let dependencies = Dependencies::of(&lock, name)?;
    let mut dirs: Vec<PathBuf> = source_dirs.iter().map(|dir| crate_dir.join(dir)).collect();
    dirs.push(crate_dir.join("src"));
    dirs.extend(dependencies.workspace_dirs.iter().map(|dir| dir.join("src")));
    let files = sources::files(&root, &dirs)?;

    let mut hasher = blake3::Hasher::new();
    let mut section = |title: &str, content: &[u8]| {
        // Lengths keep the parts apart: moving text from one to the next is a change.
        for part in [title.as_bytes(), content] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    };
    section("build", build.as_bytes());
    for package in &dependencies.packages {
        section("package", package.as_bytes());
    }
    for (path, content) in &files {
        section(path, content);
    }
    let mut watched = dirs;
    watched.extend(dependencies.manifests);
    watched.push(lock);
    watched.sort();
    watched.dedup();
    Ok(Fingerprint { digest: hasher.finalize().to_hex().to_string(), watched })
}

/// What `rustc -vV` says.
fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("-vV").output();
    let output = output.unwrap_or_else(|e| panic!("failed to run {}: {e}", rustc.display()));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// How the crate is compiled.
fn build_settings() -> String {
    const NAMES: [&str; 6] = [
        "TARGET",
        "OPT_LEVEL",
        "CARGO_CFG_DEBUG_ASSERTIONS",
        "CARGO_CFG_TARGET_FEATURE",
        "CARGO_CFG_PANIC",
        "CARGO_ENCODED_RUSTFLAGS",
    ];
    let mut settings: Vec<String> =
        NAMES.iter().map(|name| format!("{name}={}\n", env::var(name).unwrap_or_default())).collect();
    let mut features: Vec<String> =
        env::vars().map(|(name, _)| name).filter(|name| name.starts_with("CARGO_FEATURE_")).collect();
    features.sort();
    settings.push(features.join(","));
    settings.concat()
}

#[cfg(test)]
mod tests;
