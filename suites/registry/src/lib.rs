//! The list of suites: one line each.

use harness_core::Suite;

/// A suite's registration: its code and its YAML files.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The id: the folder below `suites/`.
    pub id: &'static str,
    /// Makes the suite.
    pub make: fn() -> Suite,
    /// `suite.yaml`.
    pub suite_yaml: &'static str,
    /// `claims.yaml`.
    pub claims_yaml: &'static str,
    /// `peers/peers.yaml`.
    pub peers_yaml: &'static str,
}

macro_rules! suites {
    ($($id:literal: $krate:ident),* $(,)?) => {
        &[$(Entry {
            id: $id,
            make: $krate::suite,
            suite_yaml: include_str!(concat!("../../", $id, "/suite.yaml")),
            claims_yaml: include_str!(concat!("../../", $id, "/claims.yaml")),
            peers_yaml: include_str!(concat!("../../", $id, "/peers/peers.yaml")),
        }),*]
    };
}

/// Every suite. A new one is one line here.
pub const ENTRIES: &[Entry] = suites! {
    "equivariant_tensor_products": suite_equivariant_tensor_products,
    "optimal_transport": suite_optimal_transport,
    "selftest": suite_selftest,
};

/// Every suite, in the order of registration.
pub fn suites() -> Vec<Suite> {
    ENTRIES.iter().map(|entry| (entry.make)()).collect()
}

/// The registration of a suite by id.
pub fn find(id: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_suite_is_found_under_the_name_of_its_folder() {
        for entry in ENTRIES {
            let suite = (find(entry.id).unwrap().make)();
            assert_eq!(suite.id, entry.id);
            assert_eq!(ENTRIES.iter().filter(|e| e.id == entry.id).count(), 1, "{} once", entry.id);
            assert!(entry.suite_yaml.contains(&format!("suite: {}", entry.id)), "{}", entry.id);
            assert!(entry.claims_yaml.contains(&format!("suite: {}", entry.id)), "{}", entry.id);
        }
        assert!(find("no_such_suite").is_none());
    }

    #[test]
    fn every_default_is_in_range() {
        for suite in suites() {
            for solver in suite.solvers() {
                let errors = solver.resolve(&solver.defaults()).err();
                assert!(errors.is_none(), "{}/{}: {errors:?}", suite.id, solver.id);
            }
        }
    }

    #[test]
    fn every_parameter_of_every_problem_and_solver_is_documented() {
        for suite in suites() {
            let solvers = suite.solvers().iter().map(|s| (s.id.as_ref(), s.defaults(), s.docs));
            let problems = suite.problems().iter().map(|p| (p.id, p.defaults(), p.docs));
            for (id, defaults, docs) in solvers.chain(problems) {
                let documented: Vec<&str> = docs.iter().map(|d| d.name).collect();
                let fields: Vec<&String> = defaults.keys().collect();
                assert_eq!(documented, fields, "{}/{id}: `DOCS` has one entry a field, in order", suite.id);
            }
        }
    }
}
