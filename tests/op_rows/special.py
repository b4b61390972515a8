"""Rows for special functions: those that SciPy evaluates."""

from __future__ import annotations

import numpy as np
import scipy.special
from samples import Rows, floats, sample

from lineara.ir.op import Op
from lineara.ops import bessel, gaussian, incomplete, special

ALL, POSITIVE, UNIT = (-2.0, 2.0), (0.3, 2.5), (0.1, 0.9)
SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -1.0, 0.5, 1e300, 1e-300]

UNARY: dict[Op, tuple[float, float]] = {
    special.gamma: POSITIVE,
    **dict.fromkeys((gaussian.erfi, gaussian.erfcx, gaussian.dawsn, gaussian.log_ndtr), ALL),
    **dict.fromkeys((gaussian.expi, gaussian.exp1), POSITIVE),
    gaussian.erfinv: (-0.8, 0.8),
    gaussian.erfcinv: (0.2, 1.8),
    gaussian.ndtri: UNIT,
    **dict.fromkeys((bessel.j0, bessel.j1, bessel.i0, bessel.i1), ALL),
    **dict.fromkeys((bessel.y0, bessel.y1, bessel.k0, bessel.k1), POSITIVE),
    **dict.fromkeys((bessel.k0e, bessel.k1e, bessel.i0e, bessel.i1e), POSITIVE),
}
"""By op, where it is smooth."""

PARAMETRIC: dict[Op, tuple[tuple[int, ...], tuple[float, float]]] = {
    **dict.fromkeys((bessel.jv, bessel.yv, bessel.iv, bessel.kv), ((0, 3), POSITIVE)),
    **dict.fromkeys((bessel.ive, bessel.kve), ((0, 3), POSITIVE)),
    **dict.fromkeys((incomplete.gammainc, incomplete.gammaincc), ((1, 4), POSITIVE)),
    **dict.fromkeys((incomplete.gammaincinv, incomplete.gammainccinv), ((1, 4), UNIT)),
    **dict.fromkeys((incomplete.betainc, incomplete.betaincc), ((1, 4), UNIT)),
    incomplete.betaincinv: ((1, 4), UNIT),
    incomplete.stdtr: ((1, 5), ALL),
    incomplete.stdtrit: ((1, 5), UNIT),
    incomplete.zeta: ((2, 5), POSITIVE),
}
"""By op, a range of its parameters, and of the last operand."""

# op, operands, derivative in the last one: limits that are easy to get wrong.
LIMITS: list[tuple[Op, list[list[float]], list[float]]] = [
    (gaussian.erfcx, [[1e8, 1e3]], [-5.641895835477563e-17, -5.64188737265496e-07]),
    (gaussian.dawsn, [[1e8, -1e3]], [-5.000000000000001e-17, -5.0000075000187503e-07]),
    (gaussian.log_ndtr, [[-1e10, -np.inf, 40.0, np.inf]], [1e10, np.inf, 0.0, 0.0]),
    (special.gamma, [[np.inf]], [np.inf]),
    (bessel.j1, [[0.0]], [0.5]),
    (bessel.i1, [[0.0]], [0.5]),
    (bessel.i0e, [[0.0]], [0.0]),
    (incomplete.gammainc, [[1.0, 2.0], [0.0, 0.0]], [1.0, 0.0]),
    (incomplete.betainc, [[1.0, 2.0], [1.0, 1.0], [0.0, 0.0]], [1.0, 0.0]),
    (incomplete.zeta, [[2.0], [np.inf]], [0.0]),
]


def rows() -> Rows:
    for op, (low, high) in UNARY.items():
        function = getattr(scipy.special, op.name)
        for shape in ((), (3,), (0,)):
            yield sample(op, [floats(*shape, low=low, high=high)], function)
        yield sample(op, [floats(3, low=low, high=high, dtype=np.float32)], function)
        yield sample(op, [np.array(SPECIAL)], function, smooth=False)
    for op in (special.beta, special.betaln):
        function = getattr(scipy.special, op.name)
        for shapes in (((), ()), ((3,), (3,)), ((2, 3), ()), ((0,), ())):
            x, y = (floats(*s, seed=i, low=0.3, high=2.5) for i, s in enumerate(shapes))
            yield sample(op, [x, y], function)
        yield sample(op, [x.astype(np.float32), y.astype(np.float32)], function)
        pairs = np.meshgrid([0.5, 1.0, 1e300, np.inf, np.nan], [0.5, 3.0, 1e300])
        yield sample(op, [z.ravel() for z in pairs], function, smooth=False)
    for op, ((first, last), (low, high)) in PARAMETRIC.items():
        function = getattr(scipy.special, op.name)
        count = len(op.parameters)  # type: ignore[attr-defined]
        parameters = [np.arange(first, last) if last - first == 3 else np.array([1, 2, 4])] * count
        for dtype in (np.float64, np.float32):
            x = floats(3, low=low, high=high, dtype=dtype)
            yield sample(
                op,
                [*parameters, x],
                lambda *xs, f=function: f(*(x.astype(xs[-1].dtype) for x in xs)),  # type: ignore[misc]
            )
        for shape in ((), (0,), (2, 2)):
            x = floats(*shape, low=low, high=high)
            yield sample(op, [*(np.array(last) for _ in range(count)), x], function)
        many = np.array(SPECIAL)
        yield sample(op, [*(np.array(last) for _ in range(count)), many], function, smooth=False)
    for op, operands, slopes in LIMITS:
        arrays = [np.array(x) for x in operands]
        function = getattr(scipy.special, op.name)
        whole = [x.astype(int) for x in arrays[:-1]]
        place = len(arrays) - 1
        yield sample(op, [*whole, arrays[-1]], function, smooth=False, derivative={place: slopes})
