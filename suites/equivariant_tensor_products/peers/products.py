"""What the peers of this suite share: the pairs of an instance, and the step that is repeated.

Rows hold irreps by degree, each in the order m = −l..l, with y as the polar axis. A step is one product of the whole batch.
"""

import numpy as np

import harness_peer
from harness_peer import Iterate, Misuse


class Pairs:
    """The pairs of an instance in the cell's precision, and which degrees go in and come out."""

    def __init__(self, instance):
        self.paths = [tuple(map(int, path)) for path in instance["paths"]]
        (first, self.lmax), (first_out, self.lout) = map(int, instance["degrees"]), map(int, instance["degrees_out"])
        self.degrees, self.degrees_out = range(first, self.lmax + 1), range(first_out, self.lout + 1)
        self.dtype = dtype()
        if "y" not in instance:
            raise Misuse("it multiplies pairs; this instance has no second factor `y`")
        if instance["x"].shape[1] != size(self.degrees):
            raise Misuse("it multiplies functions on the sphere; the rows of this instance hold vector fields")
        if not self.paths:
            raise Misuse(
                "no path leads from the degrees of this instance to its outputs, so there is nothing to compute"
            )
        self.x, self.y = (np.ascontiguousarray(instance[name], self.dtype) for name in "xy")

    @property
    def filter(self):
        """`even`, `odd` or `all`: which paths are kept of those of SO(3)."""
        odd = {sum(path) % 2 for path in self.paths}
        return "all" if len(odd) == 2 else "odd" if odd == {1} else "even"

    def columns(self, l):
        """Where degree `l` lies in a row of `x` or `y`."""
        start = l**2 - self.degrees.start**2
        return slice(start, start + 2 * l + 1)

    def even_only(self, product):
        if self.filter != "even":
            raise Misuse(f"{product} has no path of odd l1 + l2 + l3: it needs `filter: even`")

    def from_degree_order(self, z):
        """The solution of which a library has rows sorted by degree and, within a degree, as paths are, with irreps normalised by
        component: for couplings of unit norm a path is divided by √(2 l3 + 1)."""
        z = np.asarray(z)
        widths = np.array([2 * l3 + 1 for _, _, l3 in self.paths])
        offsets = np.concatenate([[0], np.cumsum(widths)])
        if z.shape[1] != offsets[-1]:
            raise Misuse(f"the library's rows have {z.shape[1]} numbers, the {len(self.paths)} paths {offsets[-1]}")
        out = np.empty_like(z)
        start = 0
        for p in sorted(range(len(self.paths)), key=lambda p: self.paths[p][2]):
            columns = slice(offsets[p], offsets[p + 1])
            out[:, columns] = z[:, start : start + widths[p]] / z.dtype.type(widths[p] ** 0.5)
            start += widths[p]
        return {"clebsch_gordan": out}


def dtype():
    """The cell's precision, for numpy."""
    types = {"f32": np.float32, "f64": np.float64}
    if harness_peer.cell.dtype not in types:
        raise Misuse(f"it computes in {' or '.join(types)}, not in {harness_peer.cell.dtype}")
    return types[harness_peer.cell.dtype]


def size(degrees):
    """Numbers in a row with these degrees."""
    return sum(2 * l + 1 for l in degrees)


def repeated(stop, step, arrays, work=None):
    """The iterates of a method all of whose steps are alike: `step()` computes, `arrays(result)` converts off the clock."""
    wanted = 1 if stop.iterates else stop.max_iter
    for steps in range(wanted, stop.max_iter + 1):
        for _ in range(wanted):
            result = step()
        wanted = 1
        yield Iterate(steps, lambda: arrays(result), work and work * steps)
