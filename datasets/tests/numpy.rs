//! Agreement with numpy: files it wrote are read, and what is written here it reads.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness_datasets::readers::npy::{self, Array, Data};
use harness_datasets::readers::npz::{self, Compression, NpzFile};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn read(name: &str) -> Array {
    npy::read(&fixture(&format!("{name}.npy"))).unwrap()
}

fn f64s(shape: &[usize], data: impl IntoIterator<Item = f64>) -> Array {
    Array::new(shape, data.into_iter().collect::<Vec<_>>()).unwrap()
}

fn i64s(shape: &[usize], data: impl IntoIterator<Item = i64>) -> Array {
    Array::new(shape, data.into_iter().collect::<Vec<_>>()).unwrap()
}

#[test]
fn arrays_numpy_wrote() {
    let sevenths = f64s(&[2, 3], (0..6).map(|i| f64::from(i) / 7.0));
    assert_eq!(read("f8_c"), sevenths);
    assert_eq!(read("f8_fortran"), sevenths);
    assert_eq!(read("version_2"), sevenths);
    let eighths: Vec<f32> = (0..24).map(|i: u8| f32::from(i) / 8.0).collect();
    assert_eq!(read("f4_fortran_3d"), Array::new([2, 3, 4], eighths).unwrap());
    assert_eq!(read("i8_fortran_4d"), i64s(&[2, 1, 3, 2], -5..7));
    assert_eq!(read("f8_big_endian"), f64s(&[4], (0..4).map(|i| f64::from(i) / 3.0)));
    assert_eq!(read("i4_big_endian"), i64s(&[3], [-100_000, 0, 100_000]));
    assert_eq!(read("i1"), i64s(&[3], [-2, -1, 0]));
    assert_eq!(read("u1"), i64s(&[3], [253, 254, 255]));
    assert_eq!(read("u2"), i64s(&[2], [65534, 65535]));
    assert_eq!(read("u4"), i64s(&[2], [(1 << 32) - 2, (1 << 32) - 1]));
    assert_eq!(read("scalar"), f64s(&[], [2.5]));
    assert_eq!(read("empty"), f64s(&[0, 3], []));
    let special: Vec<_> = read("special").into_f64().into_iter().map(f64::to_bits).collect();
    let expected = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0, 5e-324].map(f64::to_bits);
    assert_eq!(special, expected);
}

#[test]
fn archives_numpy_wrote() {
    let mut stored = NpzFile::open(&fixture("stored.npz")).unwrap();
    assert_eq!(stored.names().collect::<Vec<_>>(), ["C", "k", "note", "r"]);
    assert_eq!(stored.array("C").unwrap(), read("f8_fortran"));
    assert_eq!(stored.array("r").unwrap(), f64s(&[2], [0.5, 0.5]));
    assert_eq!(stored.array("k").unwrap(), i64s(&[1], [3]));
    let error = stored.array("note").unwrap_err().to_string();
    assert!(error.contains("stored.npz: array `note`, byte ") && error.contains("`<U5`"), "{error}");
    let error = stored.array("c").unwrap_err().to_string();
    assert!(error.contains("expected an array called `c`, found none; did you mean `C`?"), "{error}");

    let deflated = npz::read(&fixture("deflated.npz")).unwrap();
    assert_eq!(deflated["C"], f64s(&[100, 100], vec![0.0; 10_000]));
    assert_eq!(deflated["r"], read("f4_fortran_3d"));
}

#[test]
fn element_types_that_are_not_read_are_named() {
    for (name, found) in
        [("complex", "`<c16`"), ("bool", "`|b1`"), ("object", "`|O`"), ("record", "plain element type")]
    {
        let error = npy::read(&fixture(&format!("refused_{name}.npy"))).unwrap_err().to_string();
        assert!(error.contains(found) && error.contains(".astype('float64')"), "{error}");
    }
}

fn samples() -> BTreeMap<&'static str, Array> {
    BTreeMap::from([
        ("C", f64s(&[3, 5], (0..15).map(|i| f64::from(i) / 3.0))),
        ("x", Array::new([2, 2, 2], (0..8_u8).map(f32::from).collect::<Vec<_>>()).unwrap()),
        ("k", i64s(&[4], [i64::MIN, -1, 0, i64::MAX])),
        ("scalar", f64s(&[], [0.1])),
        ("empty", f64s(&[3, 0, 2], [])),
        ("large", f64s(&[100, 70], (0..7000).map(|i| f64::from(i).sqrt()))),
    ])
}

#[test]
fn an_independent_reader_agrees_on_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, array) in samples() {
        let path = folder.path().join(format!("{name}.npy"));
        npy::write(&path, &array).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let other = npyz::NpyFile::new(&bytes[..]).unwrap();
        let shape: Vec<_> = other.shape().iter().map(|&length| length as usize).collect();
        assert_eq!((shape.as_slice(), other.order()), (array.shape(), npyz::Order::C));
        match array.data() {
            Data::F64(data) => assert_eq!(&other.into_vec::<f64>().unwrap(), data),
            Data::F32(data) => assert_eq!(&other.into_vec::<f32>().unwrap(), data),
            Data::I64(data) => assert_eq!(&other.into_vec::<i64>().unwrap(), data),
        }
    }
}

/// Whether `python3` (or the program in `PYTHON`) can import numpy.
fn python_with_numpy() -> Option<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let answer = Command::new(&python).args(["-c", "import numpy"]).output().ok()?;
    answer.status.success().then_some(python)
}

/// Fails unless the archives named hold [`samples`].
const CHECK: &str = r"
import sys, numpy as np
for path in sys.argv[1:]:
    a = np.load(path, allow_pickle=False)
    want = {'C': ((3, 5), 'float64'), 'x': ((2, 2, 2), 'float32'), 'k': ((4,), 'int64'), 'scalar': ((), 'float64'),
            'empty': ((3, 0, 2), 'float64'), 'large': ((100, 70), 'float64')}
    assert sorted(a.files) == sorted(want), a.files
    for name, (shape, dtype) in want.items():
        assert a[name].shape == shape and a[name].dtype == dtype, (name, a[name].shape, a[name].dtype)
    assert (a['C'] == np.arange(15).reshape(3, 5) / 3).all()
    assert (a['x'] == np.arange(8).reshape(2, 2, 2)).all()
    assert a['k'].tolist() == [-2**63, -1, 0, 2**63 - 1]
    assert a['scalar'] == 0.1
    assert (a['large'] == np.sqrt(np.arange(7000.0)).reshape(100, 70)).all()
";

#[test]
fn numpy_reads_what_is_written() {
    let Some(python) = python_with_numpy() else {
        // Past the capture of the test harness: a skipped test must not look like one that passed.
        let _ = writeln!(
            std::io::stderr(),
            "\nSKIPPED numpy_reads_what_is_written: no Python with numpy; name one in the variable PYTHON\n"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let samples = samples();
    let arrays: Vec<_> = samples.iter().map(|(name, array)| (*name, array)).collect();
    let mut check = Command::new(python);
    check.args(["-c", CHECK]);
    for (name, compression) in [("stored.npz", Compression::Stored), ("deflated.npz", Compression::Deflated)]
    {
        let path = folder.path().join(name);
        npz::write(&path, &arrays, compression).unwrap();
        check.arg(path);
    }
    let answer = check.output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
}
