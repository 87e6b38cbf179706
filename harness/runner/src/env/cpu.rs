//! The processor.

use std::collections::BTreeSet;

use super::{Facts, Files, put};

/// Instruction sets that decide how fast numerical code is, as `/proc/cpuinfo` names them.
const INSTRUCTION_SETS: [&str; 16] = [
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "f16c",
    "bmi2",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "avx512_vnni",
    "avx512_bf16",
    "avx_vnni",
    "amx_tile",
    "asimd",
    "sve",
    "sve2",
];

pub(super) fn look(files: &Files, identity: &mut Facts, facts: &mut Facts) {
    let text = files.read("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| fields(&text, name).next();
    for (name, key) in [
        ("cpu_vendor", "vendor_id"),
        ("cpu_family", "cpu family"),
        ("cpu_model", "model"),
        ("cpu_stepping", "stepping"),
    ] {
        put(identity, name, field(key));
    }
    put(identity, "cpu_brand", field("model name").map(normalised));
    put(identity, "arch", Some(std::env::consts::ARCH));
    let flags: BTreeSet<&str> =
        field("flags").or(field("Features")).unwrap_or_default().split_whitespace().collect();
    let known: Vec<&str> = INSTRUCTION_SETS.into_iter().filter(|set| flags.contains(set)).collect();
    put(identity, "cpu_features", Some(known.join(" ")));
    // Which of them solvers use, when that is not the fastest: `harness-simd`.
    put(identity, "simd", std::env::var("HARNESS_SIMD").ok().filter(|name| !name.is_empty()));
    put(identity, "virtual_machine", Some(flags.contains("hypervisor")));

    let logical = fields(&text, "processor").count();
    put(identity, "logical_cpus", Some(logical));
    put(identity, "physical_cores", physical_cores(&text));
    put(identity, "smt", files.read("/sys/devices/system/cpu/smt/active").map(|on| on == "1"));
    let nodes = files.list("/sys/devices/system/node");
    let numbered = |name: &&String| name.strip_prefix("node").is_some_and(|n| n.parse::<u32>().is_ok());
    put(identity, "numa_nodes", Some(nodes.iter().filter(numbered).count().max(1)));

    let mhz: Vec<f64> = fields(&text, "cpu MHz").filter_map(|v| v.parse().ok()).collect();
    let mean = (!mhz.is_empty()).then(|| mhz.iter().sum::<f64>() / mhz.len() as f64);
    put(facts, "cpu_mhz_mean", mean.map(|m| format!("{m:.0}")));
    put(facts, "governor", files.read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    put(facts, "no_turbo", files.read("/sys/devices/system/cpu/intel_pstate/no_turbo"));
    put(facts, "boost", files.read("/sys/devices/system/cpu/cpufreq/boost"));
    put(
        facts,
        "isolated_cpus",
        files.read("/sys/devices/system/cpu/isolated").filter(|cpus| !cpus.is_empty()),
    );
}

/// The values of a field of `/proc/cpuinfo`, one a processor.
fn fields<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then_some(value.trim())
    })
}

/// Without the nominal clock speed and the marks that differ between versions of the firmware.
fn normalised(brand: &str) -> String {
    let speed = brand.split(" @ ").next().unwrap_or(brand);
    let plain = speed.replace("(R)", "").replace("(TM)", "").replace("(tm)", "");
    plain.split_whitespace().filter(|word| *word != "CPU").collect::<Vec<_>>().join(" ")
}

/// Distinct pairs of package and core.
fn physical_cores(text: &str) -> Option<usize> {
    let pairs: BTreeSet<_> = fields(text, "physical id").zip(fields(text, "core id")).collect();
    (!pairs.is_empty()).then_some(pairs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_loses_its_marks_and_speed() {
        assert_eq!(normalised("Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz"), "Intel Xeon Gold 6130");
        assert_eq!(normalised("AMD EPYC 7763 64-Core Processor"), "AMD EPYC 7763 64-Core Processor");
    }

    #[test]
    fn siblings_are_one_core() {
        let cpu = |package: u32, core: u32| format!("physical id\t: {package}\ncore id\t\t: {core}\n\n");
        let text = [cpu(0, 0), cpu(0, 1), cpu(0, 0), cpu(1, 0)].concat();
        assert_eq!(physical_cores(&text), Some(3));
        assert_eq!(physical_cores("processor: 0"), None);
    }
}
