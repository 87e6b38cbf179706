"""OTT-JAX, Optimal Transport Tools: https://ott-jax.readthedocs.io"""

import functools
import os

import numpy as np

import harness_peer
from harness_peer import compiling, off_clock, restart_clock
from transport import Problem, finite, iterate, sweeps

CADENCE = 10  # sweeps between two tests of convergence, OTT's default `inner_iterations`


def load(cell):
    global jax, Geometry, LinearProblem, Momentum, Sinkhorn
    if cell.device == "cpu":
        os.environ["JAX_PLATFORMS"] = "cpu"
        os.environ["NPROC"] = str(cell.threads)  # the size of XLA's thread pool
        os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(cell.threads > 1).lower()}"
    import jax

    jax.config.update("jax_enable_x64", True)
    import ott
    from ott.geometry.geometry import Geometry
    from ott.problems.linear.linear_problem import LinearProblem
    from ott.solvers.linear.acceleration import Momentum
    from ott.solvers.linear.sinkhorn import Sinkhorn

    return {"ott-jax": ott.__version__, "jax": jax.__version__}


@functools.lru_cache(maxsize=None)
def compiled(shape, steps, momentum, start=0):
    """The program for a number of sweeps: compiled when it is first wanted, and kept for later solves."""

    def program(C, r, c, epsilon, threshold, f, g):
        geometry = Geometry(cost_matrix=C, epsilon=epsilon)
        solver = Sinkhorn(
            lse_mode=True,
            threshold=threshold,
            max_iterations=steps,
            inner_iterations=CADENCE if steps % CADENCE == 0 else steps,
            momentum=Momentum(value=momentum, start=start),
        )
        output = solver(LinearProblem(geometry, a=r, b=c), init=(f, g))
        return output.f, output.g, output.n_iters

    n, m = shape
    arguments = [jax.ShapeDtypeStruct(shape, np.float64) for shape in (shape, (n,), (m,), (), (), (n,), (m,))]
    with compiling():
        return jax.jit(program).lower(*arguments).compile()


def on_device(problem):
    return [jax.device_put(array).block_until_ready() for array in (problem.C, problem.r, problem.c)]


def sinkhorn(instance, params, stop):
    with off_clock():
        problem = Problem(instance)
        C, r, c = on_device(problem)

    def advance(state, steps, threshold):
        with off_clock():
            f, g = state or (np.zeros(len(r)), np.zeros(len(c)))
        program = compiled(problem.C.shape, steps, params.momentum)
        f, g, made = jax.block_until_ready(program(C, r, c, problem.reg, threshold, f, g))
        return (f, g), lambda: (np.asarray(f), np.asarray(g)), int(made), True

    return sweeps(problem, stop, CADENCE, norm=1, advance=advance)


def adaptive(instance, params, stop):
    """The momentum is chosen once, from the errors of a run's first sweeps: it cannot go on from an iterate as if there had
    been no break, so that every point of the curve is a run from the beginning, twice as long as the one before."""
    with off_clock():
        problem = Problem(instance)
        C, r, c = on_device(problem)
        f0, g0 = np.zeros(len(r)), np.zeros(len(c))
    wants_all = stop.tol is None and not stop.iterates
    length, threshold, last = stop.max_iter if wants_all else CADENCE, 0.0, 0
    while True:
        program = compiled(problem.C.shape, min(length, stop.max_iter), 1.0, params.start)
        restart_clock()
        f, g, made = jax.block_until_ready(program(C, r, c, problem.reg, threshold, f0, g0))
        with off_clock():
            made, x, y = int(made), np.asarray(f), np.asarray(g)
        if last and not finite(x, y):
            return "diverged"
        if made > last:
            yield iterate(problem, made, lambda x=x, y=y: (x, y))
        last = made
        with off_clock():
            error, own = problem.marginal_l1(x, y), np.abs(problem.errors(x, y)[1]).sum()
            if not np.isfinite(error):
                return "diverged"
            if error == 0 or stop.reached(error):
                return "solved"
            if made >= stop.max_iter:
                return "max_iter"
            if made < length:  # content too early
                threshold *= 0.5
            else:
                threshold, length = (stop.tol or 0.0) * own / error, 2 * length


METHODS = {"sinkhorn": sinkhorn, "adaptive": adaptive}

if __name__ == "__main__":
    harness_peer.run(METHODS, load)
