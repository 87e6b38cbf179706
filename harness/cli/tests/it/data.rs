//! `data`: without a network.

use crate::site::Site;

#[test]
fn a_wrong_checksum_names_the_file_what_was_expected_and_what_was_found() {
    let site = Site::new();
    let catalogue = harness_datasets::Catalogue::embedded();
    let mnist = catalogue.find("mnist").unwrap();
    let folder = harness_datasets::DataDir::new(site.path().join("cache")).folder(mnist);
    std::fs::create_dir_all(&folder).unwrap();
    let file = &mnist.files[0];
    std::fs::write(folder.join(&file.path), b"not the data").unwrap();
    let output = site.harness("data verify mnist data=cache").exits(2);
    for part in [file.path.as_str(), "expected", "found", &file.sha256.to_string()] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
}

#[test]
fn the_list_says_what_is_absent_and_how_to_get_it() {
    let output = Site::new().harness("data list").exits(0);
    assert!(output.stdout.contains("mnist") && output.stdout.contains("absent"), "{}", output.stdout);
    assert!(output.stdout.contains("harness data fetch NAME"), "{}", output.stdout);
}

#[test]
fn fetching_asks_which() {
    let output = Site::new().harness("data fetch").exits(2);
    assert!(output.stderr.contains("which data set?"), "{}", output.stderr);
}
