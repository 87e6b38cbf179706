"""What peers on JAX share: its settings before it is loaded, and programs compiled off the clock."""

import os

from harness_peer import compiling

_programs = {}  # by the function's name: a cell has one shape


def prepare(cell):
    """Loads JAX for the cell's device, threads and precision; its version."""
    global jax
    if cell.device == "cpu":
        os.environ["JAX_PLATFORMS"] = "cpu"
        os.environ["NPROC"] = str(cell.threads)  # the size of XLA's thread pool
        os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(cell.threads > 1).lower()}"
    import jax

    jax.config.update("jax_enable_x64", cell.dtype == "f64")
    return {"jax": jax.__version__}


def on_device(*arrays):
    return [jax.device_put(array).block_until_ready() for array in arrays]


def compiled(function, *arguments):
    """The program, compiled when it is first wanted. The arguments stay arguments: nothing of them is known to the compiler."""
    name = function.__qualname__
    if name not in _programs:
        with compiling():
            _programs[name] = jax.jit(function).lower(*arguments).compile()
    return _programs[name]
