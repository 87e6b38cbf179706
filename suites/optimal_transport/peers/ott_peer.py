"""OTT-JAX, Optimal Transport Tools: https://ott-jax.readthedocs.io"""

import functools
import os

import numpy as np

import harness_peer
from harness_peer import compiling, off_clock
from transport import Problem, sweeps

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
def compiled(shape, steps, momentum):
    """The program for a number of sweeps: compiled when it is first wanted, and kept for later solves."""

    def program(C, r, c, epsilon, threshold, f, g):
        geometry = Geometry(cost_matrix=C, epsilon=epsilon)
        solver = Sinkhorn(
            lse_mode=True,
            threshold=threshold,
            max_iterations=steps,
            inner_iterations=CADENCE if steps % CADENCE == 0 else steps,
            momentum=Momentum(value=momentum),
        )
        output = solver(LinearProblem(geometry, a=r, b=c), init=(f, g))
        return output.f, output.g, output.n_iters

    n, m = shape
    arguments = [jax.ShapeDtypeStruct(shape, np.float64) for shape in (shape, (n,), (m,), (), (), (n,), (m,))]
    with compiling():
        return jax.jit(program).lower(*arguments).compile()


def sinkhorn(instance, params, stop):
    with off_clock():
        problem = Problem(instance)
        C, r, c = (jax.device_put(array).block_until_ready() for array in (problem.C, problem.r, problem.c))

    def advance(state, steps, threshold):
        with off_clock():
            f, g = state or (np.zeros(len(r)), np.zeros(len(c)))
        program = compiled(problem.C.shape, steps, params.momentum)
        f, g, made = jax.block_until_ready(program(C, r, c, problem.reg, threshold, f, g))
        return (f, g), lambda: (np.asarray(f), np.asarray(g)), int(made), True

    return sweeps(problem, stop, CADENCE, norm=1, advance=advance)


if __name__ == "__main__":
    harness_peer.run(sinkhorn, load)
