"""sphericart, spherical harmonics of many points: https://github.com/lab-cosmo/sphericart"""

import importlib.metadata

import numpy as np

import harness_peer
from harness_peer import off_clock
from products import dtype, repeated


def load(cell):
    global sphericart
    import sphericart

    return {"sphericart": importlib.metadata.version("sphericart")}


def harmonics(instance, params, stop):
    with off_clock():
        # Its polar axis is z, here it is y.
        x, y, z = np.asarray(instance["points"], dtype()).T
        points = np.ascontiguousarray(np.stack([z, x, y], axis=1))
        calculator = sphericart.SphericalHarmonics(int(instance["degrees_out"][1]))
    return repeated(stop, lambda: calculator.compute(points), lambda rows: {"spherical_harmonics": rows})


if __name__ == "__main__":
    harness_peer.run({"harmonics": harmonics}, load)
