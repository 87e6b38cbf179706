//! Round trips, faults and hostile headers; agreement with numpy is in tests/numpy.rs.

use proptest::prelude::*;

use super::*;

fn file(header: &str, elements: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), elements].concat()
}

fn message(bytes: &[u8]) -> String {
    from_bytes(bytes).unwrap_err().to_string()
}

#[test]
fn shapes_and_elements_must_agree() {
    assert!(Array::new([2, 3], vec![0.0; 6]).is_ok());
    let error = Array::new([2, 3], vec![0.0; 5]).unwrap_err().to_string();
    assert!(error.contains("[2, 3] needs 6 elements, found 5"), "{error}");
    assert!(Array::new([usize::MAX, 2], vec![0.0]).unwrap_err().to_string().contains("than memory holds"));
    assert!(Array::new([usize::MAX, 2, 0], Vec::<f64>::new()).is_ok());
    assert_eq!(Array::new([1], vec![7_i64]).unwrap().to_string(), "int64 [1]");
}

#[test]
fn any_order_of_keys_and_spacing() {
    let tight = file("{'shape':(2,),'descr':\"<f4\",'fortran_order':False}", &[0; 8]);
    assert_eq!(from_bytes(&tight).unwrap(), Array::new([2], vec![0.0_f32; 2]).unwrap());
    let wide = file("{ 'fortran_order' : True , 'shape' : ( 1 , 2 ) , 'descr' : '|u1' , }  \n", &[3, 4]);
    assert_eq!(from_bytes(&wide).unwrap(), Array::new([1, 2], vec![3_i64, 4]).unwrap());
}

#[test]
fn faults_say_byte_expected_and_found() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
    assert!(message(b"").contains("an empty file"));
    assert!(message(b"PK\x03\x04....").starts_with("byte 0: expected the magic of an npy file"));
    assert!(message(b"\x93NUMPY\x09\x00").contains("byte 6: expected format version 1, 2 or 3, found 9"));
    assert!(message(&file(header, &[0; 15])).contains("byte 82: expected 16 bytes of elements"));
    assert!(message(&file(header, &[0; 17])).contains("byte 83: expected end of file"));
    assert!(message(&file(&header.replace("<f8", "<f2"), &[])).contains("byte 20: "));
    assert!(message(&file(&header.replace("(2,)", "(-2,)"), &[])).contains("the length of a dimension"));
    assert!(message(&file(&header.replace("False", "false"), &[])).contains("True or False"));
    assert!(message(&file(&header.replace("'shape': (2,), ", ""), &[])).contains("the keys 'descr'"));
    assert!(message(&file(&header.replace("shape", "shade"), &[])).contains("found `'shade'"));
    assert!(
        message(&file(&header.replace("'shape'", "'descr': '<f8', 'shape'"), &[])).contains("each key once")
    );
    assert!(message(&file(&format!("{header}x"), &[])).contains("nothing after the dictionary"));
    assert!(message(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").contains("at most 65536 bytes"));
}

#[test]
fn a_promise_of_endless_data_takes_no_memory() {
    for shape in ["(1000000000000,)", "(4611686018427387904, 4611686018427387904)", "(2305843009213693952,)"]
    {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let text = message(&file(&header, &[0; 8]));
        assert!(text.contains("of elements") || text.contains("fit into memory"), "{text}");
    }
    let nested = "(".repeat(60_000);
    message(&file(&nested, &[]));
}

#[test]
fn elements_begin_at_a_multiple_of_64() {
    for dimensions in 0..64 {
        let array = Array::new(vec![1; dimensions], vec![0.5]).unwrap();
        let mut bytes = Vec::new();
        encode(&array, &mut bytes).unwrap();
        assert_eq!((bytes.len() - 8) % 64, 0);
        assert_eq!(from_bytes(&bytes).unwrap(), array);
    }
}

fn any_array() -> impl Strategy<Value = Array> {
    proptest::collection::vec(0_usize..5, 0..4).prop_flat_map(|shape| {
        let n = elements(&shape).unwrap();
        // Infinities are kept; a NaN would not equal itself.
        let doubles = proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::INFINITE;
        let singles = proptest::num::f32::NORMAL | proptest::num::f32::ZERO | proptest::num::f32::INFINITE;
        let data = prop_oneof![
            proptest::collection::vec(doubles, n).prop_map(Data::F64),
            proptest::collection::vec(singles, n).prop_map(Data::F32),
            proptest::collection::vec(any::<i64>(), n).prop_map(Data::I64),
        ];
        data.prop_map(move |data| Array::new(shape.clone(), data).unwrap())
    })
}

proptest! {
    #[test]
    fn round_trip_and_every_cut_is_refused(array in any_array(), cut: proptest::sample::Index) {
        let mut bytes = Vec::new();
        encode(&array, &mut bytes).unwrap();
        prop_assert_eq!(&from_bytes(&bytes).unwrap(), &array);
        prop_assert!(from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn fortran_order_is_undone(shape in proptest::collection::vec(0_usize..5, 0..5)) {
        // Element (i0, i1, …) holds i0 + 10 i1 + 100 i2 …, wherever it is stored.
        let n = elements(&shape).unwrap();
        let value = |mut flat: usize, axes: &mut dyn Iterator<Item = usize>| {
            let mut value = 0;
            for axis in axes {
                value += flat % shape[axis] * 10_usize.pow(axis as u32);
                flat /= shape[axis];
            }
            value as i64
        };
        let first_fastest: Vec<_> = (0..n).map(|flat| value(flat, &mut (0..shape.len()))).collect();
        let last_fastest: Vec<_> = (0..n).map(|flat| value(flat, &mut (0..shape.len()).rev())).collect();
        prop_assert_eq!(transpose(&shape, &first_fastest), last_fastest);
    }

    #[test]
    fn damaged_headers_never_panic(at: proptest::sample::Index, byte: u8, cut: proptest::sample::Index) {
        let mut bytes = file("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", &[1; 48]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = from_bytes(&bytes);
        let _ = from_bytes(&bytes[..cut.index(bytes.len())]);
    }
}
