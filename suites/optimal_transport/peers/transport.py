"""What the peers of this suite share: the problem, how far potentials are from its marginals, and how to draw the curve of a
library that runs to the end in one call.

A solution is given by potentials: P_ij = exp(η (x_i + y_j − C_ij)).
"""

import numpy as np

from harness_peer import Iterate, off_clock


class Problem:
    """The arrays of an instance, as they are."""

    def __init__(self, instance):
        self.C, self.r, self.c = instance["C"], instance["r"], instance["c"]
        self.eta = float(instance["eta"])
        self.reg = 1 / self.eta
        self.size = self.C.size

    def errors(self, x, y):
        """By how much the row sums and the column sums of the plan are off."""
        with np.errstate(all="ignore"):
            plan = np.exp(self.eta * (np.asarray(x)[:, None] + np.asarray(y) - self.C))
            return plan.sum(1) - self.r, plan.sum(0) - self.c

    def marginal_l1(self, x, y):
        """The suite's stop metric."""
        rows, columns = self.errors(x, y)
        return (np.abs(rows).sum() + np.abs(columns).sum()) / self.r.sum()


def finite(x, y):
    """Whether these are potentials: harness refuses what is not finite."""
    return np.isfinite(x).all() and np.isfinite(y).all()


def sweeps(problem, stop, cadence, norm, advance):
    """The iterates of a Sinkhorn method.

    `advance(state, steps, threshold)` makes `steps` sweeps on from a state (`None`: from the beginning), fewer if the
    library's own test says so, which it makes every `cadence` sweeps: the `norm` of the error of the column sums below
    `threshold`. It gives the new state, its potentials in a function, the steps made, and whether the arithmetic held.

    A timed sample is one call. For the curve, a call goes on to the next power of ten of the stop metric, or to the accuracy
    asked for, or for as many sweeps as were made before: few calls, since each has the library set up anew. The library's
    threshold for that is the goal times the ratio of the two errors at the last iterate.
    """
    if stop.tol is None and not stop.iterates:
        _, potentials, done, sound = advance(None, stop.max_iter, 0.0)
        yield iterate(problem, done, potentials)
        return "max_iter" if sound else "numerical"
    state, done, threshold = None, 0, 0.0
    while True:
        # In powers of two, for a library that compiles a program for each length.
        length = cadence << max(0, (done // cadence).bit_length() - 1)
        state, potentials, made, sound = advance(state, min(length, stop.max_iter - done), threshold)
        with off_clock():
            x, y = potentials()
            if done and not finite(x, y):
                return "diverged"  # the last answer stands
        done += made
        if made or not done:
            yield iterate(problem, done, lambda x=x, y=y: (x, y))
        if not sound:
            return "numerical"
        with off_clock():
            error, own = problem.marginal_l1(x, y), np.linalg.norm(problem.errors(x, y)[1], norm)
            if not np.isfinite(error):
                return "diverged"
            if error == 0 or stop.reached(error):
                return "solved"
            goal = max(stop.tol or 0.0, 10.0 ** (np.ceil(np.log10(error)) - 1))
            threshold = goal * own / error


def iterate(problem, steps, potentials):
    return Iterate(steps, lambda: dict(zip("xy", potentials())), work=2 * problem.size * steps)
