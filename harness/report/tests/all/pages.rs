//! Whole reports: what they show, that they are the same every time, and that nothing in them is taken for markup.

use std::path::Path;
use std::sync::OnceLock;

use harness_core::{CellSpec, Outcome};
use harness_report::{Previous, Report};

use crate::results::{Campaign, Sketch};

pub(crate) const SUITE: &str = include_str!("testdata/suite.yaml");
pub(crate) const CLAIMS: &str = include_str!("testdata/claims.yaml");

fn wobble(spec: &CellSpec) -> f64 {
    // A fixed spread over replicates, without a generator of random numbers.
    1.0 + 0.02 * (f64::from((spec.replicate * 7 + 3) % 10) - 4.0)
}

fn n_of(spec: &CellSpec) -> f64 {
    spec.problem.params["n"].as_f64().unwrap()
}

/// Steps at which the driver records: all up to 64, then 5 % apart.
fn steps(last: i64) -> Vec<i64> {
    let mut steps = vec![0];
    while *steps.last().unwrap() < last {
        let s = *steps.last().unwrap();
        steps.push(if s < 64 { s + 1 } else { ((s as f64 * 1.05).ceil() as i64).max(s + 1) }.min(last));
    }
    steps
}

fn curve(last: i64, second_per_step: f64, value: impl Fn(f64) -> f64) -> Vec<(i64, f64, f64)> {
    steps(last).into_iter().map(|s| (s, s as f64 * second_per_step, value(s as f64).max(1e-13))).collect()
}

/// Results like those of the paper, and a peer that crashes once and runs out of time once.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a campaign asks for results")]
pub(crate) fn realistic(spec: &CellSpec) -> Option<Sketch> {
    let (n, w) = (n_of(spec), wobble(spec));
    let step_s = 1e-9 * n.powi(2) * (1.0 + 0.03 * f64::from(spec.replicate % 3)) * 0.8;
    Some(match spec.solver.id.as_str() {
        "sinkhorn" => {
            let last = (5470.0 * w) as i64;
            let rate = 18.0 / last as f64;
            Sketch::solved(curve(last, step_s, |s| 0.6 * (1.0 + s).powf(-0.35) * (-rate * s).exp()))
        }
        "sns" => {
            let keep = spec.solver.params["keep"].as_f64().unwrap();
            let newton = (40.0 / keep * w).ceil().max(6.0);
            let last = 20 + newton as i64;
            let early = |s: f64| 0.6 * (1.0 + s).powf(-0.35);
            let value = move |s: f64| {
                if s <= 20.0 {
                    early(s)
                } else {
                    early(20.0) * (-23.0 * ((s - 20.0) / newton).powf(1.6)).exp()
                }
            };
            let mut sketch = Sketch::solved(curve(last, 6.0 * step_s, value));
            sketch.switch = Some(20);
            sketch
        }
        _ => match spec.replicate {
            3 => Sketch::failed(
                Outcome::Signal,
                "ended by signal 11 (SIGSEGV)",
                "thread 'main' <b>panicked</b> & more\n  at `lib.py` | line 7\nSegmentation fault\n",
            ),
            _ => {
                let last = (900.0 * w) as i64;
                let rate = 21.0 / last as f64;
                let mut sketch = Sketch::solved(curve(last, 2.0 * step_s, |s| 0.5 * (-rate * s).exp()));
                if spec.replicate == 5 {
                    sketch.curve.truncate(sketch.curve.len() / 2);
                    sketch.outcome = Outcome::Timeout;
                    sketch.status = None;
                    sketch.reason = Some("hard limit of 120 s".to_owned());
                }
                sketch
            }
        },
    })
}

pub(crate) fn campaign() -> Campaign {
    Campaign::new(SUITE, CLAIMS, "smoke", realistic)
}

/// The report of [`campaign`], made once for all tests that only read it.
pub(crate) fn shared() -> &'static Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    REPORT.get_or_init(|| campaign().report())
}

#[test]
fn a_small_campaign() {
    let report = shared();
    insta::assert_snapshot!("claims", report.text);
    insta::assert_snapshot!("markdown", report.markdown);
    // Figures have tests of their own; their coordinates would drown the page.
    let page = without_svg(&report.html);
    insta::assert_snapshot!("page", page);
    insta::assert_snapshot!("table", String::from_utf8(report.files["tables/table1.csv"].clone()).unwrap());
    insta::assert_json_snapshot!("claim_rows", report.claim_rows());
    let names: Vec<&String> = report.files.keys().collect();
    insta::assert_json_snapshot!("files", names);
}

fn without_svg(html: &str) -> String {
    let mut out = String::new();
    for (i, part) in html.split("<svg ").enumerate() {
        if i == 0 {
            out.push_str(part);
        } else {
            let (_, after) = part.split_once("</svg>").expect("an element is closed");
            out.push_str("<svg>…</svg>");
            out.push_str(after);
        }
    }
    // Style and script are files of their own.
    for tag in ["style", "script"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let (start, end) = (out.find(&open).unwrap() + open.len(), out.find(&close).unwrap());
        out.replace_range(start..end, "…");
    }
    out
}

#[test]
fn the_same_input_gives_the_same_bytes_in_any_order_of_rows() {
    let mut second = campaign();
    second.data.runs.reverse();
    second.data.traces.reverse();
    second.data.env.reverse();
    let (a, b) = (shared(), second.report());
    assert_eq!(a.files.keys().collect::<Vec<_>>(), b.files.keys().collect::<Vec<_>>());
    for (name, bytes) in &a.files {
        assert!(*bytes == b.files[name], "{name} differs");
    }
}

#[test]
fn writing_again_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let report = shared();
    assert_eq!(report.write(dir.path()).unwrap().len(), report.files.len());
    assert_eq!(report.write(dir.path()).unwrap(), Vec::<std::path::PathBuf>::new());
    std::fs::write(dir.path().join("report.md"), "edited").unwrap();
    assert_eq!(report.write(dir.path()).unwrap(), [dir.path().join("report.md")]);
}

/// The campaign with `evil` for every text that people write, and for what its peer says.
pub(crate) fn hostile_campaign(evil: &str) -> Campaign {
    let quoted = yaml(evil);
    let mut suite = SUITE.replace("title: seconds on two cores", &format!("title: {quoted}"));
    for text in [
        "grid, n = 30",
        "Table 1: iterations and seconds to machine accuracy",
        "Grid, the peer",
        "Tang et al.",
    ] {
        suite = suite.replace(&format!("\"{text}\""), &quoted);
    }
    suite = suite.replace("The paper's seconds are from another machine.\"", &quoted[1..]);
    let claims = CLAIMS.replace("\"Seeds differ.\"", &quoted);
    Campaign::new(&suite, &claims, "smoke", |spec| {
        let mut sketch = realistic(spec)?;
        if spec.solver.id == "peer" {
            sketch = Sketch::failed(Outcome::Error, evil, evil);
        }
        Some(sketch)
    })
}

#[test]
fn hostile_text_stays_text() {
    let evil = r#""><script>alert('x')</script><img src=x onerror=alert(1)>{{ 7*7 }}"#;
    let report = hostile_campaign(evil).report();
    for text in [&report.html, &outside_code(&report.markdown)] {
        assert!(!text.contains("<script>alert"), "a script got through");
        assert!(!text.contains("<img"), "an element got through");
    }
    assert!(report.html.contains("{{ 7*7 }}"), "a template was evaluated");
    for (name, bytes) in
        report.files.iter().filter(|(name, _)| Path::new(name).extension() == Some("svg".as_ref()))
    {
        let svg = std::str::from_utf8(bytes).unwrap();
        assert!(!svg.contains("<script") && !svg.contains("<img"), "{name}");
    }
    // The one script is ours.
    assert_eq!(report.html.matches("<script").count(), 1);
}

/// Markdown without code blocks and code spans, in which markup has no effect.
fn outside_code(markdown: &str) -> String {
    let lines = markdown.lines().filter(|l| !l.starts_with("    "));
    lines.flat_map(|l| l.split('`').step_by(2).chain(["\n"])).collect()
}

fn yaml(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let html = &shared().html;
    for needle in ["http://", "https://", "url(", "@import", " src="] {
        assert!(!html.contains(needle), "{needle}");
    }
}

#[test]
fn every_number_leads_to_runs_that_exist() {
    let campaign = campaign();
    let html = &shared().html;
    let known: Vec<String> = campaign.data.runs.iter().map(|r| r.run_id.to_string()).collect();
    let mut seen = 0;
    for part in html.split("data-runs=\"").skip(1) {
        for id in part.split('"').next().unwrap().split_whitespace() {
            assert!(known.iter().any(|k| k == id), "{id}");
            seen += 1;
        }
    }
    assert!(seen > 50);
    for part in html.split("href=\"#").skip(1) {
        let id = part.split('"').next().unwrap();
        assert!(html.contains(&format!("id=\"{id}\"")), "nothing has the id {id}");
    }
}

#[test]
fn what_changed_since_the_campaign_before_is_shown() {
    let mut campaign = campaign();
    let row = |name: &str, value: &str, identity| harness_core::EnvRow {
        env_key: harness_core::EnvKey::of(b"another machine"),
        name: name.to_owned(),
        value: value.to_owned(),
        identity,
    };
    campaign.previous = Some(Previous {
        campaign_id: "smoke-9876543210".to_owned(),
        started_unix_ns: 1_767_139_200_000_000_000,
        env: vec![
            row("cpu", "A processor, 4 cores", true),
            row("kernel", "6.1", true),
            row("load", "0.3", false),
        ],
    });
    let report = campaign.report();
    let document: serde_json::Value = serde_json::from_slice(&report.files["report.json"]).unwrap();
    assert_eq!(
        document["environment_changes"],
        serde_json::json!({
            "campaign": "smoke-9876543210",
            "ran": "2025-12-31 00:00 UTC",
            "changes": [
                {"name": "cpu", "before": "A processor, 4 cores", "now": "A processor, 2 cores", "identity": true},
                {"name": "kernel", "before": "6.1", "now": null, "identity": true},
            ],
        })
    );
    let html = &report.html;
    let section = html.split("id=\"environment\"").nth(1).unwrap().split("</section>").next().unwrap();
    for text in ["smoke-9876543210", "A processor, 4 cores", "6.1", "not recorded"] {
        assert!(section.contains(text), "{text}");
    }
}

#[test]
fn a_campaign_that_has_not_run_says_so() {
    let report = Campaign::new(SUITE, CLAIMS, "smoke", |_| None).report();
    assert_eq!(report.headline.full.not_run, 5);
    assert!(report.claims.iter().all(|c| c.reason.is_some()));
    insta::assert_snapshot!("claims_not_run", report.text);
}

#[test]
fn of_several_runs_of_a_cell_the_latest_with_an_answer_counts() {
    // Without figures, to be quick.
    let (suite, _) = SUITE.split_once("figures:").unwrap();
    let mut campaign = Campaign::new(suite, CLAIMS, "smoke", realistic);
    let plain = campaign.report();
    let again = |campaign: &mut Campaign, id: &str, change: fn(&mut harness_core::RunRecord)| {
        let mut run = campaign.data.runs[0].clone();
        let traces = campaign.data.traces.clone();
        let own = traces.into_iter().filter(|t| t.run_id == campaign.data.runs[0].run_id);
        run.run_id = id.parse().unwrap();
        campaign.data.traces.extend(own.map(|t| harness_core::TraceRow { run_id: run.run_id, ..t }));
        change(&mut run);
        campaign.data.runs.push(run);
    };
    let id = |n: u32| format!("10000000-0000-7000-8000-{n:012x}");
    again(&mut campaign, &id(1), |run| run.outcome = Outcome::Interrupted);
    again(&mut campaign, &id(2), |run| run.outcome = Outcome::Panic);
    again(&mut campaign, &id(3), |run| run.code_key = harness_core::CodeKey::of(b"other code"));
    assert!(campaign.report() == plain);
    again(&mut campaign, &id(4), |_| {});
    let later = campaign.report();
    assert!(later.html.contains(&id(4)) && !later.html.contains(&id(3)));
    assert_eq!(later.text, plain.text);
}

/// Writes a report to look at: `REPORT_GALLERY=dir cargo test -p harness-report gallery`.
#[test]
fn gallery() {
    if let Some(dir) = std::env::var_os("REPORT_GALLERY") {
        shared().write(Path::new(&dir)).unwrap();
    }
}
