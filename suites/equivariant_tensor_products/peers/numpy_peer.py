"""Products as a user of numpy writes them: Gaunt's as three GEMMs, Clebsch and Gordan's as one for each pair of degrees."""

import itertools

import numpy as np

import harness_peer
from harness_peer import off_clock
from products import Pairs, repeated, size


def harmonics(lmax, cos_beta, alpha):
    """Orthonormal real harmonics on the grid, degrees × grid points, m = −l..l; alpha is the angle about the polar axis y."""
    sin_beta = np.sqrt(1 - cos_beta**2)
    legendre = np.zeros((lmax + 1, lmax + 1, len(cos_beta)))  # normalised, by degree and order
    for m in range(lmax + 1):
        if m == 0:
            legendre[0, 0] = np.sqrt(1 / (4 * np.pi))
        else:
            legendre[m, m] = np.sqrt((2 * m + 1) / (2 * m)) * sin_beta * legendre[m - 1, m - 1]
        for l in range(m + 1, lmax + 1):
            a = np.sqrt((4 * l * l - 1) / (l * l - m * m))
            b = np.sqrt(((l - 1) ** 2 - m * m) / (4 * (l - 1) ** 2 - 1)) if l > m + 1 else 0.0
            legendre[l, m] = a * (cos_beta * legendre[l - 1, m] - b * legendre[l - 2, m])
    rows = []
    for l in range(lmax + 1):
        for m in range(-l, l + 1):
            wave = np.sin(-m * alpha) if m < 0 else np.cos(m * alpha)
            factor = np.sqrt(2) if m else 1.0
            rows.append(factor * np.outer(legendre[l, abs(m)], wave).ravel())
    return np.array(rows)


def grid(degree):
    """Gauss-Legendre by equidistant: integrates functions up to this degree exactly. The cosines, the angles, the weights."""
    cos_beta, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    count = degree + 1
    return cos_beta, 2 * np.pi / count * np.arange(count), np.repeat(weights * 2 * np.pi / count, count)


def gemm(instance, params, stop):
    with off_clock():
        pairs = Pairs(instance)
        pairs.even_only("the product of functions on the sphere")
        degree = 2 * pairs.lmax + pairs.lout
        cos_beta, alpha, weights = grid(degree)
        values = harmonics(max(pairs.lmax, pairs.lout), cos_beta, alpha)

        def rows(degrees):
            return values[degrees.start**2 : degrees.stop**2]

        to_grid = np.ascontiguousarray(rows(pairs.degrees), pairs.dtype)
        from_grid = np.ascontiguousarray((rows(pairs.degrees_out) * weights).T, pairs.dtype)
        x, y, batch = pairs.x, pairs.y, len(pairs.x)
        # Made once: new arrays of this size would come from the system, page by page, in every step.
        u, v = (np.empty((batch, len(weights)), pairs.dtype) for _ in range(2))
        z = np.empty((batch, size(pairs.degrees_out)), pairs.dtype)

    def step():
        np.matmul(x, to_grid, out=u)
        np.matmul(y, to_grid, out=v)
        np.multiply(u, v, out=u)
        return np.matmul(u, from_grid, out=z)

    work = batch * len(weights) * (2 * size(pairs.degrees) + 1 + size(pairs.degrees_out))
    return repeated(stop, step, lambda z: {"gaunt": z}, work)


def gemm_cg(instance, params, stop):
    with off_clock():
        pairs = Pairs(instance)
        x, y, batch = pairs.x, pairs.y, len(pairs.x)
        z = np.empty((batch, size(l3 for _, _, l3 in pairs.paths)), pairs.dtype)
        blocks, end = [], 0
        # In path order the outputs of a pair of degrees stand side by side.
        for (l1, l2), paths in itertools.groupby(pairs.paths, lambda path: path[:2]):
            shape = 2 * l1 + 1, 2 * l2 + 1
            couplings = [coupling(*path).reshape(shape[0] * shape[1], -1) for path in paths]
            matrix = np.ascontiguousarray(np.hstack(couplings), pairs.dtype)
            start, end = end, end + matrix.shape[1]
            xl, yl = x[:, pairs.columns(l1), None], y[:, None, pairs.columns(l2)]
            blocks.append((xl, yl, np.empty((batch, *shape), pairs.dtype), matrix, z[:, start:end]))

    def step():
        for xl, yl, products, matrix, out in blocks:
            np.multiply(xl, yl, out=products)
            np.matmul(products.reshape(batch, -1), matrix, out=out)
        return z

    work = batch * sum(products[0].size * (1 + matrix.shape[1]) for _, _, products, matrix, _ in blocks)
    return repeated(stop, step, lambda z: {"clebsch_gordan": z}, work)


def load(cell):
    global coupling
    if cell.method == "gemm_cg":
        from e3nn_jax import clebsch_gordan as coupling


if __name__ == "__main__":
    harness_peer.run({"gemm": gemm, "gemm_cg": gemm_cg}, load)
