//! What the HTML and the Markdown report show besides claims, tables and figures: cells, failures, environment, provenance.

mod html;
mod markdown;
mod view;

pub(crate) use html::html;
pub(crate) use markdown::markdown;
pub(crate) use view::{PageView, cells_csv};
