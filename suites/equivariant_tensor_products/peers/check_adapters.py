"""Checks the peers of one environment against closed forms, against functions on the sphere, and against each other. scripts/test
runs it with each environment that is installed; by hand:
suites/equivariant_tensor_products/peers/.venv/numpy/bin/python THIS_FILE numpy
"""

import itertools
import math
import os
import re
import sys
import tempfile
import unittest

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, *[os.pardir] * 3, "harness", "peers"))
from driver import Driver  # noqa: E402

ENVIRONMENT = None
GAUNT = {
    "numpy_gemm",
    "e3nn_jax_s2grid",
}  # functions on the sphere, multiplied: paths of a degree are added up, and none is odd
TOLERANCE = {"f32": 5e-6, "f64": 1e-12}


def peers(environment, products=True):
    """Command, method and parameters of peers.yaml, which is written plainly enough to be read without a YAML parser."""
    with open(os.path.join(HERE, "peers.yaml"), encoding="utf-8") as file:
        text = file.read().partition("\npeers:\n")[2]
    for name, body in re.findall(r"^  (\w+):\n((?:    .*\n)+)", text, re.M):
        entry = dict(re.findall(r"^    (\w+): (.*)$", body, re.M))
        if entry["environment"] == environment and ("tensor_product" in entry["problems"]) == products:
            params = dict(re.findall(r"(\w+): (\w+)", entry.get("params", "")))
            yield (
                name,
                {
                    "command": entry["command"].strip("[]").split(", "),
                    "method": entry["method"],
                    "params": {key: {"true": True, "false": False}.get(value, value) for key, value in params.items()},
                },
            )


def pairs(setting, keep, lmax, lout=None, batch=20):
    """An instance of random pairs. `keep` is `even`, `odd` or `all`."""
    degrees = range(0 if setting == "mimo" else lmax, lmax + 1)
    outputs = range(lmax, lmax + 1) if setting == "siso" else range(0, (2 * lmax if lout is None else lout) + 1)
    paths = [
        (l1, l2, l3)
        for l1, l2 in itertools.product(degrees, repeat=2)
        for l3 in outputs
        if abs(l1 - l2) <= l3 <= l1 + l2 and keep in ("all", "odd" if (l1 + l2 + l3) % 2 else "even")
    ]
    draw = np.random.default_rng(1)
    width = sum(2 * l + 1 for l in degrees)
    return {
        "x": draw.standard_normal((batch, width)),
        "y": draw.standard_normal((batch, width)),
        "degrees": np.array([degrees[0], degrees[-1]]),
        "degrees_out": np.array([outputs[0], outputs[-1]]),
        "paths": np.array(paths, dtype=np.int64).reshape(-1, 3),
    }


def by_path(problem, z):
    """The columns of each path."""
    offset, columns = 0, {}
    for l1, l2, l3 in problem["paths"].tolist():
        columns[l1, l2, l3] = z[:, offset : offset + 2 * l3 + 1]
        offset += 2 * l3 + 1
    assert offset == z.shape[1], (offset, z.shape)
    return columns


def directions():
    points = np.random.default_rng(2).standard_normal((50, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def first_harmonics(points):
    """Orthonormal harmonics of degrees 0 to 2 of unit vectors, y being the polar axis."""
    x, y, z = points.T
    root = math.sqrt
    rows = [root(1 / 4) * np.ones_like(x)]
    rows += [root(3 / 4) * x, root(3 / 4) * y, root(3 / 4) * z]
    rows += [root(15 / 4) * x * z, root(15 / 4) * x * y, root(5 / 16) * (3 * y * y - 1), root(15 / 4) * y * z]
    rows += [root(15 / 16) * (z * z - x * x)]
    return np.array(rows).T / root(math.pi)


def quadratic(a, b):
    """Degree 2 of two vectors, as polynomials that are harmonics of a vector by itself."""
    (x, y, z), (u, v, w) = a.T, b.T
    root = math.sqrt(3) / 2
    return np.array(
        [
            root * (x * w + z * u),
            root * (x * v + y * u),
            y * v - (x * u + z * w) / 2,
            root * (y * w + z * v),
            root * (z * w - x * u),
        ]
    ).T


class Adapters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def each(self, problem, check, kind=None, dtypes=("f64",)):
        """Has the peers of the environment checked on a problem: all of them, those of `GAUNT`, or all others (`cg`). Each is
        started for each check, and some take seconds to load: single precision is looked at where it says something."""
        path = os.path.join(self.folder.name, "instance.npz")
        np.savez(path, **problem)
        for name, peer in peers(ENVIRONMENT):
            if kind and (kind == "gaunt") != (name in GAUNT):
                continue
            for dtype in dtypes:
                with self.subTest(name, dtype=dtype), Driver(cwd=HERE, instance=path, dtype=dtype, **peer) as driver:
                    self.assertIn("ready", driver.receive())
                    check(name, driver, TOLERANCE[dtype])

    def product(self, name, driver):
        """The rows of one step, and that they are in the cell's precision."""
        end = driver.solve(1)[1]
        self.assertEqual((end.get("end"), end.get("step")), ("max_iter", 1), end)
        rows = driver.arrays(end)["gaunt" if name in GAUNT else "clebsch_gordan"]
        self.assertEqual(rows.dtype, {"f32": np.float32, "f64": np.float64}[driver.hello["dtype"]])
        return rows.astype(float)

    def close(self, found, expected, tolerance):
        self.assertLessEqual(abs(found - expected).max(), tolerance * abs(expected).max())

    def test_there_is_something_to_check(self):
        self.assertTrue([*peers(ENVIRONMENT), *peers(ENVIRONMENT, products=False)])

    def test_harmonics_have_closed_forms(self):
        points = directions()
        path = os.path.join(self.folder.name, "directions.npz")
        np.savez(path, points=points, degrees=[1, 1], degrees_out=[0, 2], paths=np.array([[1, 1, 0], [1, 1, 1], [1, 1, 2]]))
        for (name, peer), dtype in itertools.product(peers(ENVIRONMENT, products=False), TOLERANCE):
            with self.subTest(name, dtype=dtype), Driver(cwd=HERE, instance=path, dtype=dtype, **peer) as driver:
                self.assertIn("ready", driver.receive())
                rows = driver.arrays(driver.solve(3)[1])["spherical_harmonics"]
                self.assertEqual(rows.dtype, {"f32": np.float32, "f64": np.float64}[dtype])
                self.close(rows.astype(float), first_harmonics(points), TOLERANCE[dtype])

    def test_products_of_degree_one_have_closed_forms(self):
        problem = pairs("mimo", "all", 1)
        x, y = problem["x"], problem["y"]
        (a, u), (b, v) = (x[:, :1], x[:, 1:]), (y[:, :1], y[:, 1:])
        expected = {
            (0, 0, 0): a * b,
            (0, 1, 1): a * v / math.sqrt(3),
            (1, 0, 1): u * b / math.sqrt(3),
            (1, 1, 0): (u * v).sum(1, keepdims=True) / math.sqrt(3),
            (1, 1, 1): np.cross(u, v) / math.sqrt(6),
            (1, 1, 2): quadratic(u, v) / math.sqrt(7.5),
        }
        for kept, dtype in ((problem, "f32"), (pairs("mimo", "even", 1, 1), "f64")):

            def check(name, driver, tolerance):
                for path, columns in by_path(kept, self.product(name, driver)).items():
                    self.close(columns, expected[path], tolerance)

            self.each(kept, check, "cg", [dtype])

    def test_a_gaunt_product_is_the_product_of_functions(self):
        problem = pairs("mimo", "even", 1)
        points = directions()
        values = first_harmonics(points).T

        def check(name, driver, tolerance):
            product = (problem["x"] @ values[:4]) * (problem["y"] @ values[:4])
            self.close(self.product(name, driver) @ values, product, tolerance)

        self.each(problem, check, "gaunt", ["f32", "f64"])

    def test_paths_of_all_shapes_have_unit_norm_and_are_those_of_the_largest(self):
        full = pairs("mimo", "all", 3)
        largest = {}

        def whole(name, driver, tolerance):
            largest[name] = by_path(full, self.product(name, driver))
            # Σ over l3 of (2 l3 + 1) |z|² = |x|² |y|²: the tensors of a pair of degrees are orthogonal, of norm 1.
            for l1, l2 in itertools.product(range(4), repeat=2):
                x, y = full["x"][:, l1**2 : (l1 + 1) ** 2], full["y"][:, l2**2 : (l2 + 1) ** 2]
                norms = [(2 * l3 + 1) * (z**2).sum(1) for (*pair, l3), z in largest[name].items() if pair == [l1, l2]]
                self.close(sum(norms), (x**2).sum(1) * (y**2).sum(1), 4 * tolerance)

        self.each(full, whole, "cg")
        for name, paths in largest.items():  # however they are computed, they are the same
            for path, rows in paths.items():
                self.close(rows, next(iter(largest.values()))[path], 1e-12)
        for shape in [("siso", "all", 3), ("simo", "odd", 3)]:
            problem = pairs(*shape)
            first, last = problem["degrees"] ** 2 + [0, 2 * problem["degrees"][1] + 1]
            problem["x"], problem["y"] = full["x"][:, first:last], full["y"][:, first:last]

            def check(name, driver, tolerance):
                for path, rows in by_path(problem, self.product(name, driver)).items():
                    self.close(rows, largest[name][path], tolerance)

            self.each(problem, check, "cg")

    def test_gaunt_products_of_single_degrees_and_of_fewer_outputs_are_parts_of_the_whole(self):
        full = pairs("mimo", "even", 4)
        whole = {}
        self.each(full, lambda name, driver, _: whole.update({name: self.product(name, driver)}), "gaunt")
        fewer = pairs("mimo", "even", 4, 4)

        def truncated(name, driver, tolerance):
            self.close(self.product(name, driver), whole[name][:, :25], tolerance)

        self.each(fewer, truncated, "gaunt")
        alone = pairs("mimo", "even", 4)
        for name in "xy":
            alone[name][:, :16] = 0
        self.each(alone, lambda name, driver, _: whole.update({name: self.product(name, driver)}), "gaunt")
        for setting, columns in (("siso", slice(16, 25)), ("simo", slice(0, 81))):
            single = pairs(setting, "even", 4)
            single["x"], single["y"] = alone["x"][:, 16:], alone["y"][:, 16:]

            def check(name, driver, tolerance):
                self.close(self.product(name, driver), whole[name][:, columns], tolerance)

            self.each(single, check, "gaunt")

    def test_a_sample_makes_the_steps_that_it_is_asked_for_and_compiles_nothing(self):
        def check(name, driver, _):
            iterates, end = driver.solve(5, iterates=True, go=lambda message: message["step"] < 2)
            self.assertEqual([i["step"] for i in iterates], [1, 2])
            self.assertEqual((end["end"], end["step"]), ("stopped", 2))
            first = driver.solve(7)[1]
            rows = driver.arrays(first)
            second = driver.solve(7)[1]
            for end in (first, second):
                self.assertEqual((end["end"], end["step"], end["compile_s"]), ("max_iter", 7, 0))
            self.assertEqual(
                [a.tobytes() for a in rows.values()], [a.tobytes() for a in driver.arrays(second).values()]
            )
            self.assertEqual(driver.finish()[0], 0)

        self.each(pairs("mimo", "even", 2, batch=1000), check, dtypes=["f32"])

    def test_what_is_no_such_product_is_refused_in_one_sentence(self):
        no_second = pairs("mimo", "even", 2)
        del no_second["y"]
        vectors = pairs("mimo", "even", 2)
        vectors["x"] = np.hstack([vectors["x"]] * 3)
        cases = [(no_second, "no second factor", None), (vectors, "vector fields", None)]
        cases += [
            (pairs("siso", "even", 3), "nothing to compute", None),
            (pairs("mimo", "all", 2), "filter: even", "gaunt"),
        ]
        cases += [(pairs("mimo", "even", 2), "f32 or f64, not in bf16", None)]
        path = os.path.join(self.folder.name, "instance.npz")
        for problem, reason, kind in cases:
            np.savez(path, **problem)
            name, peer = next(
                (entry for entry in peers(ENVIRONMENT) if kind is None or entry[0] in GAUNT), (None, None)
            )
            if name is None:
                continue
            dtype = "bf16" if "bf16" in reason else "f64"
            with self.subTest(name, reason=reason), Driver(cwd=HERE, instance=path, dtype=dtype, **peer) as driver:
                self.assertIn("ready", driver.receive())
                self.assertIn(reason, driver.solve(1)[1]["error"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python check_adapters.py numpy|jax|sphericart")
    ENVIRONMENT = sys.argv.pop(1)
    unittest.main()
