//! Preconditioned conjugate gradients for the Newton systems.

/// What a solve came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PcgReport {
    /// Products with the matrix.
    pub(crate) iterations: u64,
    /// The norm of the residual over that of the right-hand side, both in the norm of the preconditioner.
    pub(crate) relative_residual: f64,
}

/// When a solve ends.
#[derive(Clone, Copy)]
pub(crate) struct PcgStop<'a> {
    /// The relative residual that is small enough.
    pub(crate) relative: f64,
    /// The most iterations.
    pub(crate) cap: u64,
    /// Asked from time to time whether to end early.
    pub(crate) interrupted: &'a dyn Fn() -> bool,
}

/// The vectors of a solve, reused from one to the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pcg {
    residual: Vec<f64>,
    preconditioned: Vec<f64>,
    direction: Vec<f64>,
    image: Vec<f64>,
}

impl Pcg {
    /// Solves `A d = b` from `d = 0` for symmetric positive semi-definite `A`, given by `apply(d, out)`, with the
    /// diagonal preconditioner `1 / diagonal`. Ends early, with what it has, when the curvature is zero to rounding: then
    /// `b` has a part in the null space of `A`, and a further step would be arbitrarily long; or when it is
    /// interrupted.
    pub(crate) fn solve(
        &mut self,
        mut apply: impl FnMut(&[f64], &mut [f64]),
        diagonal: &[f64],
        b: &[f64],
        stop: PcgStop<'_>,
        d: &mut [f64],
    ) -> PcgReport {
        /// Relative to the diagonal; below the least curvature that a definite system here has (see `schur`).
        const NO_CURVATURE: f64 = 1e-14;
        const ASK_EVERY: u64 = 64;
        let len = b.len();
        for vector in [&mut self.residual, &mut self.preconditioned, &mut self.direction, &mut self.image] {
            vector.resize(len, 0.0);
        }
        d.fill(0.0);
        self.residual.copy_from_slice(b);
        divide(&self.residual, diagonal, &mut self.preconditioned);
        self.direction.copy_from_slice(&self.preconditioned);
        let mut rho = dot(&self.residual, &self.preconditioned);
        let initial = rho;
        let mut iterations = 0;
        let goal = stop.relative * stop.relative * initial;
        while rho > goal && iterations < stop.cap {
            apply(&self.direction, &mut self.image);
            iterations += 1;
            let curvature = dot(&self.direction, &self.image);
            let scale = weighted_square(&self.direction, diagonal);
            let is_curved = curvature > NO_CURVATURE * scale;
            // Also so for NaN.
            if !is_curved || (iterations % ASK_EVERY == 0 && (stop.interrupted)()) {
                break;
            }
            let alpha = rho / curvature;
            add_multiple(d, alpha, &self.direction);
            add_multiple(&mut self.residual, -alpha, &self.image);
            divide(&self.residual, diagonal, &mut self.preconditioned);
            let next = dot(&self.residual, &self.preconditioned);
            let beta = next / rho;
            rho = next;
            for (p, z) in self.direction.iter_mut().zip(&self.preconditioned) {
                *p = z + beta * *p;
            }
        }
        let relative_residual = if initial > 0.0 { (rho / initial).sqrt() } else { 0.0 };
        PcgReport { iterations, relative_residual }
    }
}

fn add_multiple(out: &mut [f64], factor: f64, a: &[f64]) {
    for (out, a) in out.iter_mut().zip(a) {
        *out += factor * a;
    }
}

fn divide(a: &[f64], by: &[f64], out: &mut [f64]) {
    for ((out, a), by) in out.iter_mut().zip(a).zip(by) {
        *out = a / by;
    }
}

/// Four partial sums: the compiler may not reorder one.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_quads, a_rest) = a.as_chunks::<4>();
    let (b_quads, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a_quads.iter().zip(b_quads) {
        for l in 0..4 {
            sums[l] += a[l] * b[l];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// `Σ w a²`, in eight partial sums.
pub(super) fn weighted_square(a: &[f64], w: &[f64]) -> f64 {
    let (a_octets, a_rest) = a.as_chunks::<8>();
    let (w_octets, w_rest) = w.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, w) in a_octets.iter().zip(w_octets) {
        for l in 0..8 {
            sums[l] += w[l] * a[l] * a[l];
        }
    }
    let rest: f64 = a_rest.iter().zip(w_rest).map(|(a, w)| w * a * a).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_solves_a_small_system_in_as_many_steps_as_there_are_unknowns() {
        let a = [[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]];
        let x = [1.0, -2.0, 3.0];
        let b: Vec<f64> = a.iter().map(|row| dot(row, &x)).collect();
        let apply = |v: &[f64], out: &mut [f64]| {
            for (out, row) in out.iter_mut().zip(&a) {
                *out = dot(row, v);
            }
        };
        let mut d = [9.0; 3];
        let stop = PcgStop { relative: 1e-14, cap: 10, interrupted: &|| false };
        let report = Pcg::default().solve(apply, &[4.0, 3.0, 2.0], &b, stop, &mut d);
        assert!(report.iterations <= 4, "{report:?}");
        assert!(d.iter().zip(&x).all(|(d, x)| (d - x).abs() < 1e-12), "{d:?}");
    }

    #[test]
    fn a_right_hand_side_in_the_null_space_ends_it_without_nan() {
        let apply = |v: &[f64], out: &mut [f64]| {
            out[0] = v[0] - v[1];
            out[1] = v[1] - v[0];
        };
        let mut d = [0.0; 2];
        let stop = PcgStop { relative: 1e-10, cap: 10, interrupted: &|| false };
        Pcg::default().solve(apply, &[1.0, 1.0], &[1.0, 1.0], stop, &mut d);
        assert_eq!(d, [0.0; 2]);
    }

    #[test]
    fn a_singular_system_that_has_solutions_gets_a_moderate_one() {
        // A path of three points: the Laplacian's null space is the constants. The right-hand side is off its range by
        // as much as rounding would put it.
        let apply = |v: &[f64], out: &mut [f64]| {
            out[0] = v[0] - v[1];
            out[1] = 2.0 * v[1] - v[0] - v[2];
            out[2] = v[2] - v[1];
        };
        let mut d = [0.0; 3];
        let stop = PcgStop { relative: 1e-16, cap: 1000, interrupted: &|| false };
        let b = [1.0, 1e-16, -1.0];
        let report = Pcg::default().solve(apply, &[1.0, 2.0, 1.0], &b, stop, &mut d);
        assert!(report.iterations < 10, "{report:?}");
        assert!((d[0] - d[2] - 2.0).abs() < 1e-12 && d.iter().all(|d| d.abs() < 10.0), "{d:?}");
    }

    #[test]
    fn an_interruption_ends_it() {
        let apply = |v: &[f64], out: &mut [f64]| (0..200).for_each(|i| out[i] = v[i] * (1.0 + i as f64));
        let mut d = [0.0; 200];
        let stop = PcgStop { relative: 0.0, cap: 1_000_000, interrupted: &|| true };
        let report = Pcg::default().solve(apply, &[1.0; 200], &[1.0; 200], stop, &mut d);
        assert_eq!(report.iterations, 64);
    }
}
