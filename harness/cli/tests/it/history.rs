//! `history`: a metric over nights, and changes that are accepted.

use serde_json::Value;

use crate::nights::{Night, night, store, template};
use crate::site::Site;

/// Twenty nights; the walk takes more steps from the eleventh on, and CPU time rises with them.
fn twenty_nights(site: &Site) {
    let rows = template(site);
    for day in 0..20_u32 {
        let commit = format!("{day:02x}").repeat(20);
        let campaign = format!("2026-01-{:02}-smoke-x", day + 1);
        let seconds: fn(u32) -> f64 = match (day < 10, day % 3) {
            (true, 0) => |_| 1.0,
            (true, 1) => |_| 1.005,
            (true, _) => |_| 0.997,
            (false, 0) => |_| 1.08,
            (false, 1) => |_| 1.085,
            (false, _) => |_| 1.078,
        };
        let of_day = Night { campaign: &campaign, commit: &commit, day, seconds: Some(seconds) };
        store(site, night(&rows, &of_day, |run| run.n_iter = Some(if day < 10 { 10 } else { 12 })));
    }
}

#[test]
fn a_step_over_twenty_nights_is_one_change_and_an_annotation_silences_it() {
    let site = Site::new();
    twenty_nights(&site);
    for (metric, found) in [("cpu", "both procedures"), ("iterations", "exactly")] {
        let told = site.harness(&format!("history suite=selftest metric={metric} --json")).exits(0).stdout;
        let json: Value = serde_json::from_str(&told).unwrap();
        let changes = json["series"][0]["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{told}");
        assert_eq!(
            (changes[0]["at"].as_u64(), changes[0]["found"].as_str()),
            (Some(10), Some(found)),
            "{told}"
        );
    }
    let text = site.harness("history metric=cpu svg=charts").exits(0);
    assert!(
        text.stdout.contains("▁") && text.stdout.contains("at 2026-01-11-smoke-x, commit 0a0a0a0a0a"),
        "{}",
        text.stdout
    );
    let chart =
        site.files_below("charts").into_iter().find(|path| path.extension().is_some_and(|e| e == "svg"));
    assert!(std::fs::read_to_string(chart.unwrap()).unwrap().contains("another level"));

    let mut annotate = site.command("history annotate commit=0a0a0a");
    site.run(annotate.arg("reason=an exact line search: slower, and right")).exits(0);
    let told = site.harness("history selftest metric=cpu").exits(0).stdout;
    assert!(told.starts_with("cpu: 0 of 1 series changed"), "{told}");
    assert!(told.contains("an exact line search: slower, and right"), "{told}");
    let kept = std::fs::read_to_string(site.path().join("history/annotations.yaml")).unwrap();
    assert!(kept.contains("commit: \"0a0a0a\""), "{kept}");
}

#[test]
fn what_cannot_be_shown_or_noted_is_refused_in_words() {
    let site = Site::new();
    assert!(site.harness("history").exits(2).stderr.contains("holds no results"));
    let rows = template(&site);
    let commit = "ab".repeat(20);
    let one = Night { campaign: "2026-01-01-smoke-x", commit: &commit, day: 0, seconds: None };
    store(&site, night(&rows, &one, |_| {}));
    for (line, said) in [
        ("history metric=iteration", "did you mean `iterations`?"),
        ("history metric=cpu", "has a value of `cpu`"),
        ("history metric=work solver=quik", "did you mean `quick`?"),
        ("history suite=selftset", "did you mean `selftest`?"),
        ("history annotate commit=abab", "say reason="),
        ("history annotate reason=x", "a commit or a code"),
        ("history annotate commit=cdcd reason=x", "no run of commit `cdcd`"),
        ("history annotate commit=ab reason=x", "at least 4"),
        ("history annotate commit=abab reason=x metric=speed", "no metric of a history"),
    ] {
        let told = site.harness(line).exits(2).stderr;
        assert!(told.contains(said), "{line}: {told}");
    }
    let told = site.harness("history metric=cpu").exits(2).stderr;
    assert!(told.contains("seconds are those of timed samples, and none of these runs has any"), "{told}");
    assert!(told.contains("; they have metric=iterations, work, "), "{told}");
    assert!(!site.path().join("history").exists(), "a refused annotation writes nothing");
    site.write("history/annotations.yaml", "schema: 1\nannotations:\n  - {comit: abab, reason: x}\n");
    let told = site.harness("history metric=work").exits(2).stderr;
    assert!(told.contains("history/annotations.yaml") && told.contains("line 3"), "{told}");
}
