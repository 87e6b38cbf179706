//! 3j, 6j and 9j symbols against closed forms, their symmetries and sum rules, and sympy's exact arithmetic.

use serde_json::Value;
use suite_equivariant_tensor_products::math::symbols::{clebsch_gordan, wigner_3j, wigner_6j, wigner_9j};

fn orders(l: usize) -> impl Iterator<Item = isize> + Clone {
    -(l as isize)..=l as isize
}

/// Degrees (and orders) with the value of a symbol, from sympy 1.14's exact arithmetic: `tests/data/sympy_goldens.py`.
fn goldens(symbol: &str) -> Vec<(Vec<isize>, f64)> {
    let all: Value = serde_json::from_str(include_str!("../data/sympy.json")).expect("the values are JSON");
    let cases = all[symbol].as_array().expect("a list");
    let numbers = |case: &Value| -> Vec<isize> {
        let list = case["symbol"].as_array().expect("a list");
        list.iter().map(|j| j.as_i64().expect("an integer") as isize).collect()
    };
    cases.iter().map(|case| (numbers(case), case["value"].as_f64().expect("a number"))).collect()
}

/// Within a few units in the last place, and zero exactly where the golden value is.
#[track_caller]
fn assert_same_digits(symbol: &[isize], got: f64, expected: f64) {
    assert!((got - expected).abs() <= 4e-15 * expected.abs(), "{symbol:?}: {got:e}, not {expected:e}");
}

#[test]
fn symbols_3j_have_the_digits_of_exact_arithmetic() {
    for (symbol, expected) in goldens("3j") {
        let [l1, l2, l3, m1, m2, m3] = symbol[..] else { panic!("six numbers") };
        let l = [l1, l2, l3].map(|l| l as usize);
        assert_same_digits(&symbol, wigner_3j(l, [m1, m2, m3]), expected);
        // ⟨l1 m1 l2 m2 | l3 m⟩ = (−1)^(l1−l2+m) √(2 l3 + 1) (l1 l2 l3; m1 m2 −m)
        let sign = if (l1 - l2 - m3) % 2 == 0 { 1.0 } else { -1.0 };
        let coefficient = sign * ((2 * l3 + 1) as f64).sqrt() * expected;
        assert_same_digits(&symbol, clebsch_gordan(l, [m1, m2, -m3]), coefficient);
    }
}

#[test]
fn symbols_6j_have_the_digits_of_exact_arithmetic() {
    for (symbol, expected) in goldens("6j") {
        let [a, b, c, d, e, f] = symbol.iter().map(|&j| j as usize).collect::<Vec<_>>()[..] else {
            panic!("six numbers")
        };
        assert_same_digits(&symbol, wigner_6j([a, b, c], [d, e, f]), expected);
    }
}

#[test]
fn symbols_9j_are_those_of_exact_arithmetic() {
    for (symbol, expected) in goldens("9j") {
        let at = |i: usize| symbol[i] as usize;
        let got = wigner_9j([0, 3, 6].map(|row| [at(row), at(row + 1), at(row + 2)]));
        assert!(
            (got - expected).abs() <= 1e-14 * expected.abs() + 1e-17,
            "{symbol:?}: {got:e}, not {expected:e}"
        );
    }
}

#[test]
fn a_3j_symbol_of_high_degree_keeps_its_digits() {
    // (l l 0; m −m 0) = (−1)^(l−m) / √(2l + 1)
    for l in [20, 40, 63] {
        for m in orders(l) {
            let sign = if (l as isize - m) % 2 == 0 { 1.0 } else { -1.0 };
            let expected = sign / ((2 * l + 1) as f64).sqrt();
            assert!((wigner_3j([l, l, 0], [m, -m, 0]) / expected - 1.0).abs() < 4e-15);
        }
    }
    // Σ over m1 of squares is 1 / (2 l3 + 1).
    let sum: f64 = orders(31).map(|m| wigner_3j([31, 31, 62], [m, 5 - m, -5]).powi(2)).sum();
    assert!((sum * 125.0 - 1.0).abs() < 1e-14);
    let sum: f64 = orders(42).map(|m| wigner_3j([42, 42, 42], [m, 5 - m, -5]).powi(2)).sum();
    assert!((sum * 85.0 - 1.0).abs() < 1e-14);
}

#[test]
fn an_accidental_zero_is_exactly_zero() {
    assert_eq!(wigner_3j([3, 3, 2], [2, -2, 0]), 0.0);
    assert_eq!(wigner_3j([2, 3, 4], [0, 0, 0]), 0.0);
    assert_ne!(wigner_3j([3, 3, 2], [3, -3, 0]), 0.0);
}

#[test]
#[should_panic(expected = "whose sum exceeds 126: use lower degrees")]
fn a_3j_symbol_out_of_range_is_refused() {
    wigner_3j([50, 50, 50], [0, 0, 0]);
}

#[test]
fn a_6j_symbol_is_the_contraction_of_four_3j_symbols() {
    for [a, b, c, d, e, f] in
        [[1, 1, 1, 1, 1, 1], [2, 1, 2, 1, 2, 2], [2, 2, 3, 2, 2, 1], [3, 2, 4, 2, 3, 3], [1, 2, 2, 3, 2, 3]]
    {
        let mut sum = 0.0;
        for (ma, mb) in orders(a).flat_map(|ma| orders(b).map(move |mb| (ma, mb))) {
            for (md, me) in orders(d).flat_map(|md| orders(e).map(move |me| (md, me))) {
                for mf in orders(f) {
                    let mc = -ma - mb;
                    let phase = [(a, ma), (b, mb), (c, mc), (d, md), (e, me), (f, mf)];
                    let power: isize = phase.iter().map(|&(j, m)| j as isize - m).sum();
                    let sign = if power % 2 == 0 { 1.0 } else { -1.0 };
                    sum += sign
                        * wigner_3j([a, b, c], [-ma, -mb, -mc])
                        * wigner_3j([a, e, f], [ma, -me, mf])
                        * wigner_3j([d, b, f], [md, mb, -mf])
                        * wigner_3j([d, e, c], [-md, me, mc]);
                }
            }
        }
        let symbol = wigner_6j([a, b, c], [d, e, f]);
        assert!((sum - symbol).abs() < 1e-14, "{{{a} {b} {c}; {d} {e} {f}}}: {sum} {symbol}");
    }
}

#[test]
fn known_6j_and_9j_symbols_have_their_values() {
    assert!((wigner_6j([1, 1, 1], [1, 1, 1]) - 1.0 / 6.0).abs() < 1e-16);
    assert!((wigner_6j([2, 2, 2], [2, 2, 2]) + 3.0 / 70.0).abs() < 1e-16);
    assert_eq!(wigner_6j([1, 1, 3], [1, 1, 1]), 0.0);
    assert!((wigner_9j([[1, 1, 0], [1, 1, 0], [0, 0, 0]]) - 1.0 / 3.0).abs() < 1e-16);
}

#[test]
fn a_6j_symbol_is_symmetric_under_columns_and_exchanged_rows() {
    for a in 0..=3 {
        for b in 0..=3 {
            for c in 0..=4 {
                for [d, e, f] in [[1, 2, 3], [2, 2, 2], [3, 1, 2]] {
                    let symbol = wigner_6j([a, b, c], [d, e, f]);
                    for other in [
                        wigner_6j([b, a, c], [e, d, f]),
                        wigner_6j([c, a, b], [f, d, e]),
                        wigner_6j([d, e, c], [a, b, f]),
                        wigner_6j([a, e, f], [d, b, c]),
                    ] {
                        assert!((symbol - other).abs() <= 1e-16 + 1e-14 * symbol.abs());
                    }
                }
            }
        }
    }
}

#[test]
fn the_6j_symbols_are_orthogonal() {
    // Σ_x (2x+1)(2f+1) {a b x; c d f} {a b x; c d g} = δ_fg
    let [a, b, c, d] = [4_usize, 6_usize, 5, 7];
    for f in 0..=12_usize {
        for g in 0..=12_usize {
            let possible = |f: usize| a.abs_diff(d) <= f && f <= a + d && b.abs_diff(c) <= f && f <= b + c;
            let sum: f64 = (0..=20_usize)
                .map(|x| {
                    ((2 * x + 1) * (2 * f + 1)) as f64
                        * wigner_6j([a, b, x], [c, d, f])
                        * wigner_6j([a, b, x], [c, d, g])
                })
                .sum();
            let expected = if f == g && possible(f) { 1.0 } else { 0.0 };
            assert!((sum - expected).abs() < 1e-13, "{f} {g}: {sum}");
        }
    }
}

#[test]
fn the_6j_symbols_of_matrices_on_degree_24_fit_and_keep_their_digits() {
    let l = 24_usize;
    for f in [0, 1, 17, 24, 40, 48] {
        let weight = |x: usize| ((2 * x + 1) * (2 * f + 1)) as f64;
        let sum: f64 = (0..=2 * l).map(|x| weight(x) * wigner_6j([l, l, x], [l, l, f]).powi(2)).sum();
        assert!((sum - 1.0).abs() < 1e-13, "{f}: {sum}");
    }
}

#[test]
#[should_panic(expected = "overflows an i128: use lower degrees")]
fn a_6j_symbol_out_of_range_is_refused() {
    wigner_6j([42, 42, 42], [42, 42, 42]);
}

#[test]
fn a_9j_symbol_changes_by_its_sign_under_exchange_of_rows_and_not_under_transposition() {
    for rows in [
        [[1, 2, 2], [2, 1, 3], [2, 3, 2]],
        [[2, 1, 3], [3, 1, 2], [2, 1, 2]],
        [[2, 1, 1], [2, 1, 2], [3, 1, 3]],
    ] {
        let symbol = wigner_9j(rows);
        let sum: usize = rows.as_flattened().iter().sum();
        let sign = if sum.is_multiple_of(2) { 1.0 } else { -1.0 };
        assert!((wigner_9j([rows[1], rows[0], rows[2]]) - sign * symbol).abs() < 1e-15);
        let transposed = [0, 1, 2].map(|j| rows.map(|row| row[j]));
        assert!((wigner_9j(transposed) - symbol).abs() < 1e-15);
    }
}

#[test]
fn the_9j_symbols_are_orthogonal() {
    // Σ_cf (2c+1)(2f+1)(2g+1)(2h+1) {a b c; d e f; g h i} {a b c; d e f; k l i} = δ_gk δ_hl
    let [a, b, d, e, i] = [2, 3, 1, 2, 2_usize];
    let pairs = || {
        let all = (1..=3_usize).flat_map(|g| (1..=5_usize).map(move |h| (g, h)));
        all.filter(|&(g, h)| g.abs_diff(h) <= i && i <= g + h)
    };
    for (g, h) in pairs() {
        for (k, l) in pairs() {
            let mut sum = 0.0;
            for c in 0..=5_usize {
                for f in 0..=3_usize {
                    let weight = ((2 * c + 1) * (2 * f + 1) * (2 * g + 1) * (2 * h + 1)) as f64;
                    sum += weight
                        * wigner_9j([[a, b, c], [d, e, f], [g, h, i]])
                        * wigner_9j([[a, b, c], [d, e, f], [k, l, i]]);
                }
            }
            let expected = if (g, h) == (k, l) { 1.0 } else { 0.0 };
            assert!((sum - expected).abs() < 1e-13, "{g} {h} {k} {l}: {sum}");
        }
    }
}
