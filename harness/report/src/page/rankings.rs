//! Rankings as the template takes them, as Markdown and for a terminal.

use std::fmt::Write as _;

use serde::Serialize;

use super::html::{Panel, run_ids, sort_key};
use super::markdown::{code, text};
use crate::aligned::aligned;
use crate::claims::writer;
use crate::number;
use crate::rankings::{CostView, RankedSolver, RankingView};

/// The columns beside the solver.
pub(super) const HEADS: [&str; 5] = ["Solved", "Best", "Score", "PAR-10", "Mean rank"];

#[derive(Serialize)]
pub(super) struct Ranking<'a> {
    id: &'a str,
    title: &'a str,
    note: Option<&'a str>,
    metric: &'a str,
    remarks: &'a [String],
    test: Option<String>,
    alike: Vec<String>,
    solvers: Vec<Solver<'a>>,
    instances: Vec<Instance<'a>>,
    profile: Option<Panel<'a>>,
    diagram: Option<&'a str>,
}

#[derive(Serialize)]
struct Solver<'a> {
    name: &'a str,
    peer: bool,
    runs: String,
    cells: Vec<Number>,
    commands: &'a [String],
}

/// A number of a ranking with what is below it, and by what it is sorted.
#[derive(Serialize)]
struct Number {
    head: &'static str,
    text: String,
    below: String,
    sort: String,
}

#[derive(Serialize)]
struct Instance<'a> {
    name: &'a str,
    costs: Vec<Cost<'a>>,
}

#[derive(Serialize)]
struct Cost<'a> {
    solver: &'a str,
    text: String,
    ratio: String,
    reason: Option<&'a str>,
    best: bool,
    sort: String,
    cell: Option<String>,
    runs: String,
}

/// What stands in the columns of [`HEADS`], each with what is below it.
pub(super) fn numbers(ranking: &RankingView, solver: &RankedSolver) -> [(String, String); 5] {
    let show = writer(&ranking.unit, false);
    let percent = |share: f64| format!("{} %", number::short(100.0 * share));
    let par10 = solver.par10.as_ref();
    [
        (format!("{} of {}", solver.solved, ranking.instances.len()), String::new()),
        (percent(solver.best_share), String::new()),
        (number::short(solver.score), String::new()),
        (
            par10.map_or_else(|| "–".to_owned(), |p| p.value_text(&show)),
            par10.map_or_else(String::new, |p| p.interval_text(&show)),
        ),
        (format!("{:.2}", solver.mean_rank), String::new()),
    ]
}

impl<'a> Ranking<'a> {
    pub(super) fn of(ranking: &'a RankingView) -> Self {
        let show = writer(&ranking.unit, false);
        let solver = |solver: &'a RankedSolver| {
            let sorts = [
                Some(solver.solved as f64),
                Some(solver.best_share),
                Some(solver.score),
                solver.par10.as_ref().map(|p| p.value),
                Some(solver.mean_rank),
            ];
            let numbers = HEADS.into_iter().zip(numbers(ranking, solver)).zip(sorts);
            Solver {
                name: &solver.name,
                peer: solver.peer,
                runs: solver.costs.iter().map(|c| run_ids(&c.runs)).collect::<Vec<_>>().join(" "),
                cells: numbers
                    .map(|((head, (text, below)), sort)| Number { head, text, below, sort: sort_key(sort) })
                    .collect(),
                commands: &solver.commands,
            }
        };
        let cost = |solver: &'a RankedSolver, cost: &'a CostView| Cost {
            solver: &solver.name,
            text: cost.cost.map_or_else(|| "failed".to_owned(), &show),
            ratio: cost.ratio.map(number::times).unwrap_or_default(),
            reason: cost.reason.as_deref(),
            best: cost.ratio == Some(1.0),
            sort: sort_key(cost.cost),
            cell: cost.runs.first().map(|run| run.cell_key.to_string()),
            runs: run_ids(&cost.runs),
        };
        Self {
            id: &ranking.id,
            title: &ranking.title,
            note: ranking.note.as_deref(),
            metric: &ranking.metric,
            remarks: &ranking.remarks,
            test: ranking.test_text(),
            alike: ranking.groups.iter().map(|group| group.join(", ")).collect(),
            solvers: ranking.solvers.iter().map(solver).collect(),
            instances: ranking
                .instances
                .iter()
                .enumerate()
                .map(|(at, name)| Instance {
                    name,
                    costs: ranking.solvers.iter().map(|s| cost(s, &s.costs[at])).collect(),
                })
                .collect(),
            profile: ranking.profile.as_ref().map(Panel::of),
            diagram: ranking.diagram.as_ref().map(|d| d.inline.as_str()),
        }
    }
}

/// The rankings of which something was run.
pub(super) fn markdown(out: &mut String, rankings: &[RankingView]) {
    for ranking in rankings.iter().filter(|r| r.ran) {
        let _ = writeln!(out, "## {}\n", text(&ranking.title));
        let _ = writeln!(out, "Cost: {}.\n", code(&ranking.metric));
        if !ranking.solvers.is_empty() {
            let _ = writeln!(out, "| Solver | {} |", HEADS.join(" | "));
            let _ = writeln!(out, "| --- |{}", " ---: |".repeat(HEADS.len()));
        }
        for solver in &ranking.solvers {
            let peer = if solver.peer { " (peer)" } else { "" };
            let cells = numbers(ranking, solver).map(|(head, below)| {
                let gap = if below.is_empty() { "" } else { "<br>" };
                format!("{}{gap}{}", text(&head), text(&below))
            });
            let _ = writeln!(out, "| {}{peer} | {} |", text(&solver.name), cells.join(" | "));
        }
        out.push('\n');
        if let Some(test) = ranking.test_text() {
            let _ = writeln!(out, "{}\n", text(&test));
        }
        for group in ranking.groups.iter().filter(|_| ranking.friedman.is_some()) {
            let _ = writeln!(out, "- not told apart: {}", text(&group.join(", ")));
        }
        for remark in &ranking.remarks {
            let _ = writeln!(out, "\n> {}", text(remark));
        }
        out.push('\n');
        if let Some(panel) = &ranking.profile {
            let _ = writeln!(out, "![{}](rankings/{}.png)\n", text(&panel.alt), panel.name);
        }
        if let Some(diagram) = &ranking.diagram {
            let _ = writeln!(out, "![{}](rankings/{}-ranks.png)\n", text(&diagram.alt), ranking.id);
        }
        if let Some(note) = &ranking.note {
            let _ = writeln!(out, "{}\n", text(note));
        }
    }
}

/// The rankings of which something was run, for a terminal: the page has the profiles and the costs.
pub(crate) fn terminal(rankings: &[RankingView]) -> String {
    let mut out = String::new();
    for ranking in rankings.iter().filter(|r| r.ran) {
        let _ = writeln!(out, "{}: ranked by {}", ranking.title, ranking.metric);
        if !ranking.solvers.is_empty() {
            let heads =
                HEADS.map(|head| if head == "PAR-10" { head.to_owned() } else { head.to_lowercase() });
            let head = std::iter::once("solver".to_owned()).chain(heads).collect();
            let row = |solver: &RankedSolver| {
                let peer = if solver.peer { " (peer)" } else { "" };
                let cells = numbers(ranking, solver).map(|(value, beside)| format!("{value} {beside}"));
                let cells = cells.map(|cell| cell.trim_end().to_owned());
                std::iter::once(format!("{}{peer}", solver.name)).chain(cells).collect::<Vec<_>>()
            };
            let rows: Vec<Vec<String>> =
                std::iter::once(head).chain(ranking.solvers.iter().map(row)).collect();
            for line in aligned(&rows) {
                let _ = writeln!(out, "  {line}");
            }
        }
        let alike = ranking.groups.iter().filter(|_| ranking.friedman.is_some());
        let alike = alike.map(|group| format!("not told apart: {}", group.join(", ")));
        for line in ranking.test_text().into_iter().chain(alike).chain(ranking.remarks.iter().cloned()) {
            let _ = writeln!(out, "    {line}");
        }
        out.push('\n');
    }
    out
}
