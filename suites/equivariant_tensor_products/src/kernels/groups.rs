//! Sparse linear maps with constant coefficients, in every lane: outputs that take much the same inputs are computed together.

use harness_simd::{Block, Element, Lanes};

use super::linear::{Linear, WIDTH};
use super::number::Number;

/// One output: its place, and the inputs that it is a sum of, by place.
pub(crate) type Row = (usize, Vec<(usize, f64)>);

/// `out[to] = Σ c v[from]`, output by output in no particular order.
pub(crate) struct Groups<T>(Vec<Linear<T>>);

impl<T: Number> Groups<T> {
    /// The map with these rows. Outputs without inputs become zero.
    pub(crate) fn new(mut rows: Vec<Row>) -> Self {
        for (_, terms) in &mut rows {
            terms.sort_by_key(|(from, _)| *from);
        }
        let support = |row: &Row| row.1.iter().map(|(from, _)| *from).collect::<Vec<_>>();
        rows.sort_by_cached_key(|row| (support(row), row.0));
        let mut groups: Vec<(Vec<usize>, Vec<Row>)> = Vec::new();
        for row in rows {
            let own = support(&row);
            if let Some((from, members)) = groups.last_mut() {
                let together = union(from, &own);
                let apart = cost(members.len(), from.len()) + cost(1, own.len());
                if from.is_empty() == own.is_empty() && cost(members.len() + 1, together.len()) <= apart {
                    *from = together;
                    members.push(row);
                    continue;
                }
            }
            groups.push((own, vec![row]));
        }
        Self(groups.into_iter().map(|(from, rows)| linear(&from, &rows)).collect())
    }
}

/// What so many outputs of so many inputs cost: [`Linear`] computes [`WIDTH`] of them in any case.
fn cost(outputs: usize, inputs: usize) -> usize {
    outputs.div_ceil(WIDTH) * inputs
}

fn union(a: &[usize], b: &[usize]) -> Vec<usize> {
    let mut all: Vec<usize> = a.iter().chain(b).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn linear<T: Number>(from: &[usize], rows: &[Row]) -> Linear<T> {
    let coefficient = |o: usize, i: usize| {
        let terms: &[(usize, f64)] = &rows[o].1;
        terms.iter().filter(|(place, _)| *place == from[i]).map(|(_, c)| c).sum()
    };
    Linear::new(rows.iter().map(|(to, _)| *to).collect(), from.to_vec(), coefficient)
}

impl<T: Element> Groups<T> {
    /// Multiply-adds.
    pub(crate) fn multiply_adds(&self) -> usize {
        self.0.iter().map(Linear::multiply_adds).sum()
    }

    /// Applies it.
    #[inline(always)]
    pub(crate) fn apply<S: Lanes<T>>(&self, s: S, v: &[Block<T>], out: &mut [Block<T>]) {
        for group in &self.0 {
            group.apply(s, v, out);
        }
    }
}
