//! The catalogue: what each data set is, its licence and checksums, and which package carries it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::checksum::Sha256Sum;

/// The schema this reader understands.
const SCHEMA: u32 = 1;

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
        let faults = catalogue.faults();
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

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.schema != SCHEMA {
            faults.push(format!("schema is {}, this program reads schema {SCHEMA}", self.schema));
        }
        let mut names = BTreeSet::new();
        for dataset in &self.datasets {
            if !names.insert(&dataset.name) {
                faults.push(format!("data set `{}` is listed twice", dataset.name));
            }
            dataset.faults(&mut faults);
        }
        faults
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

    fn faults(&self, faults: &mut Vec<String>) {
        let name = &self.name;
        let mut check = |holds: bool, fault: String| {
            if !holds {
                faults.push(format!("data set `{name}`: {fault}"));
            }
        };
        check(
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "the name must be lower-case letters, digits and underscores".to_owned(),
        );
        check(
            is_plain_word(&self.version, ""),
            format!("version `{}` must be letters, digits, `.`, `_`, `-`", self.version),
        );
        for (field, text) in
            [("title", &self.title), ("licence", &self.licence), ("attribution", &self.attribution)]
        {
            check(!text.trim().is_empty(), format!("{field} is empty"));
        }
        check(!self.files.is_empty(), "it has no files".to_owned());
        let mut paths = BTreeSet::new();
        for file in &self.files {
            let path = &file.path;
            check(paths.insert(path), format!("file `{path}` is listed twice"));
            check(
                is_safe_relative(path),
                format!("file path `{path}` must be relative, without `.` and `..`"),
            );
            check(
                !path.split('/').any(|part| part.starts_with('.')),
                format!("file path `{path}` has a hidden part; those are kept for this program"),
            );
            check(file.bytes > 0, format!("file `{path}` has no bytes"));
            check(
                file.member.is_some() == self.package.is_some(),
                format!("file `{path}` needs `member` exactly if the data set has a `package`"),
            );
            if let Some(member) = &file.member {
                check(
                    is_safe_relative(member),
                    format!("member `{member}` must be relative, without `.` and `..`"),
                );
            }
        }
        if let Some(package) = &self.package {
            // Names go to a client as arguments: none may look like an option.
            check(is_plain_word(&package.name, "@/+"), format!("`{}` is no package name", package.name));
            check(
                is_plain_word(&package.version, "+~:"),
                format!("`{}` is no package version", package.version),
            );
            check(
                package.wheel.is_none() || package.registry == Registry::Pypi,
                "only a package of pypi has a `wheel`".to_owned(),
            );
            if let Some(wheel) = &package.wheel {
                check(is_plain_word(&wheel.python, ""), format!("`{}` is no Python version", wheel.python));
                check(is_plain_word(&wheel.platform, ""), format!("`{}` is no platform tag", wheel.platform));
            }
        } else {
            check(self.page.is_some(), "it needs a `package` or a `page`, or nobody can get it".to_owned());
        }
    }
}

/// Letters, digits, `.`, `_`, `-` and `more`, not beginning with a dot or a hyphen.
fn is_plain_word(text: &str, more: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c) || more.contains(c))
}

/// Whether joining `path` to a folder stays inside it.
fn is_safe_relative(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && !path.starts_with('/')
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        && path.split('/').all(|part| !part.is_empty() && part != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "schema: 1
datasets:
  - name: a
    version: '1'
    title: t
    licence: MIT
    attribution: somebody
    package: { registry: npm, name: p, version: 1.0.0, download_bytes: 5 }
    files:
      - { path: f, member: package/f, bytes: 3,
          sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad }
";

    fn fault(from: &str, to: &str) -> String {
        assert!(ENTRY.contains(from), "{from}");
        Catalogue::parse(&ENTRY.replace(from, to), "test.yaml").unwrap_err().to_string()
    }

    #[test]
    fn embedded_entries_are_well_formed_and_have_packages() {
        let catalogue = Catalogue::parse(include_str!("../catalogue.yaml"), "embedded").unwrap();
        assert_eq!(&catalogue, Catalogue::embedded());
        let names: Vec<_> = catalogue.datasets().iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["mnist", "fashion_mnist", "digits"]);
        for dataset in catalogue.datasets() {
            assert!(dataset.package.is_some() && dataset.page.is_some(), "{}", dataset.name);
            assert_eq!(dataset.sha256s().len(), dataset.files.len());
        }
    }

    #[test]
    fn idx_files_have_the_length_their_shape_asks_for() {
        for name in ["mnist", "fashion_mnist"] {
            let dataset = Catalogue::embedded().find(name).unwrap();
            for (part, count) in [("train", 60_000), ("t10k", 10_000)] {
                assert_eq!(
                    dataset.file(&format!("{part}-images-idx3-ubyte")).unwrap().bytes,
                    16 + count * 784
                );
                assert_eq!(dataset.file(&format!("{part}-labels-idx1-ubyte")).unwrap().bytes, 8 + count);
            }
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        let find = |name| Catalogue::embedded().find(name).unwrap_err();
        assert_eq!(find("fashion-mnist").nearest.as_deref(), Some("fashion_mnist"));
        assert_eq!(find("fashion").nearest.as_deref(), Some("fashion_mnist"));
        assert_eq!(find("MNIST").nearest.as_deref(), Some("mnist"));
        assert_eq!(find("mnits").to_string(), "no data set is called `mnits`; did you mean `mnist`?");
        assert_eq!(
            find("zebra").to_string(),
            "no data set is called `zebra`; known: mnist, fashion_mnist, digits"
        );
    }

    #[test]
    fn unknown_fields_and_wrong_types_are_refused_with_their_place() {
        let text = fault("licence: MIT", "licence: MIT\n    license: MIT");
        assert!(text.contains("test.yaml") && text.contains("license") && text.contains("line "), "{text}");
        assert!(fault("registry: npm", "registry: cpan").contains("cpan"));
        assert!(fault("ba7816", "xx7816").contains("64 hexadecimal digits"));
    }

    #[test]
    fn paths_and_names_that_could_do_harm_are_refused() {
        for path in ["../f", "/etc/passwd", "a/../../b", "a//b", "./f", ".verified", "a\\b"] {
            assert!(fault("path: f", &format!("path: '{path}'")).contains("path"), "{path}");
        }
        assert!(fault("member: package/f", "member: ../f").contains("member"));
        assert!(fault("name: p", "name: --registry").contains("package name"));
        assert!(fault("version: 1.0.0", "version: -x").contains("package version"));
        assert!(fault("name: a", "name: ../a").contains("underscores"));
        assert!(fault("version: '1'", "version: '..'").contains("version"));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let text = ENTRY
            .replace("schema: 1", "schema: 7")
            .replace("bytes: 3", "bytes: 0")
            .replace("title: t", "title: ''");
        let CatalogueError::Invalid { faults, .. } = Catalogue::parse(&text, "test.yaml").unwrap_err() else {
            panic!("expected faults");
        };
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
