//! Puts a report together and writes it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use harness_core::record::ClaimRow;
use harness_core::scratch::replace;
use harness_core::{printable, remedy};

use crate::campaign::Campaign;
use crate::claims::{self, ClaimResult, Headline, text_table};
use crate::comparison::{self, ComparisonView};
use crate::figures::{self, FigureError, FigureView};
use crate::page::{self, PageView, cells_csv};
use crate::rankings::{self, RankingView};
use crate::table::{self, TableView};
use crate::timing::Timing;
use crate::{Identity, Input};

/// A report that could not be made. Wrong or missing results are never the reason: they are shown in the report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A figure could not be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// The page's template failed.
    #[error("failed to render the page: {0}")]
    Page(#[from] minijinja::Error),
    /// The report could not be written as JSON.
    #[error("failed to write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A file of a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write {}: {source}; {}", path.display(), remedy(source))]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// A finished report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Which campaign it is about.
    pub identity: Identity,
    /// The claims with their verdicts, in the order of the claims file.
    pub claims: Vec<ClaimResult>,
    /// How many claims have which verdict.
    pub headline: Headline,
    /// The papers' tables, redrawn.
    pub tables: Vec<TableView>,
    /// The figures; of one without runs only its title.
    pub figures: Vec<FigureView>,
    /// Solvers side by side.
    pub comparisons: Vec<ComparisonView>,
    /// Solvers ranked over many instances.
    pub rankings: Vec<RankingView>,
    /// How far the timings can be trusted; none if nothing is timed.
    pub timing: Option<Timing>,
    /// The page.
    pub html: String,
    /// Its essentials for a pull request.
    pub markdown: String,
    /// The claims for a terminal.
    pub text: String,
    /// The comparisons for a terminal.
    pub comparison_text: String,
    /// The rankings for a terminal.
    pub ranking_text: String,
    /// Every file by its path below the report's folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The claims of a campaign with their verdicts, and nothing drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Which campaign it is about.
    pub identity: Identity,
    /// The claims with their verdicts, in the order of the claims file.
    pub claims: Vec<ClaimResult>,
    /// How far the timings can be trusted; none if nothing is timed.
    pub timing: Option<Timing>,
}

/// Judges the claims of a campaign: what [`build`] does without tables, figures and pages.
pub fn judge(input: &Input<'_>) -> Judgement {
    let campaign = Campaign::of(input);
    judge_in(&campaign, input)
}

fn judge_in(campaign: &Campaign<'_>, input: &Input<'_>) -> Judgement {
    let timing = Timing::of(campaign, &input.identity);
    let claims = claims::judge(campaign, &input.identity, input.suite_file, input.claims, timing.as_ref());
    Judgement { identity: input.identity.clone(), claims, timing }
}

impl Judgement {
    /// The rows of the `claims` table.
    pub fn claim_rows(&self) -> Vec<ClaimRow> {
        self.claims.iter().map(|c| c.row(&self.identity)).collect()
    }

    /// The claims as JSON: `{campaign, suite, profile, headline, timing, claims}`.
    ///
    /// # Errors
    ///
    /// When serialisation fails.
    pub fn claims_json(&self) -> Result<String, serde_json::Error> {
        claims_json(&self.identity, &self.claims, self.timing.as_ref())
    }

    /// The claims for a terminal.
    pub fn text(&self) -> String {
        text_table(&self.claims)
    }
}

/// Makes the report of a campaign. The same input gives the same bytes.
///
/// # Errors
///
/// When a figure or the page cannot be rendered.
pub fn build(input: &Input<'_>) -> Result<Report, ReportError> {
    let campaign = Campaign::of(input);
    let Judgement { claims, timing, .. } = judge_in(&campaign, input);
    let tables = table::draw(&campaign, &input.identity, input.suite_file, &claims);
    let figures = figures::draw(&campaign, input.suite_file)?;
    let comparisons = comparison::draw(&campaign, &input.identity, input.suite_file, timing.as_ref());
    let rankings = rankings::draw(&campaign, &input.identity, input.suite_file)?;
    let mut page = PageView::of(&campaign, input, timing.as_ref());
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for table in &tables {
        files.insert(format!("tables/{}.csv", table.id), table::table_csv(table).into_bytes());
        files.insert(format!("tables/{}.tex", table.id), page::latex::fragment(table).into_bytes());
    }
    for figure in &figures {
        files.insert(format!("figures/{}.csv", figure.id), figure.csv.clone().into_bytes());
        for panel in &figure.panels {
            files.insert(format!("figures/{}.svg", panel.name), panel.svg.clone().into_bytes());
            files.insert(format!("figures/{}.png", panel.name), panel.png.clone());
        }
    }
    for comparison in comparisons.iter().filter(|c| !c.tables.is_empty()) {
        let csv = comparison::comparison_csv(comparison);
        files.insert(format!("comparisons/{}.csv", comparison.id), csv.into_bytes());
    }
    for ranking in rankings.iter().filter(|r| !r.solvers.is_empty()) {
        let id = &ranking.id;
        files.insert(format!("rankings/{id}.csv"), rankings::summary_csv(ranking).into_bytes());
        files.insert(format!("rankings/{id}-instances.csv"), rankings::instances_csv(ranking).into_bytes());
        if let Some(panel) = &ranking.profile {
            files.insert(format!("rankings/{}.svg", panel.name), panel.svg.clone().into_bytes());
            files.insert(format!("rankings/{}.png", panel.name), panel.png.clone());
        }
        if let Some(diagram) = &ranking.diagram {
            files.insert(format!("rankings/{id}-ranks.svg"), diagram.svg.clone().into_bytes());
            files.insert(format!("rankings/{id}-ranks.png"), diagram.png.clone());
        }
    }
    let claims_json = claims_json(&input.identity, &claims, timing.as_ref())?;
    files.insert("claims.json".to_owned(), claims_json.into_bytes());
    let text = printable(&text_table(&claims)).into_owned();
    files.insert("claims.txt".to_owned(), text.clone().into_bytes());
    files.insert("cells.csv".to_owned(), cells_csv(&page.cells).into_bytes());
    page.downloads = page::downloads(&files.keys().collect::<Vec<_>>(), &input.links);
    let parts = page::Parts {
        page: &page,
        claims: &claims,
        comparisons: &comparisons,
        rankings: &rankings,
        timing: timing.as_ref(),
        tables: &tables,
        figures: &figures,
    };
    let html = page::html(&parts)?;
    let markdown = page::markdown(&parts);
    files.insert("report.html".to_owned(), html.clone().into_bytes());
    files.insert("report.md".to_owned(), markdown.clone().into_bytes());
    files.insert("report.tex".to_owned(), page::latex::document(&parts).into_bytes());
    files.insert("report.json".to_owned(), page::json(&parts, &input.identity)?.into_bytes());
    let comparison_text = printable(&comparison::text(&comparisons, timing.as_ref())).into_owned();
    let ranking_text = printable(&page::rankings_text(&rankings)).into_owned();
    let headline = Headline::of(&claims);
    Ok(Report {
        identity: input.identity.clone(),
        claims,
        headline,
        tables,
        figures,
        comparisons,
        rankings,
        timing,
        html,
        markdown,
        text,
        comparison_text,
        ranking_text,
        files,
    })
}

impl Report {
    /// The rows of the `claims` table.
    pub fn claim_rows(&self) -> Vec<ClaimRow> {
        self.claims.iter().map(|c| c.row(&self.identity)).collect()
    }

    /// The claims as JSON: `{campaign, suite, profile, headline, timing, claims}`.
    ///
    /// # Errors
    ///
    /// When serialisation fails.
    pub fn claims_json(&self) -> Result<String, serde_json::Error> {
        claims_json(&self.identity, &self.claims, self.timing.as_ref())
    }

    /// Writes the files below `dir`, each under a temporary name first. Files that already hold the same bytes are not
    /// touched; those that were written are given back.
    ///
    /// # Errors
    ///
    /// When a folder cannot be made or a file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<Vec<PathBuf>, WriteError> {
        let mut written = Vec::new();
        for (relative, bytes) in &self.files {
            let path = below(dir, relative);
            if std::fs::read(&path).is_ok_and(|old| old == *bytes) {
                continue;
            }
            replace(&path, bytes).map_err(|source| WriteError { path: path.clone(), source })?;
            written.push(path);
        }
        Ok(written)
    }
}

/// The file of a report below its folder. Names come from ids in YAML, which are plain; one that is not stays inside too.
fn below(dir: &Path, relative: &str) -> PathBuf {
    let mut path = dir.to_owned();
    path.extend(relative.split('/').filter(|name| !matches!(*name, "" | "." | "..")));
    path
}

fn claims_json(
    identity: &Identity,
    claims: &[ClaimResult],
    timing: Option<&Timing>,
) -> Result<String, serde_json::Error> {
    let document = serde_json::json!({
        "campaign": identity.campaign_id,
        "suite": identity.suite,
        "profile": identity.profile,
        "code_key": identity.code_key,
        "env_key": identity.env_key,
        "headline": Headline::of(claims),
        "timing": timing,
        "claims": claims,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_report_s_folder() {
        for name in ["../../x", "/etc/x", "tables/../../x", "./x", "figures//x"] {
            let path = below(Path::new("report"), name);
            assert!(path.starts_with("report") && path.ends_with("x"), "{name}: {}", path.display());
            assert!(!path.components().any(|c| c == std::path::Component::ParentDir), "{name}");
        }
        assert_eq!(below(Path::new("report"), "tables/t1.csv"), Path::new("report/tables/t1.csv"));
    }
}
