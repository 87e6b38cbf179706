//! The header of an npy file.
//!
//! Read by a small scanner of its own: the dictionary has three known keys, so that nothing of Python's syntax can nest,
//! and every fault has its byte.

use std::io::{self, Read};

use super::error::{FormatError, Position, excerpt};
use super::npy::Data;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Longer headers only occur for structured types, which are not read; numpy itself refuses more than 10 000 bytes.
const LONGEST: usize = 1 << 16;
const SAVE_AGAIN: &str = "write the array again with numpy.save or numpy.savez";
const CONVERT: &str = "convert the array with .astype('float64') before saving it";

/// What the header says.
pub(super) struct Header {
    pub(super) element: ElementType,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
    /// Position of the shape in the file.
    pub(super) shape_at: u64,
    /// Length of everything before the elements.
    pub(super) bytes: u64,
}

/// Element types that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementType {
    F64,
    F32,
    I64,
    F64Big,
    F32Big,
    I64Big,
    /// Integers that are widened.
    Narrow {
        bytes: usize,
        signed: bool,
        big: bool,
    },
}

impl ElementType {
    fn from_descr(descr: &str) -> Option<Self> {
        let (order, kind) = descr.split_at_checked(1)?;
        let big = match order {
            "<" | "|" => false,
            ">" => true,
            _ => return None,
        };
        Some(match kind {
            "f8" => {
                if big {
                    Self::F64Big
                } else {
                    Self::F64
                }
            }
            "f4" => {
                if big {
                    Self::F32Big
                } else {
                    Self::F32
                }
            }
            "i8" => {
                if big {
                    Self::I64Big
                } else {
                    Self::I64
                }
            }
            "i1" | "i2" | "i4" | "u1" | "u2" | "u4" => {
                let bytes = usize::from(kind.as_bytes()[1] - b'0');
                Self::Narrow { bytes, signed: kind.starts_with('i'), big }
            }
            _ => return None,
        })
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::F64Big | Self::I64Big => 8,
            Self::F32 | Self::F32Big => 4,
            Self::Narrow { bytes, .. } => bytes,
        }
    }

    /// The elements in `bytes`, whose length is a multiple of [`Self::bytes`].
    pub(super) fn decode(self, bytes: &[u8]) -> Data {
        fn each<T, const N: usize>(bytes: &[u8], from: impl Fn([u8; N]) -> T) -> Vec<T> {
            let (chunks, _) = bytes.as_chunks::<N>();
            chunks.iter().map(|&chunk| from(chunk)).collect()
        }
        match self {
            Self::F64 => Data::F64(each(bytes, f64::from_le_bytes)),
            Self::F64Big => Data::F64(each(bytes, f64::from_be_bytes)),
            Self::F32 => Data::F32(each(bytes, f32::from_le_bytes)),
            Self::F32Big => Data::F32(each(bytes, f32::from_be_bytes)),
            Self::I64 => Data::I64(each(bytes, i64::from_le_bytes)),
            Self::I64Big => Data::I64(each(bytes, i64::from_be_bytes)),
            Self::Narrow { bytes: width, signed, big } => {
                Data::I64(bytes.chunks_exact(width).map(|chunk| widen(chunk, signed, big)).collect())
            }
        }
    }
}

fn widen(chunk: &[u8], signed: bool, big: bool) -> i64 {
    let push = |value: i64, &byte: &u8| value << 8 | i64::from(byte);
    let value = if big { chunk.iter().fold(0, push) } else { chunk.iter().rev().fold(0, push) };
    let unused = 64 - 8 * chunk.len() as u32;
    if signed { value << unused >> unused } else { value }
}

impl Header {
    /// Reads the header; afterwards `reader` stands at the first element.
    pub(super) fn read(reader: &mut dyn Read) -> io::Result<Result<Self, FormatError>> {
        let mut start = Vec::new();
        reader.take(8).read_to_end(&mut start)?;
        let fault = |at: usize, expected: String, found: String| {
            Ok(Err(FormatError::new(Position::Byte(at as u64), expected, found, SAVE_AGAIN)))
        };
        if start.len() < 8 || !start.starts_with(MAGIC) {
            let found = if start.is_empty() { "an empty file".to_owned() } else { excerpt(&start) };
            return fault(0, "the magic of an npy file (93 NUMPY) and a version".into(), found);
        }
        let width = match start[6] {
            1 => 2,
            2 | 3 => 4,
            other => return fault(6, "format version 1, 2 or 3".into(), other.to_string()),
        };
        let mut length = Vec::new();
        reader.take(width).read_to_end(&mut length)?;
        if length.len() < width as usize {
            return fault(8 + length.len(), "the length of the header".into(), "end of file".into());
        }
        let length = length.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte));
        if length > LONGEST {
            return fault(8, format!("a header of at most {LONGEST} bytes"), format!("{length} bytes"));
        }
        let base = 8 + width as usize;
        let mut text = Vec::new();
        reader.take(length as u64).read_to_end(&mut text)?;
        if text.len() < length {
            return fault(base + text.len(), format!("a header of {length} bytes"), "end of file".into());
        }
        Ok(Scanner { text: &text, at: 0, base }.dictionary())
    }

    /// Everything before the elements, for an array in C order: padded so that they begin at a multiple of 64.
    pub(super) fn text_of(element: ElementType, shape: &[usize]) -> Vec<u8> {
        let descr = match element {
            ElementType::F64 => "<f8",
            ElementType::F32 => "<f4",
            _ => "<i8",
        };
        let lengths: Vec<_> = shape.iter().map(|length| format!("{length},")).collect();
        let mut tuple = lengths.join(" ");
        // Python writes (3,) for one dimension and (3, 4) for two.
        if shape.len() > 1 {
            tuple.pop();
        }
        let mut dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({tuple}), }}");
        let unpadded = MAGIC.len() + 4 + dictionary.len() + 1;
        dictionary.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
        dictionary.push('\n');
        // numpy knows at most 64 dimensions, which keeps the length far below the limit of version 1.
        let length = u16::try_from(dictionary.len()).unwrap_or(u16::MAX);
        [MAGIC, &[1, 0], &length.to_le_bytes(), dictionary.as_bytes()].concat()
    }
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }` in any order of keys.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// Position of `text` in the file.
    base: usize,
}

impl Scanner<'_> {
    fn dictionary(mut self) -> Result<Header, FormatError> {
        let (mut element, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while !self.accept(b'}') {
            self.skip_spaces();
            let key_at = self.at;
            let key = self.string("a key: 'descr', 'fortran_order' or 'shape'")?;
            self.expect(b':')?;
            self.skip_spaces();
            let value_at = self.at;
            let repeated = match key.as_str() {
                "descr" => element.replace(self.element()?).is_some(),
                "fortran_order" => fortran_order.replace(self.boolean()?).is_some(),
                "shape" => shape.replace((self.tuple()?, (self.base + value_at) as u64)).is_some(),
                _ => {
                    self.at = key_at;
                    return Err(self.fault("a key: 'descr', 'fortran_order' or 'shape'", SAVE_AGAIN));
                }
            };
            if repeated {
                self.at = key_at;
                return Err(self.fault("each key once", SAVE_AGAIN));
            }
            if !self.accept(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        self.skip_spaces();
        if self.at < self.text.len() {
            return Err(self.fault("nothing after the dictionary", SAVE_AGAIN));
        }
        let (Some(element), Some(fortran_order), Some((shape, shape_at))) = (element, fortran_order, shape)
        else {
            return Err(self.fault("the keys 'descr', 'fortran_order' and 'shape'", SAVE_AGAIN));
        };
        let bytes = (self.base + self.text.len()) as u64;
        Ok(Header { element, fortran_order, shape, shape_at, bytes })
    }

    fn element(&mut self) -> Result<ElementType, FormatError> {
        const EXPECTED: &str = "an element type among float64, float32, int64 and narrower integers";
        let at = self.at;
        if self.text.get(at) == Some(&b'[') {
            return Err(self.fault("a plain element type, no structured one", CONVERT));
        }
        let descr = self.string(EXPECTED)?;
        ElementType::from_descr(&descr).ok_or_else(|| {
            self.at = at;
            FormatError::new(self.position(), EXPECTED, format!("`{}`", descr.escape_debug()), CONVERT)
        })
    }

    fn boolean(&mut self) -> Result<bool, FormatError> {
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("True or False", SAVE_AGAIN))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, FormatError> {
        let mut lengths = Vec::new();
        self.expect(b'(')?;
        while !self.accept(b')') {
            self.skip_spaces();
            let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let length = std::str::from_utf8(&self.text[self.at..self.at + digits])
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| self.fault("the length of a dimension", SAVE_AGAIN))?;
            self.at += digits;
            lengths.push(length);
            if !self.accept(b',') {
                self.expect(b')')?;
                break;
            }
        }
        Ok(lengths)
    }

    fn string(&mut self, what: &str) -> Result<String, FormatError> {
        let rest = &self.text[self.at..];
        let quote = rest.first().copied().filter(|quote| matches!(quote, b'\'' | b'"'));
        let length = quote.and_then(|quote| rest[1..].iter().position(|&byte| byte == quote));
        let Some(length) = length else { return Err(self.fault(what, SAVE_AGAIN)) };
        self.at += length + 2;
        Ok(String::from_utf8_lossy(&rest[1..=length]).into_owned())
    }

    fn skip_spaces(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), FormatError> {
        if self.accept(byte) {
            Ok(())
        } else {
            Err(self.fault(&format!("`{}` in the header", char::from(byte)), SAVE_AGAIN))
        }
    }

    fn position(&self) -> Position {
        Position::Byte((self.base + self.at) as u64)
    }

    fn fault(&self, expected: &str, remedy: &'static str) -> FormatError {
        let rest = &self.text[self.at..];
        let found = if rest.is_empty() { "the end of the header".to_owned() } else { excerpt(rest) };
        FormatError::new(self.position(), expected, found, remedy)
    }
}
