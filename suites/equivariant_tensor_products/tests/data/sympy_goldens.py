"""Writes sympy.json: 3j, 6j and 9j symbols from sympy's exact arithmetic, rounded once to double precision.

    pip install sympy==1.14.0 && python sympy_goldens.py > sympy.json
"""

import json
import random

from sympy.physics.wigner import wigner_3j, wigner_6j, wigner_9j

random.seed(7)


def triangle(a, b, c):
    return abs(a - b) <= c <= a + b


def threej(lmax):
    while True:
        l = [random.randint(0, lmax), random.randint(0, lmax), random.randint(0, 2 * lmax)]
        if triangle(*l):
            m = [random.randint(-l[0], l[0]), random.randint(-l[1], l[1])]
            m.append(-m[0] - m[1])
            if abs(m[2]) <= l[2]:
                return {"symbol": l + m, "value": float(wigner_3j(*l, *m).evalf(30))}


def sixj(lmax):
    while True:
        a, b, c, d, e, f = s = [random.randint(0, lmax) for _ in range(6)]
        if triangle(a, b, c) and triangle(a, e, f) and triangle(d, b, f) and triangle(d, e, c):
            return {"symbol": s, "value": float(wigner_6j(*s).evalf(30))}


def ninej(lmax):
    while True:
        s = [random.randint(0, lmax) for _ in range(9)]
        lines = [s[0:3], s[3:6], s[6:9], s[0::3], s[1::3], s[2::3]]
        if all(triangle(*line) for line in lines):
            return {"symbol": s, "value": float(wigner_9j(*s, prec=30))}


cases = {
    "3j": [threej(lmax) for lmax in [2, 4, 8, 16, 30] for _ in range(24)],
    "6j": [sixj(lmax) for lmax in [2, 4, 8, 16, 20] for _ in range(16)],
    "9j": [ninej(lmax) for lmax in [1, 2, 4, 6, 10] for _ in range(8)],
}
# One case a line.
lists = (json.dumps(name) + ": [\n" + ",\n".join(map(json.dumps, list)) + "\n]" for name, list in cases.items())
print("{\n" + ",\n".join(lists) + "\n}")
