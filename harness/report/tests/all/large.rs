//! A campaign with a million rows of traces.

use std::io::Write as _;
use std::time::Instant;

use crate::pages::SUITE;
use crate::results::{Campaign, Sketch};

/// Says how long it takes: `cargo test --release -p harness-report --test all -- --ignored a_million`.
#[test]
#[ignore = "takes long where nothing is optimised; docs/report.md states what it measures"]
fn a_million_rows_of_traces_make_a_page_of_less_than_two_megabytes() {
    let campaign = Campaign::new(SUITE, "schema: 1\nsuite: mini\nclaims: []\n", "smoke", |spec| {
        let rate = 20.0 / (9000.0 + 100.0 * f64::from(spec.replicate));
        let point = |step: i64| (step, step as f64 * 1e-4, (-rate * step as f64).exp());
        Some(Sketch::solved((0..10_000).map(point).collect()))
    });
    let rows = campaign.data.traces.len();
    assert!(rows > 1_000_000, "{rows} rows");
    let began = Instant::now();
    let report = campaign.report();
    let seconds = began.elapsed().as_secs_f64();
    let _ = writeln!(std::io::stderr(), "{rows} rows: {seconds:.2} s, {} bytes of HTML", report.html.len());
    assert!(report.html.len() < 2_000_000, "{} bytes", report.html.len());
}
