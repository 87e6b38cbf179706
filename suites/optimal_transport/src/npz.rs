//! Instances and solutions as numpy files.
//!
//! | file | arrays |
//! | --- | --- |
//! | instance | `C` (n × m), `r` (n), `c` (m), and optionally the scalar `eta` |
//! | solution of an entropic solver | `P` (n × m, only where the plan is asked for), `x` (n), `y` (m), `eta` |
//! | solution of an exact solver | `P` as above, `eta` (infinite), and the dual variables `u` (n), `v` (m) where known |
//!
//! A solution says by `eta` which problem it answers; without it, by its dual variables or, if it has none, the instance's.
//! Solutions are in the shape and for the mass of the instance as given: `P_ij = exp(η(x_i + y_j − C_ij))` holds for what
//! is written, and rows and columns without mass have zero rows of `P` and potentials `−∞`.

mod answer;

use std::collections::BTreeMap;
use std::path::Path;

use harness_core::InstanceError;
use harness_datasets::readers::npy::Array;
use harness_datasets::readers::npz::{self, Compression};

use crate::instance::{DEFAULT_ETA, OtInstance, Support};
use crate::kernels::Matrix;
use crate::solution::{OtSolution, SparsePlan};

pub(crate) use answer::read_solution;

/// What can be saved of a solution; the first is the default.
pub(crate) const SAVES: &[&str] = &["plan", "potentials"];

type Arrays = BTreeMap<String, Array>;

/// Reads an instance. `eta` overrides the file's; without either it is [`DEFAULT_ETA`].
pub(crate) fn read_instance(path: &Path, eta: Option<f64>) -> Result<OtInstance, InstanceError> {
    let mut arrays = npz::read(path).map_err(|e| InstanceError(e.to_string()))?;
    let (shape, cost) = take(&mut arrays, "C", path)?;
    let (_, r) = vector(&mut arrays, "r", path)?;
    let (_, c) = vector(&mut arrays, "c", path)?;
    let [n, m] = shape[..] else {
        return Err(in_file(path, format!("`C` has shape {shape:?}; it must be a matrix")));
    };
    if n == 0 || m == 0 {
        return Err(in_file(path, format!("`C` has shape {shape:?}; it must not be empty")));
    }
    let eta = match eta {
        Some(eta) => eta,
        None => scalar(&mut arrays, "eta", path)?.unwrap_or(DEFAULT_ETA),
    };
    OtInstance::new(Matrix::from_row_major(n, m, &cost), r, c, eta).map_err(|e| in_file(path, e.0))
}

/// Writes the instance as solvers see it.
pub(crate) fn write_instance(instance: &OtInstance, path: &Path) -> Result<(), InstanceError> {
    let scaled = |w: &[f64]| w.iter().map(|w| w * instance.mass()).collect();
    write(
        path,
        &[
            ("C", array(&[instance.n(), instance.m()], instance.cost.to_row_major())),
            ("r", array(&[instance.n()], scaled(&instance.r))),
            ("c", array(&[instance.m()], scaled(&instance.c))),
            ("eta", array(&[], vec![instance.eta])),
        ],
    )
}

/// Writes a solution; `what` is one of [`SAVES`].
pub(crate) fn write_solution(
    instance: &OtInstance,
    solution: &OtSolution,
    what: &str,
    path: &Path,
) -> Result<(), InstanceError> {
    if !SAVES.contains(&what) {
        return Err(InstanceError(format!(
            "cannot save `{what}` of a transport plan; expected one of {}",
            SAVES.join(", ")
        )));
    }
    let support = &instance.support;
    let mut arrays = Vec::new();
    if what == "plan" {
        let (n, m) = support.given;
        arrays.push(("P", array(&[n, m], dense_plan(instance, solution))));
    }
    match solution {
        OtSolution::Potentials { x, y } => {
            // exp(η(x + ln(mass)/η)) carries the mass.
            let shift = support.mass.ln() / instance.eta;
            let x: Vec<f64> = x.iter().map(|x| x + shift).collect();
            arrays.push(("x", expanded(&support.rows, support.given.0, &x)));
            arrays.push(("y", expanded(&support.columns, support.given.1, y)));
            arrays.push(("eta", array(&[], vec![instance.eta])));
        }
        OtSolution::Plan(_) if what == "plan" => arrays.push(("eta", array(&[], vec![instance.eta]))),
        OtSolution::Exact(SparsePlan { duals: None, .. }) if what == "plan" => {
            arrays.push(("eta", array(&[], vec![f64::INFINITY])));
        }
        OtSolution::Exact(SparsePlan { duals: Some((u, v)), .. }) => {
            arrays.push(("eta", array(&[], vec![f64::INFINITY])));
            arrays.push(("u", expanded(&support.rows, support.given.0, u)));
            arrays.push(("v", expanded(&support.columns, support.given.1, v)));
        }
        OtSolution::Plan(_) | OtSolution::Exact(_) => {
            return Err(InstanceError(
                "this solution is a plan without potentials; save `plan` instead".to_owned(),
            ));
        }
    }
    write(path, &arrays)
}

/// The plan in the shape and with the mass of the problem as given, row by row.
fn dense_plan(instance: &OtInstance, solution: &OtSolution) -> Vec<f64> {
    let Support { mass, given: (n, m), rows, columns } = &instance.support;
    let mut plan = vec![0.0; n * m];
    match solution {
        OtSolution::Potentials { x, y } => {
            for (i, &row) in rows.iter().enumerate() {
                let out = &mut plan[row * m..][..*m];
                for (j, &column) in columns.iter().enumerate() {
                    out[column] = mass * (instance.eta * (x[i] + y[j] - instance.cost[(i, j)])).exp();
                }
            }
        }
        OtSolution::Plan(sparse) | OtSolution::Exact(sparse) => {
            for &(i, j, p) in &sparse.entries {
                plan[rows[i as usize] * m + columns[j as usize]] += mass * p;
            }
        }
    }
    plan
}

fn inverse(kept: &[usize], given: usize) -> Vec<Option<usize>> {
    let mut places = vec![None; given];
    for (place, &index) in kept.iter().enumerate() {
        places[index] = Some(place);
    }
    places
}

fn expanded(kept: &[usize], given: usize, values: &[f64]) -> Array {
    let mut all = vec![f64::NEG_INFINITY; given];
    for (&index, &value) in kept.iter().zip(values) {
        all[index] = value;
    }
    array(&[given], all)
}

fn sizes(support: &Support) -> String {
    let (n, m) = support.given;
    if support.is_full() {
        format!("{n} × {m}")
    } else {
        format!(
            "{n} × {m}, or {} × {} without the empty rows and columns",
            support.rows.len(),
            support.columns.len()
        )
    }
}

fn array(shape: &[usize], values: Vec<f64>) -> Array {
    Array::new(shape, values).expect("the shape is that of the values")
}

fn write(path: &Path, arrays: &[(&str, Array)]) -> Result<(), InstanceError> {
    let arrays: Vec<(&str, &Array)> = arrays.iter().map(|(name, array)| (*name, array)).collect();
    npz::write(path, &arrays, Compression::Stored).map_err(|e| InstanceError(e.to_string()))
}

fn take(arrays: &mut Arrays, name: &str, path: &Path) -> Result<(Vec<usize>, Vec<f64>), InstanceError> {
    match arrays.remove(name) {
        Some(array) => Ok((array.shape().to_vec(), array.into_f64())),
        None => {
            let found: Vec<_> = arrays.keys().map(|k| format!("`{k}`")).collect();
            let found = if found.is_empty() { "no other array".to_owned() } else { found.join(", ") };
            Err(in_file(
                path,
                format!(
                    "there is no array `{name}`, but {found}; expected `C`, `r`, `c` for an instance, `P` or `x` and `y` for a solution"
                ),
            ))
        }
    }
}

/// A number, if it is there.
fn scalar(arrays: &mut Arrays, name: &str, path: &Path) -> Result<Option<f64>, InstanceError> {
    let Some(array) = arrays.remove(name) else { return Ok(None) };
    match array.into_f64()[..] {
        [number] => Ok(Some(number)),
        ref other => {
            Err(in_file(path, format!("`{name}` has {} entries; it must be one number", other.len())))
        }
    }
}

/// A one-dimensional array; a row or a column of a matrix counts as one.
fn vector(arrays: &mut Arrays, name: &str, path: &Path) -> Result<(usize, Vec<f64>), InstanceError> {
    let (shape, values) = take(arrays, name, path)?;
    if shape.iter().filter(|&&length| length != 1).count() > 1 {
        return Err(in_file(path, format!("`{name}` has shape {shape:?}; it must be a vector")));
    }
    Ok((values.len(), values))
}

fn in_file(path: &Path, message: impl std::fmt::Display) -> InstanceError {
    InstanceError(format!("{}: {message}", path.display()))
}
