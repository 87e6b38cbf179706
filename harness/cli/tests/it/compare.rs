//! `compare`: what moved between two campaigns, commits or folders, and the exit code.

use harness_core::{EnvKey, Outcome};
use serde_json::Value;

use crate::nights::{LINE, Night, night, store, template};
use crate::site::Site;

const OLD: &str = "aaaa000000000000000000000000000000000000";
const NEW: &str = "bbbb000000000000000000000000000000000000";

fn a_night<'a>(campaign: &'a str, commit: &'a str, day: u32) -> Night<'a> {
    Night { campaign, commit, day, seconds: None }
}

#[test]
fn the_same_campaign_in_two_folders_differs_in_nothing() {
    let site = Site::new();
    for folder in ["here", "there"] {
        site.harness(&format!("run suite=selftest profile=smoke out={folder}")).exits(0);
    }
    let told = site.harness("compare here:latest there:latest").exits(0).stdout;
    assert!(told.contains("no regressions; no improvements; 3 cell families compared"), "{told}");
    assert!(told.contains("UNCHANGED: 3 cell families"), "{told}");
    let id = site.harness("compare here:smoke- there:smoke- --json").exits(0).stdout;
    let json: Value = serde_json::from_str(&id).unwrap();
    assert_eq!((json["schema"].as_u64(), json["families"].as_array().unwrap().len()), (Some(1), 3));
}

#[test]
fn more_iterations_at_another_commit_exit_3_and_fewer_exit_0() {
    let site = Site::new();
    let rows = template(&site);
    store(&site, night(&rows, &a_night("smoke-old", OLD, 0), |_| {}));
    store(&site, night(&rows, &a_night("smoke-new", NEW, 1), |run| run.n_iter = run.n_iter.map(|n| n + 2)));
    for line in ["compare latest~1 latest", "compare commit:aaaa commit:bbbb", "compare smoke-old smoke-new"]
    {
        let output = site.harness(line).exits(3);
        assert!(
            output.stdout.contains("iterations 10 → 12 in 3 of 3 replicates"),
            "{line}: {}",
            output.stdout
        );
        assert!(
            output.stderr.contains("1 cell family became worse for certain: exit code 3"),
            "{}",
            output.stderr
        );
    }
    let back = site.harness("compare latest latest~1 --markdown html=page.html").exits(0);
    assert!(
        back.stdout.contains("## Improvements") && back.stdout.contains("iterations 12 → 10"),
        "{}",
        back.stdout
    );
    let page = std::fs::read_to_string(site.path().join("page.html")).unwrap();
    assert!(page.contains("iterations 12 → 10") && !page.contains("<script"), "{page}");
}

#[test]
fn a_cell_that_fails_now_exits_3() {
    let site = Site::new();
    let rows = template(&site);
    store(&site, night(&rows, &a_night("smoke-old", OLD, 0), |_| {}));
    store(
        &site,
        night(&rows, &a_night("smoke-new", NEW, 1), |run| {
            if run.replicate == 1 {
                run.outcome = Outcome::Panic;
            }
        }),
    );
    let told = site.harness("compare latest~1 latest").exits(3).stdout;
    assert!(told.contains("outcome ok → panic in 1 of 3 replicates"), "{told}");
}

#[test]
fn times_are_confirmed_in_turns_suspected_apart_and_not_judged_across_machines() {
    let site = Site::new();
    let rows = template(&site);
    let slow: fn(u32) -> f64 = |replicate| 1.5 + 0.001 * f64::from(replicate);
    let fast: fn(u32) -> f64 = |replicate| 1.0 + 0.002 * f64::from(replicate);
    let timed =
        |campaign, commit, day, seconds| Night { seconds: Some(seconds), ..a_night(campaign, commit, day) };
    store(&site, night(&rows, &timed("smoke-old", OLD, 0, fast), |_| {}));
    store(&site, night(&rows, &timed("smoke-new", NEW, 1, slow), |_| {}));
    let apart = site.harness("compare latest~1 latest").exits(0).stdout;
    assert!(apart.contains("1 regression suspected") && apart.contains("3 pairs apart"), "{apart}");

    store(&site, night(&rows, &timed("smoke-far", NEW, 2, slow), |run| run.env_key = EnvKey::of(b"far")));
    let far = site.harness("compare smoke-old smoke-far").exits(0).stdout;
    assert!(far.contains("TIMES NOT JUDGED: 1 cell family, measured on different machines"), "{far}");

    // Both commits in the blocks of one campaign.
    store(&site, night(&rows, &timed("confirm-x", OLD, 3, fast), |_| {}));
    store(&site, night(&rows, &timed("confirm-x", NEW, 3, slow), |_| {}));
    let turns = site.harness("compare commit:aaaa commit:bbbb").exits(3).stdout;
    assert!(turns.contains("1 regression confirmed") && turns.contains("3 blocks in turns"), "{turns}");
    // A smaller change than is asked for is none.
    site.harness("compare commit:aaaa commit:bbbb cpu=0.6 wall=0.6").exits(0);
    // What confirms is no campaign of its own to `latest`.
    let latest = site.harness("compare latest latest").exits(0).stdout;
    assert!(latest.contains("campaign smoke-far") && !latest.contains("confirm-x"), "{latest}");
}

#[test]
fn another_verdict_is_listed() {
    let suite = include_str!("../../../../suites/selftest/suite.yaml");
    let claims = include_str!("../../../../suites/selftest/claims.yaml");
    let site = Site::with_selftest(suite, claims);
    site.harness(&format!("run {LINE} replicates=6 out=right")).exits(0);
    site.write("suites/selftest/claims.yaml", &claims.replace("between: [10, 10]", "between: [11, 12]"));
    site.harness(&format!("run {LINE} replicates=6 out=wrong")).exits(4);
    let told = site.harness("compare right:latest wrong:latest").exits(0).stdout;
    assert!(told.contains("selftest/one-row-a-step: reproduced → contradicted"), "{told}");
}

#[test]
fn words_that_name_nothing_are_refused_with_the_nearest() {
    let site = Site::new();
    let rows = template(&site);
    store(&site, night(&rows, &a_night("smoke-0a1b2c3d4e", OLD, 0), |_| {}));
    store(&site, night(&rows, &a_night("smoke-0a99999999", NEW, 1), |_| {}));
    for (line, said) in [
        ("compare latest", "found 1 word"),
        ("compare smok-0a1b2c3d4e latest", "did you mean `smoke-0a1b2c3d4e`?"),
        ("compare smoke-0a latest", "begins several campaigns"),
        ("compare latest~2 latest", "holds 2 campaigns"),
        ("compare commit:cccc latest", "no run of commit `cccc`"),
        ("compare nowhere:latest latest", "no folder here"),
        ("compare latest latest suite=selftset", "did you mean `selftest`?"),
        ("compare latest latest profile=ci", "no campaign of profile `ci`"),
        ("compare latest latest out=empty", "holds no results"),
        ("compare latest latest cpu=2%", "found `2%`"),
    ] {
        let told = site.harness(line).exits(2).stderr;
        assert!(told.contains(said), "{line}: {told}");
    }
}
