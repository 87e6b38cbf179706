//! What is read from the miniature files.

use super::plan;
use crate::claims_file::{Accept, Better, ClaimKind, ClaimScale, ClaimsFile, Transcribed};
use crate::expr::{Expr, Quantity};
use crate::plan::PlannedCell;
use crate::suite_file::{By, FigureKind, ParamRef, Place, Selection, Side};
use crate::testing::{CLAIMS, suite, suite_file};

fn claims() -> ClaimsFile {
    ClaimsFile::parse("claims.yaml", CLAIMS, &suite(), &suite_file()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_claim_s_region_comes_from_accept_or_from_the_printed_digits() {
    let claims = claims();
    let region = |id: &str| {
        let region = claims.claim(id).unwrap().region();
        (region.lo, region.hi)
    };
    assert_eq!(region("c1"), (15.0, 60.0));
    let (low, high) = region("ratio");
    assert!((low - 11.5).abs() < 1e-12 && (high - 12.5).abs() < 1e-12);
    assert_eq!(region("order"), (0.5, f64::INFINITY));
    let (low, high) = region("exponent");
    assert!((low - 1.8).abs() < 1e-12 && (high - 2.2).abs() < 1e-12);
    assert_eq!(claims.claim("exponent").unwrap().accept, Some(Accept::Within(0.1)));
    // 0.90 ± (0.05 tolerance + 0.005 rounding + 2 % of 0.9 digitising), open where it is better.
    let (low, high) = region("rate");
    assert!(low == f64::NEG_INFINITY && (high - 0.973).abs() < 1e-12, "{high}");
    assert_eq!(region("threshold"), (f64::NEG_INFINITY, 40.5));
    assert_eq!(region("optimum"), (-1e-6, 1e-6));
    assert_eq!(region("table"), (f64::NEG_INFINITY, 2.0));
    assert_eq!(region("determinism"), (1.0, f64::INFINITY));
    // 29.0 ± (0.05 + 2·2/√16).
    let (low, high) = region("spread");
    assert!((low - 27.95).abs() < 1e-12 && (high - 30.05).abs() < 1e-12);
    assert_eq!(region("range"), (24.5, 33.5));
}

#[test]
fn a_region_says_how_it_was_formed_and_which_side_is_better() {
    let claims = claims();
    let shown = |id: &str| {
        let claim = claims.claim(id).unwrap();
        let printed = claim.reported.map(|r| r.to_string()).unwrap_or_default();
        (claim.region().from, claim.better(), printed)
    };
    let text = |s: &str| s.to_owned();
    let from = "reported ± the tolerance ⊕ half a unit of the last printed digit ⊕ the error of digitising, open on the better side";
    assert_eq!(shown("rate"), (text(from), Some(Better::Lower), text("0.90")));
    let from = "reported ± half a unit of the last printed digit ⊕ two standard errors";
    assert_eq!(shown("spread"), (text(from), None, text("29.0 ± 2 (n = 16)")));
    assert_eq!(shown("range").2, "25 to 33");
    assert_eq!(shown("threshold").1, None);
    assert_eq!(shown("success").1, Some(Better::Higher));
    assert_eq!(claims.claim("rate").unwrap().transcribed.to_string(), "digitised ± 2 %");
    assert_eq!(claims.claim("curve").unwrap().transcribed, Transcribed::Digitised { error: 0.1 });
    let measured: Vec<String> = claims.claims.iter().map(|c| c.kind.measured()).collect();
    assert_eq!(measured[4..6], ["rate(marginal_l1, step)", "iterations"]);
    assert_eq!(measured[6], "best(energy) against instance(ground_state)");
    let mut kinds: Vec<&str> = claims.claims.iter().map(|c| c.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut all = ClaimKind::NAMES;
    all.sort_unstable();
    assert_eq!(kinds, all, "the test's file has a claim of each kind");
}

#[test]
fn a_profile_that_a_claim_does_not_mention_is_a_proxy() {
    let claims = claims();
    let claim = claims.claim("c1").unwrap();
    assert_eq!(claim.scale_in("ci"), ClaimScale::Full);
    assert_eq!(claim.scale_in("smoke"), ClaimScale::Proxy);
    assert_eq!(claim.scale_in("cuda"), ClaimScale::Proxy);
    assert_eq!(claim.source.to_string(), "paper-1, Table 1, row Newton, column iterations");
}

#[test]
fn a_selection_selects_by_label_by_id_and_by_value() {
    let cells = plan("smoke", &[]).cells;
    let count = |selection: &Selection| {
        let selected = |c: &&PlannedCell| {
            let place = |(problem_label, solver_label)| Place { problem_label, solver_label, spec: &c.spec };
            c.labels.iter().any(|(problem, solver)| selection.matches(place((problem, solver))))
        };
        cells.iter().filter(selected).count()
    };
    let claims = claims();
    let ClaimKind::Ratio { numerator, denominator, .. } = &claims.claim("ratio").unwrap().kind else {
        panic!()
    };
    assert_eq!(count(&Selection::default()), cells.len());
    let of_solver = |id: &str| cells.iter().filter(|c| c.spec.solver.id == id).count();
    assert_eq!(count(numerator), of_solver("sinkhorn"));
    assert_eq!(count(denominator), of_solver("newton"));
    assert_eq!(count(&claims.claim("c1").unwrap().select), 3);
    let file = suite_file();
    assert_eq!(count(&file.tables[0].rows[0].select), 3);
    let FigureKind::Sweep { x, .. } = &file.figures[1].kind else { panic!() };
    assert_eq!(x.value, ParamRef { side: Some(Side::Solver), name: "eta".to_owned() });
    assert!(cells.iter().all(|c| x.of(&c.spec).is_some() == (c.spec.solver.id == "sinkhorn")));
}

#[test]
fn a_comparison_has_defaults_and_columns() {
    let file = suite_file();
    let [seconds, per_step] = &file.comparisons[..] else { panic!() };
    assert_eq!((seconds.metric.text.as_str(), &seconds.by), ("sample_cpu", &By::Tolerance));
    assert_eq!(seconds.metric.expr, Expr::Quantity(Quantity::SampleCpu));
    assert_eq!(seconds.baseline.as_ref().unwrap().value, "newton");
    let By::Param(param) = &per_step.by else { panic!() };
    assert_eq!(param.value, ParamRef { side: Some(Side::Problem), name: "n".to_owned() });
    assert_eq!((per_step.note.as_deref(), &per_step.baseline), (Some("Of any accuracy."), &None));
}

#[test]
fn integers_and_floats_of_the_same_value_select_the_same() {
    use serde_json::json;

    use crate::suite_file::same_value;
    for (a, b, same) in [
        (json!(1000), json!(1e3), true),
        (json!([1, 2.0]), json!([1.0, 2]), true),
        (json!(u64::MAX), json!(u64::MAX - 1), false),
        (json!("1"), json!(1), false),
        (json!({"a": 1}), json!({"a": 1.0}), true),
        (json!(null), json!(0), false),
    ] {
        assert_eq!(same_value(&a, &b), same, "{a} {b}");
    }
}

/// The blocks of YAML in the documentation of the format.
fn documented() -> Vec<&'static str> {
    let text = include_str!("../../../../docs/yaml.md");
    text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_documented_files_have_the_form_that_is_read() {
    use crate::source::Source;

    let blocks = documented();
    let suite = blocks[0].replace("tables: […]\nfigures: […]\ncomparisons: […]\nrankings: […]\n", "");
    let figures = blocks[1].replace("panels: […]", "panels: [{}]");
    let text = format!("{suite}{figures}{}{}", blocks[2], blocks[3]);
    let file = crate::suite_file::decode::suite_file(&Source::new("yaml.md", &text));
    let file = file.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((file.profiles.len(), file.tables.len(), file.figures.len()), (1, 1, 3));
    assert_eq!((file.comparisons.len(), file.rankings.len(), file.rankings[0].limit), (2, 1, Some(60.0)));

    let claims = crate::claims_file::decode::claims_file(&Source::new("yaml.md", blocks[4]));
    assert_eq!(claims.unwrap_or_else(|e| panic!("{e}")).claims.len(), 2);
}

#[test]
fn every_kind_of_claim_is_documented_by_an_example_that_is_read() {
    use crate::source::Source;

    let text = include_str!("../../../../docs/claims.md");
    let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let mut kinds = Vec::new();
    for block in blocks {
        let file = format!("schema: 1\nsuite: mini\nclaims:\n{block}");
        let claims = crate::claims_file::decode::claims_file(&Source::new("claims.md", &file));
        let claims = claims.unwrap_or_else(|e| panic!("{e}\n{file}"));
        kinds.extend(claims.claims.iter().map(|c| c.kind.as_str()));
    }
    assert_eq!(kinds, ClaimKind::NAMES, "one example a kind, in the order of the list");
}
