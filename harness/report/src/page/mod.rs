//! The HTML and the Markdown report.

mod comparisons;
mod downloads;
mod html;
mod json;
pub(crate) mod latex;
mod markdown;
mod rankings;
mod timings;
mod view;

use crate::claims::ClaimResult;
use crate::comparison::ComparisonView;
use crate::figures::FigureView;
use crate::rankings::RankingView;
use crate::table::TableView;
use crate::timing::Timing;

pub(crate) use downloads::downloads;
pub use html::escaping;
pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use markdown::markdown;
pub(crate) use rankings::terminal as rankings_text;
pub(crate) use view::{PageView, cells_csv};

/// What a page shows.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) page: &'a PageView,
    pub(crate) claims: &'a [ClaimResult],
    pub(crate) comparisons: &'a [ComparisonView],
    pub(crate) rankings: &'a [RankingView],
    pub(crate) timing: Option<&'a Timing>,
    pub(crate) tables: &'a [TableView],
    pub(crate) figures: &'a [FigureView],
}

/// What `transcribed` says of a paper's number.
fn transcribed_note(transcribed: &str) -> &'static str {
    match transcribed {
        "read" => "read: taken from the paper itself",
        "second-hand" => {
            "second-hand: taken from another text about the paper, not checked against the paper"
        }
        "digitised" => "digitised: measured off a figure of the paper, to within the error that is given",
        _ => "",
    }
}

/// The notes on how the numbers of some claims were obtained, each once.
fn transcribed_notes(claims: &[&ClaimResult]) -> Vec<&'static str> {
    let used = |word: &&&str| claims.iter().any(|c| c.transcribed == **word);
    ["read", "second-hand", "digitised"].iter().filter(used).map(|word| transcribed_note(word)).collect()
}
