//! Claims and their verdicts, the paper's tables redrawn, figures, and the HTML and Markdown reports.

pub mod figures;
pub mod number;
