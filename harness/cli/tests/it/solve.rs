//! `solve`: a user's own instance.

use std::path::Path;

use harness_datasets::readers::npy::Array;
use harness_datasets::readers::npz::{self, Compression};
use serde_json::Value;

use crate::site::Site;

fn write(path: &Path, cost: &[f64], r: &[f64], c: &[f64]) {
    let array = |shape: Vec<usize>, data: &[f64]| Array::new(shape, data.to_vec()).unwrap();
    let (cost, r, c) =
        (array(vec![cost.len() / 2, 2], cost), array(vec![r.len()], r), array(vec![c.len()], c));
    npz::write(path, &[("C", &cost), ("r", &r), ("c", &c)], Compression::Stored).unwrap();
}

const LINE: &str = "solve suite=optimal_transport solver=sns_continuation instance=a.npz";

#[test]
fn the_two_by_two_closed_form_comes_out_as_json_and_as_a_file() {
    let site = Site::new();
    write(&site.path().join("a.npz"), &[0.0, 1.0, 1.0, 0.0], &[0.5, 0.5], &[0.5, 0.5]);
    let output = site.harness(&format!("{LINE} eta=3 tol=1e-12 solution=out.npz")).exits(0);
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(result["status"], "solved");
    let p11 = 0.5 / (1.0 + (-3.0_f64).exp());
    let cost = 2.0 * (0.5 - p11);
    assert!((result["metrics"]["cost"].as_f64().unwrap() - cost).abs() < 1e-12, "{result}");
    assert!(result["metrics"]["marginal_l1"].as_f64().unwrap() <= 1e-12);
    assert!(result["seconds"].as_f64().unwrap() > 0.0 && result["iterations"].as_u64().unwrap() > 0);
    let arrays = npz::read(&site.path().join("out.npz")).unwrap();
    let plan = arrays["P"].clone().into_f64();
    assert!((plan[0] - p11).abs() < 1e-12, "{plan:?}");
    assert!(arrays.contains_key("x") && arrays.contains_key("y"));
}

#[test]
fn potentials_alone_can_be_saved() {
    let site = Site::new();
    write(&site.path().join("a.npz"), &[0.0, 1.0, 1.0, 0.0], &[0.5, 0.5], &[0.5, 0.5]);
    site.harness(&format!("{LINE} solution=out.npz save=potentials")).exits(0);
    let arrays = npz::read(&site.path().join("out.npz")).unwrap();
    assert!(arrays.contains_key("x") && !arrays.contains_key("P"));
}

#[test]
fn bad_input_gets_exit_code_2_and_one_clear_sentence() {
    let site = Site::new();
    let path = site.path().join("a.npz");
    let (ones, half) = ([1.0; 4], [0.5, 0.5]);
    let cases: Vec<(&str, Box<dyn Fn()>)> = vec![
        ("NaN", Box::new(|| write(&path, &[1.0, f64::NAN, 1.0, 1.0], &half, &half))),
        ("must be finite and not negative", Box::new(|| write(&path, &ones, &[-0.5, 1.5], &half))),
        ("positive finite mass", Box::new(|| write(&path, &ones, &[0.0, 0.0], &half))),
        ("they must agree", Box::new(|| write(&path, &ones, &[0.5, 0.25, 0.25], &half))),
        ("a.npz", Box::new(|| std::fs::write(&path, b"no zip archive").unwrap())),
    ];
    for (expected, make) in cases {
        make();
        let output = site.harness(LINE).exits(2);
        assert!(output.stderr.contains(expected), "{expected}: {}", output.stderr);
        assert_eq!(output.stderr.trim_end().lines().count(), 1, "one sentence: {}", output.stderr);
    }
    let array = Array::new(vec![2], vec![0.5, 0.5]).unwrap();
    npz::write(&path, &[("r", &array), ("c", &array)], Compression::Stored).unwrap();
    assert!(site.harness(LINE).exits(2).stderr.contains("`C`"));
    std::fs::remove_file(&path).unwrap();
    assert!(site.harness(LINE).exits(2).stderr.contains("a.npz"));
}

#[test]
fn the_instance_is_never_overwritten() {
    let site = Site::new();
    write(&site.path().join("a.npz"), &[0.0, 1.0, 1.0, 0.0], &[0.5, 0.5], &[0.5, 0.5]);
    let before = std::fs::read(site.path().join("a.npz")).unwrap();
    assert!(
        site.harness(&format!("{LINE} solution=./a.npz")).exits(2).stderr.contains("the instance itself")
    );
    assert!(
        site.harness(&format!("{LINE} solution=no/such/o.npz")).exits(2).stderr.contains("no folder no/such")
    );
    assert_eq!(before, std::fs::read(site.path().join("a.npz")).unwrap());
}

#[test]
fn negative_costs_are_fine() {
    let site = Site::new();
    write(&site.path().join("a.npz"), &[-1.0, 0.0, 0.0, -1.0], &[0.5, 0.5], &[0.5, 0.5]);
    let output = site.harness(&format!("{LINE} eta=3")).exits(0);
    assert_eq!(serde_json::from_str::<Value>(&output.stdout).unwrap()["status"], "solved");
}

#[test]
fn wrong_keys_get_the_nearest_name() {
    let site = Site::new();
    write(&site.path().join("a.npz"), &[0.0, 1.0, 1.0, 0.0], &[0.5, 0.5], &[0.5, 0.5]);
    assert!(site.harness(&format!("{LINE} etaa=3")).exits(2).stderr.contains("did you mean `eta`?"));
    assert!(site.harness(&format!("{LINE} tol=-1")).exits(2).stderr.contains("`tol` must be positive"));
    assert!(
        site.harness(&format!("{LINE} solution=o.npz save=paln"))
            .exits(2)
            .stderr
            .contains("did you mean `plan`?")
    );
    let other = site.harness("solve suite=optimal_transport solver=sns_contination instance=a.npz").exits(2);
    assert!(other.stderr.contains("did you mean `sns_continuation`?"));
}
