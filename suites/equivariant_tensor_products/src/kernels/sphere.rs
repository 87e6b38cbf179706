//! Products of functions on the sphere, on a grid: Legendre functions by order, then Fourier sums along latitudes, both folded
//! by parity.
//!
//! Latitudes are those of Gauss and Legendre. A Legendre function is even or odd in cos β by the parity of `l + m`: sums over
//! even and over odd degrees at cos β ≥ 0 give both hemispheres. Longitudes are `4q` points; sums of cosines and of sines over
//! even and over odd orders at the first quadrant give all four. So few points are exact that one fewer is not: `2n − 1 ≥ D`
//! latitudes and more than `D` longitudes for a product whose degrees and the output's add up to `D`.

use harness_simd::{Block, Element, Lanes};

use super::batch::{BlockMap, Pair};
use super::degrees::Degrees;
use super::linear::Linear;
use super::number::Number;
use crate::math::index::{flat, offset};
use crate::math::legendre::{associated, derivative, place};
use crate::math::quadrature::{gauss_legendre, gauss_legendre_size};

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
    /// Points of the first quadrant, both ends included.
    quadrant: usize,
    /// For each field the Legendre sums of each order, even ones and odd ones: to `[parity][latitude][order]`.
    legendre: Vec<Vec<Linear<T>>>,
    /// Sums over orders at the points of the first quadrant: cosines of even and of odd orders, sines of even and of odd ones.
    fourier: Vec<Linear<T>>,
    /// The same back, weighted.
    fourier_back: Vec<Linear<T>>,
    /// Degrees from the sums of an order over latitudes.
    legendre_back: Vec<Linear<T>>,
    /// Numbers of one field of the product.
    out_size: usize,
    multiply_adds: usize,
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
    /// The tables for a pointwise product of these fields of each factor.
    pub(crate) fn new(pointwise: P, degrees: &Degrees, fields: &[Field]) -> Self {
        assert_eq!(fields.len(), P::FIELDS, "as many fields as the pointwise product takes");
        let total = degrees.total();
        let rule = gauss_legendre(gauss_legendre_size(total));
        let (half, has_equator) = (rule.len().div_ceil(2), rule.len() % 2 == 1);
        let largest = degrees.lmax.max(degrees.out_max);
        let at: Vec<Latitude> = (0..half)
            .map(|h| {
                let values = associated(largest, rule.cos[h], rule.sin[h]);
                let derivatives = derivative(largest, &values);
                Latitude { s: rule.sin[h], weight: rule.weights[h], values, derivatives }
            })
            .collect();
        let quarter = (total + 1).div_ceil(4);
        let legendre: Vec<_> = fields.iter().map(|field| legendre_sums(degrees, *field, &at)).collect();
        let fourier = fourier_sums(degrees.lmax, quarter);
        let fourier_back = fourier_sums_back(degrees.out_max, quarter);
        let legendre_back = legendre_sums_back(degrees, &at, has_equator);
        let count = |maps: &[Linear<T>]| maps.iter().map(Linear::multiply_adds).sum::<usize>();
        let multiply_adds = P::FACTORS * legendre.iter().map(|maps| count(maps)).sum::<usize>()
            + rule.len() * (P::FACTORS * P::FIELDS * count(&fourier) + P::OUTPUTS * count(&fourier_back))
            + P::OUTPUTS * count(&legendre_back)
            + P::OUTPUTS * rule.len() * 4 * quarter;
        Self {
            pointwise,
            orders: 2 * degrees.lmax + 1,
            out_orders: 2 * degrees.out_max + 1,
            half,
            has_equator,
            quadrant: quarter + 1,
            legendre,
            fourier,
            fourier_back,
            legendre_back,
            out_size: degrees.outputs().len(),
            multiply_adds,
        }
    }
}

fn legendre_sums<T: Number>(degrees: &Degrees, field: Field, at: &[Latitude]) -> Vec<Linear<T>> {
    let (lmax, orders) = (degrees.lmax, 2 * degrees.lmax + 1);
    let mut maps = Vec::new();
    for order in 0..orders {
        let m = order as isize - lmax as isize;
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
            let to = (0..at.len()).map(|h| (parity * at.len() + h) * orders + order).collect();
            let from = sums.iter().map(|l| start + flat(*l, source) - offset(degrees.lmin)).collect();
            maps.push(Linear::new(to, from, |h, i| {
                let (latitude, at) = (&at[h], place(sums[i], mu));
                match field {
                    Field::Value(_) => latitude.values[at],
                    Field::ByBeta => latitude.derivatives[at],
                    Field::ByAlpha => m as f64 * latitude.values[at] / latitude.s,
                }
            }));
        }
    }
    maps
}

/// Orders of one kind up to `lmax`.
fn orders_of(lmax: usize, (parity, is_cosine): (usize, bool)) -> Vec<isize> {
    let all = -(lmax as isize)..=lmax as isize;
    all.filter(|m| m.unsigned_abs() % 2 == parity && (*m >= 0) == is_cosine).collect()
}

/// The function of α of an order at a point of the first quadrant.
fn along(m: isize, a: usize, quarter: usize) -> f64 {
    let angle = std::f64::consts::FRAC_PI_2 * (m.unsigned_abs() * a) as f64 / quarter as f64;
    match m.signum() {
        0 => 1.0,
        1 => std::f64::consts::SQRT_2 * angle.cos(),
        _ => std::f64::consts::SQRT_2 * angle.sin(),
    }
}

fn fourier_sums<T: Number>(lmax: usize, quarter: usize) -> Vec<Linear<T>> {
    let of_kind = |(number, kind): (usize, &(usize, bool))| {
        let orders = orders_of(lmax, *kind);
        let to = (0..=quarter).map(|a| number * (quarter + 1) + a).collect();
        let from = orders.iter().map(|m| (lmax as isize + m) as usize).collect();
        Linear::new(to, from, |a, i| along(orders[i], a, quarter))
    };
    KINDS.iter().enumerate().map(of_kind).collect()
}

fn fourier_sums_back<T: Number>(lmax: usize, quarter: usize) -> Vec<Linear<T>> {
    let step = std::f64::consts::FRAC_PI_2 / quarter as f64;
    let of_kind = |(number, kind): (usize, &(usize, bool))| {
        let orders = orders_of(lmax, *kind);
        let to = orders.iter().map(|m| (lmax as isize + m) as usize).collect();
        let from = (0..=quarter).map(|a| number * (quarter + 1) + a).collect();
        Linear::new(to, from, |o, a| {
            // At both ends of the quadrant two of the four points are the same.
            let weight = if a == 0 || a == quarter { 0.5 * step } else { step };
            weight * along(orders[o], a, quarter)
        })
    };
    KINDS.iter().enumerate().map(of_kind).collect()
}

fn legendre_sums_back<T: Number>(degrees: &Degrees, at: &[Latitude], has_equator: bool) -> Vec<Linear<T>> {
    let (lmax, orders) = (degrees.out_max, 2 * degrees.out_max + 1);
    let mut maps = Vec::new();
    for order in 0..orders {
        let m = order as isize - lmax as isize;
        let mu = m.unsigned_abs();
        for parity in 0..2 {
            let sums: Vec<usize> =
                (degrees.out_min.max(mu)..=lmax).filter(|l| (l + mu) % 2 == parity).collect();
            let to = sums.iter().map(|l| flat(*l, m) - offset(degrees.out_min)).collect();
            // What is odd in cos β is zero on the equator.
            let latitudes = if parity == 1 && has_equator { at.len() - 1 } else { at.len() };
            let from = (0..latitudes).map(|h| (parity * at.len() + h) * orders + order).collect();
            maps.push(Linear::new(to, from, |o, h| at[h].weight * at[h].values[place(sums[o], mu)]));
        }
    }
    maps
}

impl<T: Element, P: Pointwise> SphereProduct<T, P> {
    /// Blocks of the Legendre sums of one field.
    fn sums_size(&self) -> usize {
        2 * self.half * self.orders
    }

    /// Blocks of the sums of one output over latitudes.
    fn back_size(&self) -> usize {
        2 * self.half * self.out_orders
    }

    /// The product along one latitude: from `sums`, its Legendre sums with the odd ones added or subtracted, to the sums of each
    /// order, `back`.
    #[inline(always)]
    fn latitude<S: Lanes<T>>(
        &self,
        s: S,
        (h, is_south): (usize, bool),
        sums: &[Block<T>],
        back: &mut [Block<T>],
        scratch: &mut [Block<T>],
    ) {
        let (orders, quadrant) = (self.orders, self.quadrant);
        let (along, rest) = scratch.split_at_mut(orders);
        let (kinds, products) = rest.split_at_mut(P::FACTORS * P::FIELDS * 4 * quadrant);
        for (sums, kinds) in sums.chunks_exact(self.sums_size()).zip(kinds.chunks_exact_mut(4 * quadrant)) {
            let even = &sums[h * orders..][..orders];
            let odd = &sums[(self.half + h) * orders..][..orders];
            for ((even, odd), along) in even.iter().zip(odd).zip(along.iter_mut()) {
                let (even, odd) = (s.load(even), s.load(odd));
                s.store(if is_south { s.sub(even, odd) } else { s.add(even, odd) }, along);
            }
            for map in &self.fourier {
                map.apply(s, along, kinds);
            }
        }
        for a in 0..quadrant {
            let zero = s.splat(T::default());
            // The fields of both factors at α, −α, π − α and π + α.
            let mut points = [[[zero; 3]; 4]; 2];
            for factor in 0..P::FACTORS {
                for field in 0..P::FIELDS {
                    let kinds = &kinds[(factor * P::FIELDS + field) * 4 * quadrant..][..4 * quadrant];
                    let [ce, co, se, so] = [0, 1, 2, 3].map(|kind| s.load(&kinds[kind * quadrant + a]));
                    let (c_sum, c_difference) = (s.add(ce, co), s.sub(ce, co));
                    let (s_sum, s_difference) = (s.add(se, so), s.sub(so, se));
                    points[factor][0][field] = s.add(c_sum, s_sum);
                    points[factor][1][field] = s.sub(c_sum, s_sum);
                    points[factor][2][field] = s.add(c_difference, s_difference);
                    points[factor][3][field] = s.sub(c_difference, s_difference);
                }
            }
            let mut values = [[zero; 3]; 4];
            for (point, value) in values.iter_mut().enumerate() {
                *value = self.pointwise.multiply(s, points[0][point], points[1][point]);
            }
            for output in 0..P::OUTPUTS {
                let [h0, h1, h2, h3] = [0, 1, 2, 3].map(|point: usize| values[point][output]);
                let (front, front_odd) = (s.add(h0, h1), s.sub(h0, h1));
                let (rear, rear_odd) = (s.add(h2, h3), s.sub(h2, h3));
                let products = &mut products[output * 4 * quadrant..][..4 * quadrant];
                s.store(s.add(front, rear), &mut products[a]);
                s.store(s.sub(front, rear), &mut products[quadrant + a]);
                s.store(s.sub(front_odd, rear_odd), &mut products[2 * quadrant + a]);
                s.store(s.add(front_odd, rear_odd), &mut products[3 * quadrant + a]);
            }
        }
        let outputs = back.chunks_exact_mut(self.out_orders).zip(products.chunks_exact(4 * quadrant));
        for (back, products) in outputs {
            for map in &self.fourier_back {
                map.apply(s, products, back);
            }
        }
    }
}

impl<T: Element, P: Pointwise> BlockMap<T> for SphereProduct<T, P> {
    fn scratch(&self) -> usize {
        P::FACTORS * P::FIELDS * (self.sums_size() + 4 * self.quadrant)
            + self.orders
            + P::OUTPUTS * (4 * self.quadrant + 2 * self.out_orders + self.back_size())
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
        let (sums, rest) = scratch.split_at_mut(P::FACTORS * P::FIELDS * self.sums_size());
        let (sums_back, rest) = rest.split_at_mut(P::OUTPUTS * self.back_size());
        let (north, rest) = rest.split_at_mut(P::OUTPUTS * self.out_orders);
        let (south, scratch) = rest.split_at_mut(P::OUTPUTS * self.out_orders);
        for (number, sums) in sums.chunks_exact_mut(self.sums_size()).enumerate() {
            let factor = if number < P::FIELDS { pair.x } else { pair.y };
            for map in &self.legendre[number % P::FIELDS] {
                map.apply(s, factor, sums);
            }
        }
        for h in 0..self.half {
            self.latitude(s, (h, false), sums, north, scratch);
            let is_equator = self.has_equator && h + 1 == self.half;
            if !is_equator {
                self.latitude(s, (h, true), sums, south, scratch);
            }
            for output in 0..P::OUTPUTS {
                let back = &mut sums_back[output * self.back_size()..][..self.back_size()];
                for order in 0..self.out_orders {
                    let at = output * self.out_orders + order;
                    let north = s.load(&north[at]);
                    let even = h * self.out_orders + order;
                    if is_equator {
                        s.store(north, &mut back[even]);
                    } else {
                        let south = s.load(&south[at]);
                        s.store(s.add(north, south), &mut back[even]);
                        s.store(s.sub(north, south), &mut back[self.half * self.out_orders + even]);
                    }
                }
            }
        }
        for (back, z) in sums_back.chunks_exact(self.back_size()).zip(z.chunks_exact_mut(self.out_size)) {
            for map in &self.legendre_back {
                map.apply(s, back, z);
            }
        }
    }

    fn multiply_adds(&self) -> u64 {
        self.multiply_adds as u64
    }
}
