//! IDX, the format of MNIST: two zero bytes, an element type, the number of dimensions, each dimension as a big-endian
//! 32-bit integer, then the elements, last dimension fastest. Images and labels are unsigned bytes (type 8).

use std::path::Path;

use super::error::{FormatError, Position, ReadError};
use super::source::{Limits, read_all};

const UNSIGNED_BYTE: u8 = 8;
const GET_AGAIN: &str = "fetch the file again, or check that it is an uncompressed or gzip IDX file";

/// Grey images of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Number of images.
    pub count: usize,
    /// Pixel rows of an image.
    pub rows: usize,
    /// Pixel columns of an image.
    pub cols: usize,
    /// Intensities 0..=255: image by image, row by row.
    pub pixels: Vec<u8>,
}

impl Images {
    /// The pixels of image `index`, row by row; `None` beyond the last.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let size = self.rows * self.cols;
        if index < self.count { self.pixels.get(index * size..(index + 1) * size) } else { None }
    }
}

/// The images in the file at `path`, which may be gzip.
pub fn read_images(path: &Path) -> Result<Images, ReadError> {
    parse_images(read_all(path, Limits::default())?).map_err(|error| error.in_file(path))
}

/// The labels in the file at `path`, which may be gzip.
pub fn read_labels(path: &Path) -> Result<Vec<u8>, ReadError> {
    parse_labels(read_all(path, Limits::default())?).map_err(|error| error.in_file(path))
}

/// The images in the uncompressed content of a file.
pub fn parse_images(bytes: Vec<u8>) -> Result<Images, FormatError> {
    let ([count, rows, cols], pixels) = parse::<3>(bytes, "images")?;
    Ok(Images { count, rows, cols, pixels })
}

/// The labels in the uncompressed content of a file.
pub fn parse_labels(bytes: Vec<u8>) -> Result<Vec<u8>, FormatError> {
    Ok(parse::<1>(bytes, "labels")?.1)
}

fn parse<const DIMENSIONS: usize>(
    mut bytes: Vec<u8>,
    what: &str,
) -> Result<([usize; DIMENSIONS], Vec<u8>), FormatError> {
    let header = 4 + 4 * DIMENSIONS;
    let fault = |at, expected: String, found: String| {
        FormatError::new(Position::Byte(at), expected, found, GET_AGAIN)
    };
    if bytes.len() < 4 {
        return Err(fault(
            bytes.len() as u64,
            "the four bytes an IDX file begins with".into(),
            "end of file".into(),
        ));
    }
    if bytes[..2] != [0, 0] {
        return Err(fault(0, "two zero bytes".into(), format!("{:02x} {:02x}", bytes[0], bytes[1])));
    }
    if bytes[2] != UNSIGNED_BYTE {
        return Err(fault(2, "element type 8 (unsigned byte)".into(), format!("type {}", bytes[2])));
    }
    if usize::from(bytes[3]) != DIMENSIONS {
        return Err(fault(
            3,
            format!("{DIMENSIONS} dimension(s), as a file of {what} has"),
            bytes[3].to_string(),
        ));
    }
    if bytes.len() < header {
        return Err(fault(bytes.len() as u64, format!("a header of {header} bytes"), "end of file".into()));
    }
    let mut shape = [0; DIMENSIONS];
    for (size, field) in shape.iter_mut().zip(bytes[4..header].chunks_exact(4)) {
        *size = u32::from_be_bytes([field[0], field[1], field[2], field[3]]) as usize;
    }
    let length = shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .and_then(|product| product.checked_add(header));
    let Some(length) = length else {
        return Err(fault(4, "a size that fits into memory".into(), format!("shape {shape:?}")));
    };
    if bytes.len() != length {
        return Err(fault(
            bytes.len().min(length) as u64,
            format!("{length} bytes for shape {shape:?}"),
            format!("{} bytes", bytes.len()),
        ));
    }
    bytes.drain(..header);
    Ok((shape, bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn images_file(count: u32, rows: u32, cols: u32, pixels: &[u8]) -> Vec<u8> {
        let sizes = [count, rows, cols].map(u32::to_be_bytes).concat();
        [&[0, 0, 8, 3], &sizes[..], pixels].concat()
    }

    #[test]
    fn images_and_labels() {
        let images = parse_images(images_file(2, 1, 3, &[1, 2, 3, 4, 5, 6])).unwrap();
        assert_eq!((images.count, images.rows, images.cols), (2, 1, 3));
        assert_eq!(images.image(0), Some(&[1, 2, 3][..]));
        assert_eq!(images.image(1), Some(&[4, 5, 6][..]));
        assert_eq!(images.image(2), None);
        assert_eq!(parse_labels(vec![0, 0, 8, 1, 0, 0, 0, 2, 7, 9]).unwrap(), [7, 9]);
    }

    #[test]
    fn faults_say_where_and_what() {
        let text = |bytes: &[u8]| parse_images(bytes.to_vec()).unwrap_err().to_string();
        assert!(text(b"<html>").starts_with("byte 0: expected two zero bytes, found 3c 68; "));
        assert!(
            text(&[0, 0, 13, 3]).contains("byte 2: expected element type 8 (unsigned byte), found type 13")
        );
        assert!(text(&[0, 0, 8, 1, 0, 0, 0, 0]).contains("3 dimension(s), as a file of images has, found 1"));
        assert!(
            text(&images_file(2, 2, 2, &[0; 7]))
                .contains("byte 23: expected 24 bytes for shape [2, 2, 2], found 23")
        );
        assert!(text(&images_file(2, 2, 2, &[0; 9])).contains("byte 24: "), "bytes left over are a fault");
        assert!(text(&images_file(u32::MAX, u32::MAX, u32::MAX, &[])).contains("fits into memory"));
    }

    #[test]
    fn a_file_is_read_by_its_path_compressed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("i");
        std::fs::write(&plain, images_file(1, 1, 2, &[8, 9])).unwrap();
        let zipped = folder.path().join("i.gz");
        let mut encoder = flate2::write::GzEncoder::new(
            std::fs::File::create(&zipped).unwrap(),
            flate2::Compression::fast(),
        );
        std::io::Write::write_all(&mut encoder, &images_file(1, 1, 2, &[8, 9])).unwrap();
        encoder.finish().unwrap();
        assert_eq!(read_images(&plain).unwrap(), read_images(&zipped).unwrap());
        let error = read_labels(&plain).unwrap_err().to_string();
        assert!(error.contains(&plain.display().to_string()) && error.contains("labels"), "{error}");
        assert!(
            read_images(&folder.path().join("absent"))
                .unwrap_err()
                .to_string()
                .contains("check that it exists")
        );
    }

    proptest! {
        #[test]
        fn round_trip_and_every_cut_is_refused(
            (rows, cols, pixels) in (0_u32..5, 0_u32..5).prop_flat_map(|(rows, cols)| {
                let pixels = proptest::collection::vec(any::<u8>(), (3 * rows * cols) as usize);
                (Just(rows), Just(cols), pixels)
            }),
            cut: proptest::sample::Index,
        ) {
            let file = images_file(3, rows, cols, &pixels);
            let images = parse_images(file.clone()).unwrap();
            prop_assert_eq!((images.rows, images.cols), (rows as usize, cols as usize));
            prop_assert_eq!(&images.pixels, &pixels);
            prop_assert!(parse_images(file[..cut.index(file.len())].to_vec()).is_err());
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse_images(bytes.clone());
            let _ = parse_images([&[0, 0, 8, 3], &bytes[..]].concat());
            let _ = parse_labels(bytes);
        }
    }
}
