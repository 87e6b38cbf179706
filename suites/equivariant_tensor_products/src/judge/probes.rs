//! What a map can express, read off its outputs.

use std::collections::BTreeMap;

use harness_core::Metrics;

use crate::instance::ProductInstance;
use crate::layout::Layout;
use crate::math::clebsch_gordan::contract;
use crate::math::expressivity::{Couplings, Outputs};
use crate::math::index::{dim, offset};
use crate::math::paths::Path;
use crate::solution::{ProductSolution, Values};

use super::row_of;

/// Of the point at which ranks are taken.
const SEED: u64 = 1;

/// The unit-norm products of the probes, by path: rows are pairs `(l1, l2)`.
#[derive(Debug)]
pub(crate) struct Probes(Vec<(usize, Path, Vec<f64>)>);

impl Probes {
    fn of(instance: &ProductInstance) -> Self {
        let (size, degrees) = (instance.input_size(), instance.shape.lmax + 1);
        let products = instance.shape.paths().into_iter().map(|path| {
            let row = path.l1 * degrees + path.l2;
            let irrep = |rows: &[f64], l| rows[row * size + offset(l)..][..dim(l)].to_vec();
            (row, path, contract(path, &irrep(&instance.x, path.l1), &irrep(&instance.y, path.l2)))
        });
        Self(products.collect())
    }
}

pub(super) fn judge(instance: &ProductInstance, solution: &ProductSolution, metrics: &mut Metrics) {
    let probes = instance.probes.get_or_init(|| Probes::of(instance));
    let layout = solution.map.layout();
    let irreps = instance.irreps(solution.map);
    let (mut couplings, mut off_path, mut largest) = (BTreeMap::new(), 0.0_f64, 0.0_f64);
    for (number, (row, path, unit)) in probes.0.iter().enumerate() {
        let z = row_of(instance, solution, *row);
        let start = match layout {
            Layout::Paths => irreps[number].offset,
            Layout::Merged => offset(path.l3),
        };
        let z = &z[start..][..unit.len()];
        let square: f64 = unit.iter().map(|u| u * u).sum();
        let coupling = z.iter().zip(unit).map(|(z, u)| z * u).sum::<f64>() / square;
        for (z, u) in z.iter().zip(unit) {
            off_path = off_path.max((z - coupling * u).abs());
            largest = largest.max(z.abs());
        }
        couplings.insert(*path, coupling);
    }
    let strongest = couplings.values().fold(0.0_f64, |most, c| most.max(c.abs()));
    let rounding = match solution.values {
        Values::F32(_) => 1e-5,
        Values::F64(_) => 1e-10,
    };
    for coupling in couplings.values_mut() {
        if coupling.abs() <= rounding * strongest {
            *coupling = 0.0;
        }
    }
    let outputs = match layout {
        Layout::Paths => Outputs::PerPath,
        Layout::Merged => Outputs::Merged,
    };
    let couplings = Couplings::new(instance.shape, outputs, |path| couplings[&path]);
    metrics.set("paths_reached", couplings.reached().len() as f64);
    if let Some((least, most)) = couplings.range() {
        metrics.set("coupling_spread", most / least);
    }
    metrics.set("off_path", if largest > 0.0 { off_path / largest } else { off_path });
    metrics.set("gamma", couplings.degrees_of_freedom(1, SEED) as f64);
    metrics.set("channels_needed", couplings.channels_needed(SEED) as f64);
}
