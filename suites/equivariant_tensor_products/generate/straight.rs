//! Straight-line code: every component a local variable, every coefficient a literal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::math::combined::{Combination, Kind, Slot, terms};
use super::math::gaunt::gaunt;
use super::math::index::{dim, offset};
use super::math::paths::{Filter, Path, Setting, Shape};

/// The largest degree of Clebsch-Gordan products: above it those that write out every path wait for stores.
const LARGEST_OF_CG: usize = 3;

/// The largest degree of Gaunt products: the code grows with its fifth power, and must fit the first cache.
const LARGEST_OF_GAUNT: usize = 4;

/// What becomes of the paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outputs {
    /// Each is written out.
    Paths,
    /// Added up with weights that are known when it runs.
    Weighted,
    /// Added up with Gaunt couplings.
    Gaunt,
}

/// One product.
struct Product {
    name: String,
    shape: Shape,
    outputs: Outputs,
}

/// The module: an `enum Straight`, one variant a product.
pub(crate) fn source() -> String {
    let mut products = Vec::new();
    for lmax in 1..=LARGEST_OF_CG {
        for (filter, name) in [(Filter::Even, "Even"), (Filter::All, "All")] {
            let shape = Shape::full(Setting::Mimo, filter, lmax);
            for outputs in [Outputs::Paths, Outputs::Weighted] {
                products.push(Product { name: format!("{outputs:?}{name}{lmax}"), shape, outputs });
            }
        }
    }
    for lmax in 1..=LARGEST_OF_GAUNT {
        let shape = Shape::full(Setting::Mimo, Filter::Even, lmax);
        products.push(Product { name: format!("Gaunt{lmax}"), shape, outputs: Outputs::Gaunt });
    }
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line("/// Products of all degrees up to a small one.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]");
    line("pub(crate) enum Straight {");
    for product in &products {
        line(&format!("    /// `{:?}`\n    {},", product.shape, product.name));
    }
    line("}\n\nimpl Straight {");
    line("    /// The product of a shape, if there is one.");
    line("    pub(crate) fn of(shape: Shape, outputs: Outputs) -> Option<Self> {");
    line(
        "        if shape.setting != Setting::Mimo || shape.lout != 2 * shape.lmax {\n            return None;\n        }",
    );
    line("        match (outputs, shape.filter, shape.lmax) {");
    for Product { name, shape, outputs } in &products {
        line(&format!(
            "            (Outputs::{outputs:?}, Filter::{:?}, {}) => Some(Self::{name}),",
            shape.filter, shape.lmax
        ));
    }
    line("            _ => None,\n        }\n    }\n");
    line("    /// Multiplies one block.\n    #[inline(always)]");
    line("    pub(crate) fn apply<T: Number, S: Lanes<T>>(");
    line(
        "        self,\n        s: S,\n        pair: Pair<'_, T>,\n        weights: &[T],\n        z: &mut [Block<T>],",
    );
    line("    ) {");
    line("        match self {");
    for Product { name, outputs, .. } in &products {
        let weights = if *outputs == Outputs::Weighted { "sized(weights), " } else { "" };
        line(&format!(
            "            Self::{name} => {}(s, sized(pair.x), sized(pair.y), {weights}sized_mut(z)),",
            name.to_lowercase()
        ));
    }
    line("        }\n    }\n}\n");
    for product in &products {
        line(&function(product));
    }
    out
}

/// One output: its path, its place, and the products that it is a sum over.
struct Output {
    path: usize,
    target: usize,
    slots: Vec<(Slot, f64)>,
}

fn function(product: &Product) -> String {
    let Product { name, shape, outputs } = product;
    let (is_gaunt, is_merged) = (*outputs == Outputs::Gaunt, *outputs != Outputs::Paths);
    let paths = shape.paths();
    let count = paths.len();
    let (offsets, size) = shape.path_offsets();
    let size = if is_merged { shape.merged_size() } else { size };
    let inputs = shape.input_size();
    let mut body = String::new();
    let mut written = BTreeSet::new();
    let numbered: Vec<(usize, Path, usize)> =
        paths.into_iter().zip(offsets).enumerate().map(|(n, (path, at))| (n, path, at)).collect();
    for group in numbered.chunk_by(|(_, a, _), (_, b, _)| (a.l1, a.l2) == (b.l1, b.l2)) {
        let Path { l1, l2, .. } = group[0].1;
        if is_gaunt && l1 > l2 {
            continue;
        }
        body.push_str("    {\n");
        let mirrored = is_gaunt && l1 < l2;
        load(&mut body, "a", "x", l1);
        load(&mut body, "b", "y", l2);
        if mirrored {
            load(&mut body, "c", "x", l2);
            load(&mut body, "d", "y", l1);
        }
        let mut kinds: BTreeMap<Kind, Vec<Output>> = BTreeMap::new();
        for (number, path, at) in group {
            let factor = if is_gaunt { gaunt(*path) } else { 1.0 };
            let at = if is_merged { offset(path.l3) } else { *at };
            for (k, slots) in terms(*path).into_iter().enumerate() {
                let kind = slots.first().map_or_else(Kind::default, |(slot, _)| slot.kind);
                let slots = slots.into_iter().map(|(slot, c)| (slot, factor * c)).collect();
                kinds.entry(kind).or_default().push(Output { path: *number, target: at + k, slots });
            }
        }
        for outputs in kinds.values() {
            let slots: BTreeMap<usize, Slot> = outputs
                .iter()
                .flat_map(|output| &output.slots)
                .map(|(slot, _)| (slot.place, *slot))
                .collect();
            for (place, slot) in slots {
                writeln!(body, "        let p{place} = {};", combination([l1, l2], slot, mirrored))
                    .expect("a string");
            }
            for Output { path, target, slots } in outputs {
                written.insert(*target);
                let mut sum = is_gaunt.then(|| format!("z{target}"));
                for (Slot { place, .. }, c) in slots {
                    let c = format!("s.splat(T::of({c:?}))");
                    sum = Some(match sum {
                        None => format!("s.mul({c}, p{place})"),
                        Some(sum) => format!("s.mul_add({c}, p{place}, {sum})"),
                    });
                }
                let sum = sum.unwrap_or_else(|| "s.splat(T::default())".to_owned());
                let line = match product.outputs {
                    Outputs::Paths => format!("s.store({sum}, &mut z[{target}]);"),
                    Outputs::Gaunt => format!("z{target} = {sum};"),
                    Outputs::Weighted => {
                        format!("z{target} = s.mul_add(s.splat(w[{path}]), {sum}, z{target});")
                    }
                };
                writeln!(body, "        {line}").expect("a string");
            }
        }
        body.push_str("    }\n");
    }
    let weights = if *outputs == Outputs::Weighted { format!("w: &[T; {count}], ") } else { String::new() };
    let mut text = format!(
        "#[inline(always)]\nfn {}<T: Number, S: Lanes<T>>(s: S, x: &[Block<T>; {inputs}], y: &[Block<T>; {inputs}], \
         {weights}z: &mut [Block<T>; {size}]) {{\n",
        name.to_lowercase()
    );
    if is_merged {
        for target in 0..size {
            writeln!(text, "    let mut z{target} = s.splat(T::default());").expect("a string");
        }
    }
    text.push_str(&body);
    if is_merged {
        for target in written {
            writeln!(text, "    s.store(z{target}, &mut z[{target}]);").expect("a string");
        }
    }
    text.push_str("}\n");
    text
}

/// Loads the components of an irrep: `name0` has order `−l`.
fn load(body: &mut String, name: &str, from: &str, l: usize) {
    for i in 0..dim(l) {
        writeln!(body, "        let {name}{i} = s.load(&{from}[{}]);", offset(l) + i).expect("a string");
    }
}

/// The expression of a slot; mirrored, with the same of the factors exchanged.
fn combination([l1, l2]: [usize; 2], slot: Slot, mirrored: bool) -> String {
    let [m1, m2] = slot.orders;
    let at = |l: usize, m: isize| (l as isize + m) as usize;
    // Signed products: `(sign, i, j)`.
    let two = |m1: isize, m2: isize| (at(l1, m1), at(l2, m2));
    let (first, second) = match slot.combination {
        Combination::Product => (two(m1, m2), None),
        Combination::RealOfSum => (two(m1, m2), Some(("neg_mul_add", two(-m1, -m2)))),
        Combination::RealOfDifference => (two(m1, m2), Some(("mul_add", two(-m1, -m2)))),
        Combination::ImaginaryOfSum => (two(-m1, m2), Some(("mul_add", two(m1, -m2)))),
        Combination::ImaginaryOfDifference => (two(-m1, m2), Some(("neg_mul_add", two(m1, -m2)))),
    };
    let (i, j) = first;
    let mut text = format!("s.mul(a{i}, b{j})");
    if mirrored {
        text = format!("s.mul_add(d{i}, c{j}, {text})");
    }
    if let Some((operation, (i, j))) = second {
        text = format!("s.{operation}(a{i}, b{j}, {text})");
        if mirrored {
            text = format!("s.{operation}(d{i}, c{j}, {text})");
        }
    }
    text
}
