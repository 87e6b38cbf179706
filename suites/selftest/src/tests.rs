//! The suite is well-formed; what its solvers do to a process is tested with the worker.

use super::*;

#[test]
fn it_is_hidden() {
    assert!(suite().hidden);
}

#[test]
fn ids_are_distinct() {
    let suite = suite();
    let mut ids: Vec<&str> = suite.solvers().iter().map(|s| s.id.as_ref()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), suite.solvers().len());
}

#[test]
fn parameters_out_of_range_are_refused() {
    let suite = suite();
    let given = |text: &str| serde_json::from_str(text).unwrap();
    for wrong in [r#"{"rows": 0}"#, r#"{"setup_seconds": -1.0}"#] {
        assert!(suite.problem("noop").unwrap().resolve(&given(wrong)).is_err(), "{wrong}");
    }
    assert!(suite.solver("fork_leak").unwrap().resolve(&given(r#"{"linger": -1.0}"#)).is_err());
    assert!(suite.solver("slow").unwrap().resolve(&given(r#"{"seconds": -1.0}"#)).is_err());
}
