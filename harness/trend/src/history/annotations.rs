//! Changes that were accepted, with the reason: kept in the repository, in `history/annotations.yaml`.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Series;
use crate::family::Family;

/// The version of the file.
const SCHEMA: u32 = 1;

/// A change that was accepted: from the first night with this commit, or this code, on the level counts anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// The beginning of the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The beginning of the code's key, for results without a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Only of this suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Only of this problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Only of this solver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solver: Option<String>,
    /// Only of this metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Why the change is right.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    annotations: Vec<Annotation>,
}

/// The annotations cannot be read, or one of them says too little.
#[derive(Debug, thiserror::Error)]
pub enum AnnotationError {
    /// The file is not what it should be.
    #[error("{file}: {source}")]
    Read {
        /// Its name.
        file: String,
        /// What is wrong, with line and column.
        source: serde_yaml::Error,
    },
    /// Another version.
    #[error("{file}: schema {found} is not known here: expected {SCHEMA}")]
    Schema {
        /// Its name.
        file: String,
        /// Its version.
        found: u32,
    },
    /// An annotation that applies to nothing, or says no reason.
    #[error("{file}: annotation {number}: {what}")]
    Incomplete {
        /// Its name.
        file: String,
        /// Which, from 1.
        number: usize,
        /// What is missing.
        what: &'static str,
    },
}

impl Annotation {
    fn missing(&self) -> Option<&'static str> {
        let keys = [&self.commit, &self.code];
        if keys.into_iter().flatten().any(|key| key.len() < 4) {
            return Some("a commit or code is named by at least 4 digits");
        }
        if keys.into_iter().flatten().count() != 1 {
            return Some("it needs a commit or a code, and not both");
        }
        self.reason.trim().is_empty().then_some("it needs a reason: why is the change right?")
    }

    /// Whether it names the runs of this commit and code.
    pub(crate) fn names(&self, commit: Option<&str>, code: &str) -> bool {
        let begins = |key: &Option<String>, whole: Option<&str>| {
            key.as_ref().is_none_or(|key| whole.is_some_and(|whole| whole.starts_with(key.as_str())))
        };
        begins(&self.commit, commit) && begins(&self.code, Some(code))
    }

    /// Whether it is about this metric of a family.
    pub(crate) fn is_about(&self, family: &Family, metric: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        is(&self.suite, &family.suite)
            && is(&self.problem, &family.problem)
            && is(&self.solver, &family.solver)
            && is(&self.metric, metric)
    }

    /// Where it lets the level of a series begin anew: the first point that it names.
    pub(super) fn place(&self, series: &Series) -> Option<usize> {
        if !self.is_about(&series.family, &series.metric.to_string()) {
            return None;
        }
        series.points.iter().position(|point| self.names(point.commit.as_deref(), &point.code))
    }
}

/// Reads the file `name`.
///
/// # Errors
///
/// With line and column, or the number of the annotation that says too little.
pub fn parse(name: &str, text: &str) -> Result<Vec<Annotation>, AnnotationError> {
    let read = |source| AnnotationError::Read { file: name.to_owned(), source };
    let File { schema, annotations } = serde_yaml::from_str(text).map_err(read)?;
    if schema != SCHEMA {
        return Err(AnnotationError::Schema { file: name.to_owned(), found: schema });
    }
    for (i, annotation) in annotations.iter().enumerate() {
        if let Some(what) = annotation.missing() {
            return Err(AnnotationError::Incomplete { file: name.to_owned(), number: i + 1, what });
        }
    }
    Ok(annotations)
}

/// The text of the file with one more annotation at its end; `None` makes a new file. What is there, comments included, stays.
///
/// # Errors
///
/// As [`parse`], of the old text and of the new.
pub fn append(name: &str, text: Option<&str>, annotation: &Annotation) -> Result<String, AnnotationError> {
    let head = format!(
        "# Changes over time that were accepted, with the reason: see docs/over_time.md.\nschema: {SCHEMA}\nannotations:\n"
    );
    let mut new = match text {
        Some(text) => {
            let known = parse(name, text)?;
            // `annotations: []` leaves no room for an entry below it.
            if known.is_empty() { head } else { format!("{}\n", text.trim_end()) }
        }
        None => head,
    };
    let fields = [
        ("commit", &annotation.commit),
        ("code", &annotation.code),
        ("suite", &annotation.suite),
        ("problem", &annotation.problem),
        ("solver", &annotation.solver),
        ("metric", &annotation.metric),
        ("reason", &Some(annotation.reason.clone())),
    ];
    let mut mark = "-";
    for (field, value) in fields.into_iter().filter_map(|(field, value)| Some((field, value.as_ref()?))) {
        // A JSON string is a YAML string, whatever is in it.
        let _ = writeln!(new, "  {mark} {field}: {}", serde_json::Value::from(value.as_str()));
        mark = " ";
    }
    parse(name, &new)?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(commit: &str, reason: &str) -> Annotation {
        Annotation { commit: Some(commit.to_owned()), reason: reason.to_owned(), ..Annotation::default() }
    }

    #[test]
    fn a_new_file_and_one_more_entry_read_back_and_comments_stay() {
        let first =
            append("a.yaml", None, &of("0123", "a new factorisation: \"slower\", # and exact")).unwrap();
        let with_comment = format!("{first}  # in review\n");
        let second = Annotation { solver: Some("quick".to_owned()), ..of("4567", "true") };
        let text = append("a.yaml", Some(&with_comment), &second).unwrap();
        assert!(text.contains("# in review"), "{text}");
        let read = parse("a.yaml", &text).unwrap();
        assert_eq!(read, [of("0123", "a new factorisation: \"slower\", # and exact"), second]);
        let empty = append("a.yaml", Some("schema: 1\nannotations: []\n"), &of("0123", "x")).unwrap();
        assert_eq!(parse("a.yaml", &empty).unwrap().len(), 1);
    }

    #[test]
    fn what_says_too_little_is_refused_with_its_place() {
        let said = |text: &str| parse("a.yaml", text).unwrap_err().to_string();
        assert!(
            said("schema: 1\nannotations:\n  - {commit: '0123', reason: ' '}\n")
                .contains("annotation 1: it needs a reason")
        );
        assert!(said("schema: 1\nannotations:\n  - {reason: x}\n").contains("a commit or a code"));
        assert!(said("schema: 1\nannotations:\n  - {commit: '01', reason: x}\n").contains("at least 4"));
        assert!(said("schema: 2\nannotations: []\n").contains("schema 2"));
        let wrong = said("schema: 1\nannotations:\n  - {comit: '0123', reason: x}\n");
        assert!(wrong.contains("a.yaml") && wrong.contains("comit") && wrong.contains("line 3"), "{wrong}");
    }

    proptest! {
        #[test]
        fn any_reason_reads_back(reason in "\\PC*[a-z]\\PC*") {
            let text = append("a.yaml", None, &of("0123", &reason)).unwrap();
            prop_assert_eq!(&parse("a.yaml", &text).unwrap()[0].reason, &reason);
        }
    }
}
