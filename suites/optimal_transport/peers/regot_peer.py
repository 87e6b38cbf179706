"""RegOT: https://github.com/yixuan/regot-python"""

import time

import numpy as np

import harness_peer
from harness_peer import Iterate, off_clock, restart_clock
from transport import Problem, finite


ROUNDING = 1e-15  # an error of this size is none


def load(cell):
    global regot
    import importlib.metadata

    import regot

    return {"regot": importlib.metadata.version("regot")}


def newton(name, options=lambda problem, params: {}):
    """One of RegOT's solvers. It runs to its end in one call, and cannot go on from an iterate in the state that it had
    there: the curve is drawn by runs from the beginning, each timed by itself."""

    def solve(instance, params, stop):
        with off_clock():
            problem = Problem(instance)
            C = np.asfortranarray(problem.C)  # the layout that it documents
            extra = options(problem, params)

        def run(steps, tol=ROUNDING):  # all the steps
            return getattr(regot, name)(C, problem.r, problem.c, problem.reg, tol=tol, max_iter=steps, **extra)

        steps, status = [stop.max_iter], "max_iter"
        if stop.iterates or stop.tol is not None:
            with off_clock():
                steps, status = schedule(run, problem, stop)
        for number in steps:
            restart_clock()
            result = run(number)
            with off_clock():
                if number != steps[0] and not finite(*potentials(result, problem)):
                    return "diverged"  # the last answer stands
            yield Iterate(result.niter, lambda: dict(zip("xy", potentials(result, problem))))
            with off_clock():
                if stop.reached(problem.marginal_l1(*potentials(result, problem))):
                    return "solved"
        return status

    return solve


def potentials(result, problem):
    """It pins the last column's potential to zero, and leaves it out."""
    n = len(problem.r)
    return result.dual[:n], np.append(result.dual[n:], 0.0)


def schedule(run, problem, stop):
    """The steps to show, and how the solve ends if the last of them is not good enough. They come from runs whose history
    has the library's own error after every step: the L2 norm, without the last column."""
    result, error, scale, status = longest(run, problem, stop)
    errors, last = scale * np.array(result.mar_errs), result.niter
    if stop.reached(error):
        low = max(0, int(np.argmax(errors <= 1.25 * stop.tol)) - 1)
        while last - low > max(1, last // 200):
            middle = (low + last) // 2
            if stop.reached(problem.marginal_l1(*potentials(run(middle), problem))):
                last = middle
            else:
                low = middle
    # The curve: where the error passes a power of ten, or of a thousand if runs are slow.
    levels = 10.0 ** -np.arange(0, 17, 3 if result.run_times[-1] > 5000 else 1)
    passed = [int(np.argmax(row)) for row in errors <= levels[:, None] if row.any()]
    return sorted({step for step in passed if stop.iterates and 0 < step < last} | {last}), status


def longest(run, problem, stop):
    """A run that reaches the accuracy asked for, or else goes as far as the library, the step limit or the budget allows:
    its result, the error in the suite's metric and its ratio to the library's own, and what it met with."""
    goal, limit, result, status = stop.tol or ROUNDING, min(128, stop.max_iter), None, None
    while status is None:
        start = time.perf_counter()
        try:
            result = run(limit, goal)
        except RuntimeError:  # a line search that failed: it gives no result then
            result, status = before_failure(run, 0 if result is None else result.niter, limit), "numerical"
        error = problem.marginal_l1(*potentials(result, problem))
        scale = error / result.mar_errs[-1]
        if not np.isfinite(error):
            status = "diverged"
        elif result.niter < limit and error > (stop.tol or 0) and goal > ROUNDING:
            goal = 0.5 * stop.tol / scale  # it was content too early
        elif stop.reached(error) or limit == stop.max_iter:
            status = status or "max_iter"
        else:
            # As many steps as the budget pays for, at the price of those made.
            paid = int(limit * (stop.budget_s or 60.0) / (time.perf_counter() - start))
            if paid > 1.25 * limit:
                limit = min(4 * limit, paid, stop.max_iter)
            else:
                status = "stopped"
    return result, error, scale, status


def before_failure(run, good, bad):
    """The result after about the most steps that do not fail, between two numbers of steps."""
    result = None
    while result is None or bad - good > max(1, good // 50):
        middle = max(1, (good + bad) // 2)
        try:
            result, good = run(middle), middle
        except RuntimeError:
            if middle == 1:
                raise
            bad = middle
    return result


def per_row(problem, params):
    return {"density": min(1.0, params.density / min(problem.C.shape))}


METHODS = {
    "ssns": newton("sinkhorn_ssns"),
    "splr": newton("sinkhorn_splr", per_row),
    "lbfgs": newton("sinkhorn_lbfgs_dual"),
}

if __name__ == "__main__":
    harness_peer.run(METHODS, load)
