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
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PcgStop {
    /// The relative residual that is small enough.
    pub(crate) relative: f64,
    /// The most iterations.
    pub(crate) cap: u64,
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
    /// diagonal preconditioner `1 / diagonal`. Ends early, with what it has, when the curvature is not positive: then
    /// rounding has taken over, or `b` has a part in the null space of `A`.
    pub(crate) fn solve(
        &mut self,
        mut apply: impl FnMut(&[f64], &mut [f64]),
        diagonal: &[f64],
        b: &[f64],
        stop: PcgStop,
        d: &mut [f64],
    ) -> PcgReport {
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
            // Also false for NaN.
            if !(curvature > 0.0) {
                break;
            }
            let alpha = rho / curvature;
            for i in 0..len {
                d[i] += alpha * self.direction[i];
                self.residual[i] -= alpha * self.image[i];
            }
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
        let stop = PcgStop { relative: 1e-14, cap: 10 };
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
        let stop = PcgStop { relative: 1e-10, cap: 10 };
        Pcg::default().solve(apply, &[1.0, 1.0], &[1.0, 1.0], stop, &mut d);
        assert!(d.iter().all(|d| d.is_finite()));
    }
}
