//! What a crate is built from, according to `Cargo.lock` and the manifests of the workspace.
//!
//! `Cargo.lock` lists the development dependencies of workspace crates among the others. They are no part of what a crate
//! computes, so they are told apart by the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_lock::{Lockfile, Package};
use toml::{Table, Value};

use crate::FingerprintError;

/// The crate that makes fingerprints; how it does so is no part of them.
const SELF: &str = "harness-fingerprint";

/// The closure of a crate's dependencies.
#[derive(Debug)]
pub(crate) struct Dependencies {
    /// `name version checksum` of every package that is not in the workspace, sorted.
    pub(crate) packages: BTreeSet<String>,
    /// The folders of the packages that are.
    pub(crate) workspace_dirs: Vec<PathBuf>,
    /// The manifests that were read.
    pub(crate) manifests: Vec<PathBuf>,
}

/// The `Cargo.lock` nearest above a folder.
pub(crate) fn find_lock(crate_dir: &Path) -> Result<PathBuf, FingerprintError> {
    let found = crate_dir.ancestors().map(|dir| dir.join("Cargo.lock")).find(|path| path.is_file());
    found.ok_or_else(|| FingerprintError::new("find Cargo.lock above", crate_dir, "there is none"))
}

impl Dependencies {
    /// The closure of the workspace crate `name`.
    pub(crate) fn of(lock: &Path, name: &str) -> Result<Self, FingerprintError> {
        let lockfile = Lockfile::load(lock).map_err(|e| FingerprintError::new("read", lock, e))?;
        let members = Members::of(lock.parent().unwrap_or(Path::new(".")))?;
        let mut closure = Self {
            packages: BTreeSet::new(),
            workspace_dirs: Vec::new(),
            manifests: vec![members.root.clone()],
        };
        let first = lockfile.packages.iter().find(|p| p.source.is_none() && p.name.as_str() == name);
        let first = first.ok_or_else(|| {
            FingerprintError::new(
                "find a crate in",
                lock,
                format!("it does not list `{name}`; run `cargo build`"),
            )
        })?;
        let mut seen: Vec<&Package> = vec![first];
        let mut next = 0;
        while let Some(package) = seen.get(next).copied() {
            next += 1;
            let member = members.by_name.get(package.name.as_str()).filter(|_| package.source.is_none());
            match member {
                Some(member) => {
                    closure.workspace_dirs.push(member.dir.clone());
                    closure.manifests.push(member.dir.join("Cargo.toml"));
                }
                None => {
                    closure.packages.insert(described(package));
                }
            }
            for dependency in &package.dependencies {
                let wanted = dependency.name.as_str() != SELF
                    && member.is_none_or(|m| m.dependencies.contains(dependency.name.as_str()));
                let found = lockfile.packages.iter().find(|p| dependency.matches(p));
                if let Some(found) = found.filter(|f| wanted && !seen.contains(f)) {
                    seen.push(found);
                }
            }
        }
        closure.workspace_dirs.sort();
        Ok(closure)
    }
}

fn described(package: &Package) -> String {
    // A package from a git repository has no checksum; its source names the commit.
    let origin = match (&package.checksum, &package.source) {
        (Some(checksum), _) => checksum.to_string(),
        (None, Some(source)) => source.to_string(),
        (None, None) => "path".to_owned(),
    };
    format!("{} {} {origin}", package.name, package.version)
}

/// The crates of a workspace.
struct Members {
    root: PathBuf,
    by_name: BTreeMap<String, Member>,
}

struct Member {
    dir: PathBuf,
    /// The names of the packages that it is built from, development dependencies left out.
    dependencies: BTreeSet<String>,
}

impl Members {
    fn of(root: &Path) -> Result<Self, FingerprintError> {
        let manifest = root.join("Cargo.toml");
        let workspace = read(&manifest)?;
        let table = |path: [&str; 2]| workspace.get(path[0]).and_then(|t| t.get(path[1]));
        let shared =
            table(["workspace", "dependencies"]).and_then(Value::as_table).cloned().unwrap_or_default();
        let listed = table(["workspace", "members"]).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut by_name = BTreeMap::new();
        let mut dirs: Vec<PathBuf> =
            listed.iter().filter_map(Value::as_str).map(|dir| root.join(dir)).collect();
        if workspace.contains_key("package") {
            dirs.push(root.to_owned());
        }
        for dir in dirs {
            let manifest = dir.join("Cargo.toml");
            // A member that is only planned, or a pattern: what depends on it would not build either.
            if !manifest.is_file() {
                continue;
            }
            let crate_ = read(&manifest)?;
            let name = crate_.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
            if let Some(name) = name {
                by_name.insert(name.to_owned(), Member { dependencies: names(&crate_, &shared), dir });
            }
        }
        Ok(Self { root: manifest, by_name })
    }
}

fn read(manifest: &Path) -> Result<Table, FingerprintError> {
    let text = fs::read_to_string(manifest).map_err(|e| FingerprintError::new("read", manifest, e))?;
    text.parse().map_err(|e| FingerprintError::new("read", manifest, e))
}

/// The packages in every `[dependencies]` and `[build-dependencies]` of a manifest, those for one target included.
fn names(manifest: &Table, shared: &Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(manifest)
        .chain(targets.into_iter().flat_map(|t| t.values()).filter_map(Value::as_table));
    tables
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(Value::as_table)
        .flatten()
        .map(|(key, value)| package_name(key, value, shared))
        .collect()
}

/// A dependency's package: its key, unless the entry or the workspace's entry renames it.
fn package_name(key: &str, value: &Value, shared: &Table) -> String {
    let renamed = |value: &Value| value.get("package").and_then(Value::as_str).map(str::to_owned);
    renamed(value).or_else(|| shared.get(key).and_then(renamed)).unwrap_or_else(|| key.to_owned())
}
