//! Samples and comparison shared by the unit tests; their expected numbers come from `scipy` 1.17.

/// First sample of the worked example.
pub(crate) const A: [f64; 10] = [10.1, 10.4, 9.8, 10.0, 10.3, 10.2, 9.9, 10.6, 10.05, 10.15];
/// Second sample, paired with the first.
pub(crate) const B: [f64; 10] = [10.7, 10.5, 10.9, 10.45, 11.0, 10.65, 10.55, 10.8, 10.35, 10.75];
/// A sample with one gross outlier.
pub(crate) const X: [f64; 8] = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 0.98, 5.0];

/// Relative comparison.
#[track_caller]
pub(crate) fn close(got: f64, want: f64, tol: f64) {
    assert!((got - want).abs() <= tol * want.abs().max(f64::MIN_POSITIVE), "got {got:?}, want {want:?}");
}
