//! Text from YAML, from solvers and from the command line stays text: in the shell, in HTML, in Markdown, on the terminal.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::CommandCargoExt;

use crate::site::Site;

/// Everything that a shell, YAML, HTML or Markdown could take for its own.
const LABEL: &str =
    r#"it's $(touch pwned) `touch pwned`; touch pwned & "q" <script>alert(1)</script> | *x* \\ #"#;
const TEXTS: [&str; 6] = [
    "<script>alert(2)</script><img src=x onerror=alert(3)>",
    "$(touch pwned) `touch pwned` ; touch pwned",
    "a, b: [c] {d} # e 'f' \"g\"",
    "true",
    "1e3",
    "\u{1b}[31mred\u{1b}[0m ![x](y) **z**",
];

/// A site with a label and a results folder that nobody would choose, and one failing cell for each text.
fn odd_site() -> Site {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let texts: Vec<String> = TEXTS.iter().map(|text| json(text)).collect();
    let suite = format!(
        "schema: 1\nsuite: selftest\ndefault_profile: p\npapers: []\nproblems:\n  walk: {{problem: noop}}\nsolvers:\n  \
         {}: {{solver: complain, params: {{text: [{}]}}}}\nprofiles:\n  p:\n    stop: {{tol: 0.0, max_iter: 10}}\n    \
         runs: [{{problems: [walk], solvers: [{}]}}]\n",
        json(LABEL),
        texts.join(", "),
        json(LABEL)
    );
    Site::with_selftest(&suite, "schema: 1\nsuite: selftest\nclaims: []\n")
}

const OUT: &str = "out=my 'results' $(touch pwned) <b> \u{1b}[31m\u{202e}%s\\n";

fn run(site: &Site) -> crate::site::Output {
    site.run(site.command("run selftest").arg(OUT)).exits(5)
}

fn file(site: &Site, name: &str) -> String {
    let files = site.files();
    let (_, bytes) = files.iter().find(|(path, _)| path.ends_with(name)).unwrap();
    String::from_utf8(bytes.clone()).unwrap()
}

/// The column of the table of cells.
fn column(site: &Site, name: &str) -> Vec<String> {
    let text = file(site, "cells.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|head| head == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

#[test]
fn the_printed_commands_run_just_their_cell_in_a_shell() {
    let site = odd_site();
    run(&site);
    let (keys, commands) = (column(&site, "cell_key"), column(&site, "command"));
    assert_eq!((keys.len(), commands.len()), (TEXTS.len(), TEXTS.len()));
    let bin = site.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let program = PathBuf::from(Command::cargo_bin("harness").unwrap().get_program());
    symlink(program, bin.join("just")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let store = harness_store::Store::open(site.path().join(OUT.strip_prefix("out=").unwrap()), "selftest");
    for (key, command) in keys.iter().zip(&commands) {
        let before = store.runs(&harness_store::Filter::default()).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).env("PATH", &path).env("NO_COLOR", "1").current_dir(site.path());
        let output = site.run(&mut shell).exits(5);
        assert!(output.stderr.contains("1 cell, 1 to run"), "{command}\n{}", output.stderr);
        let mut after = store.runs(&harness_store::Filter::default()).unwrap();
        after.retain(|run| before.iter().all(|old| old.run_id != run.run_id));
        let made: Vec<String> = after.iter().map(|run| run.cell_key.to_string()).collect();
        assert_eq!(made.as_slice(), std::slice::from_ref(key), "{command}");
    }
    assert!(!site.path().join("pwned").exists(), "a text was executed");
    assert!(site.files().into_keys().all(|path| !path.ends_with("pwned")));
}

#[test]
fn what_solvers_and_files_say_is_no_markup_in_the_report() {
    let site = odd_site();
    run(&site);
    let (html, markdown) = (file(&site, "report.html"), file(&site, "report.md"));
    for markup in ["<script>alert", "<img", "<b>"] {
        // The page's own campaign line has its `<b>`, and nothing else in it is somebody's text.
        let own = if markup == "<b>" { html.matches("Profile <b>p</b>").count() } else { 0 };
        let bold = html.matches("<p><b>error, exit code 3</b>").count();
        let expected = if markup == "<b>" { own + bold } else { 0 };
        assert_eq!(html.matches(markup).count(), expected, "{markup} in the page");
    }
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;") && html.contains("&lt;script&gt;alert(2)&lt;"),
        "{html}"
    );
    assert!(!html.contains('\u{1b}') && !markdown.contains('\u{1b}'), "a terminal would act on it");
    let mut fenced = 0;
    for line in markdown.lines() {
        // Indented code, code spans, and escaped text are text; all else would be markup.
        let outside = without_code(line);
        let is_code = line.starts_with("      ") || line.starts_with("    just run");
        fenced += usize::from(is_code);
        assert!(is_code || !outside.contains("<script") && !outside.contains("<img"), "{line}");
        assert!(is_code || !outside.contains("![x](y)"), "{line}");
    }
    assert!(fenced >= TEXTS.len(), "{markdown}");
}

/// A line of Markdown without its code spans.
fn without_code(line: &str) -> String {
    let (mut outside, mut rest) = (String::new(), line);
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let length = rest[start..].chars().take_while(|c| *c == '`').count();
        let fence = &rest[start..start + length];
        let after = &rest[start + length..];
        // The span ends at as many backticks, neither more nor less.
        let is_end = |at: &usize| {
            after[*at..].chars().take_while(|c| *c == '`').count() == length && !after[..*at].ends_with('`')
        };
        let end = after.match_indices(fence).map(|(at, _)| at).find(is_end);
        rest = end.map_or(after, |end| &after[end + length..]);
    }
    outside + rest
}

#[test]
fn what_a_solver_says_does_nothing_to_the_terminal() {
    let site = odd_site();
    let output = run(&site);
    assert!(output.stderr.contains("[31mred") && !output.stderr.contains('\u{1b}'), "{:?}", output.stderr);
}
