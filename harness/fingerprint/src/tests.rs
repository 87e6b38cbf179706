//! Fingerprints of a workspace made for the purpose, changed in one way at a time.

use std::fs;

use super::*;

const LOCK: &str = r#"version = 4

[[package]]
name = "outside"
version = "1.0.0"
source = "registry+https://registry.example/index"
checksum = "0000000000000000000000000000000000000000000000000000000000000001"
dependencies = ["deep"]

[[package]]
name = "deep"
version = "1.0.0"
source = "registry+https://registry.example/index"
checksum = "0000000000000000000000000000000000000000000000000000000000000002"

[[package]]
name = "testing"
version = "1.0.0"
source = "registry+https://registry.example/index"
checksum = "0000000000000000000000000000000000000000000000000000000000000003"

[[package]]
name = "unrelated"
version = "1.0.0"
source = "registry+https://registry.example/index"
checksum = "0000000000000000000000000000000000000000000000000000000000000004"

[[package]]
name = "suite"
version = "0.1.0"
dependencies = ["library", "outside", "testing"]

[[package]]
name = "library"
version = "0.1.0"
dependencies = ["testing"]
"#;

/// A workspace in which `suite` depends on `library` and, by another name, on `outside`.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        workspace.write("Cargo.lock", LOCK);
        workspace.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"a/suite\", \"library\"]\n[workspace.dependencies]\nalias = { package = \"outside\", version = \"1\" }\n",
        );
        workspace.write(
            "a/suite/Cargo.toml",
            "[package]\nname = \"suite\"\n[dependencies]\nlibrary = {}\nalias.workspace = true\n[dev-dependencies]\ntesting = \"1\"\n",
        );
        workspace.write(
            "library/Cargo.toml",
            "[package]\nname = \"library\"\n[dev-dependencies]\ntesting = \"1\"\n",
        );
        workspace.write("a/suite/src/lib.rs", "fn f() {}\n");
        workspace.write("library/src/lib.rs", "fn g() {}\n");
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn digest(&self) -> String {
        of_crate(&self.0.path().join("a/suite"), "suite", &["src"], "rustc 1").unwrap().digest
    }

    /// Whether replacing text in a file changes the fingerprint.
    fn notices(&self, path: &str, from: &str, to: &str) -> bool {
        let before = self.digest();
        let text = fs::read_to_string(self.0.path().join(path)).unwrap();
        assert!(text.contains(from), "{path} contains {from}");
        self.write(path, &text.replace(from, to));
        self.digest() != before
    }
}

#[test]
fn it_is_the_same_wherever_the_workspace_lies() {
    assert_eq!(Workspace::new().digest(), Workspace::new().digest());
}

#[test]
fn sources_of_the_crate_and_of_what_it_depends_on_count() {
    let workspace = Workspace::new();
    assert!(workspace.notices("a/suite/src/lib.rs", "f()", "h()"));
    assert!(workspace.notices("library/src/lib.rs", "g()", "h()"));
    let before = workspace.digest();
    workspace.write("a/suite/src/new.rs", "");
    assert_ne!(workspace.digest(), before, "a new file");
    let before = workspace.digest();
    workspace.write("a/suite/src/.new.rs.swp", "");
    workspace.write("a/suite/tests/it.rs", "");
    assert_eq!(workspace.digest(), before, "an editor's file and a test");
}

#[test]
fn moving_text_from_one_file_to_the_next_counts() {
    let (one, other) = (Workspace::new(), Workspace::new());
    one.write("a/suite/src/m.rs", "ab");
    one.write("a/suite/src/n.rs", "c");
    other.write("a/suite/src/m.rs", "a");
    other.write("a/suite/src/n.rs", "bc");
    assert_ne!(one.digest(), other.digest());
}

#[test]
fn only_its_own_dependencies_count_and_none_for_development() {
    let workspace = Workspace::new();
    for (checksum, counts) in [(1, true), (2, true), (3, false), (4, false)] {
        let noticed =
            workspace.notices("Cargo.lock", &format!("000{checksum}\""), &format!("00a{checksum}\""));
        assert_eq!(noticed, counts, "checksum {checksum}");
    }
    // Once `testing` is a dependency proper, it counts.
    workspace.write("library/Cargo.toml", "[package]\nname = \"library\"\n[dependencies]\ntesting = \"1\"\n");
    assert!(workspace.notices("Cargo.lock", "00a3\"", "00b3\""));
}

#[test]
fn the_compiler_and_its_settings_count() {
    let workspace = Workspace::new();
    let with =
        |build| of_crate(&workspace.0.path().join("a/suite"), "suite", &["src"], build).unwrap().digest;
    assert_ne!(with("rustc 1, opt 0"), with("rustc 1, opt 3"));
}

#[test]
fn cargo_watches_every_place_that_counts() {
    let workspace = Workspace::new();
    let root = workspace.0.path();
    let watched = of_crate(&root.join("a/suite"), "suite", &["src"], "").unwrap().watched;
    let expected = [
        "Cargo.lock",
        "Cargo.toml",
        "a/suite/Cargo.toml",
        "a/suite/src",
        "library/Cargo.toml",
        "library/src",
    ];
    assert_eq!(watched, expected.map(|path| root.join(path)));
}

#[test]
fn a_missing_source_or_crate_is_an_error_that_says_where() {
    let workspace = Workspace::new();
    let suite = workspace.0.path().join("a/suite");
    let error =
        |name, dirs: &[&str]| of_crate(&suite, name, dirs, "").map(|f| f.digest).unwrap_err().to_string();
    assert!(error("suite", &["kernels"]).contains("a/suite/kernels"));
    assert!(error("swuite", &["src"]).contains("does not list `swuite`"));
}
