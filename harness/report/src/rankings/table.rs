//! Rankings as CSV.

use super::RankingView;
use crate::csv::csv;
use crate::number::exact;

/// One line a solver.
pub(crate) fn summary_csv(ranking: &RankingView) -> String {
    let header = [
        "solver",
        "peer",
        "instances",
        "solved",
        "best_share",
        "score",
        "par10",
        "par10_lo",
        "par10_hi",
        "mean_rank",
        "not_told_apart_from",
    ];
    let number = |x: Option<f64>| x.map(exact).unwrap_or_default();
    let lines = ranking.solvers.iter().map(|solver| {
        let par10 = solver.par10.as_ref();
        let mut alike: Vec<&str> = Vec::new();
        for name in ranking.groups.iter().filter(|group| group.contains(&solver.name)).flatten() {
            if *name != solver.name && !alike.contains(&name.as_str()) {
                alike.push(name);
            }
        }
        [
            solver.name.clone(),
            solver.peer.to_string(),
            ranking.instances.len().to_string(),
            solver.solved.to_string(),
            exact(solver.best_share),
            exact(solver.score),
            number(par10.map(|p| p.value)),
            number(par10.and_then(|p| p.lo)),
            number(par10.and_then(|p| p.hi)),
            exact(solver.mean_rank),
            alike.join("; "),
        ]
    });
    csv(&header, lines)
}

/// One line a solver and instance.
pub(crate) fn instances_csv(ranking: &RankingView) -> String {
    let header = ["instance", "solver", "cost", "ratio", "rank", "reason", "cells", "runs"];
    let number = |x: Option<f64>| x.map(exact).unwrap_or_default();
    let lines = ranking.instances.iter().enumerate().flat_map(|(at, instance)| {
        ranking.solvers.iter().map(move |solver| {
            let cost = &solver.costs[at];
            let join = |texts: Vec<String>| texts.join(" ");
            [
                instance.clone(),
                solver.name.clone(),
                number(cost.cost),
                number(cost.ratio),
                exact(cost.rank),
                cost.reason.clone().unwrap_or_default(),
                join(cost.runs.iter().map(|r| r.cell_key.to_string()).collect()),
                join(cost.runs.iter().map(|r| r.run_id.to_string()).collect()),
            ]
        })
    });
    csv(&header, lines)
}
