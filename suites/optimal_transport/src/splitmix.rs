//! `SplitMix64` (Steele, Lea, Flood 2014): the generator of the random instances, small enough to be written again in any
//! language so that the same seed gives the same matrix bit for bit.

/// The state of a generator.
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next number in `[0, 1)`, a multiple of `2^-53`.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (-53_f64).exp2()
    }

    /// `n` positive weights `0.1 + U_i`, divided by their sum.
    pub fn weights(&mut self, n: usize) -> Vec<f64> {
        let mut weights: Vec<f64> = (0..n).map(|_| 0.1 + self.uniform()).collect();
        let sum: f64 = weights.iter().sum();
        for w in &mut weights {
            *w /= sum;
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        let mut g = SplitMix64::new(1_234_567);
        assert_eq!(
            [g.next_u64(), g.next_u64(), g.next_u64()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        let mut g = SplitMix64::new(42);
        assert_eq!(
            [g.uniform(), g.uniform(), g.uniform()],
            [0.741_564_878_771_823_3, 0.159_910_392_876_920_1, 0.278_601_130_255_138_66]
        );
    }

    #[test]
    fn weights_are_positive_and_sum_to_one() {
        let w = SplitMix64::new(7).weights(50);
        assert!(w.iter().all(|&w| w > 0.0));
        assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }
}
