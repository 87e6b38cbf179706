//! Figures: convergence along a run, a sweep over a parameter, work against precision. Each as SVG, PNG and CSV.

mod chart;
mod paint;
mod scale;
mod style;

pub use chart::{Chart, Note, Series, Whisker};
pub use paint::FigureError;
pub use scale::{Axis, ScaleKind, Tick};
