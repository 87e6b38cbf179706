//! The files of a report, by what they are for.

use std::collections::BTreeMap;

use super::view::Downloads;
use crate::Link;
use crate::sample::count;

/// The files that stand beside the page, and of which it is one.
const WHOLE: [&str; 4] = ["report.html", "report.md", "report.tex", "report.json"];

/// Of more files only the folders are linked.
const MOST_LINKS: usize = 40;

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
        Downloads { what: "Results (Parquet)", links: folders(links) },
    ];
    groups.retain(|group| !group.links.is_empty());
    groups
}

/// The files, or their folders where they are many.
fn folders(links: &[Link]) -> Vec<Link> {
    if links.len() <= MOST_LINKS {
        return links.to_vec();
    }
    let folder =
        |path: &str| path.rsplit_once('/').map_or_else(|| "./".to_owned(), |(head, _)| format!("{head}/"));
    let mut parts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for link in links {
        *parts.entry((folder(&link.href), folder(&link.label))).or_default() += 1;
    }
    let link = |((href, label), n): ((String, String), usize)| {
        let files = count(n, "file", "files");
        Link { label: format!("{label} ({files})"), href }
    };
    parts.into_iter().map(link).collect()
}

fn link(name: &str) -> Link {
    Link { label: name.rsplit('/').next().unwrap_or(name).to_owned(), href: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_parts_are_linked_by_their_folders() {
        let part = |table: &str, i: usize| Link {
            label: format!("{table}/day=1/part-{i}"),
            href: format!("../../{table}/day=1/part-{i}"),
        };
        let few: Vec<Link> = (0..MOST_LINKS).map(|i| part("runs", i)).collect();
        assert_eq!(folders(&few), few);
        let many = [few, vec![part("traces", 0)]].concat();
        let link = |label: &str, href: &str| Link { label: label.to_owned(), href: href.to_owned() };
        assert_eq!(
            folders(&many),
            [
                link("runs/day=1/ (40 files)", "../../runs/day=1/"),
                link("traces/day=1/ (1 file)", "../../traces/day=1/"),
            ]
        );
    }
}
