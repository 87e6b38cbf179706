//! Rankings: who solves how much, how far from the best, and what is not told apart.

use harness_core::Outcome;
use harness_report::{RankedSolver, RankingView, Report};

use crate::pages::{SUITE, shared};
use crate::results::{Campaign, Sketch};

fn solver<'r>(ranking: &'r RankingView, name: &str) -> &'r RankedSolver {
    ranking
        .solvers
        .iter()
        .find(|s| s.name == name)
        .unwrap_or_else(|| panic!("{name} in {:?}", ranking.solvers))
}

#[test]
fn numbers_agree_with_those_made_by_hand() {
    let ranking = &shared().rankings[0];
    assert_eq!(ranking.instances.len(), 10, "each seed is an instance");
    let names: Vec<&str> = ranking.solvers.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["sns_k keep=8", "sns_k keep=4", "sns_k keep=2", "peer", "sinkhorn"]);
    let best = solver(ranking, "sns_k keep=8");
    assert_eq!((best.best_share, best.score, best.mean_rank, best.solved), (1.0, 1.0, 1.0, 10));
    assert_eq!(best.profile, [(1.0, 1.0)]);
    // The peer crashed once and ran out of time once.
    let peer = solver(ranking, "peer");
    assert_eq!(peer.solved, 8);
    let solved: f64 = peer.costs.iter().filter_map(|c| c.cost).sum();
    assert_eq!(peer.par10.as_ref().unwrap().value, (solved + 2.0 * 10.0 * 1e5) / 10.0);
    let reasons: Vec<&str> = peer.costs.iter().filter_map(|c| c.reason.as_deref()).collect();
    assert_eq!(reasons.len(), 2);
    assert!(peer.costs.iter().all(|c| !c.runs.is_empty()), "a failure has a run behind it too");
    // It is fourth but for the two instances on which it is last.
    assert_eq!(peer.mean_rank, (8.0 * 4.0 + 2.0 * 5.0) / 10.0);
    assert_eq!(solver(ranking, "sinkhorn").mean_rank, (8.0 * 5.0 + 2.0 * 4.0) / 10.0);
    for s in &ranking.solvers {
        let within =
            |tau: f64| s.costs.iter().filter(|c| c.ratio.is_some_and(|r| r <= tau)).count() as f64 / 10.0;
        for (tau, share) in &s.profile {
            assert_eq!(within(*tau), *share, "{} at {tau}", s.name);
        }
    }
    // Ten instances and five solvers: q/√2 = 2.728, and the critical difference is that times √(5·6/60).
    let test = ranking.friedman.as_ref().unwrap();
    assert!((test.critical_difference - 2.728 * 0.5_f64.sqrt()).abs() < 1e-3, "{test:?}");
    assert!(test.p < 1e-6 && ranking.groups.iter().all(|g| g.len() < 5));
}

#[test]
fn a_ranking_is_in_every_form_of_the_report() {
    let report = shared();
    for name in [
        "solvers.csv",
        "solvers-instances.csv",
        "solvers-profile.svg",
        "solvers-profile.png",
        "solvers-ranks.svg",
    ] {
        assert!(report.files.contains_key(&format!("rankings/{name}")), "{name}");
    }
    let csv = |name: &str| String::from_utf8(report.files[&format!("rankings/{name}.csv")].clone()).unwrap();
    insta::assert_snapshot!("ranking_csv", csv("solvers"));
    assert_eq!(csv("solvers-instances").lines().count(), 1 + 10 * 5);
    let tex = String::from_utf8(report.files["report.tex"].clone()).unwrap();
    for text in [&report.html, &report.markdown, &tex] {
        assert!(text.contains("Rankings") || text.contains("Iterations to 1e-9, over seeds"));
        assert!(text.contains("Mean rank") && text.contains("Friedman"));
    }
    assert!(report.html.contains("not run in this profile: On a problem that was not run"));
    insta::assert_snapshot!("ranking_text", report.ranking_text);
    assert!(!report.files.contains_key("rankings/elsewhere.csv"));
}

fn ranked(result: impl Fn(&str, u32) -> Option<Sketch>) -> Report {
    let (head, rest) = SUITE.split_once("figures:").unwrap();
    let (_, rankings) = rest.split_once("rankings:").unwrap();
    let suite = format!("{head}rankings:{rankings}");
    Campaign::new(&suite, "schema: 1\nsuite: mini\nclaims: []\n", "smoke", |spec| {
        result(&spec.solver.id, spec.replicate)
    })
    .report()
}

#[test]
fn only_instances_that_all_ran_count_and_a_solver_without_runs_is_named() {
    let report = ranked(|solver, replicate| match solver {
        "peer" => None,
        "sns" if replicate == 2 => None,
        "sns" => Some(Sketch::in_steps(20)),
        _ => Some(Sketch::in_steps(40)),
    });
    let ranking = &report.rankings[0];
    assert_eq!(ranking.instances.len(), 9);
    assert_eq!(
        ranking.remarks,
        [
            "without runs: peer",
            "1 instance is left out, which not every solver ran: sns_k keep=2, sns_k keep=4, sns_k keep=8",
        ]
    );
    assert_eq!(solver(ranking, "sinkhorn").profile, [(1.0, 0.0), (2.0, 1.0)]);
}

#[test]
fn what_nobody_solves_and_what_ties_is_said() {
    let report = ranked(|_, replicate| {
        Some(if replicate == 0 { Sketch::failed(Outcome::Oom, "too large", "") } else { Sketch::in_steps(7) })
    });
    let ranking = &report.rankings[0];
    assert_eq!(
        ranking.remarks[0],
        "no test of the ranks: Friedman's statistic is undefined: all methods tie on every problem"
    );
    assert_eq!(ranking.remarks[1], "1 instance is solved by nobody");
    assert!(ranking.solvers.iter().all(|s| s.best_share == 0.9 && s.solved == 9));
    assert!(ranking.profile.is_some() && ranking.friedman.is_none());
    assert!(!report.files.contains_key("rankings/solvers-ranks.svg"));
}

#[test]
fn who_solves_another_problem_is_not_ranked_and_named() {
    let report = ranked(|solver, replicate| {
        let run = Sketch::in_steps(if solver == "peer" { 1 } else { 20 });
        // Once is enough.
        Some(if solver == "peer" && replicate == 3 { run.of_another_problem() } else { run })
    });
    let ranking = &report.rankings[0];
    assert!(ranking.solvers.iter().all(|s| s.name != "peer"));
    assert_eq!(ranking.instances.len(), 10);
    assert_eq!(ranking.remarks[0], "not ranked, since they solve another problem, the relaxed problem: peer");
}

#[test]
fn one_solver_is_no_ranking() {
    let report = ranked(|solver, _| (solver == "sinkhorn").then(|| Sketch::in_steps(3)));
    let ranking = &report.rankings[0];
    assert!(ranking.ran && ranking.solvers.is_empty());
    assert_eq!(ranking.remarks.last().unwrap(), "nothing to rank: 1 solver, 10 common instances");
}
