//! Cell families: what was asked, without the replicate.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use harness_core::{CellKey, RunRecord};
use serde::Serialize;
use serde_json::{Map, Value};

/// A cell without its replicate, as the columns of `runs` say it. A peer's own code is not part of it: a newer version of the
/// same peer is what one wants to see compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Family {
    /// The suite's id.
    pub suite: String,
    /// The problem's id.
    pub problem: String,
    /// Its parameters, JSON.
    pub problem_params: String,
    /// The solver's id.
    pub solver: String,
    /// Its parameters, JSON.
    pub solver_params: String,
    /// The stop rule, JSON.
    pub stop: String,
    /// What is measured, JSON.
    pub measure: String,
    /// Where it computes.
    pub device: String,
    /// In which element type.
    pub dtype: String,
    /// With how many threads.
    pub threads: u32,
    /// The campaign's seed.
    pub master_seed: u64,
}

impl From<&RunRecord> for Family {
    fn from(run: &RunRecord) -> Self {
        Self {
            suite: run.suite.clone(),
            problem: run.problem.clone(),
            problem_params: run.problem_params.clone(),
            solver: run.solver.clone(),
            solver_params: run.solver_params.clone(),
            stop: run.stop.clone(),
            measure: run.measure.clone(),
            device: run.device.clone(),
            dtype: run.dtype.clone(),
            threads: run.threads,
            master_seed: run.master_seed,
        }
    }
}

/// The families of some runs. Two runs of one cell are of one family even if their columns differ: a parameter that a newer
/// version adds with a neutral default leaves the cell's key as it was.
#[derive(Debug, Clone, Default)]
pub struct Families {
    /// The family that stands for another one.
    alias: BTreeMap<Family, Family>,
}

impl Families {
    /// The families of these runs.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a RunRecord>) -> Self {
        let mut of_cell: BTreeMap<&CellKey, Family> = BTreeMap::new();
        let mut families = Self::default();
        for run in runs {
            let own = families.resolve(Family::from(run));
            let known = of_cell.entry(&run.cell_key).or_insert_with(|| own.clone());
            let known = families.resolve(known.clone());
            // The smaller of the two, so that it does not matter which was seen first.
            if known != own {
                families.alias.insert((&known).max(&own).clone(), known.min(own));
            }
        }
        families
    }

    fn resolve(&self, mut family: Family) -> Family {
        while let Some(other) = self.alias.get(&family) {
            family = other.clone();
        }
        family
    }

    /// The family of a run.
    pub fn find(&self, run: &RunRecord) -> Family {
        self.resolve(Family::from(run))
    }
}

/// What a family is called: ids, and of the parameters only those that tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FamilyName {
    /// The problem with what tells it from others: `lap n=500`.
    pub problem: String,
    /// The solver with what tells it from others.
    pub solver: String,
    /// What else tells it from others: `tol=1e-6 timed`; often empty.
    pub rest: String,
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.problem, self.solver)?;
        if self.rest.is_empty() { Ok(()) } else { write!(f, " · {}", self.rest) }
    }
}

/// Which parameters of families differ.
#[derive(Debug, Clone, Default)]
pub struct Names {
    problems: BTreeMap<String, BTreeSet<String>>,
    solvers: BTreeMap<String, BTreeSet<String>>,
    rest: BTreeSet<String>,
}

/// A JSON object of a column; empty if it is none.
fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The names that do not have the same value in all of the objects.
fn varying(objects: &[Map<String, Value>]) -> BTreeSet<String> {
    let names: BTreeSet<&String> = objects.iter().flat_map(Map::keys).collect();
    let differs = |name: &&&String| {
        let first = objects.first().and_then(|object| object.get(name.as_str()));
        objects.iter().any(|object| object.get(name.as_str()) != first)
    };
    names.iter().filter(differs).map(|name| (*name).clone()).collect()
}

/// What a family is beside problem and solver, as one object.
fn rest_of(family: &Family) -> Map<String, Value> {
    let mut rest = object(&family.stop);
    let measure = object(&family.measure);
    let kind = measure.keys().next().cloned().unwrap_or_default();
    rest.insert("measure".to_owned(), Value::from(kind));
    for (name, value) in measure.values().filter_map(Value::as_object).flatten() {
        rest.insert(name.clone(), value.clone());
    }
    rest.insert("device".to_owned(), Value::from(family.device.as_str()));
    rest.insert("dtype".to_owned(), Value::from(family.dtype.as_str()));
    rest.insert("threads".to_owned(), Value::from(family.threads));
    rest.insert("seed".to_owned(), Value::from(family.master_seed));
    rest
}

/// `a=1 b=x` of the names that vary.
fn words(values: &Map<String, Value>, varying: &BTreeSet<String>) -> String {
    let word = |name: &String| {
        let text = match values.get(name)? {
            Value::String(text) => text.clone(),
            Value::Null => "none".to_owned(),
            other => other.to_string(),
        };
        Some(format!("{name}={text}"))
    };
    varying.iter().filter_map(word).collect::<Vec<_>>().join(" ")
}

impl Names {
    /// The names of these families.
    pub fn of<'a>(families: impl IntoIterator<Item = &'a Family> + Clone) -> Self {
        let mut problems: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
        let mut solvers: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
        for family in families.clone() {
            problems.entry(family.problem.clone()).or_default().push(object(&family.problem_params));
            solvers.entry(family.solver.clone()).or_default().push(object(&family.solver_params));
        }
        let vary = |all: BTreeMap<String, Vec<Map<String, Value>>>| {
            all.into_iter().map(|(id, objects)| (id, varying(&objects))).collect()
        };
        let rest: Vec<_> = families.into_iter().map(rest_of).collect();
        Self { problems: vary(problems), solvers: vary(solvers), rest: varying(&rest) }
    }

    /// The name of a family.
    pub fn name(&self, family: &Family) -> FamilyName {
        let side = |id: &str, params: &str, varying: Option<&BTreeSet<String>>| {
            let words = varying.map(|varying| words(&object(params), varying)).unwrap_or_default();
            if words.is_empty() { id.to_owned() } else { format!("{id} {words}") }
        };
        FamilyName {
            problem: side(&family.problem, &family.problem_params, self.problems.get(&family.problem)),
            solver: side(&family.solver, &family.solver_params, self.solvers.get(&family.solver)),
            rest: words(&rest_of(family), &self.rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run;

    #[test]
    fn replicates_are_one_family_and_solvers_are_not() {
        let runs = [run("quick", 0), run("quick", 1), run("slow", 0)];
        let families = Families::of(&runs);
        assert_eq!(families.find(&runs[0]), families.find(&runs[1]));
        assert_ne!(families.find(&runs[0]), families.find(&runs[2]));
    }

    #[test]
    fn a_parameter_that_leaves_the_cell_key_alone_leaves_the_family_alone() {
        let old = [run("quick", 0), run("quick", 1)];
        let newer =
            |run: &RunRecord| RunRecord { solver_params: r#"{"added": 0}"#.to_owned(), ..run.clone() };
        // The second replicate is known under its new columns only.
        let runs = [old[0].clone(), newer(&old[0]), newer(&old[1])];
        let families = Families::of(&runs);
        assert_eq!(families.find(&runs[0]), families.find(&runs[1]));
        assert_eq!(families.find(&runs[0]), families.find(&runs[2]));
    }

    #[test]
    fn names_have_the_parameters_that_tell_families_apart() {
        let mut runs = [run("quick", 0), run("quick", 0), run("slow", 0)];
        runs[1].problem_params = r#"{"rows": 20, "ballast_mib": 0}"#.to_owned();
        runs[2].measure = r#"{"solve":{"samples":3,"warmup":1}}"#.to_owned();
        let families: Vec<Family> = runs.iter().map(Family::from).collect();
        let names = Names::of(&families);
        let text: Vec<String> = families.iter().map(|f| names.name(f).to_string()).collect();
        assert_eq!(text[0], "noop rows=10 / quick · measure=trace");
        assert_eq!(text[1], "noop rows=20 / quick · measure=trace");
        assert_eq!(text[2], "noop rows=10 / slow · measure=solve samples=3 warmup=1");
    }
}
