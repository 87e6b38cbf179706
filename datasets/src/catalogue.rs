//! The catalogue: what each data set is, its licence and checksums, and which package carries it.

mod check;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::checksum::Sha256Sum;

/// Data sets by name, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    schema: u32,
    datasets: Vec<DataSet>,
}

/// One version of one data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// The name suites and the command line use: lower-case letters, digits, underscores.
    pub name: String,
    /// Raised whenever the bytes of a file change.
    pub version: String,
    /// One line on what it is.
    pub title: String,
    /// Licence of the data.
    pub licence: String,
    /// Whom to cite.
    pub attribution: String,
    /// Where a person finds the original; documentation only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The package that carries the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Package>,
    /// The files, as they lie on disk.
    pub files: Vec<DataFile>,
}

/// A package of a public registry, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Which registry.
    pub registry: Registry,
    /// The package's name there.
    pub name: String,
    /// The version to ask for. Debian gives what the release carries: there the version only says what was seen, and the
    /// checksums decide.
    pub version: String,
    /// For pypi: which wheel to take, whatever the machine is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wheel: Option<Wheel>,
    /// About how many bytes are downloaded.
    pub download_bytes: u64,
}

impl fmt::Display for Package {
    /// Registry, name and version, in one phrase.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.registry {
            Registry::Npm => write!(f, "npm package {}@{}", self.name, self.version),
            Registry::Debian => write!(f, "Debian package {} {}", self.name, self.version),
            Registry::Pypi => write!(f, "PyPI package {}=={}", self.name, self.version),
        }
    }
}

/// Registries whose clients [`crate::fetch`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// The npm registry; a `.tgz` from `npm pack`.
    Npm,
    /// A Debian archive; a `.deb` from `apt-get download`.
    Debian,
    /// The Python package index; a wheel from `pip download`.
    Pypi,
}

/// The tags of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Python version, such as `3.12`.
    pub python: String,
    /// Platform tag, such as `manylinux_2_28_x86_64`.
    pub platform: String,
}

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Relative path below the data set's folder, parts separated by `/`.
    pub path: String,
    /// Path inside the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What to undo on the member to get the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpack: Option<Unpack>,
    /// Sum of the file on disk.
    pub sha256: Sha256Sum,
    /// Length of the file on disk.
    pub bytes: u64,
}

/// A compression that is undone when a member is put in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unpack {
    /// Gzip, any number of members.
    Gzip,
}

/// The catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("cannot read the catalogue {}: {source}; give the path of a readable YAML file", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text does not have the form of a catalogue.
    #[error("{origin}: {source}; the head of datasets/catalogue.yaml describes the fields")]
    Syntax {
        /// File name, or a word for embedded text.
        origin: String,
        /// Why, with line and column.
        source: serde_yaml::Error,
    },
    /// The entries break rules; every fault found.
    #[error("{origin}: {}; correct these entries", faults.join("; "))]
    Invalid {
        /// File name, or a word for embedded text.
        origin: String,
        /// One sentence per fault.
        faults: Vec<String>,
    },
}

/// No data set has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no data set is called `{name}`; {}", suggestion(nearest.as_deref(), known))]
pub struct UnknownDataSet {
    /// What was asked for.
    pub name: String,
    /// The known name nearest to it, if any is near.
    pub nearest: Option<String>,
    /// All names.
    pub known: Vec<String>,
}

pub(crate) fn suggestion(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

/// The candidate most like `name`, if it is like it at all.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let like = |candidate: &str| {
        let known = candidate.to_lowercase();
        let asked = name.to_lowercase();
        let score = strsim::jaro_winkler(&asked, &known);
        // A part of a name is a frequent abbreviation: `fashion` for `fashion_mnist`.
        if asked.len() >= 3 && known.contains(&asked) { score.max(0.9) } else { score }
    };
    candidates
        .into_iter()
        .map(|candidate| (like(candidate), candidate))
        .filter(|&(score, _)| score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("../catalogue.yaml"), "datasets/catalogue.yaml (built in)")
        .expect("a unit test reads the embedded catalogue")
});

impl Catalogue {
    /// The catalogue this crate was built with.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The catalogue in the YAML file `path`, instead of the embedded one.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let text = fs::read_to_string(path)
            .map_err(|source| CatalogueError::Io { path: path.to_owned(), source })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// The catalogue in YAML `text`; `origin` names it in errors.
    pub fn parse(text: &str, origin: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = serde_yaml::from_str(text)
            .map_err(|source| CatalogueError::Syntax { origin: origin.to_owned(), source })?;
        let faults = check::faults(&catalogue);
        if faults.is_empty() {
            Ok(catalogue)
        } else {
            Err(CatalogueError::Invalid { origin: origin.to_owned(), faults })
        }
    }

    /// All data sets, in the order of the file.
    pub fn datasets(&self) -> &[DataSet] {
        &self.datasets
    }

    /// The data set called `name`.
    pub fn find(&self, name: &str) -> Result<&DataSet, UnknownDataSet> {
        self.datasets.iter().find(|dataset| dataset.name == name).ok_or_else(|| UnknownDataSet {
            name: name.to_owned(),
            nearest: nearest(name, self.datasets.iter().map(|dataset| dataset.name.as_str()))
                .map(str::to_owned),
            known: self.datasets.iter().map(|dataset| dataset.name.clone()).collect(),
        })
    }
}

impl DataSet {
    /// Length of all files on disk, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The file with relative path `path`, if the data set has it.
    pub fn file(&self, path: &str) -> Option<&DataFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The checksums by file: the identity of the data, for keys of cells that use them.
    pub fn sha256s(&self) -> BTreeMap<&str, Sha256Sum> {
        self.files.iter().map(|file| (file.path.as_str(), file.sha256)).collect()
    }
}

#[cfg(test)]
mod tests;
