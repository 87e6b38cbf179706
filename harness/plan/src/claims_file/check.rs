//! What a claims file means: labels, parameters, metrics and papers exist.

use harness_core::{Suite, suggest};

use super::{ClaimKind, ClaimsFile};
use crate::check::{Names, unique};
use crate::diagnostic::Diagnostics;
use crate::suite_file::{Selection, SuiteFile};

/// All errors of meaning.
pub(super) fn check(file: &ClaimsFile, suite: &Suite, suite_file: &SuiteFile) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::default();
    let source = &file.source;
    if *file.suite != suite.id {
        let message =
            format!("this file is for suite `{}`, and the code is of suite `{}`", file.suite, suite.id);
        errors.push(source, file.suite.span, message, None);
    }
    unique(file.claims.iter().map(|c| &c.id), "claim", source, &mut errors);
    let names = Names::new(suite_file, suite);
    for claim in &file.claims {
        names.paper(&claim.source.paper, source, &mut errors);
        names.metric(&claim.metric, source, &mut errors);
        let mut selections: Vec<&Selection> = vec![&claim.select];
        match &claim.kind {
            ClaimKind::Value => {}
            ClaimKind::Ratio { numerator: a, denominator: b } | ClaimKind::Order { less: a, greater: b } => {
                selections.extend([a, b]);
            }
            ClaimKind::Slope { x } => names.parameter(x, &[&claim.select], source, &mut errors),
        }
        for selection in selections {
            names.selection_with_values(selection, source, &mut errors);
        }
        for (profile, _) in &claim.scale {
            names.profile(profile, source, &mut errors);
        }
    }
    errors.into_result(())
}

/// Every claim that a table cites is there.
pub(super) fn citations(suite_file: &SuiteFile, claims: &ClaimsFile) -> Result<(), Diagnostics> {
    let mut errors = Diagnostics::default();
    let cells = suite_file.tables.iter().flat_map(|t| &t.rows).flat_map(|r| &r.cells);
    for claim in cells.filter_map(|(_, cell)| cell.claim.as_ref()) {
        if claims.claim(claim).is_none() {
            let known: Vec<&str> = claims.claims.iter().map(|c| c.id.as_str()).collect();
            let message = format!("unknown claim `{claim}`");
            errors.push(&suite_file.source, claim.span, message, Some(suggest::hint(claim, known)));
        }
    }
    errors.into_result(())
}
