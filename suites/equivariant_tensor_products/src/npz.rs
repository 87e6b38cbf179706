//! Instances and solutions as numpy files.
//!
//! | file | arrays |
//! | --- | --- |
//! | instance | `x`, `y` (batch × dim), `weights` (paths; ones if there is none); written for peers also `degrees` (2: smallest and largest input degree), `degrees_out` (2), `paths` (paths × 3: l1, l2, l3); directions alone are `points` (points × 3) |
//! | solution | `z` (batch × dim), `irreps` (irreps × 4: degree, where it begins in a row, l1, l2; −1 where paths are added up) |
//! | a peer's solution | one array (batch × dim), called by its map: `clebsch_gordan`, `weighted`, `gaunt`, …; `matrix_single_irrep_7` on an irrep that is not the least |
//!
//! A row holds irreps by degree, each in the order m = −l..l, with y as the polar axis: for degree one x, y, z. For vector
//! fields it holds such rows of the x, y and z component one after another.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use harness_core::InstanceError;
use harness_datasets::readers::npy::{Array, Data};
use harness_datasets::readers::npz::{self, Compression};

use crate::instance::{ProductInstance, Task};
use crate::layout::Signal;
use crate::math::paths::Shape;
use crate::solution::{Map, ProductSolution, Values};

/// What can be saved of a solution; the first is the default.
pub(crate) const SAVES: &[&str] = &["product"];

type Arrays = BTreeMap<String, Array>;

fn in_file(path: &FilePath, message: &str) -> InstanceError {
    InstanceError(format!("{}: {message}", path.display()))
}

fn matrix(arrays: &Arrays, name: &str, path: &FilePath) -> Result<(usize, Data), InstanceError> {
    let found = || arrays.keys().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    let Some(array) = arrays.get(name) else {
        return Err(in_file(path, &format!("there is no array `{name}`; the file has {}", found())));
    };
    let [_, columns] = array.shape()[..] else {
        return Err(in_file(path, &format!("`{name}` has shape {:?}; expected [batch, dim]", array.shape())));
    };
    Ok((columns, array.data().clone()))
}

/// Reads pairs of features; `shape` is asked for the shape of rows with so many numbers.
pub(crate) fn read_instance(
    path: &FilePath,
    signal: Signal,
    shape: &dyn Fn(usize) -> Result<Shape, String>,
) -> Result<ProductInstance, InstanceError> {
    let mut arrays = npz::read(path).map_err(|e| InstanceError(e.to_string()))?;
    let (columns, x) = matrix(&arrays, "x", path)?;
    let (y_columns, y) = matrix(&arrays, "y", path)?;
    if (y_columns, y.len()) != (columns, x.len()) {
        let shape = |columns: usize, len: usize| format!("[{}, {columns}]", len / columns.max(1));
        let (x, y) = (shape(columns, x.len()), shape(y_columns, y.len()));
        return Err(in_file(path, &format!("`x` has shape {x} and `y` {y}; they must agree")));
    }
    let weights = arrays.remove("weights");
    let shape = shape(columns).map_err(|e| in_file(path, &format!("`x` has {columns} columns; {e}")))?;
    let paths = shape.paths().len();
    let weights = match weights {
        None => vec![1.0; paths],
        Some(weights) if weights.shape() == [paths] => weights.into_f64(),
        Some(weights) => {
            let expected = format!("expected [{paths}], one weight for each path");
            return Err(in_file(path, &format!("`weights` has shape {:?}; {expected}", weights.shape())));
        }
    };
    if let Some(i) = weights.iter().position(|w| !w.is_finite()) {
        return Err(in_file(path, &format!("`weights[{i}]` is {}; every number must be finite", weights[i])));
    }
    let instance = ProductInstance::new(shape, signal, Task::Product, into_f64(x), into_f64(y));
    Ok(instance.map_err(|e| in_file(path, &e.0))?.with_weights(weights))
}

fn into_f64(data: Data) -> Vec<f64> {
    let len = data.len();
    Array::new([len], data).expect("a vector of its own length").into_f64()
}

fn array(shape: &[usize], data: impl Into<Data>) -> Array {
    Array::new(shape, data).expect("as many numbers as the shape says")
}

fn write(path: &FilePath, arrays: &[(&str, Array)]) -> Result<(), InstanceError> {
    let named: Vec<(&str, &Array)> = arrays.iter().map(|(name, array)| (*name, array)).collect();
    npz::write(path, &named, Compression::Stored).map_err(|e| InstanceError(e.to_string()))
}

/// Writes the instance for programs in other languages.
pub(crate) fn write_instance(instance: &ProductInstance, path: &FilePath) -> Result<(), InstanceError> {
    let shape = instance.shape;
    let (dim, paths) = (instance.input_size(), shape.paths());
    let triples: Vec<i64> = paths.iter().flat_map(|p| [p.l1, p.l2, p.l3]).map(|l| l as i64).collect();
    let (first, last) = shape.output_degrees().into_inner();
    let factor = if instance.task == Task::Harmonics { "points" } else { "x" };
    let mut arrays = vec![
        (factor, array(&[instance.batch, dim], instance.x.clone())),
        ("degrees", array(&[2], vec![*shape.input_degrees().start() as i64, shape.lmax as i64])),
        ("degrees_out", array(&[2], vec![first as i64, last as i64])),
        ("paths", array(&[paths.len(), 3], triples)),
    ];
    if !instance.y.is_empty() {
        arrays.push(("y", array(&[instance.batch, dim], instance.y.clone())));
    }
    if !instance.weights.is_empty() {
        arrays.push(("weights", array(&[instance.weights.len()], instance.weights.clone())));
    }
    if let Task::ManyBody { nu } = instance.task {
        arrays.push(("nu", array(&[], vec![nu as i64])));
    }
    write(path, &arrays)
}

/// Writes a product with the layout of its rows.
pub(crate) fn write_solution(
    instance: &ProductInstance,
    solution: &ProductSolution,
    what: &str,
    path: &FilePath,
) -> Result<(), InstanceError> {
    if !SAVES.contains(&what) {
        return Err(InstanceError(format!(
            "cannot save `{what}` of a tensor product; expected {}",
            SAVES.join(", ")
        )));
    }
    let irreps = instance.irreps(solution.map);
    let rows: Vec<i64> = irreps
        .iter()
        .flat_map(|irrep| {
            let path = irrep.path.map_or([-1, -1], |p| [p.l1 as i64, p.l2 as i64]);
            [irrep.degree as i64, irrep.offset as i64, path[0], path[1]]
        })
        .collect();
    let shape = [instance.batch, instance.output_size(solution.map)];
    let z = match &solution.values {
        Values::F32(v) => array(&shape, v.clone()),
        Values::F64(v) => array(&shape, v.clone()),
    };
    write(path, &[("z", z), ("irreps", array(&[irreps.len(), 4], rows))])
}

/// Reads what a peer computed.
pub(crate) fn read_solution(
    instance: &ProductInstance,
    path: &FilePath,
) -> Result<ProductSolution, InstanceError> {
    let arrays = npz::read(path).map_err(|e| InstanceError(e.to_string()))?;
    let of_name = |name: &String| Map::from_name(name).filter(|map| instance.task.admits(*map));
    let Some((map, name)) = arrays.keys().find_map(|name| Some((of_name(name)?, name.clone()))) else {
        let maps = Map::named().filter(|map| instance.task.admits(*map));
        let names: Vec<String> = maps.map(|map| format!("`{}`", map.name())).collect();
        return Err(in_file(
            path,
            &format!("no array is called by its map; expected one of {}", names.join(", ")),
        ));
    };
    let (columns, data) = matrix(&arrays, &name, path)?;
    let values = match data {
        Data::F32(v) => Values::F32(v),
        other => Values::F64(into_f64(other)),
    };
    let dim = instance.output_size(map);
    if columns != dim || values.len() != instance.batch * dim {
        return Err(in_file(
            path,
            &format!(
                "`{name}` has shape [{}, {columns}]; expected [{}, {dim}]",
                values.len() / columns.max(1),
                instance.batch
            ),
        ));
    }
    Ok(ProductSolution { map, values })
}
