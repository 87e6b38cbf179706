//! The documented schema is the code's.

use crate::schema::{Column, SCHEMA, Table};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/results.md"));

/// The rows of the table under the heading `### name`: column, type, null.
fn documented(table: Table) -> Vec<(String, String, String)> {
    let heading = format!("\n### {table}\n");
    let section =
        PAGE.split(&heading).nth(1).unwrap_or_else(|| panic!("docs/results.md has no heading `{table}`"));
    let section = section.split("\n#").next().unwrap();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [name, kind, null, _unit, meaning, ""] = cells[..] else { panic!("not five cells: {line}") };
            assert!(!meaning.is_empty(), "no meaning: {line}");
            (name.trim_end_matches('`').to_owned(), kind.to_owned(), null.to_owned())
        })
        .collect()
}

#[test]
fn the_documented_columns_are_those_of_the_code() {
    for table in Table::ALL {
        let code: Vec<_> = table
            .columns()
            .iter()
            .map(|Column { name, kind, nullable }| {
                ((*name).to_owned(), kind.to_string(), if *nullable { "yes" } else { "no" }.to_owned())
            })
            .collect();
        assert_eq!(documented(table), code, "the table `{table}` in docs/results.md");
    }
}

#[test]
fn the_documented_version_and_outcomes_are_those_of_the_code() {
    assert!(PAGE.contains(&format!("\"schema\": \"{SCHEMA}\"")));
    for outcome in harness_core::Outcome::ALL {
        assert!(PAGE.contains(&format!("`{outcome}`")), "{outcome}");
    }
}
