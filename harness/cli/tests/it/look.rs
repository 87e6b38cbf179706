//! `list`, `doctor` and help: what there is.

use serde_json::Value;

use crate::site::Site;

#[test]
fn list_shows_suites_and_hides_those_for_tests() {
    let output = Site::new().harness("list --names").exits(0);
    let names: Vec<&str> = output.stdout.lines().collect();
    assert!(names.contains(&"optimal_transport") && !names.contains(&"selftest"), "{names:?}");
}

#[test]
fn the_files_of_every_suite_are_right_and_every_solver_is_listed_with_its_parameters() {
    for entry in suite_registry::ENTRIES {
        let output = Site::new().harness(&format!("list suite={} --json", entry.id)).exits(0);
        let listed: Value = serde_json::from_str(&output.stdout).unwrap();
        let suite = (entry.make)();
        // Beside the suite's own there may be peers, whose parameters say nothing of themselves.
        let ids: Vec<&str> =
            listed["solvers"].as_array().unwrap().iter().filter_map(|s| s["solver"].as_str()).collect();
        assert!(suite.solvers().iter().all(|s| ids.contains(&s.id.as_ref())), "{}: {ids:?}", entry.id);
        let documented = |side: &str| {
            let entries = listed[side].as_array().unwrap().iter();
            let is_ours =
                |e: &&Value| e["solver"].as_str().is_none_or(|id| suite.solvers().iter().any(|s| s.id == id));
            entries
                .filter(is_ours)
                .flat_map(|e| e["params"].as_array().unwrap())
                .all(|p| !p["doc"].as_str().unwrap().is_empty())
        };
        assert!(documented("solvers") && documented("problems"), "{}", entry.id);
        Site::new().harness(&format!("list suite={}", entry.id)).exits(0);
    }
}

#[test]
fn every_profile_of_every_suite_makes_a_plan() {
    for entry in suite_registry::ENTRIES {
        let site = Site::new();
        let listed: Value =
            serde_json::from_str(&site.harness(&format!("list suite={} --json", entry.id)).exits(0).stdout)
                .unwrap();
        for profile in listed["profiles"].as_array().unwrap() {
            let name = profile["profile"].as_str().unwrap();
            assert!(
                !site.plan(&format!("suite={} profile={name}", entry.id)).is_empty(),
                "{} {name}",
                entry.id
            );
        }
    }
}

#[test]
fn doctor_finds_the_worker_and_names_what_is_missing() {
    let output = Site::new().harness("doctor").exits(0);
    assert!(output.stdout.contains("✓ worker"), "{}", output.stdout);
    assert!(output.stdout.contains("harness data fetch mnist"), "{}", output.stdout);
    let json = Site::new().harness("doctor --json").exits(0);
    assert!(serde_json::from_str::<Value>(&json.stdout).is_ok());
}

#[test]
fn every_verb_has_help() {
    for verb in ["list", "plan", "run", "report", "claims", "solve", "data", "doctor"] {
        let output = Site::new().harness(&format!("{verb} --help")).exits(0);
        assert!(output.stdout.contains("Usage:"), "{verb}");
    }
}
