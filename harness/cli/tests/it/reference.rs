//! The committed reference results are judged as the README says, and how an excerpt of a campaign is made and read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::site::Site;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// One line a claim: verdict, id, our number with its interval, what is accepted.
fn lines(judged: &Value) -> String {
    let mut out = String::new();
    for claim in judged["claims"].as_array().unwrap() {
        let proxy = if claim["proxy"] == true { " (proxy)" } else { "" };
        let number = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), |x| format!("{x:.4e}"));
        let estimate = &claim["estimate"];
        let _ = writeln!(
            out,
            "{}{proxy} {}: {} [{}, {}] n = {}, accepted {} to {}",
            claim["verdict"].as_str().unwrap(),
            claim["id"].as_str().unwrap(),
            number(&estimate["value"]),
            number(&estimate["lo"]),
            number(&estimate["hi"]),
            estimate["n"],
            number(&claim["region_lo"]),
            number(&claim["region_hi"]),
        );
    }
    out
}

/// The suites with reference results.
fn suites() -> Vec<String> {
    let entries = std::fs::read_dir(checkout().join("results/reference")).unwrap();
    let folders = entries.map(|e| e.unwrap().path()).filter(|path| path.join("MANIFEST.json").is_file());
    let mut names: Vec<String> =
        folders.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// A change of the claims or of the engine that moves a verdict on the same runs changes this snapshot. If a claim has come to
/// read something that is not kept, the message says so, and `results/README.md` how to make the reference anew.
#[test]
fn the_reference_results_are_judged_as_the_readmes_say() {
    let suites = suites();
    assert!(suites.iter().any(|suite| suite == "optimal_transport"), "{suites:?}");
    for suite in &suites {
        let site = Site::new();
        let reference = checkout().join("results/reference");
        let line = format!("claims suite={suite} campaign=ci- out={} --json", reference.display());
        let output = site.harness(&line);
        assert!([0, 4].contains(&output.code), "{}", output.stderr);
        let judged: Value = serde_json::from_str(&output.stdout).unwrap();
        insta::assert_snapshot!(format!("reference_{suite}"), lines(&judged));
        assert!(!reference.join(suite).join(".lock").exists(), "reading leaves nothing behind");
        agrees_with_the_readmes(suite, &judged["headline"]);
    }
}

fn agrees_with_the_readmes(suite: &str, headline: &Value) {
    let of = |scale: &str, verdict: &str| headline[scale][verdict].as_u64().unwrap();
    let said = |scale: &str| {
        ["reproduced", "contradicted", "inconclusive"].map(|v| format!("{} {v}", of(scale, v))).join(", ")
    };
    let total = |scale: &str| {
        ["reproduced", "contradicted", "inconclusive", "not_run"].map(|v| of(scale, v)).iter().sum::<u64>()
    };
    let page = |name: &str| std::fs::read_to_string(checkout().join(name)).unwrap();
    let own = page(&format!("suites/{suite}/README.md")).replace('\n', " ");
    let counted = format!(
        "{} claims count: {}; of {} proxies {}.",
        total("full"),
        said("full"),
        total("proxy"),
        said("proxy")
    );
    assert!(own.contains(&counted), "the suite's README does not say: {counted}");
    let all = page("README.md");
    let row = all.lines().find(|line| line.starts_with(&format!("| [{suite}]"))).unwrap();
    let proxies = format!("Proxies: {}", said("proxy"));
    let counts = said("full");
    for part in counts
        .split(", ")
        .chain([proxies.as_str(), &format!("| {}, and {} proxies |", total("full"), total("proxy"))])
    {
        assert!(row.contains(part), "README.md does not say `{part}`: {row}");
    }
}

const SUITE: &str = r"
schema: 1
suite: selftest
default_profile: smoke
papers: [{id: p, title: t}]
problems:
  short: {problem: noop, params: {rows: ROWS}}
solvers:
  quick: {solver: quick}
  segv: {solver: segv}
profiles:
  smoke:
    replicates: 6
    stop: {tol: 0.0, max_iter: 1000}
    limits: {hard_s: 30}
    runs:
      - {problems: [short], solvers: [quick, segv]}
";

const CLAIMS: &str = r#"
schema: 1
suite: selftest
claims:
  - {id: steps, kind: value, select: {problem: short, solver: quick}, metric: "iters_to(distance <= THRESHOLD)", accept: {at_most: 100}, note: n, statement: s, source: {paper: p}, transcribed: read, scale: {smoke: full}}
  - {id: fails, kind: negative, select: {problem: short, solver: segv}, goal: solved, accept: {at_least: 0.5}, note: n, statement: s, source: {paper: p}, transcribed: read, scale: {smoke: full}}
"#;

#[test]
fn an_excerpt_is_judged_as_its_campaign_was_and_refuses_what_it_does_not_hold() {
    let claims = CLAIMS.replace("THRESHOLD", "0.0");
    let site = Site::with_selftest(&SUITE.replace("ROWS", "40"), &claims);
    site.harness("run suite=selftest").exits(5);
    let before = site.harness("claims suite=selftest --json").exits(0).stdout;
    let exported = site.harness("claims suite=selftest export=kept --json").exits(0);
    assert_eq!(exported.stdout, before);
    assert!(exported.stderr.contains("kept/selftest: 12 runs and"), "{}", exported.stderr);
    let again = site.harness("claims suite=selftest export=kept").exits(2);
    assert!(again.stderr.contains("kept/selftest is there already"), "{}", again.stderr);

    // The suite has moved on: what was run is judged as it was.
    site.write("suites/selftest/suite.yaml", &SUITE.replace("ROWS", "41"));
    let files = site.files();
    let line = "claims suite=selftest campaign=smoke- out=kept";
    let kept: Value = serde_json::from_str(&site.harness(&format!("{line} --json")).exits(0).stdout).unwrap();
    assert_eq!(lines(&kept), lines(&serde_json::from_str(&before).unwrap()));
    let campaign = kept["campaign"].as_str().unwrap();
    let here = site.harness(&format!("claims suite=selftest campaign={campaign}")).exits(0);
    assert!(here.stdout.contains("2 of 2 claims reproduced"), "{}", here.stdout);
    let now = site.harness("claims suite=selftest").exits(0);
    assert!(now.stdout.contains("0 of 2 claims reproduced"), "{}", now.stdout);
    assert_eq!(site.files(), files, "reading changes nothing");
    // A whole campaign has a report even now, an excerpt has none.
    site.harness(&format!("report suite=selftest campaign={campaign}")).exits(0);

    for (line, said) in [
        (format!("report suite=selftest campaign={campaign} out=kept"), "is an excerpt"),
        (format!("{line} profile=smoke"), "`profile=` does not go with `campaign=`"),
        ("claims suite=selftest campaign=smokey-1".to_owned(), "no campaign `smokey-1` is stored in"),
        ("claims campaign=smoke-".to_owned(), "which suite?"),
        ("run suite=selftest campaign=smoke-".to_owned(), "campaign"),
    ] {
        let output = site.harness(&line).exits(2);
        assert!(output.stderr.contains(said), "{line}: {}", output.stderr);
    }
    site.write("suites/selftest/claims.yaml", &CLAIMS.replace("THRESHOLD", "0.5"));
    let asks = site.harness(line).exits(2);
    assert!(asks.stderr.contains("lacks what `steps` reads now: make it anew"), "{}", asks.stderr);
    let all = site.harness(&format!("claims suite=selftest campaign={campaign}")).exits(0);
    assert!(all.stdout.contains("2 of 2 claims reproduced"), "{}", all.stdout);
}

#[test]
fn an_excerpt_is_a_side_of_a_comparison() {
    let site = Site::with_selftest(&SUITE.replace("ROWS", "40"), &CLAIMS.replace("THRESHOLD", "0.0"));
    site.harness("run suite=selftest solver=quick").exits(0);
    site.harness("claims suite=selftest solver=quick export=kept").exits(0);
    let compared = site.harness("compare kept:latest latest").exits(0);
    assert!(compared.stdout.contains("no regressions; no improvements"), "{}", compared.stdout);
}

#[test]
fn a_folder_with_an_excerpt_is_only_read_and_no_printed_command_runs_into_it() {
    let site = Site::with_selftest(&SUITE.replace("ROWS", "40"), &CLAIMS.replace("THRESHOLD", "0.0"));
    site.harness("run suite=selftest solver=quick").exits(0);
    site.harness("claims suite=selftest solver=quick export=kept").exits(0);
    let files = site.files();
    for line in [
        "run suite=selftest solver=quick out=kept",
        "run suite=selftest solver=quick out=kept --fresh",
        "run suite=optimal_transport problem=lap128 problem.n=16 solver=sinkhorn out=kept",
        "audit suite=selftest solver=quick out=kept kinds=same",
        "report suite=selftest solver=quick out=kept",
    ] {
        let refused = site.harness(line).exits(2);
        let said =
            "kept is a reference that is only read, for it holds the excerpt kept/selftest/campaigns/smoke-";
        assert!(refused.stderr.contains(said), "{line}: {}", refused.stderr);
    }
    for campaign in ["campaign=smoke-", "solver=quick"] {
        let explained = site.harness(&format!("claims suite=selftest {campaign} out=kept explain=steps"));
        let explained = explained.exits(0).stdout;
        assert!(explained.contains("just run suite=selftest"), "{explained}");
        assert!(!explained.contains("out="), "{explained}");
    }
    assert_eq!(site.files(), files, "nothing is written");
}
