//! What a process prints, kept up to a cap.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Bytes kept from the start.
const HEAD: usize = 1 << 20;
/// Bytes kept from the end.
const TAIL: usize = 8 << 10;

/// The first MiB and the last 8 KiB of a stream.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Capture {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let recent = &bytes[bytes.len().saturating_sub(TAIL)..];
        let excess = (self.tail.len() + recent.len()).saturating_sub(TAIL);
        self.tail.drain(..excess);
        self.tail.extend(recent);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The end of the stream as text: at most 8 KiB, what is not UTF-8 replaced by U+FFFD.
    pub(crate) fn tail_text(&self) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        // A character that the cut fell into is left out.
        let cut = self.total > TAIL as u64;
        let start = bytes.iter().take(3).take_while(|b| cut && (**b & 0xC0) == 0x80).count();
        let text = String::from_utf8_lossy(&bytes[start..]);
        // Replacement characters are longer than the bytes they stand for.
        let mut from = text.len().saturating_sub(TAIL);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        text[from..].to_owned()
    }

    /// Writes what was kept, with a line that says how much was dropped.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(&self.head)?;
        let beyond = self.total - self.head.len() as u64;
        let kept = (self.tail.len() as u64).min(beyond) as usize;
        let dropped = beyond - kept as u64;
        if dropped > 0 {
            write!(file, "\n[… {dropped} bytes dropped …]\n")?;
        }
        let tail: Vec<u8> = self.tail.iter().skip(self.tail.len() - kept).copied().collect();
        file.write_all(&tail)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(chunks: &[&[u8]]) -> Capture {
        let mut capture = Capture::default();
        for chunk in chunks {
            capture.push(chunk);
        }
        capture
    }

    fn written(capture: &Capture) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        capture.write(&path).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn short_output_is_kept_whole() {
        let capture = captured(&[b"one\n", b"two\n"]);
        assert_eq!(written(&capture), b"one\ntwo\n");
        assert_eq!(capture.tail_text(), "one\ntwo\n");
    }

    #[test]
    fn output_between_head_and_tail_is_dropped_and_counted() {
        let capture = captured(&[&vec![b'a'; HEAD], &[b'b'; 1000], &[b'c'; TAIL]]);
        let log = written(&capture);
        let text = String::from_utf8(log).unwrap();
        assert!(text.contains("a\n[… 1000 bytes dropped …]\nc"));
        assert_eq!(text.matches('c').count(), TAIL);
    }

    #[test]
    fn bytes_that_are_not_text_are_replaced_and_the_cap_holds() {
        assert_eq!(captured(&[b"x\xFF\xFEy"]).tail_text(), "x\u{FFFD}\u{FFFD}y");
        assert!(captured(&[&[0xFF; 2 * TAIL]]).tail_text().len() <= TAIL);
    }

    #[test]
    fn a_character_cut_in_two_is_left_out() {
        let text = "ü".repeat(TAIL);
        let tail = captured(&[&text.as_bytes()[1..]]).tail_text();
        assert!(tail.chars().all(|c| c == 'ü'), "{}", &tail[..8]);
    }

    proptest! {
        #[test]
        fn however_it_arrives_it_is_the_same(bytes in prop::collection::vec(any::<u8>(), 0..30_000), at in any::<prop::sample::Index>()) {
            let cut = at.index(bytes.len() + 1);
            let (whole, halves) = (captured(&[&bytes]), captured(&[&bytes[..cut], &bytes[cut..]]));
            prop_assert_eq!(whole.tail_text(), halves.tail_text());
            prop_assert_eq!(written(&whole), bytes);
        }
    }
}
