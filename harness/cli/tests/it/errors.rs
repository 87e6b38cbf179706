//! Wrong input: exit code 2, and a message that names the place and the nearest known name.

use crate::site::Site;

fn message(line: &str) -> String {
    let site = Site::new();
    let output = site.harness(line).exits(2);
    assert!(site.files().is_empty(), "a wrong command line touches nothing");
    output.stderr
}

#[test]
fn unknown_names_get_the_nearest_one() {
    assert!(message("run suite=optimal_transprot").contains("did you mean `optimal_transport`?"));
    assert!(message("run suite=selftest profile=smok").contains("smoke"));
    assert!(message("run suite=selftest solver=quik").contains("quick"));
    assert!(message("run suite=selftest problem.row=3").contains("rows"));
    assert!(message("run suite=selftest replicate=3").contains("replicates"));
    assert!(message("data ftech").contains("did you mean `fetch`?"));
}

#[test]
fn a_key_of_solve_or_of_a_group_is_told_how_a_campaign_calls_it() {
    for (given, called) in [
        ("budget=5", "stop.budget_s"),
        ("budget_s=5", "stop.budget_s"),
        ("tol=1e-6", "stop.tol"),
        ("max_iter=5", "stop.max_iter"),
        ("memory=1GiB", "limits.memory"),
        ("samples=3", "measure.samples"),
    ] {
        let told = message(&format!("run suite=selftest {given}"));
        assert!(told.contains(&format!("did you mean `{called}`?")), "{told}");
    }
}

#[test]
fn a_solver_of_ones_own_is_told_its_prefix_and_the_file_that_declares_it() {
    let declares = "`peers=FILE` declares a solver of your own, `solver=peer:mine` names it";
    for solver in ["mine", "peer:mine"] {
        let told = message(&format!("run suite=selftest solver={solver}"));
        assert!(told.split_whitespace().collect::<Vec<_>>().join(" ").contains(declares), "{told}");
        let told = message(&format!("solve suite=optimal_transport instance=a.npz solver={solver}"));
        assert!(told.contains(declares), "{told}");
    }
    let site = Site::new();
    site.write("mine.yaml", "schema: 1\npeers: {mine: {command: [sh]}}\n");
    let told = site.harness("run suite=selftest peers=mine.yaml solver=mine").exits(2).stderr;
    assert!(told.contains("did you mean `peer:mine`?"), "{told}");
}

#[test]
fn what_was_never_run_is_to_be_run_first() {
    let site = Site::new();
    for (verb, code) in [("claims", 0), ("report", 2)] {
        let told = site.harness(&format!("{verb} suite=selftest")).exits(code).stderr;
        assert!(
            told.contains("no run of this campaign is stored in ") && told.contains("`run` it first"),
            "{told}"
        );
    }
}

#[test]
fn a_key_that_another_verb_uses_is_unknown_and_gets_the_nearest_one() {
    for verb in ["run", "plan", "report", "claims"] {
        let told = message(&format!("{verb} suite=selftest kinds=same"));
        assert!(told.contains("unknown key `kinds`"), "{verb}: {told}");
    }
    assert!(message("audit suite=selftest kind=same").contains("did you mean `kinds`?"));
    assert!(message("run suite=selftest slot=2").contains("did you mean `slots`?"));
    assert!(
        message("list suite=selftest profile=smoke")
            .contains("unknown key `profile`; known: `suite`, `peers`")
    );
    assert!(message("doctor suite=selftest dta=x").contains("did you mean `data`?"));
    assert!(message("peers list suite=selftest out=x").contains("unknown key `out`"));
}

#[test]
fn a_missing_suite_lists_the_known_ones() {
    let told = message("run");
    assert!(
        told.contains("which suite? say suite=NAME; known: ") && told.contains("optimal_transport"),
        "{told}"
    );
}

#[test]
fn a_word_that_is_no_pair_is_refused() {
    assert!(message("run selftest quick").contains("expected key=value, found `quick`"));
}

#[test]
fn all_errors_of_a_file_are_reported_at_once_with_line_and_column() {
    let suite = include_str!("../../../../suites/selftest/suite.yaml");
    let broken = suite.replace("replicates: 2", "replicats: 2").replace("solver: quick}", "solver: quikc}");
    let site = Site::with_selftest(&broken, include_str!("../../../../suites/selftest/claims.yaml"));
    let first = site.harness("plan suite=selftest").exits(2).stderr;
    assert!(first.contains("replicats") && first.contains("replicates"), "{first}");
    let line = 1 + broken.lines().position(|l| l.contains("replicats")).unwrap();
    assert!(first.contains(&format!("suite.yaml:{line}:")), "{first}");
    let only_name = suite.replace("solver: quick}", "solver: quikc}").replace("rows: 10}", "rwos: 10}");
    let site = Site::with_selftest(&only_name, include_str!("../../../../suites/selftest/claims.yaml"));
    let second = site.harness("plan suite=selftest").exits(2).stderr;
    assert!(second.contains("quikc") && second.contains("rwos"), "both errors: {second}");
}
