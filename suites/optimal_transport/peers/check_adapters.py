"""Checks the peers of one environment, against closed forms and a value that two other codes agree on. scripts/test runs it with
each environment that is installed; by hand: suites/optimal_transport/peers/.venv/pot/bin/python THIS_FILE pot
"""

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
EXACT = {"pot_emd", "scipy_assignment"}  # give a plan
ASSIGNMENT = {"scipy_assignment"}  # for square problems with equal masses only; gives no dual variables
SLOW = {"pot_sinkhorn_log"}
WITHIN_REACH = {"regot_lbfgs": 1e-7}  # where its line search fails before 1e-9
CADENCE = {"pot": 20, "regot": 1, "ott": 10}  # steps between two tests of convergence, at most
LAP_500_COST = 0.00357931841054  # ⟨C, P⟩ at η = 1200, by a dense Newton method and by our own solvers
LAP_500_EXACT = 0.00334180498065


def peers(environment):
    """Command, method and parameters of peers.yaml, which is written plainly enough to be read without a YAML parser."""
    with open(os.path.join(HERE, "peers.yaml"), encoding="utf-8") as file:
        text = file.read().partition("\npeers:\n")[2]
    for name, body in re.findall(r"^  (\w+):\n((?:    .*\n)+)", text, re.M):
        entry = dict(re.findall(r"^    (\w+): (.*)$", body, re.M))
        if entry["environment"] == environment:
            params = re.findall(r"(\w+): ([\d.]+)", entry.get("params", ""))
            yield (
                name,
                {
                    "command": entry["command"].strip("[]").split(", "),
                    "method": entry.get("method"),
                    "params": {key: float(value) if "." in value else int(value) for key, value in params},
                },
            )


def random_assignment(n, seed, eta):
    """Costs from SplitMix64, row by row: the suite's own generator."""
    mask, state, costs = 2**64 - 1, seed, np.empty(n * n)
    for k in range(n * n):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        costs[k] = ((z ^ (z >> 31)) >> 11) * 2.0**-53
    return {"C": costs.reshape(n, n), "r": np.full(n, 1 / n), "c": np.full(n, 1 / n), "eta": np.float64(eta)}


def plan(problem, arrays):
    if "P" in arrays:
        return arrays["P"]
    return np.exp(problem["eta"] * (arrays["x"][:, None] + arrays["y"] - problem["C"]))


def marginal_l1(problem, arrays):
    P = plan(problem, arrays)
    return (abs(P.sum(1) - problem["r"]).sum() + abs(P.sum(0) - problem["c"]).sum()) / problem["r"].sum()


class Adapters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def each(self, problem, check, tol=1e-9):
        """Has every peer of the environment checked on a problem that it can solve."""
        n, m = problem["C"].shape
        is_assignment = n == m and len({*problem["r"], *problem["c"]}) == 1
        path = os.path.join(self.folder.name, "instance.npz")
        np.savez(path, **problem)
        for name, peer in peers(ENVIRONMENT):
            if name in ASSIGNMENT and not is_assignment:
                continue
            stop = {"metric": "marginal_l1", "tol": tol, "max_iter": 100000}
            with self.subTest(name), Driver(cwd=HERE, instance=path, stop=stop, **peer) as driver:
                self.assertIn("ready", driver.receive())
                check(name, driver)
                self.assertEqual(driver.finish()[0], 0)

    def test_two_by_two_has_a_closed_form(self):
        eta = 3.0
        cases = (
            # Symmetric: P11 = ½ / (1 + exp(−η)).
            ([[0.0, 1.0], [1.0, 0.0]], [0.5, 0.5], [0.5, 0.5], 0.5 / (1 + np.exp(-eta)), 0.5),
            # In general p (1 − r1 − c1 + p) = exp(η (C12 + C21 − C11 − C22)) (r1 − p) (c1 − p); here of mass 2.
            ([[0.1, 0.9], [0.6, 0.2]], [1.4, 0.6], [0.8, 1.2], 2 * root(eta * 1.2, 0.7, 0.4), 0.8),
        )
        for C, r, c, entropic, exact in cases:
            problem = {"C": np.array(C), "r": np.array(r), "c": np.array(c), "eta": np.float64(eta)}

            def check(name, driver):
                tol = WITHIN_REACH.get(name, 1e-11)
                _, end = driver.solve(200, tol=tol)
                self.assertLess(marginal_l1(problem, driver.arrays(end)), tol)
                P = plan(problem, driver.arrays(end))
                self.assertAlmostEqual(P[0, 0], exact if name in EXACT else entropic, delta=2 * tol)

            self.each(problem, check)

    def test_lap_500_has_a_known_cost(self):
        problem = random_assignment(500, 1, 1200)

        def check(name, driver):
            tol = 1e-3 if name in SLOW else WITHIN_REACH.get(name, 1e-9)
            _, end = driver.solve(100000, tol=tol)
            arrays = driver.arrays(end)
            cost = (plan(problem, arrays) * problem["C"]).sum()
            if name in EXACT:
                self.assertAlmostEqual(cost, LAP_500_EXACT, delta=1e-13)
            if name in EXACT - ASSIGNMENT:
                self.assertLess((arrays["u"][:, None] + arrays["v"] - problem["C"]).max(), 1e-12)
                self.assertAlmostEqual(arrays["u"].mean() + arrays["v"].mean(), cost, delta=1e-12)
            elif name not in EXACT:
                self.assertLessEqual(marginal_l1(problem, arrays), tol)
                self.assertAlmostEqual(cost / LAP_500_COST, 1, delta=10 * tol)

        self.each(problem, check)

    def test_an_assignment_solver_refuses_problems_that_are_none(self):
        uneven = {"C": np.ones((2, 2)), "r": np.array([0.4, 0.6]), "c": np.array([0.5, 0.5]), "eta": np.float64(1)}
        oblong = {"C": np.ones((1, 2)), "r": np.array([1.0]), "c": np.array([0.5, 0.5]), "eta": np.float64(1)}
        for name, peer in peers(ENVIRONMENT):
            for problem in (uneven, oblong) if name in ASSIGNMENT else ():
                path = os.path.join(self.folder.name, "no_assignment.npz")
                np.savez(path, **problem)
                with self.subTest(name), Driver(cwd=HERE, instance=path, **peer) as driver:
                    self.assertIn("ready", driver.receive())
                    self.assertIn("no assignment problem", driver.solve(1)[1]["error"])

    def test_the_curve_ends_where_the_accuracy_is_reached_and_samples_repeat_it(self):
        problem = random_assignment(100, 1, 100)
        tol = 1e-6
        plans = {}

        def check(name, driver):
            errors = []

            def go(message):
                errors.append(marginal_l1(problem, driver.arrays(message)))
                return errors[-1] > tol

            def sample(steps):
                iterates, end = driver.solve(steps)
                self.assertEqual((iterates, end["end"], end["step"]), ([], "max_iter", steps))
                return driver.arrays(end)

            iterates, end = driver.solve(100000, tol=tol, iterates=True, go=go)
            self.assertEqual(end["end"], "stopped")
            self.assertTrue(all(a["step"] < b["step"] for a, b in zip(iterates, iterates[1:])))
            steps = end["step"]
            first, second = sample(steps), sample(steps)
            self.assertEqual([a.tobytes() for a in first.values()], [a.tobytes() for a in second.values()])
            self.assertLessEqual(marginal_l1(problem, first), 1.001 * tol)
            fewer = sample(max(1, steps - max(2 * CADENCE[ENVIRONMENT], steps // 50)))
            self.assertGreater(marginal_l1(problem, fewer), tol, "it could have ended sooner")
            if "sinkhorn" in name and "momentum" not in name:  # the adaptive one is plain that far
                plans[name] = plan(problem, sample(30))
                self.assertEqual(iterates[0]["work"], 2 * iterates[0]["step"] * 100 * 100)

        with_iterates = {name for name, _ in peers(ENVIRONMENT)} - EXACT
        self.each(problem, lambda name, driver: name in with_iterates and check(name, driver))
        # However a library writes Sinkhorn's method, its sweeps are the same.
        for name in plans:
            np.testing.assert_allclose(plans[name], next(iter(plans.values())), rtol=1e-9, atol=1e-18)


def root(exponent, r1, c1):
    """The mass that stays in the first corner, by bisection."""
    low, high = max(0.0, r1 + c1 - 1), min(r1, c1)
    for _ in range(200):
        p = (low + high) / 2
        above = p * (1 - r1 - c1 + p) > np.exp(exponent) * (r1 - p) * (c1 - p)
        low, high = (low, p) if above else (p, high)
    return p


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python check_adapters.py pot|regot|ott")
    ENVIRONMENT = sys.argv.pop(1)
    unittest.main()
