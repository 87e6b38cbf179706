//! `report.json` holds what the page shows.

use serde_json::Value;

use crate::pages::shared;

fn document() -> Value {
    serde_json::from_slice(&shared().files["report.json"]).unwrap()
}

#[test]
fn its_fields_are_those_that_the_documentation_lists() {
    let document = document();
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    let described = include_str!("../../../../docs/report.md");
    for name in &names {
        assert!(described.contains(&format!("| `{name}` |")), "docs/report.md does not describe `{name}`");
    }
    assert_eq!(document["schema"], 1);
}

#[test]
fn it_says_what_the_report_says() {
    let (report, document) = (shared(), document());
    let claims = document["claims"].as_array().unwrap();
    assert_eq!(claims.len(), report.claims.len());
    for (claim, json) in report.claims.iter().zip(claims) {
        assert_eq!(json["id"], claim.id.as_str());
        assert_eq!(json["estimate"]["value"].as_f64(), claim.estimate.as_ref().map(|e| e.value));
        assert_eq!(json["runs"].as_array().unwrap().len(), claim.runs.len());
    }
    assert_eq!(document["sentence"], report.headline.sentence());
    let panels = document["figures"][0]["panels"].as_array().unwrap();
    assert_eq!(panels.len(), report.figures[0].panels.len());
    assert!(panels.iter().flat_map(|p| p["series"].as_array().unwrap()).all(|s| s["ours"].is_array()));
    assert_eq!(document["failures"].as_array().unwrap().len(), 2);
    let files: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|f| f["href"].as_str().unwrap()).collect();
    for name in report.files.keys() {
        assert!(files.contains(&name.as_str()), "{name} is not among the files");
    }
}
