//! The rules of a catalogue beyond its form.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::{Catalogue, DataFile, DataSet, Package, Registry};

/// The schema this reader understands.
const SCHEMA: u32 = 1;

/// Every fault of `catalogue`, one sentence each.
pub(super) fn faults(catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    if catalogue.schema != SCHEMA {
        faults.push(format!("schema is {}, this program reads schema {SCHEMA}", catalogue.schema));
    }
    let mut names = BTreeSet::new();
    for dataset in &catalogue.datasets {
        let name = &dataset.name;
        if !names.insert(name) {
            faults.push(format!("data set `{name}` is listed twice"));
        }
        let mut check = |holds: bool, fault: String| {
            if !holds {
                faults.push(format!("data set `{name}`: {fault}"));
            }
        };
        check_description(dataset, &mut check);
        check_files(dataset, &mut check);
        match &dataset.package {
            Some(package) => check_package(package, &mut check),
            None => check(
                dataset.page.is_some(),
                "it needs a `package` or a `page`, or nobody can get it".to_owned(),
            ),
        }
    }
    faults
}

fn check_description(dataset: &DataSet, check: &mut dyn FnMut(bool, String)) {
    let name = &dataset.name;
    check(
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
        "the name must be lower-case letters, digits and underscores".to_owned(),
    );
    check(
        is_plain_word(&dataset.version, ""),
        format!("version `{}` must be letters, digits, `.`, `_`, `-`", dataset.version),
    );
    for (field, text) in
        [("title", &dataset.title), ("licence", &dataset.licence), ("attribution", &dataset.attribution)]
    {
        check(!text.trim().is_empty(), format!("{field} is empty"));
    }
}

fn check_files(dataset: &DataSet, check: &mut dyn FnMut(bool, String)) {
    check(!dataset.files.is_empty(), "it has no files".to_owned());
    let (mut paths, mut members) = (BTreeSet::new(), BTreeSet::new());
    for DataFile { path, member, bytes, .. } in &dataset.files {
        check(paths.insert(path), format!("file `{path}` is listed twice"));
        check(is_safe_relative(path), format!("file path `{path}` must be relative, without `.` and `..`"));
        check(
            !path.split('/').any(|part| part.starts_with('.')),
            format!("file path `{path}` has a hidden part; those are kept for this program"),
        );
        check(*bytes > 0, format!("file `{path}` has no bytes"));
        check(
            member.is_some() == dataset.package.is_some(),
            format!("file `{path}` needs `member` exactly if the data set has a `package`"),
        );
        if let Some(member) = member {
            check(members.insert(member), format!("member `{member}` is listed twice"));
            check(
                is_safe_relative(member),
                format!("member `{member}` must be relative, without `.` and `..`"),
            );
        }
    }
}

/// Names go to a client as arguments: none may look like an option.
fn check_package(package: &Package, check: &mut dyn FnMut(bool, String)) {
    // Only npm has names with a scope, `@scope/name`.
    let name = package.name.strip_prefix('@').unwrap_or(&package.name);
    check(is_plain_word(name, "/+"), format!("`{}` is no package name", package.name));
    check(is_plain_word(&package.version, "+~:"), format!("`{}` is no package version", package.version));
    check(
        package.wheel.is_none() || package.registry == Registry::Pypi,
        "only a package of pypi has a `wheel`".to_owned(),
    );
    if let Some(wheel) = &package.wheel {
        check(is_plain_word(&wheel.python, ""), format!("`{}` is no Python version", wheel.python));
        check(is_plain_word(&wheel.platform, ""), format!("`{}` is no platform tag", wheel.platform));
    }
}

/// Letters, digits, `.`, `_`, `-` and `more`, not beginning with a dot or a hyphen.
fn is_plain_word(text: &str, more: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c) || more.contains(c))
}

/// Whether joining `path` to a folder stays inside it.
fn is_safe_relative(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && !path.starts_with('/')
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
        && path.split('/').all(|part| !part.is_empty() && part != ".")
}
