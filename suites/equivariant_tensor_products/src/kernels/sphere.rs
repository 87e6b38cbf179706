//! Products of functions on the sphere, on a grid: Legendre functions by order, then Fourier sums along latitudes, both folded
//! by parity.
//!
//! Latitudes are those of Gauss and Legendre. A Legendre function is even or odd in cos β by the parity of `l + m`: sums over
//! even and over odd degrees at cos β ≥ 0 give both hemispheres. Longitudes are `4q` points, half a step off the axes; sums of
//! cosines and of sines over even and over odd orders at the `q` points of the first quadrant give all four. So few points are
//! exact that fewer are not: `2n − 1 ≥ D` latitudes and more than `D` longitudes for a product whose degrees and the output's add
//! up to `D`.
//!
//! The same coefficients are used for both factors and both hemispheres, so these lie side by side and are summed together: a
//! coefficient that is loaded serves up to four sums.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::degrees::Degrees;
use super::linear_many::LinearMany;
use super::number::Number;
use crate::math::index::{flat, offset};
use crate::math::legendre::{associated, derivative, place};
use crate::math::quadrature::{azimuth_size, gauss_legendre, gauss_legendre_size};

/// What is multiplied of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The function itself; its coefficients begin at this place of the row.
    Value(usize),
    /// Its derivative by β.
    ByBeta,
    /// Its derivative by α, over sin β.
    ByAlpha,
}

/// How the fields of the factors become those of the product, at one point.
pub(crate) trait Pointwise: Send + Sync {
    /// Factors: two, or one of which a power is taken.
    const FACTORS: usize;
    /// Fields of each factor, at most three.
    const FIELDS: usize;
    /// Fields of the product, at most three.
    const OUTPUTS: usize;

    /// The product. Must be `#[inline(always)]`.
    fn multiply<T: Element, S: Lanes<T>>(&self, s: S, x: [S::V; 3], y: [S::V; 3]) -> [S::V; 3];
}

/// A product on the grid.
pub(crate) struct SphereProduct<T, P> {
    pointwise: P,
    /// Orders of the factors, `2L + 1`.
    orders: usize,
    /// Orders that come out.
    out_orders: usize,
    /// Latitudes with cos β ≥ 0; the last is the equator if `has_equator`.
    half: usize,
    has_equator: bool,
    /// Longitudes of the first quadrant.
    quadrant: usize,
    fields: Vec<FieldSums<T>>,
    /// Sums over orders at the points of the first quadrant: cosines of even and of odd orders, sines of even and of odd ones.
    fourier: Vec<LinearMany<T>>,
    /// The same back, weighted.
    fourier_back: Vec<LinearMany<T>>,
    /// Degrees from the sums of an order over latitudes.
    legendre_back: Vec<LinearMany<T>>,
    /// Numbers of one field of the product.
    out_size: usize,
    multiply_adds: usize,
}

/// The Legendre sums of a field.
struct FieldSums<T> {
    /// Places in the row of a factor: degrees of one order and parity side by side.
    sources: Vec<u32>,
    /// For each order the sums over even degrees and over odd ones: to `[parity][latitude][order]`.
    maps: Vec<LinearMany<T>>,
}

/// One latitude of the northern hemisphere, or the equator.
struct Latitude {
    s: f64,
    weight: f64,
    /// Normalised Legendre functions, and their derivatives by β.
    values: Vec<f64>,
    derivatives: Vec<f64>,
}

/// The parity of an order, and whether it goes with cosines: the four kinds of sums along a latitude.
const KINDS: [(usize, bool); 4] = [(0, true), (1, true), (0, false), (1, false)];

impl<T: Number, P: Pointwise> SphereProduct<T, P> {
    /// The tables for a pointwise product of these fields of each factor, on the smallest grid that is exact.
    pub(crate) fn new(pointwise: P, degrees: &Degrees, fields: &[Field]) -> Self {
        let total = degrees.total();
        let quadrant = azimuth_size(total).div_ceil(4);
        Self::on_grid(pointwise, degrees, fields, gauss_legendre_size(total), quadrant)
    }

    /// The same on a grid of so many latitudes, and so many longitudes in each quadrant.
    fn on_grid(pointwise: P, degrees: &Degrees, fields: &[Field], latitudes: usize, quadrant: usize) -> Self {
        assert_eq!(fields.len(), P::FIELDS, "as many fields as the pointwise product takes");
        let rule = gauss_legendre(latitudes);
        let (half, has_equator) = (latitudes.div_ceil(2), latitudes % 2 == 1);
        let largest = degrees.lmax.max(degrees.out_max);
        let at: Vec<Latitude> = (0..half)
            .map(|h| {
                let values = associated(largest, rule.cos[h], rule.sin[h]);
                let derivatives = derivative(largest, &values);
                Latitude { s: rule.sin[h], weight: rule.weights[h], values, derivatives }
            })
            .collect();
        let fields: Vec<_> = fields.iter().map(|field| legendre_sums(degrees, *field, &at)).collect();
        let fourier = fourier_sums(degrees.lmax, quadrant);
        let fourier_back = fourier_sums_back(degrees.out_max, quadrant);
        let legendre_back = legendre_sums_back(degrees, &at, has_equator);
        let count = |maps: &[LinearMany<T>]| maps.iter().map(LinearMany::multiply_adds).sum::<usize>();
        let multiply_adds = P::FACTORS * fields.iter().map(|field| count(&field.maps)).sum::<usize>()
            + latitudes * (P::FACTORS * P::FIELDS * count(&fourier) + P::OUTPUTS * count(&fourier_back))
            + P::OUTPUTS * count(&legendre_back)
            + P::OUTPUTS * latitudes * 4 * quadrant;
        Self {
            pointwise,
            orders: 2 * degrees.lmax + 1,
            out_orders: 2 * degrees.out_max + 1,
            half,
            has_equator,
            quadrant,
            fields,
            fourier,
            fourier_back,
            legendre_back,
            out_size: degrees.outputs().len(),
            multiply_adds,
        }
    }
}

fn legendre_sums<T: Number>(degrees: &Degrees, field: Field, at: &[Latitude]) -> FieldSums<T> {
    let lmax = degrees.lmax;
    let orders = orders(lmax);
    let (mut sources, mut maps) = (Vec::new(), Vec::new());
    for (order, m) in orders.iter().copied().enumerate() {
        let mu = m.unsigned_abs();
        for parity in 0..2 {
            // A derivative by β is odd in cos β where the function is even.
            let of_function = if field == Field::ByBeta { 1 - parity } else { parity };
            let sums: Vec<usize> =
                (degrees.lmin.max(mu)..=lmax).filter(|l| (l + mu) % 2 == of_function).collect();
            // The derivative of cos(mα) by α is −m sin(mα), that of sin(mα) is m cos(mα).
            let (start, source) = match field {
                Field::Value(start) => (start, m),
                Field::ByBeta => (0, m),
                Field::ByAlpha => (0, -m),
            };
            let to: Vec<usize> =
                (0..at.len()).map(|h| (parity * at.len() + h) * orders.len() + order).collect();
            let from = (sources.len(), sums.len());
            sources.extend(sums.iter().map(|l| (start + flat(*l, source) - offset(degrees.lmin)) as u32));
            maps.push(LinearMany::new(&to, from, |h, i| {
                let (latitude, at) = (&at[h], place(sums[i], mu));
                match field {
                    Field::Value(_) => latitude.values[at],
                    Field::ByBeta => latitude.derivatives[at],
                    Field::ByAlpha => m as f64 * latitude.values[at] / latitude.s,
                }
            }));
        }
    }
    FieldSums { sources, maps }
}

/// Orders of one kind up to `lmax`.
fn orders_of(lmax: usize, (parity, is_cosine): (usize, bool)) -> Vec<isize> {
    let all = -(lmax as isize)..=lmax as isize;
    all.filter(|m| m.unsigned_abs() % 2 == parity && (*m >= 0) == is_cosine).collect()
}

/// All orders up to `lmax`, those of a kind side by side.
fn orders(lmax: usize) -> Vec<isize> {
    KINDS.iter().flat_map(|kind| orders_of(lmax, *kind)).collect()
}

/// The function of α of an order at a point of the first quadrant.
fn along(m: isize, a: usize, quadrant: usize) -> f64 {
    let alpha = std::f64::consts::FRAC_PI_2 * (a as f64 + 0.5) / quadrant as f64;
    let angle = m.unsigned_abs() as f64 * alpha;
    match m.signum() {
        0 => 1.0,
        1 => std::f64::consts::SQRT_2 * angle.cos(),
        _ => std::f64::consts::SQRT_2 * angle.sin(),
    }
}

fn fourier_sums<T: Number>(lmax: usize, quadrant: usize) -> Vec<LinearMany<T>> {
    let mut first = 0;
    let of_kind = |(number, kind): (usize, &(usize, bool))| {
        let orders = orders_of(lmax, *kind);
        let to: Vec<usize> = (0..quadrant).map(|a| number * quadrant + a).collect();
        let from = (first, orders.len());
        first += orders.len();
        LinearMany::new(&to, from, |a, i| along(orders[i], a, quadrant))
    };
    KINDS.iter().enumerate().map(of_kind).collect()
}

fn fourier_sums_back<T: Number>(lmax: usize, quadrant: usize) -> Vec<LinearMany<T>> {
    let weight = std::f64::consts::FRAC_PI_2 / quadrant as f64;
    let mut first = 0;
    let of_kind = |(number, kind): (usize, &(usize, bool))| {
        let orders = orders_of(lmax, *kind);
        let to: Vec<usize> = (first..first + orders.len()).collect();
        first += orders.len();
        let from = (number * quadrant, quadrant);
        LinearMany::new(&to, from, |o, a| weight * along(orders[o], a, quadrant))
    };
    KINDS.iter().enumerate().map(of_kind).collect()
}

/// From `[parity][order][latitude]`.
fn legendre_sums_back<T: Number>(
    degrees: &Degrees,
    at: &[Latitude],
    has_equator: bool,
) -> Vec<LinearMany<T>> {
    let lmax = degrees.out_max;
    let orders = orders(lmax);
    let mut maps = Vec::new();
    for (order, m) in orders.iter().copied().enumerate() {
        let mu = m.unsigned_abs();
        for parity in 0..2 {
            let sums: Vec<usize> =
                (degrees.out_min.max(mu)..=lmax).filter(|l| (l + mu) % 2 == parity).collect();
            let to: Vec<usize> = sums.iter().map(|l| flat(*l, m) - offset(degrees.out_min)).collect();
            // What is odd in cos β is zero on the equator.
            let latitudes = if parity == 1 && has_equator { at.len() - 1 } else { at.len() };
            let from = ((parity * orders.len() + order) * at.len(), latitudes);
            maps.push(LinearMany::new(&to, from, |o, h| at[h].weight * at[h].values[place(sums[o], mu)]));
        }
    }
    maps
}

/// Applies a map to as many vectors as there are factors and hemispheres.
#[inline(always)]
fn apply_to<T: Element, S: Lanes<T>>(
    map: &LinearMany<T>,
    vectors: usize,
    s: S,
    v: &[Block<T>],
    out: &mut [Block<T>],
) {
    match vectors {
        1 => map.apply::<S, 1>(s, v, out),
        2 => map.apply::<S, 2>(s, v, out),
        _ => map.apply::<S, 4>(s, v, out),
    }
}

impl<T: Element, P: Pointwise> SphereProduct<T, P> {
    /// Blocks of the components of the factors, by order.
    fn sources_size(&self) -> usize {
        P::FACTORS * self.fields.iter().map(|field| field.sources.len()).max().unwrap_or(0)
    }

    /// Blocks of the Legendre sums of one field.
    fn sums_size(&self) -> usize {
        2 * self.half * self.orders * P::FACTORS
    }

    /// Blocks of the sums of one output over latitudes.
    fn back_size(&self) -> usize {
        2 * self.half * self.out_orders
    }

    /// The Legendre sums of all fields.
    #[inline(always)]
    fn legendre<S: Lanes<T>>(
        &self,
        s: S,
        pair: Pair<'_, T>,
        sums: &mut [Block<T>],
        sources: &mut [Block<T>],
    ) {
        for (field, sums) in self.fields.iter().zip(sums.chunks_exact_mut(self.sums_size())) {
            for (source, blocks) in field.sources.iter().zip(sources.chunks_exact_mut(P::FACTORS)) {
                for (block, factor) in blocks.iter_mut().zip([pair.x, pair.y]) {
                    s.store(s.load(&factor[*source as usize]), block);
                }
            }
            for map in &field.maps {
                apply_to(map, P::FACTORS, s, sources, sums);
            }
        }
    }

    /// The product along a latitude and its mirror image, if `HEMISPHERES` is 2: from the Legendre sums to the sums of each order,
    /// north and south side by side.
    #[inline(always)]
    fn latitude<S: Lanes<T>, const HEMISPHERES: usize>(
        &self,
        s: S,
        h: usize,
        sums: &[Block<T>],
        back: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let (orders, quadrant, vectors) = (self.orders, self.quadrant, HEMISPHERES * P::FACTORS);
        let (along, rest) = scratch.split_at_mut(orders * vectors);
        let (kinds, products) = rest.split_at_mut(P::FIELDS * 4 * quadrant * vectors);
        let fields = sums.chunks_exact(self.sums_size()).zip(kinds.chunks_exact_mut(4 * quadrant * vectors));
        for (sums, kinds) in fields {
            let of_parity =
                |parity| &sums[(parity * self.half + h) * orders * P::FACTORS..][..orders * P::FACTORS];
            let parities = of_parity(0).chunks_exact(P::FACTORS).zip(of_parity(1).chunks_exact(P::FACTORS));
            for ((even, odd), along) in parities.zip(along.chunks_exact_mut(vectors)) {
                for factor in 0..P::FACTORS {
                    let even = s.load(&even[factor]);
                    if HEMISPHERES == 2 {
                        let odd = s.load(&odd[factor]);
                        s.store(s.add(even, odd), &mut along[factor]);
                        s.store(s.sub(even, odd), &mut along[P::FACTORS + factor]);
                    } else {
                        s.store(even, &mut along[factor]);
                    }
                }
            }
            for map in &self.fourier {
                apply_to(map, vectors, s, along, kinds);
            }
        }
        for a in 0..quadrant {
            for hemisphere in 0..HEMISPHERES {
                let from = (a * vectors + hemisphere * P::FACTORS, quadrant * vectors);
                self.points(s, kinds, from, products, (a * HEMISPHERES + hemisphere, quadrant * HEMISPHERES));
            }
        }
        let outputs = back
            .chunks_exact_mut(self.out_orders * HEMISPHERES)
            .zip(products.chunks_exact(4 * quadrant * HEMISPHERES));
        for (back, products) in outputs {
            for map in &self.fourier_back {
                map.apply::<S, HEMISPHERES>(s, products, back);
            }
        }
    }

    /// The product at the four points of a longitude of the first quadrant. Kinds of sums are at `from.0 + k · from.1`, the next
    /// factor's beside each; those of the product go to `to` alike.
    #[inline(always)]
    fn points<S: Lanes<T>>(
        &self,
        s: S,
        kinds: &[Block<T>],
        from: (usize, usize),
        products: &mut [Block<T>],
        to: (usize, usize),
    ) {
        let zero = s.splat(T::default());
        // The fields of both factors at α, −α, π − α and π + α.
        let mut points = [[[zero; 3]; 4]; 2];
        for (factor, points) in points.iter_mut().enumerate().take(P::FACTORS) {
            for field in 0..P::FIELDS {
                let first = from.0 + field * 4 * from.1 + factor;
                // Written out: a closure is not compiled for the instruction set.
                let (ce, co) = (s.load(&kinds[first]), s.load(&kinds[first + from.1]));
                let (se, so) = (s.load(&kinds[first + 2 * from.1]), s.load(&kinds[first + 3 * from.1]));
                let (c_sum, c_difference) = (s.add(ce, co), s.sub(ce, co));
                let (s_sum, s_difference) = (s.add(se, so), s.sub(so, se));
                let sums = [
                    s.add(c_sum, s_sum),
                    s.sub(c_sum, s_sum),
                    s.add(c_difference, s_difference),
                    s.sub(c_difference, s_difference),
                ];
                for (point, sum) in points.iter_mut().zip(sums) {
                    point[field] = sum;
                }
            }
        }
        let mut values = [[zero; 3]; 4];
        for (point, value) in values.iter_mut().enumerate() {
            *value = self.pointwise.multiply(s, points[0][point], points[1][point]);
        }
        let [at_0, at_1, at_2, at_3] = &values;
        let outputs = at_0.iter().zip(at_1).zip(at_2.iter().zip(at_3));
        for (output, ((&h0, &h1), (&h2, &h3))) in outputs.enumerate().take(P::OUTPUTS) {
            let (front, front_odd) = (s.add(h0, h1), s.sub(h0, h1));
            let (rear, rear_odd) = (s.add(h2, h3), s.sub(h2, h3));
            let first = to.0 + output * 4 * to.1;
            s.store(s.add(front, rear), &mut products[first]);
            s.store(s.sub(front, rear), &mut products[first + to.1]);
            s.store(s.sub(front_odd, rear_odd), &mut products[first + 2 * to.1]);
            s.store(s.add(front_odd, rear_odd), &mut products[first + 3 * to.1]);
        }
    }
}

impl<T: Element, P: Pointwise> BlockMap<T> for SphereProduct<T, P> {
    fn scratch(&self) -> usize {
        let latitude = (self.orders + P::FIELDS * 4 * self.quadrant) * 2 * P::FACTORS
            + P::OUTPUTS * 2 * (4 * self.quadrant + self.out_orders);
        P::FIELDS * self.sums_size() + P::OUTPUTS * self.back_size() + latitude.max(self.sources_size())
    }

    #[inline(always)]
    fn apply<S: Lanes<T>>(
        &self,
        s: S,
        _: usize,
        pair: Pair<'_, T>,
        z: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let (sums, rest) = scratch.split_at_mut(P::FIELDS * self.sums_size());
        let (sums_back, rest) = rest.split_at_mut(P::OUTPUTS * self.back_size());
        self.legendre(s, pair, sums, rest);
        let (both, scratch) = rest.split_at_mut(P::OUTPUTS * 2 * self.out_orders);
        let mirrored = self.half - usize::from(self.has_equator);
        for h in 0..mirrored {
            self.latitude::<S, 2>(s, h, sums, both, scratch);
            let outputs = both.chunks_exact(2 * self.out_orders);
            for (both, back) in outputs.zip(sums_back.chunks_exact_mut(self.back_size())) {
                let (even, odd) = back.split_at_mut(self.half * self.out_orders);
                let parities = even.chunks_exact_mut(self.half).zip(odd.chunks_exact_mut(self.half));
                for (both, (even, odd)) in both.chunks_exact(2).zip(parities) {
                    let (north, south) = (s.load(&both[0]), s.load(&both[1]));
                    s.store(s.add(north, south), &mut even[h]);
                    s.store(s.sub(north, south), &mut odd[h]);
                }
            }
        }
        if self.has_equator {
            let equator = &mut both[..P::OUTPUTS * self.out_orders];
            self.latitude::<S, 1>(s, mirrored, sums, equator, scratch);
            let outputs = equator.chunks_exact(self.out_orders);
            for (equator, back) in outputs.zip(sums_back.chunks_exact_mut(self.back_size())) {
                for (sum, even) in equator.iter().zip(back.chunks_exact_mut(self.half)) {
                    s.store(s.load(sum), &mut even[mirrored]);
                }
            }
        }
        for (back, z) in sums_back.chunks_exact(self.back_size()).zip(z.chunks_exact_mut(self.out_size)) {
            for map in &self.legendre_back {
                map.apply::<S, 1>(s, back, z);
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        self.multiply_adds as u64
    }
}

#[cfg(test)]
mod tests {
    use harness_simd::Isa;

    use super::*;
    use crate::kernels::batch::{Batch, DataLayout, Sizes};
    use crate::kernels::degrees::Factors;
    use crate::kernels::pointwise::{Power, Times};
    use crate::math::paths::{Filter, Setting, Shape};

    /// The products of a few pairs, or powers of the first factors.
    fn products<P: Pointwise>(map: &SphereProduct<f64, P>, shape: Shape) -> Vec<f64> {
        let sizes = Sizes { batch: 5, inputs: shape.input_size(), outputs: shape.merged_size() };
        let numbers =
            |step: f64| (0..5 * sizes.inputs).map(|i| (step * (i + 1) as f64).sin()).collect::<Vec<_>>();
        let mut batch =
            Batch::new(Isa::fastest(), DataLayout::RowMajor, sizes, &numbers(0.37), &numbers(0.61));
        batch.apply(1, map);
        batch.rows()
    }

    fn error(z: &[f64], exact: &[f64]) -> f64 {
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        largest(&mut z.iter().zip(exact).map(|(z, e)| (z - e).abs()))
            / largest(&mut exact.iter().map(|e| e.abs()))
    }

    /// The errors of a grid with one latitude fewer, one longitude a quadrant fewer, and one more of each.
    fn errors<P: Pointwise>(pointwise: impl Fn() -> P, factors: Factors, lmax: usize) -> [f64; 3] {
        let shape = Shape::full(Setting::Mimo, Filter::Even, lmax);
        let degrees = Degrees::of(shape, factors);
        let (n, q) = (gauss_legendre_size(degrees.total()), azimuth_size(degrees.total()).div_ceil(4));
        let exact = products(&SphereProduct::new(pointwise(), &degrees, &[Field::Value(0)]), shape);
        [(n - 1, q), (n, q - 1), (n + 1, q + 1)].map(|(n, q)| {
            let map = SphereProduct::on_grid(pointwise(), &degrees, &[Field::Value(0)], n, q);
            error(&products(&map, shape), &exact)
        })
    }

    #[test]
    fn the_grid_is_the_smallest_that_is_exact() {
        for lmax in 1..=6 {
            for (name, [latitude, longitude, finer]) in [
                ("product", errors(|| Times, Factors::Pair, lmax)),
                ("third power", errors(|| Power(3), Factors::Power(3), lmax)),
            ] {
                assert!(latitude > 1e-3, "{name}, L = {lmax}: {latitude:e} with one latitude fewer");
                assert!(longitude > 1e-3, "{name}, L = {lmax}: {longitude:e} with four longitudes fewer");
                assert!(finer < 1e-13, "{name}, L = {lmax}: {finer:e} on a finer grid");
            }
        }
    }
}
