//! What the last steps of a quasi-Newton method say about the inverse Hessian: the two loops of L-BFGS.

use super::pcg::dot;

/// The last steps `s` and gradient changes `y`, oldest overwritten.
pub(super) struct Pairs {
    steps: Vec<Vec<f64>>,
    changes: Vec<Vec<f64>>,
    /// `s·y` of each pair.
    curvatures: Vec<f64>,
    weights: Vec<f64>,
    len: usize,
    next: usize,
}

impl Pairs {
    pub(super) fn new(memory: usize, dimension: usize) -> Self {
        Self {
            steps: vec![vec![0.0; dimension]; memory],
            changes: vec![vec![0.0; dimension]; memory],
            curvatures: vec![0.0; memory],
            weights: vec![0.0; memory],
            len: 0,
            next: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Remembers a pair `s`, `y` in place of the oldest one if `s·y > least · y·y`; others would spoil what is known.
    pub(super) fn push(
        &mut self,
        step: impl Iterator<Item = f64>,
        change: impl Iterator<Item = f64>,
        least: f64,
    ) {
        let k = self.next;
        fill(&mut self.steps[k], step);
        fill(&mut self.changes[k], change);
        let curvature = dot(&self.steps[k], &self.changes[k]);
        if curvature > least * dot(&self.changes[k], &self.changes[k]) {
            self.curvatures[k] = curvature;
            self.next = (k + 1) % self.steps.len();
            self.len = (self.len + 1).min(self.steps.len());
        } else {
            // The oldest pair is overwritten.
            self.len = self.len.min(self.steps.len() - 1);
        }
    }

    /// The last `y` and its `s·y`.
    pub(super) fn newest(&self) -> Option<(&[f64], f64)> {
        self.newest_first().next().map(|k| (&self.changes[k][..], self.curvatures[k]))
    }

    /// Places from the newest pair to the oldest.
    fn newest_first(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let (memory, next) = (self.steps.len(), self.next);
        (1..=self.len).map(move |back| (next + memory - back) % memory)
    }

    /// `v ← H v`, where `H` is the inverse Hessian that `initial` multiplies by, updated by the pairs from the oldest to
    /// the newest: each time to the nearest `H` with `H y = s`.
    pub(super) fn apply(&mut self, v: &mut [f64], initial: impl FnOnce(&mut [f64])) {
        for k in self.newest_first() {
            let weight = dot(&self.steps[k], v) / self.curvatures[k];
            self.weights[k] = weight;
            add(v, -weight, &self.changes[k]);
        }
        initial(v);
        for k in self.newest_first().rev() {
            let correction = self.weights[k] - dot(&self.changes[k], v) / self.curvatures[k];
            add(v, correction, &self.steps[k]);
        }
    }
}

/// The entries of `a − b`.
pub(super) fn difference<'a>(a: &'a [f64], b: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    a.iter().zip(b).map(|(a, b)| a - b)
}

fn fill(to: &mut [f64], from: impl Iterator<Item = f64>) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from);
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [[f64; 3]; 2] = [[1.0, 0.5, -0.25], [0.5, -1.0, 0.125]];
    const CHANGES: [[f64; 3]; 2] = [[2.0, 0.25, -1.0], [0.5, -3.0, 1.0]];

    fn doubled(v: &mut [f64]) {
        for v in v.iter_mut() {
            *v *= 2.0;
        }
    }

    #[test]
    fn the_newest_pair_satisfies_the_secant_equation() {
        let mut pairs = Pairs::new(2, 3);
        for (s, y) in STEPS.into_iter().zip(CHANGES) {
            pairs.push(s.into_iter(), y.into_iter(), 0.0);
            let mut v = y;
            pairs.apply(&mut v, doubled);
            assert!(v.iter().zip(&s).all(|(v, s)| (v - s).abs() < 1e-14), "{v:?} for {s:?}");
        }
    }

    #[test]
    fn one_pair_is_the_rank_two_update_of_broyden_fletcher_goldfarb_and_shanno() {
        let ([s, _], [y, _]) = (STEPS, CHANGES);
        let mut pairs = Pairs::new(1, 3);
        pairs.push(s.into_iter(), y.into_iter(), 0.0);
        let q = [0.3, -0.7, 1.1];
        let mut found = q;
        pairs.apply(&mut found, doubled);
        // A⁻¹q + ((1 + y·A⁻¹y / y·s)(s·q / y·s) − y·A⁻¹q / y·s) s − (s·q / y·s) A⁻¹y, with A⁻¹ = 2.
        let (ys, sq, yy, yq) = (dot(&y, &s), dot(&s, &q), 2.0 * dot(&y, &y), 2.0 * dot(&y, &q));
        for i in 0..3 {
            let expected = 2.0 * q[i] + ((1.0 + yy / ys) * sq / ys - yq / ys) * s[i] - sq / ys * 2.0 * y[i];
            assert!((found[i] - expected).abs() < 1e-14, "{} {expected}", found[i]);
        }
    }

    #[test]
    fn a_pair_without_curvature_leaves_the_newer_ones_as_they_were() {
        let mut expected = Pairs::new(2, 3);
        expected.push(STEPS[1].into_iter(), CHANGES[1].into_iter(), 0.0);
        let mut pairs = Pairs::new(2, 3);
        for (s, y) in STEPS.into_iter().zip(CHANGES) {
            pairs.push(s.into_iter(), y.into_iter(), 0.0);
        }
        pairs.push(STEPS[0].into_iter(), CHANGES[0].into_iter().map(|y| -y), 0.0);
        let [mut v, mut w] = [[1.0, -2.0, 3.0]; 2];
        pairs.apply(&mut v, doubled);
        expected.apply(&mut w, doubled);
        assert_eq!(v, w);
    }

    #[test]
    fn a_pair_without_curvature_changes_nothing() {
        let ([s, _], [y, _]) = (STEPS, CHANGES);
        let mut pairs = Pairs::new(1, 3);
        pairs.push(s.into_iter(), y.into_iter().map(|y| -y), 0.0);
        // s·y is 2.375, y·y is 5.0625.
        pairs.push(s.into_iter(), y.into_iter(), 0.47);
        assert!(pairs.is_empty() && pairs.newest().is_none());
        let mut v = [1.0, 2.0, 3.0];
        pairs.apply(&mut v, doubled);
        assert_eq!(v, [2.0, 4.0, 6.0]);
        pairs.push(s.into_iter(), y.into_iter(), 0.46);
        assert!(!pairs.is_empty());
        pairs.clear();
        assert!(pairs.is_empty());
    }
}
