//! The embedded catalogue, and what is refused.

use super::*;

const ENTRY: &str = "schema: 1
datasets:
  - name: a
    version: '1'
    title: t
    licence: MIT
    attribution: somebody
    package: { registry: npm, name: p, version: 1.0.0, download_bytes: 5 }
    files:
      - { path: f, member: package/f, bytes: 3,
          sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad }
";

fn fault(from: &str, to: &str) -> String {
    assert!(ENTRY.contains(from), "{from}");
    Catalogue::parse(&ENTRY.replace(from, to), "test.yaml").unwrap_err().to_string()
}

#[test]
fn embedded_entries_are_well_formed_and_have_packages() {
    let catalogue = Catalogue::parse(include_str!("../../catalogue.yaml"), "embedded").unwrap();
    assert_eq!(&catalogue, Catalogue::embedded());
    let names: Vec<_> = catalogue.datasets().iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["mnist", "fashion_mnist", "digits"]);
    for dataset in catalogue.datasets() {
        assert!(dataset.package.is_some() && dataset.page.is_some(), "{}", dataset.name);
        assert_eq!(dataset.sha256s().len(), dataset.files.len());
    }
}

#[test]
fn idx_files_have_the_length_their_shape_asks_for() {
    for name in ["mnist", "fashion_mnist"] {
        let dataset = Catalogue::embedded().find(name).unwrap();
        for (part, count) in [("train", 60_000), ("t10k", 10_000)] {
            assert_eq!(dataset.file(&format!("{part}-images-idx3-ubyte")).unwrap().bytes, 16 + count * 784);
            assert_eq!(dataset.file(&format!("{part}-labels-idx1-ubyte")).unwrap().bytes, 8 + count);
        }
    }
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let find = |name| Catalogue::embedded().find(name).unwrap_err();
    assert_eq!(find("fashion-mnist").nearest.as_deref(), Some("fashion_mnist"));
    assert_eq!(find("fashion").nearest.as_deref(), Some("fashion_mnist"));
    assert_eq!(find("MNIST").nearest.as_deref(), Some("mnist"));
    assert_eq!(find("mnits").to_string(), "no data set is called `mnits`; did you mean `mnist`?");
    assert_eq!(
        find("zebra").to_string(),
        "no data set is called `zebra`; known: mnist, fashion_mnist, digits"
    );
}

#[test]
fn unknown_fields_and_wrong_types_are_refused_with_their_place() {
    let text = fault("licence: MIT", "licence: MIT\n    license: MIT");
    assert!(text.contains("test.yaml") && text.contains("license") && text.contains("line "), "{text}");
    assert!(fault("registry: npm", "registry: cpan").contains("cpan"));
    assert!(fault("ba7816", "xx7816").contains("64 hexadecimal digits"));
}

#[test]
fn paths_and_names_that_could_do_harm_are_refused() {
    for path in ["../f", "/etc/passwd", "a/../../b", "a//b", "./f", ".verified", "a\\b"] {
        assert!(fault("path: f", &format!("path: '{path}'")).contains("path"), "{path}");
    }
    assert!(fault("member: package/f", "member: ../f").contains("member"));
    assert!(fault("name: p", "name: --registry").contains("package name"));
    assert!(fault("version: 1.0.0", "version: -x").contains("package version"));
    assert!(fault("name: a", "name: ../a").contains("underscores"));
    assert!(fault("version: '1'", "version: '..'").contains("version"));
}

#[test]
fn all_faults_are_told_at_once() {
    let text = ENTRY
        .replace("schema: 1", "schema: 7")
        .replace("bytes: 3", "bytes: 0")
        .replace("title: t", "title: ''");
    let CatalogueError::Invalid { faults, .. } = Catalogue::parse(&text, "test.yaml").unwrap_err() else {
        panic!("expected faults");
    };
    assert_eq!(faults.len(), 3, "{faults:?}");
}
