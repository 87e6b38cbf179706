//! Quadrature on the sphere: rules in `cos β` times equispaced azimuths, exact for band-limited functions.
//!
//! A product of harmonics is a sum of harmonics of degree up to the sum `d` of the degrees. All of them up to degree
//! `d` are integrated exactly by `n_α ≥ d + 1` azimuths and
//! - `n_β ≥ (d + 1) / 2` Gauss–Legendre latitudes, or
//! - `n_β ≥ d + 1` Driscoll–Healy latitudes, `n_β` even (Driscoll and Healy, Adv. Appl. Math. 15 (1994) 202, in the
//!   form of Kostelec and Rockmore with latitudes off the poles; e3nn and e3nn-jax call it "soft").
//!
//! Back-projecting `x · y` of degrees `L` to degrees up to `lout` has `d = 2L + lout`: with `lout = 2L` that is
//! `2L + 1` Gauss–Legendre or `4L + 2` Driscoll–Healy latitudes and `4L + 1` azimuths.

use std::f64::consts::PI;

use super::harmonics::direction;

/// Latitudes of a grid, from the pole `y = 1` on.
#[derive(Clone, Debug, PartialEq)]
pub struct Latitudes {
    /// `cos β`, descending.
    pub cos: Vec<f64>,
    /// `sin β`.
    pub sin: Vec<f64>,
    /// Weights of `∫ f(cos β) sin β dβ`; they sum to 2.
    pub weights: Vec<f64>,
}

impl Latitudes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.cos.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cos.is_empty()
    }
}

/// Gauss–Legendre latitudes needed for functions of degree up to `degree`.
pub const fn gauss_legendre_size(degree: usize) -> usize {
    degree / 2 + 1
}

/// Driscoll–Healy latitudes needed for functions of degree up to `degree`: even.
pub const fn driscoll_healy_size(degree: usize) -> usize {
    (degree + 1).next_multiple_of(2)
}

/// Azimuths needed for functions of degree up to `degree`.
pub const fn azimuth_size(degree: usize) -> usize {
    degree + 1
}

/// The Gauss–Legendre rule of `n` nodes, by Newton's method on `P_n` in the angle, which keeps its accuracy at the poles.
pub fn gauss_legendre(n: usize) -> Latitudes {
    let mut rule = Latitudes { cos: vec![0.0; n], sin: vec![1.0; n], weights: vec![0.0; n] };
    for a in 0..n.div_ceil(2) {
        // Tricomi's guess is close enough for quadratic convergence in a few steps.
        let mut beta = PI * (4 * a + 3) as f64 / (4 * n + 2) as f64;
        for _ in 0..100 {
            let (p, dp) = legendre_in_angle(n, beta);
            let step = p / dp;
            beta -= step;
            if step.abs() <= 2.0 * f64::EPSILON {
                break;
            }
        }
        if 2 * a + 1 == n {
            beta = 0.5 * PI;
        }
        let (_, dp) = legendre_in_angle(n, beta);
        let (sin, cos) = if 2 * a + 1 == n { (1.0, 0.0) } else { beta.sin_cos() };
        // w = 2 / ((1 − x²) P_n'(x)²) and dP_n/dβ = −sin β P_n'(cos β).
        let weight = 2.0 / (dp * dp);
        let b = n - 1 - a;
        (rule.cos[a], rule.sin[a], rule.weights[a]) = (cos, sin, weight);
        (rule.cos[b], rule.sin[b], rule.weights[b]) = (-cos, sin, weight);
    }
    rule
}

/// `P_n(cos β)` and its derivative in β.
fn legendre_in_angle(n: usize, beta: f64) -> (f64, f64) {
    let (s, x) = beta.sin_cos();
    let (mut before, mut p) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k);
    }
    (p, -(n as f64) * (before - x * p) / s)
}

/// The Driscoll–Healy rule at the `n` latitudes `β_j = (j + ½) π / n`.
///
/// # Panics
/// When `n` is odd or zero: the weights are those of an even number of latitudes.
pub fn driscoll_healy(n: usize) -> Latitudes {
    assert!(n > 0 && n.is_multiple_of(2), "a Driscoll–Healy grid has an even number of latitudes, not {n}");
    let angles = (0..n).map(|j| (2 * j + 1) as f64 * PI / (2 * n) as f64);
    let weights = angles.clone().map(|beta| {
        let sum: f64 = (0..n / 2).map(|k| (2 * k + 1) as f64).map(|odd| (odd * beta).sin() / odd).sum();
        4.0 / n as f64 * beta.sin() * sum
    });
    Latitudes {
        cos: angles.clone().map(f64::cos).collect(),
        sin: angles.clone().map(f64::sin).collect(),
        weights: weights.collect(),
    }
}

/// Equispaced azimuths `2πa/n`; each has the weight `2π/n`.
pub fn azimuths(n: usize) -> Vec<f64> {
    (0..n).map(|a| 2.0 * PI * a as f64 / n as f64).collect()
}

/// A grid on the sphere, latitudes outermost.
#[derive(Clone, Debug, PartialEq)]
pub struct SphereGrid {
    /// The rule in β.
    pub latitudes: Latitudes,
    /// How many azimuths there are; see [`azimuths`].
    pub azimuths: usize,
}

impl SphereGrid {
    /// The smallest Gauss–Legendre grid that integrates degrees up to `degree` exactly.
    pub fn gauss_legendre(degree: usize) -> Self {
        Self { latitudes: gauss_legendre(gauss_legendre_size(degree)), azimuths: azimuth_size(degree) }
    }

    /// The smallest Driscoll–Healy grid that integrates degrees up to `degree` exactly.
    pub fn driscoll_healy(degree: usize) -> Self {
        Self { latitudes: driscoll_healy(driscoll_healy_size(degree)), azimuths: azimuth_size(degree) }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.latitudes.len() * self.azimuths
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The points as unit vectors with their weights, which sum to 4π.
    pub fn points(&self) -> impl Iterator<Item = ([f64; 3], f64)> + '_ {
        let latitudes = &self.latitudes;
        (0..latitudes.len()).flat_map(move |b| {
            let (cos, sin) = (latitudes.cos[b], latitudes.sin[b]);
            let weight = latitudes.weights[b] * 2.0 * PI / self.azimuths as f64;
            azimuths(self.azimuths).into_iter().map(move |alpha| {
                let [x, _, z] = direction(0.5 * PI, alpha);
                ([sin * x, cos, sin * z], weight)
            })
        })
    }

    /// `∫ f dΩ` by this grid.
    pub fn integrate(&self, mut f: impl FnMut([f64; 3]) -> f64) -> f64 {
        self.points().map(|(r, weight)| weight * f(r)).sum()
    }
}
