//! Adjustment of p-values for several tests.

use crate::error::{Result, StatsError};

/// Holm's step-down adjustment: controls the probability of any false rejection. The order of the input is kept.
pub fn holm(p: &[f64]) -> Result<Vec<f64>> {
    let order = ascending(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut running = 0.0_f64;
    for (rank, &i) in order.iter().enumerate() {
        running = running.max((p.len() - rank) as f64 * p[i]).min(1.0);
        adjusted[i] = running;
    }
    Ok(adjusted)
}

/// Benjamini–Hochberg's step-up adjustment: controls the expected share of false rejections. The order of the input is kept.
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>> {
    let order = ascending(p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut running = 1.0_f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        running = running.min(p.len() as f64 / (rank + 1) as f64 * p[i]);
        adjusted[i] = running;
    }
    Ok(adjusted)
}

/// Indices by ascending p-value; none at all is allowed, as a family may be empty.
fn ascending(p: &[f64]) -> Result<Vec<usize>> {
    if let Some(&value) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(StatsError::OutOfRange { what: "a p-value", value, expected: "a number in [0, 1]" });
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::close;

    #[test]
    fn oracle_adjustments_in_any_order() {
        let p = [0.04, 0.001, 0.2, 0.02, 0.03];
        for (got, want) in holm(&p).unwrap().iter().zip([0.09, 0.005, 0.2, 0.08, 0.09]) {
            close(*got, want, 1e-12);
        }
        for (got, want) in benjamini_hochberg(&p).unwrap().iter().zip([0.05, 0.005, 0.2, 0.05, 0.05]) {
            close(*got, want, 1e-12);
        }
    }

    #[test]
    fn edges() {
        assert_eq!(holm(&[]), Ok(vec![]));
        assert_eq!(holm(&[0.6, 0.7]), Ok(vec![1.0, 1.0]));
        assert!(holm(&[0.5, f64::NAN]).is_err());
        assert!(benjamini_hochberg(&[1.5]).is_err());
    }
}
