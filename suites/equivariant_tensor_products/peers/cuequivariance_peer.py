"""cuEquivariance for JAX: https://docs.nvidia.com/cuda/cuequivariance"""

import harness_peer
from harness_peer import off_clock
from products import Pairs, repeated
from xla import compiled, on_device, prepare


def load(cell):
    global cue, cuex
    versions = prepare(cell)
    import cuequivariance as cue
    import cuequivariance_jax as cuex

    return {"cuequivariance": cue.__version__, "cuequivariance-jax": cuex.__version__, **versions}


def tensor_product(instance, params, stop):
    with off_clock():
        pairs = Pairs(instance)
        parity = {"even": "eo", "odd": "oe"}.get(pairs.filter)

        def irreps(degrees, parities):
            return "+".join(f"{l}{parities[l % 2]}" if parity else f"{l}" for l in degrees)

        group = "O3" if parity else "SO3"
        inputs = cue.Irreps(group, irreps(pairs.degrees, "eo"))
        polynomial = cue.descriptors.full_tensor_product(
            inputs, inputs, cue.Irreps(group, irreps(pairs.degrees_out, parity))
        )

        def product(x, y):
            x, y = (cuex.RepArray(inputs, z, cue.ir_mul) for z in (x, y))
            return cuex.equivariant_polynomial(polynomial, [x, y], method=params.algorithm).array

        x, y = on_device(pairs.x, pairs.y)
        program = compiled(product, x, y)
    return repeated(stop, lambda: program(x, y).block_until_ready(), pairs.from_degree_order)


if __name__ == "__main__":
    harness_peer.run({"tensor_product": tensor_product}, load)
