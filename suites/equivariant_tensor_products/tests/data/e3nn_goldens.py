"""Writes e3nn.json: what e3nn-jax says in the basis that this suite uses, in double precision.

    pip install e3nn-jax==0.21.0 jax==0.10.2 && python e3nn_goldens.py > e3nn.json

A coupling tensor is determined up to its sign by equivariance and its norm, which other tests prove; its contraction
with two fixed vectors pins the sign and the order of components.
"""

import json

import jax

jax.config.update("jax_enable_x64", True)

import e3nn_jax as e3nn
import jax.numpy as jnp
import numpy as np

L = 6


def contraction(l1, l2, l3):
    x = np.sin(0.37 * np.arange(1, 2 * l1 + 2))
    y = np.cos(0.61 * np.arange(1, 2 * l2 + 2))
    c = np.asarray(e3nn.clebsch_gordan(l1, l2, l3), dtype=np.float64)
    return np.einsum("i,j,ijk->k", x, y, c).tolist()


def quaternion(w, x, y, z):
    n = w * w + x * x + y * y + z * z
    return np.array(
        [
            [1 - 2 * (y * y + z * z) / n, 2 * (x * y - w * z) / n, 2 * (x * z + w * y) / n],
            [2 * (x * y + w * z) / n, 1 - 2 * (x * x + z * z) / n, 2 * (y * z - w * x) / n],
            [2 * (x * z - w * y) / n, 2 * (y * z + w * x) / n, 1 - 2 * (x * x + y * y) / n],
        ]
    )


points = [[1, 2, 3], [-2, 0.5, 1], [0.1, -3, 0.2], [0, 0, -1], [4, 1, 0], [0, 1, 0]]
points = [(np.array(p) / np.linalg.norm(p)).tolist() for p in points]
quaternions = [[1, 2, 3, 4], [-1, 0.5, 0.25, 2]]


def harmonics(r):
    irreps = [e3nn.Irrep(l, (-1) ** l) for l in range(L + 1)]
    y = e3nn.spherical_harmonics(e3nn.Irreps(irreps), jnp.array(r), True, normalization="integral")
    return np.asarray(y.array).tolist()


def blocks(q):
    d = [e3nn.Irrep(l, 1).D_from_matrix(jnp.array(quaternion(*q))) for l in range(L + 1)]
    return [np.asarray(block).ravel().tolist() for block in d]


def products():
    """Every path of 0 + 1 + 2 with itself in SO(3), in the order in which e3nn puts the outputs."""
    irreps = e3nn.Irreps("0e+1e+2e")
    x = e3nn.IrrepsArray(irreps, jnp.sin(0.37 * jnp.arange(1, 10)))
    y = e3nn.IrrepsArray(irreps, jnp.cos(0.61 * jnp.arange(1, 10)))
    return [
        {"normalisation": name, "values": np.asarray(e3nn.tensor_product(x, y, irrep_normalization=name).array).tolist()}
        for name in ["none", "component", "norm"]
    ]


cases = {
    "couplings": [
        {"path": [l1, l2, l3], "contraction": contraction(l1, l2, l3)}
        for l1 in range(L + 1)
        for l2 in range(L + 1)
        for l3 in range(abs(l1 - l2), min(l1 + l2, L) + 1)
    ],
    "harmonics": [{"point": p, "values": harmonics(p)} for p in points],
    "products": products(),
    "rotations": [{"quaternion": q, "blocks": blocks(q)} for q in quaternions],
}
# One case a line.
lists = (json.dumps(name) + ": [\n" + ",\n".join(map(json.dumps, list)) + "\n]" for name, list in cases.items())
print("{\n" + ",\n".join(lists) + "\n}")
