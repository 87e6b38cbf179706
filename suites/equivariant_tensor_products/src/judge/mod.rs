//! How products are judged: the same code for every method and every peer.
//!
//! A method says which bilinear map it computes; rows of the batch are compared with that map, computed from its definition in
//! double precision from unit-norm Clebsch-Gordan tensors and couplings in closed form. That a map is equivariant shows on
//! rows that are other rows, rotated. What a map can express is read off its outputs, not off what the method says.

mod probes;
mod reference;
mod shapes;

use harness_core::{MetricInfo, MetricRole, Metrics, Scale};

use crate::instance::{ProductInstance, RotatedPair, Task};
use crate::layout::{OutputIrrep, Signal};
use crate::math::index::dim;
use crate::math::rotation::Rotation;
use crate::math::wigner_d::WignerD;
use crate::solution::ProductSolution;
use reference::RowReference;

pub(crate) use probes::Probes;

/// Rows that are compared with the definition, besides rotated ones.
const ROWS: usize = 16;

const fn metric(id: &'static str, label: &'static str, doc: &'static str, scale: Scale) -> MetricInfo {
    MetricInfo { id, label, doc, unit: "", role: MetricRole::Other, scale }
}

/// What [`judge`] may set.
pub(crate) const METRICS: &[MetricInfo] = &[
    MetricInfo {
        id: "error",
        label: "error of the product",
        doc: "max |z − reference| / max |reference| over up to 16 rows and all rotated ones; the reference is the method's map by definition, in double precision",
        unit: "",
        role: MetricRole::Feasibility,
        scale: Scale::Log,
    },
    metric(
        "equivariance_error",
        "error of equivariance",
        "max |T(Dx, Dy) − D T(x, y)| / max |T| over the rows that are rotated copies",
        Scale::Log,
    ),
    metric("null_output", "nothing comes out", "1 if the map is zero on this shape, else 0", Scale::Linear),
    metric(
        "paths_reached",
        "paths reached",
        "paths (l1, l2, l3) whose coupling, read off the outputs, is not zero to rounding",
        Scale::Linear,
    ),
    metric(
        "coupling_spread",
        "spread of couplings",
        "the largest coupling of a reached path over the smallest, both to the unit-norm tensor",
        Scale::Log,
    ),
    metric(
        "off_path",
        "what is no path's",
        "the largest part of an output irrep that no coupling explains, relative to the largest output",
        Scale::Log,
    ),
    metric(
        "gamma",
        "degrees of freedom γ",
        "rank of the derivative of the map by one weight for each irrep of x, of y and of the output",
        Scale::Linear,
    ),
    metric(
        "channels_needed",
        "channels for every reached path",
        "the fewest channels with which weights on irreps reach every bilinear map over the reached paths",
        Scale::Linear,
    ),
    metric(
        "chirality_gap",
        "chirality gap",
        "the largest difference of an invariant between the two chiral shapes, relative to the largest invariant",
        Scale::Log,
    ),
    metric(
        "shapes_told_apart",
        "shapes told apart",
        "how many of the eight shapes differ from every earlier one in some invariant",
        Scale::Linear,
    ),
];

/// The metric that a stop rule is about.
pub(crate) const STOP_METRIC: &str = "error";

/// Judges a solution.
pub(crate) fn judge(instance: &ProductInstance, solution: &ProductSolution) -> Metrics {
    let mut metrics = Metrics::new();
    if solution.values.len() != instance.batch * instance.output_size(solution.map)
        || !solution.values.are_finite()
    {
        metrics.set("error", f64::NAN);
        return metrics;
    }
    let (error, is_null) = error(instance, solution);
    metrics.set("error", error);
    metrics.set("null_output", f64::from(u8::from(is_null)));
    // Of a map that is zero there is nothing but rounding.
    if !is_null && let Some(error) = equivariance_error(instance, solution) {
        metrics.set("equivariance_error", error);
    }
    match instance.task {
        Task::PathProbes => probes::judge(instance, solution, &mut metrics),
        Task::Shapes => shapes::judge(instance, solution, &mut metrics),
        Task::Product
        | Task::Convolution { .. }
        | Task::ManyBody { .. }
        | Task::Harmonics
        | Task::Machine { .. } => {}
    }
    metrics
}

/// A row of the output.
fn row_of(instance: &ProductInstance, solution: &ProductSolution, row: usize) -> Vec<f64> {
    let size = instance.output_size(solution.map);
    solution.values.row(row * size, size)
}

/// The error, and whether the map is zero here.
fn error(instance: &ProductInstance, solution: &ProductSolution) -> (f64, bool) {
    let reference = RowReference::of(instance, solution.map);
    let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
    for row in judged_rows(instance) {
        let (z, expected) = (row_of(instance, solution, row), reference.row(instance, row));
        for (z, expected) in z.iter().zip(&expected) {
            worst = worst.max((z - expected).abs());
            largest = largest.max(expected.abs());
        }
    }
    if largest > 0.0 { (worst / largest, false) } else { (worst, true) }
}

/// Rows spread over the batch, and all that belong to a rotated pair; every row of a small batch.
fn judged_rows(instance: &ProductInstance) -> Vec<usize> {
    let all_count = matches!(instance.task, Task::PathProbes | Task::Shapes);
    let count = if all_count { instance.batch } else { ROWS.min(instance.batch) };
    let mut rows: Vec<usize> = (0..count).map(|n| n * (instance.batch - 1) / (count - 1).max(1)).collect();
    rows.extend(instance.rotated.iter().flat_map(|pair| [pair.original, pair.copy]));
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn equivariance_error(instance: &ProductInstance, solution: &ProductSolution) -> Option<f64> {
    let irreps = instance.irreps(solution.map);
    let (mut worst, mut largest) = (0.0_f64, 0.0_f64);
    for pair in &instance.rotated {
        let original = row_of(instance, solution, pair.original);
        let copy = row_of(instance, solution, pair.copy);
        let turned = turned(&irreps, instance.signal, &original, pair);
        for (copy, turned) in copy.iter().zip(&turned) {
            worst = worst.max((copy - turned).abs());
            largest = largest.max(turned.abs());
        }
    }
    (largest > 0.0).then(|| worst / largest)
}

/// A row of the output, rotated.
fn turned(irreps: &[OutputIrrep], signal: Signal, row: &[f64], pair: &RotatedPair) -> Vec<f64> {
    let d = WignerD::new(irreps.iter().map(|irrep| irrep.degree).max().unwrap_or(0), &pair.rotation);
    let mut out = vec![0.0; row.len()];
    for OutputIrrep { degree, offset, .. } in irreps {
        let irrep = *offset..offset + dim(*degree);
        out[irrep.clone()].copy_from_slice(&d.apply_to_degree(*degree, &row[irrep]));
    }
    match signal {
        Signal::Scalar => out,
        Signal::Vector => turned_components(&pair.rotation, &out),
    }
}

/// Rotates the vectors whose x, y and z components are the thirds of a row.
pub(crate) fn turned_components(rotation: &Rotation, row: &[f64]) -> Vec<f64> {
    let third = row.len() / 3;
    let mut out = vec![0.0; row.len()];
    for i in 0..third {
        let v = rotation.apply([row[i], row[third + i], row[2 * third + i]]);
        for (component, v) in v.into_iter().enumerate() {
            out[component * third + i] = v;
        }
    }
    out
}
