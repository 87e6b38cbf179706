//! A results folder on a disk that is really full: a small tmpfs, in a mount namespace of its own.
//!
//! Each test starts itself again inside such a namespace. Where the system refuses that, it says so and passes.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use harness_store::Filter;

use crate::site::{Output, Site};

const INSIDE: &str = "HARNESS_TEST_INSIDE_MOUNT_NAMESPACE";

/// The flags of `unshare` that give a process mounts of its own.
fn unshare() -> Option<Command> {
    [&["--mount"][..], &["--map-root-user", "--mount"]].into_iter().find_map(|flags| {
        let with_flags = || {
            let mut command = Command::new("unshare");
            command.args(flags);
            command
        };
        let works = with_flags().args(["mount", "-t", "tmpfs", "none", "/mnt"]).output();
        works.is_ok_and(|output| output.status.success()).then(with_flags)
    })
}

/// Whether the caller runs in a namespace of its own. If not, the test `name` was run in one, or skipped.
fn is_inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let Some(mut command) = unshare() else {
        // Not `eprintln`, whose output is shown only if the test fails.
        let _ = writeln!(std::io::stderr(), "SKIPPED {name}: this system refuses mount namespaces");
        return false;
    };
    // The worker is built before, outside.
    drop(Site::new());
    let mut test = command.arg(std::env::current_exe().unwrap());
    test = test.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(INSIDE, "1");
    let output = test.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    false
}

/// A results folder with so much room.
struct SmallDisk {
    site: Site,
}

impl SmallDisk {
    fn new(bytes: u64) -> Self {
        let site = Site::with_selftest(SUITE, "schema: 1\nsuite: selftest\nclaims: []\n");
        let results = site.path().join("results");
        fs::create_dir(&results).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "none"]).arg(&results);
        assert!(mount.status().unwrap().success());
        Self { site }
    }

    /// The file that takes up room.
    fn ballast(&self) -> std::path::PathBuf {
        self.site.path().join("results/ballast")
    }

    fn run(&self) -> Output {
        self.site.harness("run selftest slots=2")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.site.path().join("results")).status();
    }
}

/// More cells than a batch, each of which keeps a journal and a request until the batch is stored.
const SUITE: &str = "
schema: 1
suite: selftest
default_profile: smoke
papers: []
problems:
  walk: {problem: noop, params: {rows: 10}}
solvers:
  quick: {solver: quick}
profiles:
  smoke:
    replicates: 100
    stop: {tol: 0.0, max_iter: 1000}
    limits: {hard_s: 60, grace_s: 1}
    runs: [{problems: [walk], solvers: [quick]}]
";
const CELLS: usize = 100;
const DISK: u64 = 8 << 20;

/// Fills a new disk but for `room` bytes.
fn disk_with_room(room: u64) -> SmallDisk {
    let disk = SmallDisk::new(DISK);
    fs::write(disk.ballast(), vec![1; (DISK - room) as usize]).unwrap();
    disk
}

/// What is there is whole, and the error says where, why, and what to do.
fn fails_well(disk: &SmallDisk, failed: &Output, room: u64) {
    let told = &failed.stderr;
    let last = told.lines().last().unwrap_or_default();
    assert_eq!(failed.code, 1, "{room} bytes: {told}");
    assert!(last.starts_with("error: ") && last.contains("No space left on device"), "{room} bytes: {told}");
    assert!(last.contains("results/selftest") || last.contains("results/env"), "{room} bytes: {told}");
    assert!(last.contains("free space") || last.contains("make room"), "{room} bytes: {told}");
    assert!(last.contains("run again") && last.contains("finished runs are kept"), "{room} bytes: {told}");
    disk.site.processes_end();
    let unfinished = |path: &Path| path.to_string_lossy().contains(".tmp-");
    let problems = disk.site.store().verify().unwrap().problems;
    let left: Vec<_> = problems.iter().filter(|p| !unfinished(&p.path)).collect();
    assert!(left.iter().all(|p| p.what.contains("the manifest does not list it")), "{room} bytes: {left:?}");
}

#[test]
fn a_full_disk_ends_the_campaign_with_what_to_do_and_it_goes_on_when_there_is_room() {
    if !is_inside(
        "disk_full::a_full_disk_ends_the_campaign_with_what_to_do_and_it_goes_on_when_there_is_room",
    ) {
        return;
    }
    let mut places = BTreeSet::new();
    // From no room for the first folder to all that is needed.
    for kib in [0, 4, 8, 16, 32, 64, 128, 256, 512, 768, 800, 832, 896, 960, 1024, 2048] {
        let disk = disk_with_room(kib << 10);
        let first = disk.run();
        if first.code == 0 {
            places.insert("none".to_owned());
        } else {
            fails_well(&disk, &first, kib << 10);
            let before: BTreeSet<_> = durable(&disk);
            // Again, while the disk is still full: no worse.
            let again = disk.run();
            if again.code != 0 {
                fails_well(&disk, &again, kib << 10);
            }
            assert!(durable(&disk).is_superset(&before), "{kib} KiB: a run that was stored is gone");
            places.insert(place(&first));
            places.insert(place(&again));
        }
        let before = durable(&disk);
        fs::remove_file(disk.ballast()).unwrap();
        let resumed = disk.run();
        assert_eq!(resumed.code, 0, "{kib} KiB: {}", resumed.stderr);
        assert!(durable(&disk).is_superset(&before), "{kib} KiB: a run that was stored is gone");
        disk.site.answers_each_cell_once(CELLS);
        disk.site.processes_end();
        disk.site.is_in_order();
    }
    // Where a disk fills up: the workers' journals, and the batches that are stored. Which room leads where depends on how many
    // cells end at the same time: other sizes are tried until both were met.
    let wanted = ["the journals in ", "failed to store finished runs"];
    let met = |places: &BTreeSet<String>, wanted: &str| places.iter().any(|place| place.contains(wanted));
    for kib in (40..1040).step_by(40) {
        if wanted.iter().all(|wanted| met(&places, wanted)) {
            break;
        }
        let disk = disk_with_room(kib << 10);
        let run = disk.run();
        if run.code != 0 {
            fails_well(&disk, &run, kib << 10);
            places.insert(place(&run));
        }
    }
    for wanted in wanted {
        assert!(met(&places, wanted), "never: {wanted}, only {places:#?}");
    }
}

fn durable(disk: &SmallDisk) -> BTreeSet<harness_core::RunId> {
    disk.site.store().runs(&Filter::default()).unwrap().iter().map(|run| run.run_id).collect()
}

/// The last line, without what differs from run to run.
fn place(output: &Output) -> String {
    output.stderr.lines().last().unwrap_or_default().to_owned()
}
