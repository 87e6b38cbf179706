//! Solvers ranked over many instances: performance profiles with their score, PAR-10, mean ranks with what is told apart.

mod costs;
mod diagram;
mod table;

use harness_plan::SuiteFile;
use harness_plan::suite_file::Ranking;
use harness_stats::critical_difference::{CriticalDifference, nemenyi};
use harness_stats::performance_profile::{Profile, R_MAX, profiles};
use harness_stats::{Censored, Level, friedman, par};
use serde::Serialize;

use crate::Identity;
use crate::campaign::Campaign;
use crate::claims::{Shown, UsedRun};
use crate::eval::unit_of;
use crate::figures::{Chart, FigureError, Note, PanelView, ScaleKind, Series, panel};
use crate::sample::count;
use costs::Costs;

pub(crate) use diagram::DiagramView;
pub(crate) use table::{instances_csv, summary_csv};

/// A ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankingView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// A remark below it.
    pub note: Option<String>,
    /// What a run costs.
    pub metric: String,
    /// The unit of costs.
    pub unit: String,
    /// The cost above which a run failed, if one is given.
    pub limit: Option<f64>,
    /// The instances that all solvers ran.
    pub instances: Vec<String>,
    /// The solvers, from the smallest mean rank to the largest.
    pub solvers: Vec<RankedSolver>,
    /// Friedman's test that all solvers rank alike; none: there are too few instances or solvers, or all tie.
    pub friedman: Option<Friedman>,
    /// Sets of solvers that are not told apart, by name.
    pub groups: Vec<Vec<String>>,
    /// What a reader should know: solvers without runs, instances that are left out.
    pub remarks: Vec<String>,
    /// Whether anything was run that it asks for.
    #[serde(skip)]
    pub ran: bool,
    /// The performance profiles, drawn.
    #[serde(skip)]
    pub profile: Option<PanelView>,
    #[serde(skip)]
    pub(crate) diagram: Option<DiagramView>,
}

/// Friedman's test and Nemenyi's critical difference at 95 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Friedman {
    /// The statistic.
    pub chi_squared: f64,
    /// Its degrees of freedom.
    pub df: usize,
    /// The p-value.
    pub p: f64,
    /// How far two mean ranks must lie apart to differ.
    pub critical_difference: f64,
}

/// A solver of a ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankedSolver {
    /// Its label with what tells it from others.
    pub name: String,
    /// Whether it is somebody else's software.
    pub peer: bool,
    /// How many instances it solves.
    pub solved: usize,
    /// The share of instances on which no solver is better.
    pub best_share: f64,
    /// The mean height of its profile for τ from 1 to 4.
    pub score: f64,
    /// PAR-10 with a 95 % interval; none without a limit.
    pub par10: Option<Shown>,
    /// Its mean rank, 1 for the best.
    pub mean_rank: f64,
    /// Its profile as steps `(τ, share)`.
    pub profile: Vec<(f64, f64)>,
    /// Its cost on each instance.
    pub costs: Vec<CostView>,
    /// Commands that run its cells again.
    pub commands: Vec<String>,
}

/// The cost of a solver on an instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostView {
    /// The cost; none: it failed.
    pub cost: Option<f64>,
    /// The cost over that of the best; none: it failed.
    pub ratio: Option<f64>,
    /// Its rank among the solvers; failures share the last places.
    pub rank: f64,
    /// Why it failed.
    pub reason: Option<String>,
    /// The runs behind it.
    pub runs: Vec<UsedRun>,
}

/// Ranks what the suite file asks for.
pub(crate) fn draw(
    campaign: &Campaign<'_>,
    identity: &Identity,
    file: &SuiteFile,
) -> Result<Vec<RankingView>, FigureError> {
    file.rankings.iter().map(|ranking| view(campaign, identity, file, ranking)).collect()
}

fn view(
    campaign: &Campaign<'_>,
    identity: &Identity,
    file: &SuiteFile,
    ranking: &Ranking,
) -> Result<RankingView, FigureError> {
    let costs = Costs::of(campaign, identity, file, ranking);
    let mut view = RankingView {
        id: ranking.id.to_string(),
        title: ranking.title.clone(),
        note: ranking.note.clone(),
        metric: ranking.metric.expr.to_string(),
        unit: unit_of(&ranking.metric.expr, &campaign.suite().metrics()),
        limit: ranking.limit,
        instances: costs.instances.clone(),
        solvers: Vec::new(),
        friedman: None,
        groups: Vec::new(),
        remarks: costs.remarks.clone(),
        ran: costs.ran,
        profile: None,
        diagram: None,
    };
    if costs.instances.is_empty() || costs.solvers.len() < 2 {
        if view.ran {
            let solvers = count(costs.solvers.len(), "solver", "solvers");
            let instances = count(costs.instances.len(), "common instance", "common instances");
            view.remarks.push(format!("nothing to rank: {solvers}, {instances}"));
        }
        return Ok(view);
    }
    if let Err(error) = fill(&mut view, &costs) {
        view.remarks.push(format!("not ranked: {error}"));
        return Ok(view);
    }
    let failed = |message| FigureError { figure: view.id.clone(), message };
    let runs = view.solvers.iter().flat_map(|s| &s.costs).flat_map(|c| &c.runs).map(|r| r.run_id).collect();
    let mut drawn =
        panel(profile_chart(&view), format!("{}-profile", view.id), Vec::new(), runs).map_err(failed)?;
    // Shares are shown from zero.
    drawn.plots.retain(|plot| plot.y == ScaleKind::Linear);
    view.profile = Some(drawn);
    view.diagram = diagram::diagram(&view).map_err(failed)?;
    Ok(view)
}

fn fill(view: &mut RankingView, costs: &Costs) -> harness_stats::Result<()> {
    let rows: Vec<Vec<Censored>> = (0..costs.instances.len())
        .map(|at| costs.solvers.iter().map(|s| s.costs[at].censored()).collect())
        .collect();
    let rows: Vec<&[Censored]> = rows.iter().map(Vec::as_slice).collect();
    let all = profiles(&rows)?;
    let ranks = rows.iter().map(|row| friedman::ranks(row)).collect::<harness_stats::Result<Vec<_>>>()?;
    let rank_rows: Vec<&[f64]> = ranks.iter().map(Vec::as_slice).collect();
    let told_apart: Option<CriticalDifference> = match nemenyi(&rank_rows, Level::P95) {
        Ok(found) => Some(found),
        Err(error) => {
            view.remarks.push(format!("no test of the ranks: {error}"));
            None
        }
    };
    let mut solvers = Vec::new();
    for (at, (solver, profile)) in costs.solvers.iter().zip(&all.solvers).enumerate() {
        let values: Vec<Censored> = solver.costs.iter().map(costs::Cost::censored).collect();
        let par10 = match view.limit {
            Some(limit) => Some(par::penalised(&values, limit, par::FACTOR, Level::P95)?),
            None => None,
        };
        let own: Vec<f64> = ranks.iter().map(|row| row[at]).collect();
        let cost = |(i, cost): (usize, &costs::Cost)| CostView {
            cost: cost.value,
            ratio: Some(profile.ratios()[i]).filter(|ratio| ratio.is_finite()),
            rank: own[i],
            reason: cost.reason.clone(),
            runs: cost.runs.clone(),
        };
        solvers.push(RankedSolver {
            name: solver.name.clone(),
            peer: solver.peer,
            solved: solver.costs.iter().filter(|cost| cost.value.is_some()).count(),
            best_share: profile.best_share(),
            score: profile.score(R_MAX)?,
            par10: par10.as_ref().map(Shown::from),
            mean_rank: own.iter().sum::<f64>() / own.len() as f64,
            profile: steps(profile),
            costs: solver.costs.iter().enumerate().map(cost).collect(),
            commands: solver.commands.clone(),
        });
    }
    if !all.unsolved.is_empty() {
        let instances = count(all.unsolved.len(), "instance is", "instances are");
        view.remarks.push(format!("{instances} solved by nobody"));
    }
    if let Some(found) = told_apart {
        let name = |at: &usize| costs.solvers[*at].name.clone();
        view.groups = found.groups.iter().map(|group| group.iter().map(name).collect()).collect();
        view.friedman = Some(Friedman {
            chi_squared: found.friedman.chi_squared,
            df: found.friedman.df,
            p: found.friedman.p,
            critical_difference: found.critical_difference,
        });
    }
    // Solvers that rank alike stay in the order of the suite file.
    solvers.sort_by(|a, b| a.mean_rank.total_cmp(&b.mean_rank));
    view.solvers = solvers;
    Ok(())
}

fn steps(profile: &Profile) -> Vec<(f64, f64)> {
    profile.steps().into_iter().map(|step| (step.ratio, step.share)).collect()
}

/// The profiles as lines with steps, from a share of zero at τ = 1 to a little beyond the last step of any.
fn profile_chart(view: &RankingView) -> Chart {
    let last = view.solvers.iter().flat_map(|s| &s.profile).map(|step| step.0).fold(R_MAX, f64::max) * 1.15;
    let line = |solver: &RankedSolver| {
        let mut line = vec![(1.0, 0.0)];
        for (ratio, share) in &solver.profile {
            let before = line.last().map_or(0.0, |p: &(f64, f64)| p.1);
            line.extend([(*ratio, before), (*ratio, *share)]);
        }
        let end = line.last().map_or(0.0, |p| p.1);
        line.push((last, end));
        line.dedup();
        line
    };
    let series = |(look, solver): (usize, &RankedSolver)| Series {
        name: solver.name.clone(),
        look,
        line: line(solver),
        ..Series::default()
    };
    Chart {
        title: "Performance profiles".to_owned(),
        x_label: "τ: cost over the cost of the best".to_owned(),
        y_label: "share solved within τ".to_owned(),
        x_scale: ScaleKind::Log,
        y_scale: ScaleKind::Linear,
        series: view.solvers.iter().enumerate().map(series).collect(),
        notes: vec![Note::Plain(count(view.instances.len(), "instance", "instances"))],
    }
}

impl RankingView {
    /// The sentence on the test of ranks, or nothing.
    pub fn test_text(&self) -> Option<String> {
        let test = self.friedman.as_ref()?;
        let p = if test.p < 1e-4 {
            "p < 0.0001".to_owned()
        } else {
            format!("p = {}", crate::number::short(test.p))
        };
        let alike = if test.p < 1.0 - Level::P95.get() {
            "the solvers do not all rank alike"
        } else {
            "no difference is shown"
        };
        Some(format!(
            "Friedman's test: χ² = {} with {} degrees of freedom, {p}: {alike}. Mean ranks differ if they lie {} apart or more.",
            crate::number::short(test.chi_squared),
            test.df,
            crate::number::short(test.critical_difference)
        ))
    }
}
