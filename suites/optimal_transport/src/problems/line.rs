//! Transport on a line, where the optimum has a closed form.

/// The density at `x` of the Gaussian with this mean and standard deviation.
pub(super) fn gaussian(x: f64, mean: f64, deviation: f64) -> f64 {
    let z = (x - mean) / deviation;
    (-0.5 * z * z).exp() / (deviation * (2.0 * std::f64::consts::PI).sqrt())
}

/// Divides by the sum.
pub(super) fn normalise(w: &mut [f64]) {
    let sum: f64 = w.iter().sum();
    for w in w.iter_mut() {
        *w /= sum;
    }
}

/// `∫ |F_a − F_b|`, the optimal cost for the distance, for masses at the same ascending points.
pub(super) fn distance_of_distributions(x: &[f64], a: &[f64], b: &[f64]) -> f64 {
    let (mut difference, mut total) = (0.0_f64, 0.0);
    for (step, (a, b)) in x.windows(2).zip(a.iter().zip(b)) {
        difference += a - b;
        total += difference.abs() * (step[1] - step[0]);
    }
    total
}

/// The cost of the coupling that keeps the order, optimal for convex functions of the distance; points ascend.
pub(super) fn monotone_coupling(
    x: &[f64],
    a: &[f64],
    y: &[f64],
    b: &[f64],
    cost: impl Fn(f64, f64) -> f64,
) -> f64 {
    let (mut i, mut j, mut total) = (0, 0, 0.0);
    let (mut left_a, mut left_b) = (a[0], b[0]);
    loop {
        let mass = left_a.min(left_b);
        total += mass * cost(x[i], y[j]);
        left_a -= mass;
        left_b -= mass;
        // What rounding leaves at the end of either side has nowhere to go.
        if left_a <= left_b {
            i += 1;
            if i == a.len() {
                return total;
            }
            left_a = a[i];
        } else {
            j += 1;
            if j == b.len() {
                return total;
            }
            left_b = b[j];
        }
    }
}
