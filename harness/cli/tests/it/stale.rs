//! What is said of a campaign whose stored runs other code or another machine made.

use harness_core::{CodeKey, EnvKey, RunRecord};

use crate::nights::{LINE, store, template};
use crate::site::Site;

/// The three runs of a campaign, changed, and the campaign's folder with that code. Gives back its id.
fn stored(site: &Site, code: &CodeKey, change: impl Fn(usize, &mut RunRecord)) -> String {
    let mut runs = template(site);
    let (id, present) = (runs[0].run.campaign_id.clone(), runs[0].run.code_key.clone());
    for (i, run) in runs.iter_mut().enumerate() {
        run.run.trace_rows = 0;
        change(i, &mut run.run);
    }
    store(site, runs);
    let campaigns = site.path().join("results/selftest/campaigns");
    std::fs::rename(site.path().join("template/selftest/campaigns"), &campaigns).unwrap();
    let resolved = campaigns.join(&id).join("resolved.yaml");
    let text = std::fs::read_to_string(&resolved).unwrap();
    std::fs::write(&resolved, text.replace(present.as_str(), code.as_str())).unwrap();
    id
}

fn older() -> CodeKey {
    CodeKey::of(b"the code of last week")
}

#[test]
fn a_campaign_that_only_other_code_ran_is_shown_as_it_was_run_or_not_at_all() {
    let site = Site::new();
    let id = stored(&site, &older(), |_, run| run.code_key = older());
    let files = site.files();
    for (verb, more, code) in [("claims", "", 0), ("claims", " export=kept", 2), ("report", "", 2)] {
        let refused = site.harness(&format!("{verb} {LINE}{more}")).exits(code);
        for part in [
            &format!("made by other code ({} → ", older().short()),
            &format!("`just run {LINE}` makes it anew"),
            &format!("`just {verb} suite=selftest campaign={id}` shows it as it was run"),
        ] {
            assert!(refused.stderr.contains(part), "{verb}{more}, {part}: {}", refused.stderr);
        }
    }
    assert_eq!(site.files(), files, "nothing is written");
    for verb in ["claims", "report"] {
        let shown = site.harness(&format!("{verb} suite=selftest campaign={id}")).exits(0);
        assert!(!shown.stderr.contains("other code"), "{}", shown.stderr);
    }
    site.harness(&format!("run {LINE}")).exits(0);
    let anew = site.harness(&format!("claims {LINE}")).exits(0);
    assert_eq!(anew.stderr, "");
}

#[test]
fn a_campaign_that_was_timed_on_another_machine_says_so() {
    let suite = include_str!("../../../../suites/selftest/suite.yaml");
    let timed = suite
        .replace("    replicates: 2\n", "    replicates: 2\n    measure: {solve: {warmup: 0, samples: 1}}\n");
    assert_ne!(suite, timed);
    let site = Site::with_selftest(&timed, include_str!("../../../../suites/selftest/claims.yaml"));
    stored(&site, &older(), |_, run| run.env_key = EnvKey::of(b"another machine"));
    let refused = site.harness(&format!("report {LINE}")).exits(2);
    let machine = EnvKey::of(b"another machine");
    let said = format!("made on another machine ({} → ", machine.short());
    assert!(refused.stderr.contains(&said), "{}", refused.stderr);
}

#[test]
fn cells_that_only_other_code_ran_are_counted_beside_the_verdicts() {
    let site = Site::new();
    stored(&site, &older(), |i, run| {
        if i > 0 {
            run.code_key = older();
        }
    });
    for verb in ["claims", "report"] {
        let some = site.harness(&format!("{verb} {LINE}")).exits(0);
        let said = format!("2 of 3 cells were run only by other code ({} → ", older().short());
        assert!(some.stderr.contains(&said), "{verb}: {}", some.stderr);
        assert!(some.stderr.contains(&format!("`just run {LINE}` makes them anew")), "{}", some.stderr);
        assert!(some.stdout.contains("0 of 1 claim reproduced"), "{}", some.stdout);
    }
}
