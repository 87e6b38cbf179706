//! Machines made of files.

use std::fs;

use super::*;

fn machine(files: &[(&str, &str)]) -> Machine {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Machine::below(root.path())
}

const CPU: &str = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n\
    model name\t: Intel(R) Xeon(R) CPU @ 2.10GHz\nstepping\t: 7\ncpu MHz\t\t: 2100.5\nphysical id\t: 0\ncore id\t\t: 0\n\
    flags\t\t: fpu sse4_2 avx avx2 fma hypervisor\n";

#[test]
fn what_changes_from_one_moment_to_the_next_is_no_identity() {
    let quiet = machine(&[
        ("proc/cpuinfo", CPU),
        ("proc/meminfo", "MemTotal: 24000000 kB\nMemAvailable: 20000000 kB\n"),
        ("proc/loadavg", "0.01 0.02 0.00 1/80 5"),
        ("proc/sys/kernel/osrelease", "6.18.44"),
    ]);
    let busy = machine(&[
        ("proc/cpuinfo", &CPU.replace("2100.5", "3400.0")),
        ("proc/meminfo", "MemTotal: 24000004 kB\nMemAvailable: 100 kB\n"),
        ("proc/loadavg", "9.01 8.02 7.00 9/80 77"),
        ("proc/sys/kernel/osrelease", "6.18.45"),
    ]);
    assert_eq!(quiet.key, busy.key);
    assert_eq!(busy.get("cpu_mhz_mean"), Some("3400"));
    assert_eq!(busy.get("cpu_features"), Some("sse4_2 avx avx2 fma"));
    assert_eq!(busy.get("virtual_machine"), Some("true"));
    assert_eq!(busy.get("memory_gib"), Some("32"));
}

#[test]
fn another_processor_kernel_or_accelerator_is_another_machine() {
    let base = machine(&[("proc/cpuinfo", CPU)]);
    let stepping = machine(&[("proc/cpuinfo", &CPU.replace("stepping\t: 7", "stepping\t: 6"))]);
    let kernel = machine(&[("proc/cpuinfo", CPU), ("proc/sys/kernel/osrelease", "6.1.0")]);
    let gpu = machine(&[
        ("proc/cpuinfo", CPU),
        ("proc/driver/nvidia/gpus/0000:00/information", "Model: \t\t NVIDIA H100\nIRQ: 5\n"),
    ]);
    let keys = [&base, &stepping, &kernel, &gpu].map(|m| m.key.as_str());
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(gpu.get("gpus"), Some("NVIDIA H100"));
}

#[test]
fn a_machine_that_tells_nothing_still_has_a_key() {
    assert_eq!(machine(&[]).key, machine(&[]).key);
}

#[test]
fn this_machine_is_the_same_when_looked_at_twice() {
    let (one, two) = (Machine::probe(), Machine::probe());
    assert_eq!(one.key, two.key);
    let identity = |m: &Machine| m.rows.iter().filter(|r| r.identity).cloned().collect::<Vec<_>>();
    assert_eq!(identity(&one), identity(&two));
    assert!(one.rows.iter().all(|r| r.env_key == one.key));
    assert!(one.get("rustc").unwrap().starts_with("rustc 1."));
}
