"""Polynomials by their coefficients."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, case, numbers

P, Q = numbers(4) + 3, numbers(3, seed=1) - 3
Z = numbers(4, dtype="c16")
INTS = np.array([2, 0, -3, 1])
ZEROS = np.array([0.0, 0.0, 1.5, -2.0, 0.0])
AT = numbers(6, seed=2)
VALUES = numbers(6, seed=3)
WEIGHTS = numbers(6, seed=4) + 3
S = numbers(3, 3) + 3 * np.eye(3)
TURN = np.array([[1.0, -2.0], [3.0, 0.5]])

ROWS: list[Row] = [
    *(case(f"np.{f}(x, y)", a, b) for f in ("polyadd", "polysub", "polymul")
      for a, b in ((P, Q), (Q, P), (P, Z), (P, INTS * 1.0))),
    *(case(f"np.{f}(x, y)", INTS, INTS[1:3], smooth=False) for f in ("polyadd", "polysub")),
    case("np.polyadd(x, 2)", P),
    case("np.polymul(x, y)", ZEROS, P, smooth=False),
    case("np.polymul(x, y)", ZEROS * 0, P, smooth=False),
    case("np.polymul(x, y)", INTS, INTS, smooth=False),
    case("np.polydiv(x, y)", P, Q),
    case("np.polydiv(x, y)", Q, P),
    case("np.polydiv(x, y)", Z, Q),
    case("np.polydiv(x, y)", np.array([1.0, -3.0, 2.0]), np.array([1.0, -1.0]), smooth=False),
    case("np.polydiv(x, y)", INTS, INTS[:2], smooth=False),
    *(case(f"np.polyder(x, {m})", P) for m in (0, 1, 2, 3, 4)),
    case("np.polyder(x)", INTS, smooth=False),
    *(case(f"np.polyint(x, {m})", P) for m in (0, 1, 3)),
    case("np.polyint(x, 2, k=[1, 2])", P),
    case("np.polyint(x, 2, y)", P, numbers(2)),
    case("np.polyint(x, 2, 3.0)", P),
    case("np.polyint(x)", INTS, smooth=False),
    case("np.poly(x)", P),
    case("np.poly(x)", S @ S.T),
    case("np.poly(x)", Z),
    case("np.poly(x)", np.array([1 + 2j, 1 - 2j]), smooth=False),
    case("np.poly(x)", INTS, smooth=False),
    case("np.poly(x)", TURN),
    case("np.roots(x)", np.array([1.0, -6.0, 11.0, -6.0])),
    case("np.roots(x)", np.array([2.0, 1.0, 3.0])),
    case("np.roots(x)", Z),
    case("np.roots(x)", np.array([2.0, 1.0])),
    case("np.roots(x)", ZEROS, smooth=False),
    case("np.roots(x)", ZEROS[2:3], smooth=False),
    case("np.roots(x)", ZEROS * 0, smooth=False),
    case("np.roots(x)", INTS, smooth=False),
    *(case(f"np.vander(x{extra})", AT)
      for extra in ("", ", 3", ", 3, increasing=True", ", N=1", ", 0")),
    case("np.vander(x)", np.array([0.0, 1.0, 0.0])),
    case("np.vander(x)", INTS, smooth=False),
    case("np.vander(x)", AT.astype("f4"), smooth=False),
    case("np.vander(x, 3)", Z),
    *(case(f"np.polyfit(x, y, {deg})", AT, VALUES) for deg in (0, 1, 2, 5)),
    case("np.polyfit(x, y, 2, w=z)", AT, VALUES, WEIGHTS),
    case("np.polyfit(x, np.stack((y, y * y), 1), 2, w=z)", AT, VALUES, WEIGHTS),
    case("np.polyfit(x, y, 2, rcond=1e-6, full=True)[:2]", AT, VALUES),
    case("np.polyfit(x, y, 2, cov=True)", AT, VALUES),
    case("np.polyfit(x, np.stack((y, y * y), 1), 1, cov=True)", AT, VALUES),
    case("np.polyfit(x, y, 2, cov='unscaled', w=z)", AT, VALUES, WEIGHTS),
    case("np.polyfit(np.arange(6), x, 2)", VALUES),
    *(case("np.polyval(x, y)", p, at) for p, at in ((P, AT), (Z, AT), (INTS * 1.0, AT), (P, S))),
    case("np.polyval(x, 2.0)", P),
    case("np.polyval([1, 2, 3], x)", AT),
    case("np.polyval(np.poly1d([1, 2, 3]), x)", AT),
    case("np.poly1d([1.0, 2, 3])(x)", AT),
    case("np.polyval(x, y)", INTS, INTS, smooth=False),
]  # fmt: skip
