//! A comparison as one page that opens offline.

use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::text::APART;
use super::{Comparison, FamilyComparison, OnlyIn, VerdictChange};

/// The page cannot be made: a fault of its template.
#[derive(Debug, thiserror::Error)]
#[error("the page of the comparison cannot be made: {0}")]
pub struct PageError(#[from] minijinja::Error);

#[derive(Serialize)]
struct Page<'a> {
    headline: String,
    a: String,
    b: String,
    sections: [Section<'a>; 4],
    claims: &'a [VerdictChange],
    only_in_a: Vec<String>,
    only_in_b: Vec<String>,
    apart: &'a str,
}

#[derive(Serialize)]
struct Section<'a> {
    title: &'a str,
    sign: &'a str,
    class: &'a str,
    families: Vec<View>,
}

#[derive(Serialize)]
struct View {
    name: String,
    details: Vec<(String, &'static str)>,
}

fn view(family: &FamilyComparison) -> View {
    let details = family.details().into_iter().map(|detail| (detail.text, detail.standing)).collect();
    View { name: family.name.to_string(), details }
}

impl Comparison {
    /// As a page of its own: no script, no other file.
    ///
    /// # Errors
    ///
    /// When the template is at fault.
    pub fn html(&self) -> Result<String, PageError> {
        let section = |title, sign, class, families: Vec<&FamilyComparison>| Section {
            title,
            sign,
            class,
            families: families.into_iter().map(view).collect(),
        };
        let sections = [
            section("Regressions", "✗", "bad", self.regressions().collect()),
            section("Improvements", "✓", "good", self.improvements().collect()),
            section("Changed, neither worse nor better", "·", "", self.changed().collect()),
            section("Unchanged", "=", "rest", self.unchanged().collect()),
        ];
        let mut environment = harness_report::escaping();
        environment.add_template("compare.html", include_str!("compare.html"))?;
        let names = |all: &[OnlyIn]| all.iter().map(|only| only.name.to_string()).collect();
        let page = Page {
            headline: self.headline(),
            a: self.a.text(),
            b: self.b.text(),
            sections,
            claims: &self.claims,
            only_in_a: names(&self.only_in_a),
            only_in_b: names(&self.only_in_b),
            apart: if self.has_times_apart() { APART } else { "" },
        };
        Ok(environment.get_template("compare.html")?.render(Value::from(Serde(&page)))?)
    }
}
