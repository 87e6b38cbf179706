//! npz, numpy's format for named arrays: a ZIP archive with one npy file per array, plain or deflated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::error::{FormatError, Position, ReadError, WriteError};
use super::npy::{self, Array};
use super::source::{Limited, Limits};
use crate::catalogue::{nearest, suggestion};
use crate::placing::write_atomically;

const SAVE_AGAIN: &str = "write the file again with numpy.savez";
const SUFFIX: &str = ".npy";

/// An open npz file; arrays are read when asked for.
pub struct NpzFile<R: Read + Seek = BufReader<File>> {
    /// Where it came from, for errors.
    path: PathBuf,
    archive: ZipArchive<R>,
    /// Array names with the member's index, sorted by name.
    members: BTreeMap<String, usize>,
    left: u64,
    limits: Limits,
}

/// How the arrays of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As they are: what `numpy.savez` does.
    Stored,
    /// Deflated: what `numpy.savez_compressed` does.
    Deflated,
}

/// All arrays in the file at `path`, by name.
pub fn read(path: &Path) -> Result<BTreeMap<String, Array>, ReadError> {
    let mut file = NpzFile::open(path)?;
    let names: Vec<_> = file.names().map(str::to_owned).collect();
    names
        .into_iter()
        .map(|name| {
            let array = file.array(&name)?;
            Ok((name, array))
        })
        .collect()
}

/// Writes named arrays to the file at `path`, through a temporary file beside it. The same arrays give the same bytes.
pub fn write(path: &Path, arrays: &[(&str, &Array)], compression: Compression) -> Result<(), WriteError> {
    let content = |message: String| WriteError::Content { path: path.to_owned(), message };
    for (index, (name, _)) in arrays.iter().enumerate() {
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Err(content(format!(
                "`{}` is no name of an array; use letters and digits",
                name.escape_debug()
            )));
        }
        if arrays[..index].iter().any(|(other, _)| other == name) {
            return Err(content(format!("two arrays are called `{name}`; give each its own name")));
        }
    }
    write_atomically(path, |file| encode(arrays, compression, file))
        .map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

fn encode<W: io::Write + Seek>(
    arrays: &[(&str, &Array)],
    compression: Compression,
    writer: W,
) -> io::Result<()> {
    let mut archive = ZipWriter::new(writer);
    for (name, array) in arrays {
        let method = match compression {
            Compression::Stored => CompressionMethod::Stored,
            Compression::Deflated => CompressionMethod::Deflated,
        };
        // Eight bytes are the widest element; sizes near 4 GiB need the 64-bit fields of ZIP.
        let large = array.data().len() as u64 * 8 + 4096 >= u64::from(u32::MAX);
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::DEFAULT)
            .large_file(large);
        archive.start_file(format!("{name}{SUFFIX}"), options)?;
        npy::encode(array, &mut archive)?;
    }
    archive.finish()?;
    Ok(())
}

impl NpzFile {
    /// Opens the file at `path` with the default limits.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::open_limited(path, Limits::default())
    }

    /// Opens the file at `path`; all arrays read from it together may unpack to what `limits` allow.
    pub fn open_limited(path: &Path, limits: Limits) -> Result<Self, ReadError> {
        let file = File::open(path).map_err(ReadError::io(path))?;
        Self::new(BufReader::new(file), path, limits)
    }
}

impl<R: Read + Seek> NpzFile<R> {
    /// The archive that `reader` gives; `path` names it in errors.
    pub fn new(reader: R, path: &Path, limits: Limits) -> Result<Self, ReadError> {
        let archive = ZipArchive::new(reader).map_err(|error| zip_error(path, Position::Whole, error))?;
        let members = archive
            .file_names()
            .enumerate()
            .filter_map(|(index, member)| Some((member.ok()?.strip_suffix(SUFFIX)?.to_owned(), index)))
            .collect();
        Ok(Self { path: path.to_owned(), archive, members, left: limits.unpacked_bytes, limits })
    }

    /// Names of the arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// Whether there is an array called `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The array called `name`.
    pub fn array(&mut self, name: &str) -> Result<Array, ReadError> {
        let Some(&index) = self.members.get(name) else {
            return Err(self.missing(name));
        };
        let at = || Position::Array { name: name.to_owned(), at: Box::new(Position::Whole) };
        let member = self.archive.by_index(index).map_err(|error| zip_error(&self.path, at(), error))?;
        let mut reader = Limited::new(member, self.left, self.limits.unpacked_bytes);
        let array = npy::parse(&mut reader);
        self.left = reader.left();
        match array {
            Ok(Ok(array)) => Ok(array),
            Ok(Err(error)) => Err(error.in_array(name).in_file(&self.path)),
            // Damage shows as an error of the decompressor or of its checksum.
            Err(error) if matches!(error.kind(), io::ErrorKind::FileTooLarge) => {
                Err(ReadError::io(&self.path)(error))
            }
            Err(error) => Err(FormatError::new(at(), "an undamaged member", error.to_string(), SAVE_AGAIN)
                .in_file(&self.path)),
        }
    }

    fn missing(&self, name: &str) -> ReadError {
        let known: Vec<_> = self.names().map(str::to_owned).collect();
        FormatError::new(
            Position::Whole,
            format!("an array called `{name}`"),
            if known.is_empty() {
                "no arrays".to_owned()
            } else {
                format!("none; {}", suggestion(nearest(name, self.names()), &known))
            },
            "save it under this name: numpy.savez(path, NAME=array)",
        )
        .in_file(&self.path)
    }
}

fn zip_error(path: &Path, at: Position, error: ZipError) -> ReadError {
    match error {
        ZipError::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => ReadError::io(path)(source),
        error => {
            FormatError::new(at, "an npz file (a ZIP archive of npy files)", error.to_string(), SAVE_AGAIN)
                .in_file(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;

    use super::*;

    fn doubles(values: &[f64]) -> Array {
        Array::new([values.len()], values.to_vec()).unwrap()
    }

    fn bytes_of(arrays: &[(&str, &Array)], compression: Compression) -> Vec<u8> {
        let mut cursor = Cursor::new(Vec::new());
        encode(arrays, compression, &mut cursor).unwrap();
        cursor.into_inner()
    }

    fn opened(bytes: &[u8], limit: u64) -> Result<NpzFile<Cursor<&[u8]>>, ReadError> {
        NpzFile::new(Cursor::new(bytes), Path::new("a.npz"), Limits { unpacked_bytes: limit })
    }

    #[test]
    fn a_file_comes_back_and_the_same_arrays_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let (c, r) = (Array::new([2, 2], vec![1_i64, 2, 3, 4]).unwrap(), doubles(&[0.25, 0.75]));
        for compression in [Compression::Stored, Compression::Deflated] {
            write(&path, &[("C", &c), ("r", &r)], compression).unwrap();
            let first = std::fs::read(&path).unwrap();
            let arrays = read(&path).unwrap();
            assert_eq!(arrays, BTreeMap::from([("C".to_owned(), c.clone()), ("r".to_owned(), r.clone())]));
            write(&path, &[("C", &c), ("r", &r)], compression).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), first);
        }
    }

    #[test]
    fn names_that_cannot_be_stored_are_refused() {
        let path = Path::new("never-written.npz");
        let a = doubles(&[1.0]);
        for arrays in [vec![("", &a)], vec![("../a", &a)], vec![("a", &a), ("a", &a)]] {
            assert!(matches!(write(path, &arrays, Compression::Stored), Err(WriteError::Content { .. })));
        }
        let nowhere =
            write(Path::new("/no/such/folder/a.npz"), &[("a", &a)], Compression::Stored).unwrap_err();
        assert!(nowhere.to_string().contains("check that its folder exists"), "{nowhere}");
    }

    #[test]
    fn what_is_no_archive_is_told() {
        let message = |bytes: &[u8]| opened(bytes, 100).err().unwrap().to_string();
        assert!(message(b"").contains("a.npz: whole file: expected an npz file"));
        assert!(message(b"\x93NUMPY\x01\x00").contains("expected an npz file"));
        let empty = bytes_of(&[], Compression::Stored);
        let error = opened(&empty, 100).unwrap().array("C").unwrap_err().to_string();
        assert!(error.contains("expected an array called `C`, found no arrays"), "{error}");
        assert!(
            NpzFile::open(Path::new("/no/such.npz"))
                .err()
                .unwrap()
                .to_string()
                .contains("check that it exists")
        );
    }

    #[test]
    fn a_bomb_stops_at_the_limit_which_all_arrays_share() {
        let zeros = Array::new([125_000], vec![0.0; 125_000]).unwrap();
        let bytes = bytes_of(&[("a", &zeros), ("b", &zeros)], Compression::Deflated);
        assert!(bytes.len() < 10_000);
        let mut file = opened(&bytes, 1_500_000).unwrap();
        assert_eq!(file.array("a").unwrap(), zeros);
        let error = file.array("b").unwrap_err().to_string();
        assert!(error.contains("more than the 1500000 bytes allowed"), "{error}");
        assert!(opened(&bytes, 2_000_256).unwrap().array("b").is_ok());
    }

    #[test]
    fn a_member_that_is_no_array_and_a_flipped_bit_are_told() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("a.npy", SimpleFileOptions::default()).unwrap();
        archive.write_all(b"not an array").unwrap();
        archive.start_file("readme.txt", SimpleFileOptions::default()).unwrap();
        let bytes = archive.finish().unwrap().into_inner();
        let mut file = opened(&bytes, 100).unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["a"]);
        let error = file.array("a").unwrap_err().to_string();
        assert!(error.contains("array `a`, byte 0: expected the magic of an npy file"), "{error}");

        let mut bytes = bytes_of(&[("a", &doubles(&[1.0, 2.0]))], Compression::Stored);
        let at = bytes.windows(8).position(|window| window == 2.0_f64.to_le_bytes()).unwrap();
        bytes[at] ^= 1;
        let error = opened(&bytes, 1000).unwrap().array("a").unwrap_err().to_string();
        assert!(error.contains("array `a`: expected an undamaged member"), "{error}");
    }

    proptest! {
        #[test]
        fn damage_never_panics(at: proptest::sample::Index, byte: u8, cut: proptest::sample::Index, deflated: bool) {
            let compression = if deflated { Compression::Deflated } else { Compression::Stored };
            let mut bytes = bytes_of(&[("a", &doubles(&[1.0, 2.0])), ("b", &doubles(&[3.0]))], compression);
            let cut_bytes = bytes[..cut.index(bytes.len())].to_vec();
            prop_assert!(opened(&cut_bytes, 1000).is_err());
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(mut file) = opened(&bytes, 1000) {
                let names: Vec<_> = file.names().map(str::to_owned).collect();
                for name in names {
                    let _ = file.array(&name);
                }
            }
        }
    }
}
