//! What an archive may make of itself: a small file can unpack to more than any disk or memory holds.

use std::io::{self, Read};

/// Most members of an archive.
pub(super) const MEMBERS: usize = 100_000;
/// Most bytes of a member's name.
pub(super) const NAME: u64 = 64 << 10;
/// Most names that are remembered for a message.
pub(super) const REMEMBERED: usize = 1_000;

/// Most bytes that an archive of this size may unpack to. What is wanted of an archive is limited by its own size besides; this
/// is for what has to be read to get there.
pub(super) fn unpacked(archive: u64) -> u64 {
    const AT_LEAST: u64 = 256 << 20;
    const RATIO: u64 = 200;
    archive.saturating_mul(RATIO).max(AT_LEAST)
}

/// A stream that fails when it has given more than it may.
pub(super) struct Limited<R> {
    inner: R,
    most: u64,
    given: u64,
}

impl<R> Limited<R> {
    pub(super) fn new(inner: R, most: u64) -> Self {
        Self { inner, most, given: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.given += read as u64;
        if self.given > self.most {
            return Err(io::Error::other(format!("it unpacks to more than {} bytes", self.most)));
        }
        Ok(read)
    }
}

/// Everything that is left of a stream that holds a name.
pub(super) fn name(stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(NAME + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > NAME {
        return Err(io::Error::other(format!("a name in it has more than {NAME} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_gives_what_it_may_and_no_more() {
        let mut out = Vec::new();
        assert_eq!(Limited::new(&[7; 10][..], 10).read_to_end(&mut out).unwrap(), 10);
        let error = Limited::new(io::repeat(0), 1 << 20).read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
    }

    #[test]
    fn names_are_short() {
        assert_eq!(name(&b"a/b"[..]).unwrap(), b"a/b");
        assert!(name(io::repeat(b'a')).is_err());
    }

    #[test]
    fn small_archives_may_hold_something_and_large_ones_in_proportion() {
        assert_eq!((unpacked(0), unpacked(10 << 20)), (256 << 20, 2_000 << 20));
        assert_eq!(unpacked(u64::MAX), u64::MAX);
    }
}
