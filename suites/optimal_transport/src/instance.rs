//! Instances: costs, marginals and the regularisation.

use std::path::Path;
use std::sync::OnceLock;

use harness_core::{Instance, InstanceError, MetricInfo, Metrics, ResultHasher};
use serde_json::{Map, Value, json};

use crate::kernels::Matrix;
use crate::solution::OtSolution;
use crate::{exact, judge, npz};

/// The regularisation of the Sinkhorn-Newton-Sparse paper, and the default everywhere.
pub const DEFAULT_ETA: f64 = 1200.0;

/// Marginals whose sums differ by more than this, relatively, are refused.
const MASS_TOLERANCE: f64 = 1e-6;

/// Up to this many entries the exact optimum is computed where no closed form is known: about 0.1 s.
const EXACT_UP_TO: usize = 1 << 20;

/// Up to this many rows the vertex gap is a fact of an assignment problem: a solve of it for every row.
const VERTEX_GAP_UP_TO: usize = 64;

/// One regularised transport problem: `min ⟨C, P⟩ + (1/η) Σ P_ij ln P_ij` over `P ≥ 0` with `P1 = r`, `Pᵀ1 = c`.
///
/// Solvers see rows and columns with mass only, and marginals that sum to one: rows and columns of zero mass are taken
/// out (the dual would have no solution) and put back when a solution is written, and the mass is divided out, which
/// changes neither `η` nor the potentials but for the constant `ln(mass)/η`. `Σc` equals `Σr` to rounding: a difference
/// would be a floor under the marginal error.
#[derive(Debug)]
pub struct OtInstance {
    pub(crate) cost: Matrix,
    pub(crate) r: Vec<f64>,
    pub(crate) c: Vec<f64>,
    pub(crate) eta: f64,
    pub(crate) support: Support,
    exact_cost: OnceLock<Option<f64>>,
    closed_form_cost: Option<f64>,
    duals: OnceLock<(Vec<f64>, Vec<f64>)>,
    potentials: OnceLock<(Vec<f64>, Vec<f64>)>,
}

/// Which rows and columns of the given problem have mass.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Support {
    /// Sum of the given marginals.
    pub(crate) mass: f64,
    /// Rows and columns as given.
    pub(crate) given: (usize, usize),
    /// Indices of the rows kept, ascending.
    pub(crate) rows: Vec<usize>,
    /// Indices of the columns kept, ascending.
    pub(crate) columns: Vec<usize>,
}

impl Support {
    /// Whether nothing was taken out.
    pub(crate) fn is_full(&self) -> bool {
        (self.rows.len(), self.columns.len()) == self.given
    }
}

impl OtInstance {
    /// Checks and normalises a problem. Negative costs are fine.
    ///
    /// # Errors
    ///
    /// In one sentence, when a shape does not fit, a number is not finite, a mass is negative or all are zero, or the sums
    /// of the marginals differ by more than a millionth.
    pub fn new(cost: Matrix, r: Vec<f64>, c: Vec<f64>, eta: f64) -> Result<Self, InstanceError> {
        let (n, m) = (cost.n(), cost.m());
        check_length("r", r.len(), "rows", n)?;
        check_length("c", c.len(), "columns", m)?;
        if !(eta > 0.0 && eta.is_finite()) {
            return Err(InstanceError(format!("`eta` must be positive and finite, found {eta}")));
        }
        for (i, row) in cost.rows().enumerate() {
            if let Some(j) = row.iter().position(|v| !v.is_finite()) {
                return Err(InstanceError(format!(
                    "`C[{i}, {j}]` is {}; every cost must be finite (for a forbidden pair give a large cost)",
                    row[j]
                )));
            }
        }
        let mass = masses(&r, &c)?;
        let kept = |w: &[f64]| -> Vec<usize> { (0..w.len()).filter(|&i| w[i] > 0.0).collect() };
        let support = Support { mass, given: (n, m), rows: kept(&r), columns: kept(&c) };
        let cost = if support.is_full() {
            cost
        } else {
            Matrix::from_fn(support.rows.len(), support.columns.len(), |i, j| {
                cost[(support.rows[i], support.columns[j])]
            })
        };
        let (r, c) = (picked(r, &support.rows), picked(c, &support.columns));
        Ok(Self::normalised(cost, r, c, eta, support))
    }

    /// A problem from which the empty rows and columns were left out: `[rows, columns]` are the indices kept, ascending,
    /// and the number with the empty ones.
    pub(crate) fn with_empty_lines(
        cost: Matrix,
        r: Vec<f64>,
        c: Vec<f64>,
        eta: f64,
        [(rows, n), (columns, m)]: [(Vec<usize>, usize); 2],
    ) -> Result<Self, InstanceError> {
        let mut instance = Self::new(cost, r, c, eta)?;
        instance.support = Support { mass: instance.mass(), given: (n, m), rows, columns };
        Ok(instance)
    }

    fn normalised(cost: Matrix, mut r: Vec<f64>, mut c: Vec<f64>, eta: f64, support: Support) -> Self {
        scale_to(&mut r, 1.0);
        scale_to(&mut c, r.iter().sum());
        Self {
            cost,
            r,
            c,
            eta,
            support,
            exact_cost: OnceLock::new(),
            closed_form_cost: None,
            duals: OnceLock::new(),
            potentials: OnceLock::new(),
        }
    }

    /// Attaches the optimal cost of the problem without regularisation, known in closed form.
    #[must_use]
    pub fn with_exact_cost(mut self, cost: f64) -> Self {
        self.exact_cost = OnceLock::from(Some(cost));
        self
    }

    /// Attaches the cost `⟨C, P⟩` of the regularised optimum, known in closed form.
    #[must_use]
    pub fn with_closed_form_cost(mut self, cost: f64) -> Self {
        self.closed_form_cost = Some(cost);
        self
    }

    /// Costs `C`.
    pub fn cost(&self) -> &Matrix {
        &self.cost
    }

    /// Row marginal, positive, sums to one.
    pub fn r(&self) -> &[f64] {
        &self.r
    }

    /// Column marginal, positive, sums to one.
    pub fn c(&self) -> &[f64] {
        &self.c
    }

    /// Inverse regularisation.
    pub fn eta(&self) -> f64 {
        self.eta
    }

    /// Rows with mass.
    pub fn n(&self) -> usize {
        self.cost.n()
    }

    /// Columns with mass.
    pub fn m(&self) -> usize {
        self.cost.m()
    }

    /// Mass of the problem as given; costs and dual values are reported for this mass.
    pub fn mass(&self) -> f64 {
        self.support.mass
    }

    /// The optimal cost without regularisation, for mass one: a closed form, or for up to a million entries the exact
    /// solver's answer (which its own certificate tests vouch for).
    pub fn exact_cost(&self) -> Option<f64> {
        *self.exact_cost.get_or_init(|| {
            (self.n() * self.m() <= EXACT_UP_TO)
                .then(|| exact::solve(&self.cost, &self.r, &self.c).cost(&self.cost))
        })
    }

    /// Optimal dual variables of the problem without regularisation, whatever its size: for the judge, where an exact plan
    /// comes without.
    pub(crate) fn duals(&self) -> &(Vec<f64>, Vec<f64>) {
        self.duals.get_or_init(|| {
            let plan = exact::solve(&self.cost, &self.r, &self.c);
            plan.duals.expect("our exact solvers give dual variables")
        })
    }

    /// Potentials of the regularised optimum, by `sns_continuation`: for the judge, where a plan does not say how its parts
    /// stand to one another.
    pub(crate) fn potentials(&self) -> &(Vec<f64>, Vec<f64>) {
        self.potentials.get_or_init(|| judge::reference::potentials(self))
    }

    /// The vertex gap `Δ` of a small assignment problem, for mass one.
    fn vertex_gap(&self) -> Option<f64> {
        (self.n() <= VERTEX_GAP_UP_TO).then(|| exact::vertex_gap(&self.cost, &self.r, &self.c)).flatten()
    }

    /// The cost of the regularised optimum, where a closed form is known, for mass one.
    pub fn closed_form_cost(&self) -> Option<f64> {
        self.closed_form_cost
    }
}

impl Instance for OtInstance {
    type Solution = OtSolution;

    const METRICS: &'static [MetricInfo] = judge::METRICS;
    const STOP_METRIC: &'static str = judge::STOP_METRIC;
    const SAVES: &'static [&'static str] = npz::SAVES;
    const SOLUTION: &'static str = "P, or x and y";

    fn evaluate(&self, solution: &OtSolution) -> Metrics {
        judge::judge(self, solution)
    }

    fn hash_solution(&self, solution: &OtSolution, hasher: &mut ResultHasher) {
        match solution {
            OtSolution::Potentials { x, y } => {
                hasher.bytes(b"potentials");
                hasher.f64s(x);
                hasher.f64s(y);
            }
            OtSolution::Plan(plan) | OtSolution::Exact(plan) => {
                hasher.bytes(b"plan");
                for &(i, j, p) in &plan.entries {
                    hasher.bytes(&i.to_le_bytes());
                    hasher.bytes(&j.to_le_bytes());
                    hasher.f64s(&[p]);
                }
            }
        }
    }

    fn describe(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("n".to_owned(), json!(self.n()));
        facts.insert("m".to_owned(), json!(self.m()));
        facts.insert("eta".to_owned(), json!(self.eta));
        facts.insert("mass".to_owned(), json!(self.mass()));
        facts.insert("empty_rows".to_owned(), json!(self.support.given.0 - self.n()));
        facts.insert("empty_columns".to_owned(), json!(self.support.given.1 - self.m()));
        if let Some(cost) = self.exact_cost() {
            facts.insert("exact_cost".to_owned(), json!(self.mass() * cost));
        }
        if let Some(gap) = self.vertex_gap() {
            facts.insert("vertex_gap".to_owned(), json!(gap));
            facts.insert("eta_gap".to_owned(), json!(self.eta * gap));
            facts.insert("eta_gap_needed".to_owned(), json!(1.0 + 2.0 * (self.n() as f64).ln()));
            facts.insert("sparsity_bound".to_owned(), json!(sparsity_bound(self.n(), self.eta * gap)));
        }
        if let Some(cost) = self.closed_form_cost {
            facts.insert("closed_form_cost".to_owned(), json!(self.mass() * cost));
        }
        facts
    }

    fn read(path: &Path) -> Result<Self, InstanceError> {
        npz::read_instance(path, None)
    }

    fn write(&self, path: &Path) -> Result<(), InstanceError> {
        npz::write_instance(self, path)
    }

    fn write_solution(&self, solution: &OtSolution, what: &str, path: &Path) -> Result<(), InstanceError> {
        npz::write_solution(self, solution, what, path)
    }

    fn read_solution(&self, path: &Path) -> Result<OtSolution, InstanceError> {
        npz::read_solution(self, path)
    }
}

/// `6 n² exp(−ηΔ)`: for `ηΔ > 1 + 2 ln n` at most this much of the mass of the regularised plan lies outside the `n` entries of
/// the optimum, if that is unique (Tang et al. 2024, theorem 1, after infinitely many iterations; Weed, COLT 2018).
fn sparsity_bound(n: usize, eta_gap: f64) -> f64 {
    6.0 * (n * n) as f64 * (-eta_gap).exp()
}

fn check_length(name: &str, found: usize, lines: &str, expected: usize) -> Result<(), InstanceError> {
    if found == expected {
        return Ok(());
    }
    Err(InstanceError(format!(
        "`{name}` has {found} entries, but `C` has {expected} {lines}; they must agree"
    )))
}

fn check_mass(name: &str, w: &[f64]) -> Result<f64, InstanceError> {
    if let Some(i) = w.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
        return Err(InstanceError(format!(
            "`{name}[{i}]` is {}; a mass must be finite and not negative",
            w[i]
        )));
    }
    let sum: f64 = w.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        return Ok(sum);
    }
    Err(InstanceError(format!("`{name}` sums to {sum}; it must sum to a positive finite mass")))
}

/// The mass of both marginals: 1 where it is 1 but for rounding, so that nothing is rescaled.
fn masses(r: &[f64], c: &[f64]) -> Result<f64, InstanceError> {
    let (mass, other) = (check_mass("r", r)?, check_mass("c", c)?);
    if (mass - other).abs() > MASS_TOLERANCE * mass.max(other) {
        return Err(InstanceError(format!(
            "`r` sums to {mass} and `c` to {other}; the sums must agree to {MASS_TOLERANCE} relatively: scale one of them"
        )));
    }
    Ok(if (mass - 1.0).abs() < 1e-12 { 1.0 } else { mass })
}

fn picked(w: Vec<f64>, kept: &[usize]) -> Vec<f64> {
    if kept.len() == w.len() { w } else { kept.iter().map(|&i| w[i]).collect() }
}

fn scale_to(w: &mut [f64], total: f64) {
    let sum: f64 = w.iter().sum();
    if sum != total {
        for w in w.iter_mut() {
            *w *= total / sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(cost: &[f64], r: &[f64], c: &[f64]) -> Result<OtInstance, String> {
        let cost = Matrix::from_row_major(2, cost.len() / 2, cost);
        OtInstance::new(cost, r.to_vec(), c.to_vec(), 10.0).map_err(|e| e.to_string())
    }

    #[test]
    fn zero_mass_is_taken_out_and_mass_is_divided_out() {
        let i = instance(&[1.0, 2.0, 3.0, 4.0, 5.0, -6.0], &[2.0, 6.0], &[4.0, 0.0, 4.0]).unwrap();
        assert_eq!((i.n(), i.m(), i.mass()), (2, 2, 8.0));
        assert_eq!(i.cost().to_row_major(), [1.0, 3.0, 4.0, -6.0]);
        assert_eq!((i.r(), i.c()), (&[0.25, 0.75][..], &[0.5, 0.5][..]));
        assert_eq!(i.support.columns, [0, 2]);
    }

    #[test]
    fn nearly_equal_sums_are_made_equal() {
        let i = instance(&[1.0; 4], &[0.5, 0.5], &[0.5, 0.500_000_4]).unwrap();
        assert!((i.c().iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn faults_are_one_clear_sentence() {
        let message = |cost: &[f64], r: &[f64], c: &[f64]| instance(cost, r, c).unwrap_err();
        let (ones, half) = ([1.0; 4], [0.5, 0.5]);
        assert_eq!(
            message(&[1.0, f64::NAN, 1.0, 1.0], &half, &half),
            "`C[0, 1]` is NaN; every cost must be finite (for a forbidden pair give a large cost)"
        );
        assert_eq!(
            message(&ones, &[-0.5, 1.5], &half),
            "`r[0]` is -0.5; a mass must be finite and not negative"
        );
        assert_eq!(
            message(&ones, &half, &[0.0, 0.0]),
            "`c` sums to 0; it must sum to a positive finite mass"
        );
        assert_eq!(
            message(&ones, &half, &[1.0]),
            "`c` has 1 entries, but `C` has 2 columns; they must agree"
        );
        assert!(
            message(&ones, &half, &[0.5, 0.6]).contains("`r` sums to 1 and `c` to 1.1; the sums must agree")
        );
        let cost = Matrix::from_row_major(2, 2, &ones);
        assert!(OtInstance::new(cost, half.to_vec(), half.to_vec(), 0.0).unwrap_err().0.contains("`eta`"));
    }
}
