//! Files as streams of uncompressed bytes, with a limit on how far they may unpack.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::error::ReadError;

/// How much a reader may unpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that may come out of decompression, over the whole file.
    pub unpacked_bytes: u64,
}

impl Default for Limits {
    /// 8 GiB: a dense matrix of 32 768 rows and columns in double precision.
    fn default() -> Self {
        Self { unpacked_bytes: 8 << 30 }
    }
}

/// The first bytes of a gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The content of the file at `path`, decompressed if it is gzip. Reading past the limit is an error of kind
/// [`io::ErrorKind::FileTooLarge`].
pub fn open(path: &Path, limits: Limits) -> io::Result<Box<dyn Read>> {
    decompressed(BufReader::new(File::open(path)?), limits)
}

/// The content of `reader`, decompressed if it is gzip.
pub(crate) fn decompressed<R: Read + 'static>(mut reader: R, limits: Limits) -> io::Result<Box<dyn Read>> {
    let mut head = Vec::with_capacity(GZIP_MAGIC.len());
    reader.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut head)?;
    let is_gzip = head == GZIP_MAGIC;
    let whole = Cursor::new(head).chain(reader);
    if is_gzip {
        Ok(Box::new(Limited::new(MultiGzDecoder::new(whole), limits.unpacked_bytes, limits.unpacked_bytes)))
    } else {
        Ok(Box::new(whole))
    }
}

/// The whole content of the file at `path`, decompressed if it is gzip.
pub(crate) fn read_all(path: &Path, limits: Limits) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    open(path, limits).and_then(|mut reader| reader.read_to_end(&mut bytes)).map_err(ReadError::io(path))?;
    Ok(bytes)
}

/// A reader that fails once it has given more than `left` bytes.
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
    /// What the error names: the limit of which `left` is left.
    limit: u64,
}

impl<R> Limited<R> {
    pub(crate) fn new(inner: R, left: u64, limit: u64) -> Self {
        Self { inner, left, limit }
    }

    /// How many more bytes it may give.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => return Err(too_large(self.limit)),
        }
        Ok(n)
    }
}

pub(crate) fn too_large(limit: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!(
            "it unpacks to more than the {limit} bytes allowed; unpack it yourself if it is really that large"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(bytes: Vec<u8>, limit: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decompressed(Cursor::new(bytes), Limits { unpacked_bytes: limit })?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn plain_and_gzip_are_told_apart() {
        for plain in [&b""[..], b"\x1f", b"a", b"abc"] {
            assert_eq!(unpack(plain.to_vec(), 10).unwrap(), plain);
            assert_eq!(unpack(gzip(plain), 10).unwrap(), plain);
        }
        let two_members = [gzip(b"ab"), gzip(b"cd")].concat();
        assert_eq!(unpack(two_members, 10).unwrap(), b"abcd");
    }

    #[test]
    fn a_bomb_stops_at_the_limit_and_the_exact_length_passes() {
        let zeros = vec![0; 1_000_000];
        assert_eq!(unpack(gzip(&zeros), 1_000_000).unwrap(), zeros);
        assert_eq!(unpack(gzip(&zeros), 999_999).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_cut_gzip_is_an_error() {
        let whole = gzip(b"some text that is compressed");
        for length in 2..whole.len() {
            assert!(unpack(whole[..length].to_vec(), 1000).is_err(), "{length}");
        }
    }
}
