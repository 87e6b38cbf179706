//! Where the component of degree `l` and order `m` lies in a vector of all degrees `0..=L`.

/// Components of one irrep of degree `l`.
pub const fn dim(l: usize) -> usize {
    2 * l + 1
}

/// Components of all degrees `0..=lmax`: `(lmax + 1)²`.
pub const fn size(lmax: usize) -> usize {
    (lmax + 1) * (lmax + 1)
}

/// Where degree `l` begins: `l²`.
pub const fn offset(l: usize) -> usize {
    l * l
}

/// The flat index `l² + l + m`.
pub const fn flat(l: usize, m: isize) -> usize {
    debug_assert!(m.unsigned_abs() <= l);
    ((l * l + l) as isize + m) as usize
}

/// The degree and the order at a flat index.
pub const fn degree_order(flat: usize) -> (usize, isize) {
    let l = flat.isqrt();
    (l, flat as isize - (l * l + l) as isize)
}

/// The order at place `i` of one irrep of degree `l`: `i - l`.
pub const fn order(l: usize, i: usize) -> isize {
    i as isize - l as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_indices_count_the_components_in_order_of_degree_and_order() {
        let mut expected = 0;
        for l in 0..12 {
            assert_eq!(offset(l), expected);
            for i in 0..dim(l) {
                let m = order(l, i);
                assert_eq!(flat(l, m), expected);
                assert_eq!(degree_order(expected), (l, m));
                expected += 1;
            }
            assert_eq!(size(l), expected);
        }
    }
}
