//! The files of a report, by what they are for.

use super::view::Downloads;
use crate::Link;

/// The files that stand beside the page, and of which it is one.
const WHOLE: [&str; 4] = ["report.html", "report.md", "report.tex", "report.json"];

/// Links to all files of a report, the whole report first and what others `links` lead to last.
pub(crate) fn downloads(names: &[&String], links: &[Link]) -> Vec<Downloads> {
    let group = |what, wanted: &dyn Fn(&str) -> bool| Downloads {
        what,
        links: names.iter().filter(|name| wanted(name)).map(|name| link(name)).collect(),
    };
    let mut groups = vec![
        Downloads { what: "The report", links: WHOLE.iter().map(|name| link(name)).collect() },
        group("Claims and cells", &|name| !name.contains('/')),
        group("Tables", &|name| name.starts_with("tables/")),
        group("Comparisons", &|name| name.starts_with("comparisons/")),
        group("Rankings", &|name| name.starts_with("rankings/")),
        group("Figures", &|name| name.starts_with("figures/")),
        Downloads { what: "Results (Parquet)", links: links.to_vec() },
    ];
    groups.retain(|group| !group.links.is_empty());
    groups
}

fn link(name: &str) -> Link {
    Link { label: name.rsplit('/').next().unwrap_or(name).to_owned(), href: name.to_owned() }
}
