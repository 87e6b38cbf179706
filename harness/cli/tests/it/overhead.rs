//! The harness's measurement of its own cost: what is measured, not what it comes to.

use serde_json::Value;

use crate::site::Site;

#[test]
fn every_target_is_measured_and_nothing_is_left_behind() {
    let site = Site::new();
    let told =
        site.harness("overhead cells=2 planned=9 rows=100 repeats=1 out=scratch --json").exits(0).stdout;
    let measures: Vec<Value> = serde_json::from_str(&told).unwrap();
    let targets: Vec<&Value> = measures.iter().filter(|m| !m["target"].is_null()).collect();
    let of = |what: &str| targets.iter().filter(|m| m["what"].as_str().unwrap().contains(what)).count();
    assert_eq!((of("empty cells"), of("a plan of"), of("trace rows")), (2, 2, 1), "{told}");
    assert!(measures.iter().all(|m| m["cpu"]["median"].is_number()), "{told}");
    assert_eq!(std::fs::read_dir(site.path().join("scratch")).unwrap().count(), 0);
}

#[test]
fn an_unknown_key_is_an_error_that_offers_the_nearest() {
    let told = Site::new().harness("overhead cell=2").exits(2).stderr;
    assert!(told.contains("did you mean `cells`?"), "{told}");
}
