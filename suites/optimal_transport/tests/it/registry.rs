//! What the suite registers is complete: a newcomer's solver or problem is checked here.

use harness_core::{CellSpec, Device, Dtype, Measure, ProblemSpec, SolverSpec, Stop};
use serde_json::{Map, Value, json};
use suite_optimal_transport::suite;

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

#[test]
fn every_parameter_is_documented_and_every_id_is_used_once() {
    let suite = suite();
    let names = |docs: &[harness_core::ParamDoc]| docs.iter().map(|d| d.name.to_owned()).collect::<Vec<_>>();
    let mut ids = Vec::new();
    for problem in suite.problems() {
        assert_eq!(
            problem.defaults().keys().cloned().collect::<Vec<_>>(),
            names(problem.docs),
            "{}",
            problem.id
        );
        ids.push(problem.id);
    }
    for solver in suite.solvers() {
        assert_eq!(
            solver.defaults().keys().cloned().collect::<Vec<_>>(),
            names(solver.docs),
            "{}",
            solver.id
        );
        assert!(solver.resolve(&Map::new()).is_ok(), "the defaults of {} pass its own check", solver.id);
        ids.push(&solver.id);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "every id is used once");
}

#[test]
fn parameters_read_as_documented() {
    let suite = suite();
    let resolve = |id: &str, given: Value| suite.problem(id).expect("registered").resolve(&object(&given));
    for (id, given) in [
        (
            "random_assignment",
            json!({"n": 20, "m": 30, "first_seed": null, "marginals": "random", "eta": 100}),
        ),
        ("discretised_densities", json!({"cost": "w1"})),
        ("gaussians_1d", json!({"n": 50, "mean_a": -1})),
        ("grid_l1", json!({"size": 8})),
        (
            "images",
            json!({"dataset": "fashion_mnist", "pair": [2, 3], "cost": "sql2", "scale": "max", "support": {"smooth": 0.001}}),
        ),
        ("images", json!({"dataset": "digits", "support": "drop", "scale": "unit_square"})),
        ("images", json!({"support": {"offset": 0.5}, "cost": "l1", "scale": "grid"})),
        ("file", json!({"path": "a.npz", "eta": 7.5})),
    ] {
        resolve(id, given.clone()).unwrap_or_else(|e| panic!("{id} {given}: {e:?}"));
    }
    for (id, given, part) in [
        ("random_assignment", json!({"n": 0}), "`n` must be between 1 and 1048576, found 0"),
        ("random_assignment", json!({"eta": 0}), "`eta` must be positive and finite, found 0"),
        ("random_assignment", json!({"first_sed": 1}), "did you mean `first_seed`?"),
        ("images", json!({"support": {"smooth": 2.0}}), "`support` must be smooth with 0 < e <= 1"),
        ("images", json!({"dataset": "digits", "pair": [0, 1797]}), "two indices below 1797, found 1797"),
        ("gaussians_1d", json!({"variance_b": -1.0}), "`variance_b` must be positive and finite, found -1"),
        ("file", json!({}), "`path` must be the path of an .npz file"),
    ] {
        let errors = resolve(id, given).unwrap_err();
        assert!(errors[0].to_string().contains(part), "{}", errors[0]);
    }
}

#[test]
fn every_solver_solves_every_problem_and_they_agree() {
    let suite = suite();
    for problem in suite.problems().iter().filter(|p| !["file", "images"].contains(&p.id)) {
        let small = object(&match problem.id {
            "grid_l1" => json!({"size": 8, "eta": 50}),
            _ => json!({"n": 12, "eta": 50}),
        });
        let resolved = problem.resolve(&small).expect("small problems are allowed");
        let spec = ProblemSpec {
            id: problem.id.to_owned(),
            version: problem.version,
            params: resolved.values,
            omit: resolved.omit,
            data_sha256: Vec::new(),
        };
        let mut costs = Vec::new();
        for solver in suite.solvers() {
            let resolved = solver.resolve(&Map::new()).expect("defaults");
            solver.accepts(&resolved.values, problem, &spec).unwrap_or_else(|e| panic!("{}: {e}", solver.id));
            let cell = CellSpec {
                suite: suite.id.to_owned(),
                problem: spec.clone(),
                solver: SolverSpec {
                    id: solver.id.clone().into_owned(),
                    params: resolved.values,
                    omit: resolved.omit,
                    code: None,
                },
                stop: Stop {
                    metric: problem.stop_metric.to_owned(),
                    tol: Some(1e-10),
                    max_iter: 20_000,
                    budget_s: None,
                    stall: None,
                },
                measure: Measure::Trace {},
                replicate: 0,
                master_seed: 1,
                device: Device::Cpu,
                dtype: Dtype::F64,
                threads: 1,
                control: false,
            };
            let instance = suite.instance(&cell, std::path::Path::new(""), None).expect("an instance");
            let recorder = crate::common::Recorder::default();
            suite
                .run(&cell, instance.as_ref(), &recorder, None)
                .unwrap_or_else(|e| panic!("{}: {e}", solver.id));
            let (trace, end) = recorder.finish();
            assert_eq!(end.status.to_string(), "solved", "{} on {}", solver.id, problem.id);
            for (name, _) in end.metrics.iter() {
                assert!(problem.metrics.iter().any(|m| m.id == name), "metric {name} is not declared");
            }
            assert!(!trace.is_empty());
            if solver.id != "exact" {
                costs.push((solver.id.clone(), end.metrics.get("cost").expect("a cost")));
            }
        }
        for (id, cost) in &costs {
            assert!((cost - costs[0].1).abs() < 1e-9, "{id} and {} on {}: {costs:?}", costs[0].0, problem.id);
        }
    }
}
