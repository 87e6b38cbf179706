"""e3nn-jax, neural networks that are equivariant under rotations: https://github.com/e3nn/e3nn-jax"""

import math

import numpy as np

import harness_peer
from harness_peer import off_clock
from products import Pairs, repeated
from xla import compiled, on_device, prepare


def load(cell):
    global e3nn
    versions = prepare(cell)
    import e3nn_jax as e3nn

    return {"e3nn-jax": e3nn.__version__, **versions}


def irreps(degrees, parity):
    return e3nn.Irreps([(1, (l, parity(l))) for l in degrees])


def natural(l):
    return (-1) ** l


def tensor_product(instance, params, stop):
    with off_clock():
        pairs = Pairs(instance)
        # In O(3) a path is even if its output has the parity (−1)^l3 where its inputs have theirs. In SO(3) nothing is odd.
        if pairs.filter == "all":
            inner, outer = (lambda l: 1), (lambda l: 1)
        else:
            inner, outer = natural, (lambda l: natural(l) * (1 if pairs.filter == "even" else -1))
        inputs = irreps(pairs.degrees, inner)
        kept = [ir for _, ir in irreps(pairs.degrees_out, outer)]

        def product(x, y):
            x, y = e3nn.IrrepsArray(inputs, x), e3nn.IrrepsArray(inputs, y)
            return e3nn.tensor_product(x, y, filter_ir_out=kept).array

        x, y = on_device(pairs.x, pairs.y)
        program = compiled(product, x, y)
    return repeated(stop, lambda: program(x, y).block_until_ready(), pairs.from_degree_order)


def s2grid(instance, params, stop):
    with off_clock():
        pairs = Pairs(instance)
        pairs.even_only("the product of functions on the sphere")
        degree = 2 * pairs.lmax + pairs.lout
        points = {"res_beta": degree // 2 + 1, "res_alpha": degree + 1, "quadrature": "gausslegendre"}
        inputs, outputs = irreps(pairs.degrees, natural), irreps(pairs.degrees_out, natural)

        def product(x, y):
            x, y = (
                e3nn.to_s2grid(e3nn.IrrepsArray(inputs, z), fft=params.fft, p_val=1, p_arg=-1, **points) for z in (x, y)
            )
            return e3nn.from_s2grid(x * y, outputs, fft=params.fft).array

        x, y = on_device(pairs.x, pairs.y)
        program = compiled(product, x, y)

    def arrays(z):
        # e3nn's harmonic of degree 0 is 1.
        z = np.asarray(z)
        return {"gaunt": z / z.dtype.type(math.sqrt(4 * math.pi))}

    return repeated(stop, lambda: program(x, y).block_until_ready(), arrays)


if __name__ == "__main__":
    harness_peer.run({"tensor_product": tensor_product, "s2grid": s2grid}, load)
