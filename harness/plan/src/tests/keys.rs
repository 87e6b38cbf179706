//! Cell keys: golden values, and what does not change them.

use proptest::prelude::*;
use serde_json::json;

use super::plan;
use crate::overrides::Overrides;
use crate::plan::{Plan, PlannedCell, read_cells, write_cells};
use crate::suite_file::SuiteFile;
use crate::testing::{Data, MACHINE, suite};

fn named(cell: &PlannedCell) -> String {
    let spec = &cell.spec;
    let place = format!("{} {} {}", spec.device, spec.dtype, spec.threads);
    format!("{} {} {} r{} {place}", cell.key, cell.problem_label(), cell.solver_label(), spec.replicate)
}

/// A changed line here means that results that are stored are no longer found: raise a version instead.
#[test]
fn golden_keys() {
    let mut lines = Vec::new();
    for (profile, pairs) in [("smoke", &[][..]), ("ci", &[][..]), ("cuda", &["device=cpu"][..])] {
        lines.push(format!("{profile} {pairs:?}"));
        lines.extend(plan(profile, pairs).cells.iter().map(named));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_key_is_that_of_the_spec_and_keys_are_distinct() {
    for profile in ["smoke", "ci", "cuda"] {
        let plan = plan(profile, &[]);
        let mut keys: Vec<_> = plan.cells.iter().map(|c| c.key.clone()).collect();
        assert!(plan.cells.iter().all(|c| c.spec.key() == c.key));
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), plan.cells.len());
    }
}

#[test]
fn a_parameter_at_its_neutral_value_changes_no_key_and_its_default_spelled_out_neither() {
    let keys = |pairs: &[&str]| -> Vec<_> { plan("smoke", pairs).cells.into_iter().map(|c| c.key).collect() };
    let base = keys(&["solver=sinkhorn"]);
    assert_eq!(base, keys(&["solver=sinkhorn", "solver.added=0"]));
    assert_eq!(base, keys(&["solver=sinkhorn", "solver.log=false", "solver.eta=1.2e3"]));
    assert_ne!(base, keys(&["solver=sinkhorn", "solver.added=1"]));
    assert_ne!(base, keys(&["solver=sinkhorn", "seed=8"]));
    assert_ne!(base, keys(&["solver=sinkhorn", "stop.tol=1e-8"]));
    assert_eq!(base, keys(&["solver=sinkhorn", "limits.hard_s=1"]));
}

#[test]
fn cells_survive_plan_jsonl_and_a_changed_line_is_noticed() {
    let cells = plan("ci", &[]).cells;
    let mut text = Vec::new();
    write_cells(&cells, &mut text).unwrap();
    assert_eq!(read_cells(&text[..]).unwrap(), cells);
    let text = String::from_utf8(text).unwrap();
    let forged = text.replacen("\"n\":4}", "\"n\":5}", 1);
    assert!(
        read_cells(forged.as_bytes()).unwrap_err().to_string().starts_with("plan.jsonl line 1: the key is")
    );
    let torn = &text[..text.len() - 10];
    assert!(read_cells(torn.as_bytes()).unwrap_err().to_string().contains("plan.jsonl line "));
}

/// A suite file with one cell, its parameters written as `params`.
fn one_cell(params: &str, prologue: &str) -> PlannedCell {
    let text = format!(
        "schema: 1\nsuite: mini\ndefault_profile: p\n{prologue}problems:\n  a:\n    problem: random_assignment\n    params: {params}\n\
         solvers: {{s: {{solver: sinkhorn}}}}\nprofiles:\n  p: {{stop: {{max_iter: 10}}, runs: [{{problems: a, solvers: s}}]}}\n"
    );
    let file = SuiteFile::parse("t.yaml", &text, &suite()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let plan = Plan::make(&suite(), &file, "p", &Overrides::default(), &Data, &MACHINE).unwrap();
    assert_eq!(plan.cells.len(), 1);
    plan.cells[0].clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spelling_order_and_anchors_change_no_key(
        n in 1_u32..100_000,
        seed in any::<u32>(),
        weights in prop::collection::vec(-1e6..1e6_f64, 1..4),
        rotate in 0_usize..4,
        decimal in any::<bool>(),
    ) {
        let plain = format!("{{n: {n}, first_seed: {seed}, weights: {weights:?}, norm: l1}}");
        let want = one_cell(&plain, "");
        let spell = |w: &f64| if decimal { format!("{w}") } else { format!("{w:e}") };
        let list: Vec<String> = weights.iter().map(spell).collect();
        let mut fields = [
            format!("n: 0x{n:x}"),
            format!("first_seed: +{seed}"),
            format!("weights: [{}]", list.join(",  ")),
            "norm: \"l1\"".to_owned(),
        ];
        fields.rotate_left(rotate);
        let block: Vec<String> = fields.iter().map(|f| format!("\n      {f}")).collect();
        prop_assert_eq!(&one_cell(&block.concat(), "").key, &want.key);
        let prologue = format!(".w: &w [{}]\n.all: &all {{n: 3, norm: l1, first_seed: {seed}}}\n", list.join(", "));
        let aliased = format!("{{<<: *all, n: {n}, weights: *w}}");
        prop_assert_eq!(&one_cell(&aliased, &prologue).key, &want.key);
    }

    #[test]
    fn a_float_parameter_takes_any_spelling_of_its_number(eta in 1_u32..1_000_000) {
        let key = |text: String| plan("smoke", &["solver=sinkhorn", "problem=small", &text]).cells[0].key.clone();
        let want = key(format!("solver.eta={eta}"));
        prop_assert_eq!(&key(format!("solver.eta={eta}.0")), &want);
        prop_assert_eq!(&key(format!("solver.eta={:e}", f64::from(eta))), &want);
        let sized = |text: String| plan("smoke", &["solver=sinkhorn", "problem=small", &text]).cells[0].key.clone();
        let want = sized(format!("problem.n={eta}"));
        prop_assert_eq!(&sized(format!("problem.n={:e}", f64::from(eta))), &want);
    }
}

#[test]
fn resolved_yaml_says_what_is_run() {
    let plan = plan("smoke", &["problem=small", "solver.eta=1000,2000"]);
    let env = harness_core::EnvKey::of(b"machine");
    let text = plan.resolved_yaml(&env, &["problem=small".to_owned()]);
    insta::assert_snapshot!(text);
    let back: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(back["campaign"], json!(plan.campaign_id(&env)));
    assert_eq!(back["solvers"][1]["params"]["eta"], json!(2000.0));
}

#[test]
fn the_campaign_s_id_is_stable_and_depends_on_cells_code_and_machine() {
    let (a, b) = (harness_core::EnvKey::of(b"a"), harness_core::EnvKey::of(b"b"));
    let smoke = plan("smoke", &[]);
    assert_eq!(smoke.campaign_id(&a), plan("smoke", &[]).campaign_id(&a));
    assert_ne!(smoke.campaign_id(&a), smoke.campaign_id(&b));
    assert_ne!(smoke.campaign_id(&a), plan("smoke", &["seed=1"]).campaign_id(&a));
    assert!(smoke.campaign_id(&a).starts_with("smoke-"));
    assert_eq!(smoke.campaign_id(&a).len(), "smoke-".len() + 10);
}
