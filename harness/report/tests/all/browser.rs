//! The page in a browser without a network, at the widths of a desk and of a phone.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use harness_report::Report;
use serde_json::Value;

use crate::pages::{campaign, shared};
use crate::skipped;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// What acts on the page.
const SCRIPT: &str = include_str!("testdata/browser.js");

/// Where `scripts/test` puts axe-core, which checks accessibility.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/axe/node_modules/axe-core/axe.min.js");

/// The colours that a reader prefers, as the browser numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Dark = 0,
    Light = 1,
}

fn browser() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let works =
            |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
        let found = NAMES.into_iter().find(works);
        if found.is_none() {
            skipped("no browser here; `apt-get install chromium` brings one");
        }
        found
    })
}

/// The document after its scripts ran, and what they wrote to the console.
fn load(browser: &str, page: &Path, scheme: Scheme) -> (String, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // No host has an address, and the proxy is a port where nobody listens.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=127.0.0.1:9",
            "--enable-logging=stderr",
            "--window-size=1400,900",
            "--virtual-time-budget=60000",
            "--dump-dom",
        ])
        .arg(format!("--blink-settings=preferredColorScheme={}", scheme as u8))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let console = said.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    (String::from_utf8(output.stdout).unwrap(), console)
}

/// What the script found on a copy of the page, shown so many pixels wide. A window cannot be as narrow as a phone: a frame in
/// it can.
fn explored(browser: &str, report: &Report, width: u32, scheme: Scheme) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let axe = std::fs::read_to_string(AXE).unwrap_or_default();
    if axe.is_empty() {
        skipped("axe-core is not here: accessibility is not checked; scripts/test brings it");
    }
    let page =
        report.html.replace("</body>", &format!("<script>{axe}</script><script>{SCRIPT}</script></body>"));
    std::fs::write(dir.path().join("page.html"), page).unwrap();
    let frame = format!(
        "<!doctype html><pre id=found></pre><script>addEventListener('message', e => \
         {{ document.getElementById('found').textContent = e.data; }});</script>\
         <iframe src=page.html style='width:{width}px;height:2000px;border:0'></iframe>"
    );
    std::fs::write(dir.path().join("frame.html"), &frame).unwrap();
    found(browser, &dir.path().join("frame.html"), scheme, |_| false)
}

/// What a page wrote into its element `found`; it may say only what is `expected` on the console.
fn found(browser: &str, page: &Path, scheme: Scheme, expected: fn(&str) -> bool) -> Value {
    let (dom, mut console) = load(browser, page, scheme);
    console.retain(|line| !expected(line));
    assert_eq!(console, Vec::<String>::new(), "the console says something");
    let found =
        dom.split("<pre id=\"found\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap_or("");
    let found = found.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&found).unwrap_or_else(|e| panic!("{e}: {found:?} in {} bytes", dom.len()))
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn works_at(width: u32, scheme: Scheme) {
    let Some(browser) = browser() else { return };
    let (campaign, report) = (campaign(), shared());
    let found = explored(browser, report, width, scheme);
    assert_eq!(found["width"], width);
    assert_eq!(found["dark"], scheme == Scheme::Dark);
    assert_eq!(strings(&found["failures"]), Vec::<&str>::new());
    assert_eq!(strings(&found["overflowing"]), Vec::<&str>::new());
    assert!(found["page_width"].as_u64().unwrap() <= u64::from(width), "{} px wide", found["page_width"]);
    assert_eq!(strings(&found["dangling"]), Vec::<&str>::new());
    assert_eq!(strings(&found["violations"]), Vec::<&str>::new());
    assert!(found["sortable"].as_u64().unwrap() >= 2 && found["toggles"].as_u64().unwrap() >= 2);

    let known: BTreeSet<String> = campaign.data.runs.iter().map(|r| r.run_id.to_string()).collect();
    let runs = strings(&found["runs"]);
    assert!(runs.len() > 50 && runs.iter().all(|id| known.contains(*id)));
    let known: BTreeSet<&str> = campaign.plan.cells.iter().map(|c| c.key.as_str()).collect();
    let cells = strings(&found["cells"]);
    assert!(cells.len() > 20 && cells.iter().all(|key| known.contains(key)));
    let beside = |href: &&str| !href.starts_with("..");
    for file in strings(&found["files"]).into_iter().filter(beside) {
        assert!(report.files.contains_key(file), "{file} is linked and not written");
    }
}

#[test]
fn the_page_works_at_the_width_of_a_desk_in_light_colours() {
    works_at(1280, Scheme::Light);
}

#[test]
fn the_page_works_at_the_width_of_a_phone_in_dark_colours() {
    works_at(390, Scheme::Dark);
}

#[test]
fn the_page_is_complete_without_javascript() {
    let Some(browser) = browser() else { return };
    // In a frame that may not run scripts, and that the page around it may look into.
    let page = shared().html.replace('&', "&amp;").replace('"', "&quot;");
    let look = "
        const page = document.querySelector('iframe').contentDocument, all = (s) => [...page.querySelectorAll(s)];
        const shown = (e) => e.getClientRects().length > 0;
        found.textContent = JSON.stringify({
            buttons: all('button, input, select').length,
            claims: all('tr[id^=claim-]').filter(shown).map((row) => row.id),
            plots: all('figure').map((f) => [...f.querySelectorAll('.plot')].filter(shown).length),
            keys: all('.keys li').filter(shown).length,
            width: page.documentElement.scrollWidth,
            hidden: all('[hidden]').filter((e) => !e.matches('.plot')).length,
            folded: all('details').filter((d) => !d.querySelector('summary')).length,
        });";
    let frame = format!(
        "<!doctype html><pre id=found></pre><iframe sandbox=\"allow-same-origin\" \
         style='width:390px;height:2000px;border:0' srcdoc=\"{page}\"></iframe><script>onload = () => {{ {look} }};</script>"
    );
    let dir = tempfile::tempdir().unwrap();
    let outer = dir.path().join("frame.html");
    std::fs::write(&outer, frame).unwrap();
    let found = found(browser, &outer, Scheme::Light, |line| line.contains("Blocked script execution"));
    let claims: Vec<String> =
        shared().claims.iter().filter(|c| c.ran).map(|c| format!("claim-{}", c.id)).collect();
    assert_eq!(strings(&found["claims"]), claims);
    assert_eq!(found["buttons"], 0, "buttons that nothing answers");
    assert!(found["plots"].as_array().unwrap().iter().all(|n| *n == 1), "{found}");
    assert!(found["keys"].as_u64().unwrap() >= 5);
    assert_eq!(found["width"], 390);
    assert_eq!((&found["hidden"], &found["folded"]), (&0.into(), &0.into()));
}

#[test]
fn the_script_is_small() {
    let script = shared().html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(script.len() <= 15_000, "{} bytes", script.len());
}
