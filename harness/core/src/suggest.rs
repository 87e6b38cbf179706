//! "Did you mean …": the nearest known name.

/// The name among `known` that is nearest to `name` by Damerau–Levenshtein distance, if it is near enough to be what
/// was meant (at most a third of the letters differ, or one is a prefix of the other).
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let allowed = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            let prefix = name.len() >= 3 && (candidate.starts_with(&lower) || lower.starts_with(candidate));
            (if prefix { distance.min(allowed) } else { distance }, candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?` for the nearest name, else the list of known names.
pub fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = known.into_iter().map(|k| format!("`{k}`")).collect();
            if names.is_empty() { "none is known".to_owned() } else { format!("known: {}", names.join(", ")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name() {
        assert_eq!(nearest("sinkhron", ["sinkhorn", "sns", "newton"]), Some("sinkhorn"));
        assert_eq!(nearest("max_itr", ["max_iter", "tol"]), Some("max_iter"));
        assert_eq!(nearest("optimal", ["optimal_transport", "qubo"]), Some("optimal_transport"));
    }

    #[test]
    fn an_unrelated_name_finds_none_and_lists_all() {
        assert_eq!(nearest("zebra", ["sinkhorn", "sns"]), None);
        assert_eq!(hint("zebra", ["a1", "b1"]), "known: `a1`, `b1`");
    }
}
