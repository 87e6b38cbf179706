"""POT, Python Optimal Transport: https://pythonot.github.io; and SciPy, which it needs anyway: https://scipy.org"""

import warnings

import numpy as np

import harness_peer
from harness_peer import Result, off_clock
from transport import Problem, sweeps


def load(cell):
    global ot, scipy
    import ot
    import scipy.optimize

    return {"pot": ot.__version__, "scipy": scipy.__version__}


def sinkhorn(method, cadence, state_of, potentials_of, iterations):
    """`ot.sinkhorn` with one of its methods. `cadence`: its sweeps between two tests. What it calls its state for a warm
    start, and the index of its last sweep, differ from method to method."""

    def solve(instance, params, stop):
        problem = Problem(instance)

        def advance(state, steps, threshold):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                _, log = ot.sinkhorn(
                    problem.r,
                    problem.c,
                    problem.C,
                    problem.reg,
                    method=method,
                    numItermax=steps,
                    stopThr=threshold,
                    warmstart=state,
                    log=True,
                    warn=False,
                )
            # Where it meets an infinity it warns, and goes back by one sweep.
            sound = not any("umerical errors at iteration" in str(w.message) for w in caught)
            with off_clock(), np.errstate(divide="ignore"):
                state = state_of(log)
            return state, lambda: potentials_of(state, problem.reg), log[iterations] + sound, sound

        return sweeps(problem, stop, cadence, norm=2, advance=advance)

    return solve


def scaled(logarithms, reg):
    return [reg * logarithm for logarithm in logarithms]


def emd(instance, params, stop):
    """The exact solver, a network simplex: one step. `eta` says that its plan is one without regularisation."""
    with off_clock():
        r, c, C = (instance[name].copy() for name in "rcC")
    plan, log = ot.emd(r, c, C, numItermax=params.max_pivots, log=True)
    if log["result_code"] != 1:
        raise RuntimeError(f"ot.emd ended with code {log['result_code']}: {log['warning']}")
    return Result({"P": plan, "u": log["u"], "v": log["v"], "eta": np.inf}, steps=1, status="solved")


def assignment(instance, params, stop):
    """SciPy's exact solver of linear assignment: one step. It gives no dual variables."""
    with off_clock():
        r, c, C = (instance[name].copy() for name in "rcC")
        mass = r.mean()
        if C.shape[0] != C.shape[1] or not np.allclose([r, c], mass, rtol=1e-12, atol=0):
            raise RuntimeError("no assignment problem: it is not square, or masses differ; take pot_emd")
    rows, columns = scipy.optimize.linear_sum_assignment(C)
    with off_clock():
        plan = np.zeros_like(C)
        plan[rows, columns] = mass
    return Result({"P": plan, "eta": np.inf}, steps=1, status="solved")


METHODS = {
    "sinkhorn": sinkhorn("sinkhorn", 10, lambda log: (np.log(log["u"]), np.log(log["v"])), scaled, "niter"),
    "sinkhorn_log": sinkhorn("sinkhorn_log", 10, lambda log: (log["log_u"], log["log_v"]), scaled, "niter"),
    "sinkhorn_stabilized": sinkhorn(
        "sinkhorn_stabilized", 20, lambda log: log["warmstart"], lambda potentials, reg: potentials, "n_iter"
    ),
    "emd": emd,
    "assignment": assignment,
}

if __name__ == "__main__":
    harness_peer.run(METHODS, load)
