"""SciPy's ufuncs: every one of the table on the dtypes, shapes and values that SciPy gives it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.special as sp

from lineara.frontend.numpy.special import DIRECT, UFUNCS
from lineara.ops.parametric import Parametric
from numpy_rows import Array, Row, case

UFUNCTIONS = [ufunc for ufunc, method in UFUNCS if method == "__call__"]
HELD = {
    **{ufunc: op.arity - 1 for ufunc, op in DIRECT.items() if isinstance(op, Parametric)},
    **dict.fromkeys((sp.chdtr, sp.chdtrc, sp.pdtr, sp.pdtrc), 1),
}
"""How many parameters come first that there is no derivative in."""
SPAN: dict[np.ufunc, tuple[float, float]] = {
    **dict.fromkeys((sp.erfinv, sp.ndtri, sp.gammaincinv, sp.gammainccinv), (0.1, 0.9)),
    **dict.fromkeys((sp.betainc, sp.betaincc, sp.betaincinv, sp.stdtrit), (0.1, 0.9)),
    **dict.fromkeys((sp.exprel, sp.exp10, sp.cosm1, sp.expm1, sp.exp2), (-2.0, 2.0)),
    **dict.fromkeys((sp.erfi, sp.erfcx, sp.dawsn, sp.log_ndtr, sp.stdtr), (-2.0, 2.0)),
    **dict.fromkeys((sp.inv_boxcox, sp.inv_boxcox1p), (-0.6, 0.9)),
    sp.erfcinv: (0.1, 1.9),
}
"""Where a function is tried, if not between 0.2 and 3."""
SPECIAL = np.array([0.0, -0.0, 1.0, -1.5, 2.5, 0.3, 1e-9, np.inf, -np.inf, np.nan])


def sample(ufunc: np.ufunc, dtype: str, *shape: int, seed: int = 0) -> Array:
    low, high = SPAN.get(ufunc, (0.2, 3.0))
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


def rows() -> Iterator[Row]:
    for ufunc in UFUNCTIONS:
        held = HELD.get(ufunc, 0)
        parameters = [2.0 if ufunc in (sp.yn, sp.kn) else 2.5, 1.5][:held]

        def partial(*xs, f=ufunc, p=parameters):  # type: ignore[no-untyped-def]
            return f(*(np.asarray(v, xs[-1].dtype) for v in p), *xs)

        free = ufunc.nin - held
        for shapes in [((), ()), ((3,), ()), ((2, 1), (3,)), ((0,), (0,))]:
            inputs = [sample(ufunc, "f8", *s, seed=i) for i, s in enumerate(shapes[:free])]
            yield f"{ufunc.__name__} {shapes[:free]}", partial, inputs, True
        inputs = [sample(ufunc, "f4", 3, seed=i) for i in range(free)]
        yield f"{ufunc.__name__} f4", partial, inputs, False
        whole = [np.array([1, 2])] * ufunc.nin
        yield f"{ufunc.__name__} int", ufunc, whole, False
        every = [x.ravel() for x in np.meshgrid(*[SPECIAL] * free)]
        yield f"{ufunc.__name__} special", partial, every, False


ORDERS = [
    case(f"sp.{name}(np.array([[0.0], [1.0], [2.5]]), x)", np.linspace(0.5, 3, 4))
    for name in ("jv", "yv", "iv", "kv", "ive", "kve")
]
CALCULATIONS = [
    *ORDERS,
    case("sp.jv(x, 1.5)", np.array([1, 2]), smooth=False),
    case("sp.xlogy(x, y)", np.array([0.0, 0.0]), np.array([2.0, 0.5])),
    case("sp.xlog1py(x, y)", np.array([0.0, 0.0]), np.array([2.0, -0.5])),
    case("sp.exprel(x)", np.array([0.0, 1e-5, -0.999999])),
    case("sp.boxcox(x, y)", np.array([0.5, 2.0, 3.0]), np.array([0.0, 1e-6, 0.5])),
    case("sp.boxcox(x, y)", np.array([0.0, 1.0]), np.array([1.5, 0.0]), smooth=False),
    case("sp.boxcox1p(x, y)", np.array([0.5, 2.0, 3.0]), np.array([0.0, 1e-6, 0.5])),
    case("sp.inv_boxcox(x, y)", np.array([0.5, 2.0, 0.3]), np.array([0.0, 1e-6, -0.5])),
    case("sp.inv_boxcox1p(x, y)", np.array([0.5, 2.0, 0.3]), np.array([0.0, 1e-6, -0.5])),
    case("sp.huber(x, y)", np.array([1.0, 1.0, 2.0]), np.array([-3.0, 0.5, 0.0])),
    case("sp.pseudo_huber(x, y)", np.array([1.0, 1.0, 2.0]), np.array([-3.0, 0.5, 0.0])),
    case("sp.rel_entr(x, y)", np.array([1.0, 0.1, 3.0]), np.array([1.0, 2.0, 2.9])),
]
ROWS: list[Row] = [*rows(), *CALCULATIONS]
