//! Reading and checking what another program gives for a solution.

use std::path::Path;

use harness_core::InstanceError;
use harness_datasets::readers::npz;

use super::{Arrays, in_file, inverse, scalar, sizes, take, vector};
use crate::instance::OtInstance;
use crate::solution::{OtSolution, SparsePlan};

/// A plan whose mass is wrong by this factor is no inaccurate plan but one in another scale.
const MASS_FACTOR: f64 = 1.5;

/// An `eta` that differs by less, relatively, is the same.
const ETA_TOLERANCE: f64 = 1e-9;

/// Which problem an answer is one of.
#[derive(Clone, Copy, PartialEq)]
enum Problem {
    Regularised,
    Unregularised,
}

/// Reads a solution that another program wrote: a plan `P` if there is one, else potentials `x` and `y`. Shapes may be
/// those of the instance as given or as written by [`write_instance`](super::write_instance).
pub(crate) fn read_solution(instance: &OtInstance, path: &Path) -> Result<OtSolution, InstanceError> {
    let mut arrays = npz::read(path).map_err(|e| InstanceError(e.to_string()))?;
    let said = said_problem(instance, &mut arrays, path)?;
    let duals = duals(instance, &mut arrays, path)?;
    if duals.is_some() && said == Some(Problem::Regularised) {
        return Err(in_file(
            path,
            "the dual variables `u`, `v` are those of the problem without regularisation, but `eta` is the instance's; \
             leave out the one or the other",
        ));
    }
    let exact = said == Some(Problem::Unregularised) || duals.is_some();
    if arrays.contains_key("P") || exact {
        let plan = SparsePlan { entries: plan(instance, &mut arrays, path)?, duals };
        return Ok(if exact { OtSolution::Exact(plan) } else { OtSolution::Plan(plan) });
    }
    let support = &instance.support;
    let shift = support.mass.ln() / instance.eta;
    let mut x = potential(&mut arrays, "x", &support.rows, support.given.0, path)?;
    let y = potential(&mut arrays, "y", &support.columns, support.given.1, path)?;
    for x in &mut x {
        *x -= shift;
    }
    Ok(OtSolution::Potentials { x, y })
}

/// The problem that `eta` names, if it is there.
fn said_problem(
    instance: &OtInstance,
    arrays: &mut Arrays,
    path: &Path,
) -> Result<Option<Problem>, InstanceError> {
    match scalar(arrays, "eta", path)? {
        None => Ok(None),
        Some(f64::INFINITY) => Ok(Some(Problem::Unregularised)),
        Some(eta) if (eta - instance.eta).abs() <= ETA_TOLERANCE * instance.eta => {
            Ok(Some(Problem::Regularised))
        }
        Some(eta) => Err(in_file(
            path,
            format!(
                "`eta` is {eta}, so that this is a solution of another problem; the instance has {}, and `inf` \
                 stands for no regularisation",
                instance.eta
            ),
        )),
    }
}

type Duals = (Vec<f64>, Vec<f64>);

fn duals(instance: &OtInstance, arrays: &mut Arrays, path: &Path) -> Result<Option<Duals>, InstanceError> {
    let support = &instance.support;
    match (arrays.contains_key("u"), arrays.contains_key("v")) {
        (false, false) => Ok(None),
        (true, true) => Ok(Some((
            potential(arrays, "u", &support.rows, support.given.0, path)?,
            potential(arrays, "v", &support.columns, support.given.1, path)?,
        ))),
        (u, _) => {
            let (there, missing) = if u { ("u", "v") } else { ("v", "u") };
            Err(in_file(path, format!("there is `{there}` and no `{missing}`; dual variables come in pairs")))
        }
    }
}

/// Potentials or dual variables of the lines with mass.
fn potential(
    arrays: &mut Arrays,
    name: &str,
    kept: &[usize],
    given: usize,
    path: &Path,
) -> Result<Vec<f64>, InstanceError> {
    let (len, values) = vector(arrays, name, path)?;
    let place = |i: usize| if len == given { kept[i] } else { i };
    if len != given && len != kept.len() {
        return Err(in_file(path, format!("`{name}` has {len} entries; the instance has {given}")));
    }
    let values: Vec<f64> = (0..kept.len()).map(|i| values[place(i)]).collect();
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(values),
        Some(i) => Err(in_file(
            path,
            format!("`{name}[{}]` is {}; it must be finite wherever there is mass", place(i), values[i]),
        )),
    }
}

/// The positive entries of `P`, for mass one.
fn plan(
    instance: &OtInstance,
    arrays: &mut Arrays,
    path: &Path,
) -> Result<Vec<(u32, u32, f64)>, InstanceError> {
    let support = &instance.support;
    let (shape, plan) = take(arrays, "P", path)?;
    let (rows, columns) = if shape == [support.given.0, support.given.1] {
        (inverse(&support.rows, shape[0]), inverse(&support.columns, shape[1]))
    } else if shape == [instance.n(), instance.m()] {
        ((0..instance.n()).map(Some).collect(), (0..instance.m()).map(Some).collect())
    } else {
        return Err(in_file(path, format!("`P` has shape {shape:?}; the instance is {}", sizes(support))));
    };
    let mut entries = Vec::new();
    for (i, row) in plan.chunks_exact(columns.len()).enumerate() {
        for (j, &p) in row.iter().enumerate() {
            if !(p.is_finite() && p >= 0.0) {
                return Err(in_file(
                    path,
                    format!("`P[{i}, {j}]` is {p}; a plan's entries must be finite and not negative"),
                ));
            }
            match (rows[i], columns[j]) {
                _ if p == 0.0 => {}
                (Some(i), Some(j)) => entries.push((i as u32, j as u32, p / support.mass)),
                _ => {
                    return Err(in_file(
                        path,
                        format!("`P[{i}, {j}]` is {p}, but its row or column has no mass; it must be zero"),
                    ));
                }
            }
        }
    }
    let mass: f64 = entries.iter().map(|(_, _, p)| p).sum();
    if mass * MASS_FACTOR <= 1.0 || mass >= MASS_FACTOR {
        return Err(in_file(
            path,
            format!(
                "`P` sums to {}, but the marginals to {}; give the plan in the instance's own mass",
                rounded(mass * support.mass),
                rounded(support.mass)
            ),
        ));
    }
    Ok(entries)
}

/// To the six digits that a reader wants.
fn rounded(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}
