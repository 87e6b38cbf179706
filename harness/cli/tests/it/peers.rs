//! External solvers through the command line: programs in shell, well-behaved and not.

use std::fmt::Write as _;
use std::io::Write as _;

use harness_datasets::readers::npy::Array;
use harness_datasets::readers::npz::{self, Compression};
use serde_json::Value;

use crate::site::{Output, Site};

/// A peer that says it is ready, and then runs `body` for each solve.
fn script(body: &str) -> String {
    format!(
        "read -r hello\necho '{{\"ready\": {{\"shell\": \"1\"}}, \"import_s\": 0.25}}'\n\
         folder=$(printf '%s' \"$hello\" | sed 's/.*\"folder\":\"\\([^\"]*\\)\".*/\\1/')\n\
         while read -r solve; do\n{body}\ndone\n"
    )
}

/// Ends at once at the end of the walk.
const ARRIVES: &str = "echo 0 > \"$folder/left\"\necho '{\"end\": \"solved\", \"step\": 10, \"work\": 10, \"solution\": \"left\"}'";

/// A site with a peers file that declares one peer a script, by the script's name.
fn site(scripts: &[(&str, &str)]) -> Site {
    let site = Site::new();
    let mut peers = "schema: 1\npeers:\n".to_owned();
    for (name, body) in scripts {
        site.write(&format!("{name}.sh"), body);
        writeln!(peers, "  {name}: {{command: [sh, {name}.sh], summary: \"a script\", source: here}}")
            .unwrap();
    }
    site.write("mine.yaml", &peers);
    site
}

fn line(solvers: &str) -> String {
    format!("suite=selftest problem=short replicates=1 peers=mine.yaml solver={solvers}")
}

fn run(site: &Site, solvers: &str) -> Output {
    site.harness(&format!("run {}", line(solvers)))
}

fn report(site: &Site) -> String {
    let report = site.files().into_iter().find(|(path, _)| path.ends_with("report.md"));
    String::from_utf8(report.expect("a report").1).unwrap()
}

#[test]
fn a_peer_runs_beside_our_solvers_and_is_judged_by_the_suite() {
    let site = site(&[("mine", &script(ARRIVES))]);
    run(&site, "peer:mine,quick").exits(0);
    assert_eq!(site.decisions(&line("peer:mine,quick"), "reuse"), 2, "a second run executes nothing");
    let html = site.files().into_iter().find(|(path, _)| path.ends_with("report.html")).unwrap().1;
    assert!(String::from_utf8(html).unwrap().contains("peer:mine"));
}

#[test]
fn another_script_is_another_cell() {
    let site = site(&[("mine", &script(ARRIVES))]);
    run(&site, "peer:mine").exits(0);
    site.write("mine.sh", &script(&format!("# a comment\n{ARRIVES}")));
    let told = site.harness(&format!("plan {}", line("peer:mine"))).exits(0).stdout;
    assert!(told.contains("  changed: mine.sh\n"), "{told}");
    run(&site, "peer:mine").exits(0);
    site.write("mine.sh", &script(ARRIVES));
    assert_eq!(site.decisions(&line("peer:mine"), "reuse"), 1, "the results of the first are still there");
}

#[test]
fn every_way_in_which_a_peer_can_go_wrong_costs_its_own_cell_and_is_told() {
    let cases: &[(&str, &str, &str)] = &[
        ("dies", "kill -9 $$", "the peer was ended by signal 9 (SIGKILL) in the middle of the conversation"),
        ("leaves", "exit 3", "the peer ended with exit code 3 in the middle of the conversation"),
        (
            "errs",
            "echo many > $folder/left; echo '{\"step\": 7, \"solution\": \"left\"}'",
            "the solution of step 7: ",
        ),
        ("babbles", "echo 'Iteration 1 of 10'", "what is no message: expected a JSON object"),
        (
            "brags",
            "echo 0 > $folder/left; echo '{\"end\": \"solved\", \"step\": 1, \"time_s\": 1e6, \"solution\": \"left\"}'",
            "no more than",
        ),
        ("lacks", "echo '{\"end\": \"solved\", \"step\": 1, \"solution\": \"nothing\"}'", "nothing"),
        (
            "strays",
            "echo '{\"end\": \"solved\", \"step\": 1, \"solution\": \"../walk.txt\"}'",
            "not below the peer's folder",
        ),
        (
            "gives_up",
            "echo 'who knows' >&2; echo '{\"error\": \"the matrix is singular\"}'",
            "the matrix is singular",
        ),
    ];
    let scripts: Vec<(String, String)> =
        cases.iter().map(|(name, body, _)| ((*name).to_owned(), script(body))).collect();
    let mut named: Vec<(&str, &str)> = scripts.iter().map(|(n, b)| (n.as_str(), b.as_str())).collect();
    let good = script(ARRIVES);
    named.push(("good", &good));
    let site = site(&named);
    let solvers: Vec<String> = named.iter().map(|(name, _)| format!("peer:{name}")).collect();
    let told = run(&site, &solvers.join(",")).exits(5).stderr;
    assert!(told.contains("    | who knows\n"), "the last words are told at once: {told}");
    assert_eq!(site.decisions(&line("peer:good"), "reuse"), 1);
    let report = report(&site);
    for (name, _, told) in cases {
        assert!(report.contains(&format!("peer:{name}")) && report.contains(told), "{name}: {report}");
    }
    assert!(report.contains("who knows"), "the end of standard error is in the report: {report}");
    assert!(
        report.contains("replicate 0") && !report.contains("replicate 0 ("),
        "it has no parameters: {report}"
    );
    let left: Vec<_> =
        site.files().into_keys().filter(|p| p.to_string_lossy().contains("/journal/")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_peer_that_hangs_and_its_children_are_gone_after_the_limit() {
    let body = "sleep 1000 &\necho $! > \"$SITE/child\"\ntrap '' TERM\nwhile :; do sleep 1; done";
    let site = site(&[("hangs", "")]);
    let body = body.replace("$SITE", &site.path().display().to_string());
    site.write("hangs.sh", &script(&body));
    run(&site, "peer:hangs limits.hard_s=1 limits.grace_s=0.2").exits(5);
    let child = std::fs::read_to_string(site.path().join("child")).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.trim())).unwrap_or_default();
    assert!(status.is_empty() || status.contains("Z (zombie)"), "{status}");
}

#[test]
fn a_program_that_cannot_be_started_is_named_with_the_reason() {
    let site = site(&[("good", &script(ARRIVES))]);
    site.write("plain", "#!/bin/sh\n");
    site.write("odd", "#!/no/such/interpreter\n");
    let odd = site.path().join("odd");
    assert!(std::process::Command::new("chmod").arg("+x").arg(odd).status().unwrap().success());
    site.write(
        "mine.yaml",
        "schema: 1\npeers: {absent: {command: [no-such-program]}, plain: {command: [plain]}, odd: {command: [odd]}}\n",
    );
    let told = run(&site, "peer:absent,peer:plain,peer:odd").exits(5).stderr;
    for reason in [
        "error (cannot start `no-such-program`: not found)",
        "error (cannot start `DIR/plain`: not executable)",
        "error (cannot start `DIR/odd`: the interpreter that its first line names is not found)",
    ] {
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn a_peer_that_is_named_and_cannot_be_started_fails_the_command_with_what_to_do() {
    let site = site(&[("mine", &script(ARRIVES))]);
    std::fs::remove_file(site.path().join("mine.sh")).unwrap();
    let told = run(&site, "peer:mine,quick").exits(5).stderr;
    assert!(told.contains("1 skipped: peer `mine`: there is no file DIR/mine.sh"), "{told}");
    let last = "`peer:mine` was asked for and did not run: peer `mine`: there is no file DIR/mine.sh\n";
    assert!(told.ends_with(last), "{told}");
    assert_eq!(site.decisions(&line("quick"), "reuse"), 1, "the others ran");
    let told = site.harness("peers check suite=selftest peers=mine.yaml mine").exits(5).stdout;
    assert!(told.contains("✗ peer `mine`: there is no file DIR/mine.sh"), "{told}");
    site.harness("peers check suite=selftest peers=mine.yaml").exits(0);
    site.write("requirements.txt", "nothing==1\n");
    site.write(
        "mine.yaml",
        "schema: 1\nenvironments: {venv: {requirements: requirements.txt}}\npeers: {mine: {command: [python, -c, pass], environment: venv}}\n",
    );
    let told = run(&site, "peer:mine,quick").exits(5).stderr;
    assert!(told.contains("`just peers install suite=selftest peers=mine.yaml venv` installs it"), "{told}");
}

#[test]
fn peers_of_the_profile_that_are_not_installed_are_skipped_and_all_is_well() {
    let (site, count) = with_a_peer_in_the_profile();
    std::fs::remove_file(site.path().join("suites/selftest/peers/walk.sh")).unwrap();
    assert!(count(&site, "peers=on") > 0);
    let told = site.harness("run suite=selftest peers=on").exits(0).stderr;
    assert!(told.contains("skipped: peer `shell`: there is no file"), "{told}");
    site.harness("run suite=selftest solver=walker,quick").exits(5);
}

#[test]
fn a_check_passes_no_answer_that_is_not_finite() {
    let nan =
        "echo nan > \"$folder/left\"\necho '{\"end\": \"solved\", \"step\": 4, \"solution\": \"left\"}'";
    let site = site(&[("nan", &script(nan))]);
    let told = site.harness("peers check suite=selftest peers=mine.yaml").exits(5).stdout;
    assert!(told.contains("✗ nan: diverged after 4 steps"), "{told}");
}

#[test]
fn the_commit_is_that_of_the_checkout_whose_code_runs() {
    let site = site(&[("mine", &script(ARRIVES))]);
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.org"]).args(arguments);
        let output = command.current_dir(site.path().join("checkout")).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    site.write("checkout/a", "1");
    git(&["init", "-q"]);
    git(&["add", "a"]);
    git(&["commit", "-q", "-m", "one"]);
    let mut command = site.command("run suite=selftest problem=short replicates=1 solver=quick out=results");
    site.run(command.env("HARNESS_ROOT", site.path().join("checkout"))).exits(0);
    assert_eq!(site.good_runs()[0].git_commit, Some(git(&["rev-parse", "HEAD"])));
}

#[test]
fn solve_runs_a_peer_judges_its_answer_and_writes_it() {
    let site = site(&[("mine", "")]);
    let array = |shape: Vec<usize>, data: &[f64]| Array::new(shape, data.to_vec()).unwrap();
    let (cost, half) = (array(vec![2, 2], &[0.0, 1.0, 1.0, 0.0]), array(vec![2], &[0.5, 0.5]));
    let arrays = [("C", &cost), ("r", &half), ("c", &half)];
    npz::write(&site.path().join("a.npz"), &arrays, Compression::Stored).unwrap();
    let solve = |solver: &str, more: &str| {
        site.harness(&format!("solve suite=optimal_transport solver={solver} instance=a.npz eta=3 {more}"))
    };
    solve("sns_continuation", "tol=1e-12 solution=known.npz save=potentials").exits(0);
    // A program that knows the answer.
    let known = site.path().join("known.npz").display().to_string();
    let body = "cp KNOWN \"$folder/answer.npz\"\necho '{\"end\": \"solved\", \"step\": 3, \"solution\": \"answer.npz\"}'";
    site.write("mine.sh", &script(&body.replace("KNOWN", &known)));
    let told = solve("peer:mine", "peers=mine.yaml tol=1e-9 solution=out.npz").exits(0).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((told["status"].as_str(), told["iterations"].as_i64()), (Some("solved"), Some(3)));
    assert!(told["metrics"]["marginal_l1"].as_f64().unwrap() <= 1e-12, "{told}");
    let plan = npz::read(&site.path().join("out.npz")).unwrap()["P"].clone().into_f64();
    assert!((plan[0] - 0.5 / (1.0 + (-3.0_f64).exp())).abs() < 1e-12, "{plan:?}");
    let told = solve("peer:mine", "").exits(2).stderr;
    assert!(told.contains("there is no solver `peer:mine`"), "{told}");
    // The key is read as every verb reads it: `on` is no file.
    solve("peer:mine", "peers=on,mine.yaml").exits(0);
    solve("sns_continuation", "peers=on").exits(0);
    // One that hangs is ended.
    site.write("mine.sh", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n");
    let told = solve("peer:mine", "peers=mine.yaml hard_s=1").exits(5).stderr;
    assert!(told.contains("the solve ended as timeout"), "{told}");
}

#[test]
fn the_memory_that_is_told_is_the_peer_s() {
    if !std::process::Command::new("python3").arg("-V").status().is_ok_and(|s| s.success()) {
        writeln!(std::io::stderr(), "SKIPPED: there is no python3 here").unwrap();
        return;
    }
    let site = site(&[("mine", "")]);
    let program = "import sys, json, shutil\nhello = json.loads(sys.stdin.readline())\nprint('{\"ready\": {}}', flush=True)\n\
                   for solve in sys.stdin:\n    block = bytearray(b'x') * (100 << 20)\n    del block\n    \
                   open(hello['folder'] + '/left', 'w').write('0')\n    \
                   print('{\"end\": \"solved\", \"step\": 1, \"solution\": \"left\"}', flush=True)\n";
    site.write("mine.py", program);
    site.write("mine.yaml", "schema: 1\npeers: {mine: {command: [python3, mine.py]}}\n");
    let told = site.harness(&format!("run {} --json", line("peer:mine"))).exits(0);
    drop(told);
    let runs = site.files().into_keys().find(|p| p.to_string_lossy().contains("/runs/day=")).unwrap();
    let store = harness_store::Store::open(site.path().join("results"), "selftest");
    let run = store.runs(&harness_store::Filter::default()).unwrap().remove(0);
    let (setup, solve) = (run.vmhwm_setup.unwrap() >> 20, run.vmhwm_solve.unwrap() >> 20);
    assert!(setup < 60, "{setup} MiB before the solve, in {}", runs.display());
    assert!((100..160).contains(&solve), "{solve} MiB in the solve");
}

/// A site whose profile has a peer beside `quick`, and a function that counts its cells in a plan.
fn with_a_peer_in_the_profile() -> (Site, impl Fn(&Site, &str) -> usize) {
    let suite = include_str!("../../../../suites/selftest/suite.yaml")
        .replace("solvers: [quick]", "solvers: [quick, walker]");
    let suite = suite
        .replace("  quick: {solver: quick}", "  quick: {solver: quick}\n  walker: {solver: \"peer:shell\"}");
    let site = Site::with_selftest(&suite, include_str!("../../../../suites/selftest/claims.yaml"));
    site.write("suites/selftest/peers/peers.yaml", "schema: 1\npeers: {shell: {command: [sh, walk.sh]}}\n");
    site.write("suites/selftest/peers/walk.sh", &script(ARRIVES));
    let count = |site: &Site, more: &str| {
        let rows = site.plan(&format!("suite=selftest {more}"));
        rows.iter().filter(|row| row["cell"]["spec"]["solver"]["id"] == "peer:shell").count()
    };
    (site, count)
}

#[test]
fn peers_of_the_profile_run_only_when_they_are_asked_for() {
    let (site, count) = with_a_peer_in_the_profile();
    assert_eq!(count(&site, ""), 0);
    assert!(count(&site, "peers=on") > 0);
    assert!(count(&site, "solver=walker") > 0);
    assert_eq!(count(&site, "peers=off"), 0);
}

#[test]
fn a_peers_file_alone_does_not_turn_the_peers_of_the_profile_on() {
    let (site, count) = with_a_peer_in_the_profile();
    site.write("mine.sh", &script(ARRIVES));
    site.write("mine.yaml", "schema: 1\npeers: {mine: {command: [sh, mine.sh]}}\n");
    assert_eq!(count(&site, "peers=mine.yaml"), 0);
    assert_eq!(count(&site, "peers=mine.yaml solver=peer:mine"), 0);
    assert_eq!(count(&site, "peers=on,mine.yaml"), count(&site, "peers=on"));
    let both = count(&site, "peers=mine.yaml solver=peer:mine,walker problem=short");
    assert!(both > 0, "it is named too");
}

#[test]
fn what_a_peer_says_and_is_called_does_nothing_to_the_terminal() {
    let loud =
        script("printf '\\033[31mred\\n' >&2; printf '{\"error\": \"\\\\u001b[2Jgone \\302\\233\"}\\n'");
    let site = site(&[("loud", &loud)]);
    let told = site.harness("peers check suite=selftest peers=mine.yaml").exits(5);
    assert!(told.stdout.contains("[31mred") && told.stdout.contains("[2Jgone"), "{:?}", told.stdout);
    run(&site, "peer:loud").exits(5);
    let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    for text in [&told.stdout, &told.stderr, &report(&site)] {
        assert!(!text.contains(acts), "{text:?}");
    }
    site.write("mine.yaml", "schema: 1\npeers:\n  \"a\\e[31m\": {command: [sh]} # \u{1b}[31m \u{9b}\n");
    let told = site.harness("peers list suite=selftest peers=mine.yaml").exits(2).stderr;
    assert!(told.contains("[31m` is not a name") && !told.contains(acts), "{told:?}");
}

#[test]
fn peers_are_listed_and_checked() {
    let site = site(&[("mine", &script(ARRIVES)), ("bad", &script("exit 3"))]);
    let listed = site.harness("peers list suite=selftest peers=mine.yaml").exits(0).stdout;
    assert!(listed.contains("mine") && listed.contains("needs none"), "{listed}");
    let told = site.harness("peers check suite=selftest peers=mine.yaml mine bad").exits(5).stdout;
    assert!(told.contains("✓ mine: ") && told.contains("✗ bad: error"), "{told}");
    let told = site.harness("peers instal suite=selftest").exits(2).stderr;
    assert!(told.contains("did you mean `install`?"), "{told}");
    let told = site.harness("peers install suite=selftest peers=mine.yaml nothing").exits(2).stderr;
    assert!(
        told.contains("there is no peer or environment `nothing`; known: `shell`, `mine`, `bad`"),
        "{told}"
    );
    let two = "schema: 1\nenvironments: {venv: {requirements: r.txt}}\npeers: {a: {command: [sh], environment: venv}, b: {command: [sh], environment: venv}}\n";
    site.write("mine.yaml", two);
    let told = site.harness("peers check suite=selftest peers=mine.yaml nothing").exits(2).stderr;
    assert!(told.contains("known: `shell`, `a`, `b`, `venv`\n"), "{told}");
}

/// A script that answers with a copy of a file of the site.
fn answers_with(site: &Site, file: &str) -> String {
    let path = site.path().join(file).display().to_string();
    script(&format!(
        "cp {path} \"$folder/answer.npz\"\necho '{{\"end\": \"solved\", \"step\": 1, \"solution\": \"answer.npz\"}}'"
    ))
}

/// Peers of optimal transport that always give the same answer, whatever they are asked, by name.
fn with_answers(answers: &[(&str, &[(&str, &[usize], &[f64])])]) -> Site {
    let site = Site::new();
    let mut peers = "schema: 1\npeers:\n".to_owned();
    for (name, arrays) in answers {
        let arrays: Vec<(&str, Array)> = arrays
            .iter()
            .map(|(name, shape, data)| (*name, Array::new(shape.to_vec(), data.to_vec()).unwrap()))
            .collect();
        let arrays: Vec<(&str, &Array)> = arrays.iter().map(|(name, array)| (*name, array)).collect();
        npz::write(&site.path().join(format!("{name}.npz")), &arrays, Compression::Stored).unwrap();
        site.write(&format!("{name}.sh"), &answers_with(&site, &format!("{name}.npz")));
        writeln!(peers, "  {name}: {{command: [sh, {name}.sh]}}").unwrap();
    }
    site.write("mine.yaml", &peers);
    site
}

#[test]
fn a_cheap_plan_with_the_right_marginals_wins_no_comparison_and_no_ranking() {
    // Of random assignment with n = 128 every feasible plan is known without a look at the costs.
    const N: usize = 128;
    let independent = vec![1.0 / (N * N) as f64; N * N];
    let mut diagonal = vec![0.0; N * N];
    diagonal.iter_mut().step_by(N + 1).for_each(|p| *p = 1.0 / N as f64);
    let zeros = [0.0; N];
    let plan = |p| ("P", &[N, N][..], p);
    let cheats: &[(&str, &[(&str, &[usize], &[f64])])] = &[
        ("independent", &[plan(&independent[..])]),
        ("vertex", &[plan(&diagonal[..])]),
        // They say that they solve another problem, and do not.
        ("as_exact", &[plan(&diagonal[..]), ("eta", &[], &[f64::INFINITY])]),
        ("with_duals", &[plan(&independent[..]), ("u", &[N], &zeros), ("v", &[N], &zeros)]),
    ];
    let site = with_answers(cheats);
    let peers: Vec<String> = cheats.iter().map(|(name, _)| format!("peer:{name}")).collect();
    let line = format!(
        "run suite=optimal_transport profile=compare problem=lap128 stop.tol=1e-9 replicates=2 peers=mine.yaml solver={},sns_continuation,ssns,exact",
        peers.join(",")
    );
    site.harness(&line).exits(0);
    let csv = |name: &str| -> Vec<Vec<String>> {
        let files = site.files();
        let file = files.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("no {name}"));
        let text = String::from_utf8(file.1.clone()).unwrap();
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let compared = csv("comparisons/time-to-accuracy-compared.csv");
    let at = |name: &str| compared[0].iter().position(|head| head == name).unwrap();
    let row = |solver: &str| compared.iter().find(|row| row[at("solver_id")] == solver).unwrap();
    let outcome = |solver: &str| {
        let row = row(solver);
        (row[at("unreached")].as_str(), row[at("standing")].as_str())
    };
    // Who answers another problem is compared with none, right as our exact solver or wrong.
    assert_eq!(outcome("exact"), ("", "another problem"));
    for (peer, standing) in peers.iter().zip(["", "", "another problem", "another problem"]) {
        assert_eq!(outcome(peer), ("not reached (almost)", standing), "{peer}");
    }
    let best: Vec<&str> = compared
        .iter()
        .filter(|row| row[at("standing")] == "fastest")
        .map(|row| row[at("solver_id")].as_str())
        .collect();
    assert!(matches!(best[..], ["sns_continuation" | "ssns"]), "{best:?}");

    let ranked = csv("rankings/solvers-ranked-small.csv");
    let place = |name: &str| ranked[0].iter().position(|head| head == name).unwrap();
    let row = |solver: &str| ranked.iter().find(|row| row[0] == solver);
    for peer in &peers[..2] {
        // They share the last two of four places.
        let row = row(peer).unwrap();
        assert_eq!((row[place("solved")].as_str(), row[place("mean_rank")].as_str()), ("0", "3.5"));
    }
    for solver in [&peers[2], &peers[3], "exact"] {
        assert!(row(solver).is_none(), "{solver} is not ranked");
    }
    assert_eq!(row("sns_continuation").unwrap()[place("solved")], "2");
}

#[test]
fn a_bare_plan_that_is_the_optimum_is_solved_and_an_exact_one_as_what_it_says() {
    let p11 = 0.5 / (1.0 + (-3.0_f64).exp());
    let optimum = [p11, 0.5 - p11, 0.5 - p11, p11];
    let exact = [0.5, 0.0, 0.0, 0.5];
    let site = with_answers(&[
        ("optimum", &[("P", &[2, 2], &optimum)]),
        ("emd", &[("P", &[2, 2], &exact), ("u", &[2], &[0.0, 0.0]), ("v", &[2], &[0.0, 0.0])]),
        ("bare_emd", &[("P", &[2, 2], &exact), ("eta", &[], &[f64::INFINITY])]),
        ("silent_emd", &[("P", &[2, 2], &exact)]),
        ("independent", &[("P", &[2, 2], &[0.25; 4])]),
    ]);
    let array = |shape: Vec<usize>, data: &[f64]| Array::new(shape, data.to_vec()).unwrap();
    let (cost, half) = (array(vec![2, 2], &[0.0, 1.0, 1.0, 0.0]), array(vec![2], &[0.5, 0.5]));
    let arrays = [("C", &cost), ("r", &half), ("c", &half)];
    npz::write(&site.path().join("a.npz"), &arrays, Compression::Stored).unwrap();
    let solve = |name: &str| -> Value {
        let line = format!(
            "solve suite=optimal_transport solver=peer:{name} peers=mine.yaml instance=a.npz eta=3 tol=1e-9"
        );
        serde_json::from_str(&site.harness(&line).exits(0).stdout).unwrap()
    };
    for (name, status, other) in [
        ("optimum", "solved", false),
        ("emd", "solved", true),
        ("bare_emd", "solved", true),
        ("silent_emd", "almost", false),
        ("independent", "almost", false),
    ] {
        let told = solve(name);
        assert_eq!(told["status"], status, "{name}: {told}");
        assert_eq!(told["metrics"]["unregularised"].as_f64(), other.then_some(1.0), "{name}: {told}");
    }
}

#[test]
fn what_is_no_plan_and_no_potentials_fails_the_run_and_the_check_in_clear_words() {
    const N: usize = 500;
    let right = vec![1.0 / (N * N) as f64; N * N];
    let with = |entry: f64| {
        let mut plan = right.clone();
        plan[N + 3] = entry;
        plan
    };
    let (negative, infinite, heavy) = (with(-1e-9), with(f64::INFINITY), vec![1.0 / N as f64; N * N]);
    let (nowhere, nan, zeros) = (vec![f64::NAN; N * N], [f64::NAN; N], [0.0; N]);
    let plan = |p| ("P", &[N, N][..], p);
    let cases: &[(&str, &[(&str, &[usize], &[f64])], &str)] = &[
        (
            "negative",
            &[plan(&negative[..])],
            "`P[1, 3]` is -0.000000001; a plan's entries must be finite and not negative",
        ),
        ("infinite", &[plan(&infinite[..])], "`P[1, 3]` is inf"),
        ("all_nan", &[plan(&nowhere[..])], "`P[0, 0]` is NaN"),
        ("nan_potentials", &[("x", &[N], &nan), ("y", &[N], &zeros)], "`x[0]` is NaN; it must be finite"),
        ("heavy", &[plan(&heavy[..])], "but the marginals to 1; give the plan in the instance's own mass"),
        ("small", &[("P", &[2, 2], &[0.25; 4])], "`P` has shape [2, 2]; the instance is 500 × 500"),
    ];
    let answers: Vec<_> = cases.iter().map(|(name, arrays, _)| (*name, *arrays)).collect();
    let site = with_answers(&answers);
    let checked = site.harness("peers check suite=optimal_transport peers=mine.yaml").exits(5).stdout;
    let peers: Vec<String> = cases.iter().map(|(name, ..)| format!("peer:{name}")).collect();
    let line = format!(
        "run suite=optimal_transport profile=smoke problem=lap500 replicates=1 peers=mine.yaml solver={}",
        peers.join(",")
    );
    site.harness(&line).exits(5);
    let report = report(&site);
    for (name, _, told) in cases {
        let line = checked
            .lines()
            .find(|line| line.contains(&format!("✗ {name}: error")))
            .unwrap_or_else(|| panic!("{name}: {checked}"));
        assert!(line.contains(told), "{line}");
        assert!(report.contains(told) || report.contains(&told.replace('`', "\\`")), "{name}: {report}");
    }
}

#[test]
fn a_check_says_by_how_much_a_wrong_answer_misses() {
    const N: usize = 500;
    let independent = vec![1.0 / (N * N) as f64; N * N];
    let site = with_answers(&[("independent", &[("P", &[N, N], &independent)])]);
    let told =
        site.harness("peers check suite=optimal_transport peers=mine.yaml independent").exits(5).stdout;
    assert!(told.contains("✗ independent: almost after 1 steps: marginal_l1 of its answer is "), "{told}");
    assert!(told.contains(", and 0.01 was asked for"), "{told}");
}
