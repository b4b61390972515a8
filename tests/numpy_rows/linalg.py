"""``np.linalg``: solutions, factorisations and norms."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, case, numbers

S = numbers(3, 3) + 3 * np.eye(3)
STACK = numbers(2, 3, 3, seed=1) + 3 * np.eye(3)
TALL = numbers(4, 3, seed=2)
WIDE = TALL.T.copy()
V = numbers(3, seed=3)
M = numbers(3, 2, seed=4)
CS = numbers(3, 3, dtype="c16") + 3 * np.eye(3)
CV = numbers(3, dtype="c16", seed=3)
CTALL = numbers(4, 3, dtype="c16", seed=2)
INTS = np.array([[4, 1, 0], [1, 5, 2], [0, 2, 6]])
SINGLE = S.astype("f4")
T = numbers(2, 3, 4, seed=5)
POSITIVE = "(np.eye(3) + x @ np.conj(x.mT))"

SQUARE: list[Row] = [
    *(
        case(code, x)
        for code in ("np.linalg.det(x)", "np.linalg.slogdet(x)", "np.linalg.inv(x)")
        for x in (S, STACK, CS)
    ),
    case("np.linalg.slogdet(x)[1]", S),
    case("np.linalg.slogdet(x).logabsdet", STACK),
    case("np.linalg.slogdet(x).sign", CS),
    *(
        case("np.linalg.solve(x, y)", x, y)
        for x, y in (
            (S, V),
            (S, M),
            (STACK, M),
            (S, numbers(2, 3, 2)),
            (STACK, V),
            (CS, CV),
            (S, CV),
        )
    ),
    case("np.linalg.solve(x, y)", STACK, numbers(2, 3, 1)),
    *(case(f"np.linalg.matrix_power(x, {n})", S) for n in (-2, -1, 0, 1, 2, 3, 5)),
    *(case(f"np.linalg.matrix_power(x, {n})", INTS, smooth=False) for n in (-1, 0, 3)),
    case("np.linalg.matrix_power(x, 2)", STACK),
    *(case("np.linalg.pinv(x)", x) for x in (TALL, WIDE, S, CTALL)),
    case("np.linalg.pinv(x, rcond=1e-3)", TALL),
    *(case(f"np.linalg.pinv(x, rtol={r})", TALL) for r in (None, 1e-3)),
    case("np.linalg.pinv(x)", np.zeros((2, 3)), smooth=False),
    case("np.linalg.pinv(x)", np.zeros((0, 3)), smooth=False),
    case("np.linalg.cond(x)", np.zeros((2, 2)), smooth=False),
    case("np.linalg.multi_dot([x, y])", M.T, S),
    case("np.linalg.multi_dot([x, y, z])", TALL, S, V),
    case("np.linalg.multi_dot([x, y, z, x])", S, S + 1, S.T),
    *(
        case(f"np.linalg.{name}(x)", x, smooth=False)
        for name in ("det", "slogdet", "inv", "cholesky", "eigvalsh", "norm", "cond", "svdvals")
        for x in (INTS, (SINGLE @ SINGLE.T))
    ),
    case("np.linalg.solve(x, y)", INTS, INTS[0], smooth=False),
    case("np.linalg.solve(x, y)", SINGLE, INTS[0], smooth=False),
    case("np.linalg.solve(x, y)", SINGLE, INTS[0].astype("i1"), smooth=False),
    case("np.linalg.det(x)", np.zeros((0, 0)), smooth=False),
    case("np.linalg.det(x)", np.zeros((2, 0, 0)), smooth=False),
]

EQUAL = np.linalg.qr(numbers(4, 3))[0] * 2.0
DEFICIENT = numbers(4, 2) @ numbers(2, 3, seed=1)
SPREAD = numbers(3, 3, seed=6) + np.diag([0.0, 4.0, 9.0])
TURN = np.array([[1.0, -2.0], [3.0, 0.5]])

GENERAL: list[Row] = [
    *(case("np.linalg.pinv(x)", x) for x in (EQUAL, np.eye(3), STACK, CTALL.T)),
    case("np.linalg.pinv(x, rcond=1e-9)", DEFICIENT, smooth=False),
    case("np.linalg.pinv(x, rcond=np.array([1e-3, 0.7]))", STACK, smooth=False),
    case("np.linalg.pinv(x + x.T, hermitian=True)", S),
    case("np.linalg.pinv(x + x.conj().T, hermitian=True)", CS),
    case("np.linalg.pinv(x)", SINGLE, smooth=False),
    *(case("np.linalg.lstsq(x, y)[:2]", x, y) for x, y in ((TALL, numbers(4)), (S, V), (S, M),
      (TALL, numbers(4, 2)), (EQUAL, numbers(4)), (CTALL, numbers(4, dtype="c16")))),
    case("np.linalg.lstsq(x, y)[0]", WIDE, V),
    case("np.linalg.lstsq(x, y)", TALL, numbers(4), smooth=False),
    case("np.linalg.lstsq(x, y, 1e-9)[0]", DEFICIENT, numbers(4), smooth=False),
    case("np.linalg.lstsq(x, y, 1e-9)[1:3]", DEFICIENT, numbers(4), smooth=False),
    case("np.linalg.lstsq(x, y)", INTS, INTS[0], smooth=False),
    case("np.linalg.lstsq(x, y)[0]", TALL.astype("f4"), numbers(4, dtype="f4"), smooth=False),
    case("np.linalg.lstsq(x, y)[3]", TALL, numbers(4, 0)),
    *(case(f"np.linalg.matrix_rank(x{extra})", x, smooth=False) for x in (S, STACK, DEFICIENT, V,
      np.zeros(2)) for extra in ("", ", 0.1", ", rtol=0.1")),
    case("np.linalg.matrix_rank(x + x.T, hermitian=True)", S, smooth=False),
    case("np.linalg.tensorsolve(x, y)", numbers(2, 3, 6), numbers(2, 3)),
    case("np.linalg.tensorsolve(x, y, axes=(1,))", numbers(2, 6, 3), numbers(2, 3)),
    case("np.linalg.tensorinv(x, 1)", numbers(6, 2, 3)),
    case("np.linalg.tensorinv(x)", numbers(2, 3, 6)),
    case("np.linalg.eigvals(x)", SPREAD),
    case("np.linalg.eigvals(x)", TURN),
    case("np.linalg.eigvals(x)", np.stack((TURN, SPREAD[:2, :2]))),
    case("np.linalg.eigvals(x)", CS),
    case("np.linalg.eigvals(x)", SINGLE, smooth=False),
    case("np.linalg.eig(x)", SPREAD),
    case("np.linalg.eig(x).eigenvalues", TURN),
    case("abs(np.linalg.eig(x)[1])", TURN),
    case("abs(np.linalg.eig(x)[1])", CS),
    case("np.linalg.eig(x)", INTS, smooth=False),
    *(case(f"np.linalg.svd(x + x.T, hermitian=True)[{i}]", S) for i in (0, 1, 2)),
    case("np.linalg.svd(x + x.T, hermitian=True, compute_uv=False)", STACK[0]),
    *(case(f"np.linalg.eigh({POSITIVE}, 'U')[1]", x, smooth=x is S) for x in (S, CS)),
]  # fmt: skip

FACTORS: list[Row] = [
    *(
        case(f"np.linalg.{name}({POSITIVE}{extra})", x)
        for name, extra in (("cholesky", ""), ("cholesky", ", upper=True"), ("eigvalsh", ""))
        for x in (S, STACK, CS)
    ),
    case("np.linalg.cholesky(np.tril(x) @ np.tril(x).T)", S),
    *(case(f"np.linalg.eigvalsh({POSITIVE}, {u!r})", x) for u in "LU" for x in (S, CS)),
    case(f"np.linalg.eigh({POSITIVE}).eigenvalues", S),
    case(f"np.linalg.eigh({POSITIVE})[1]", S),
    case(f"abs(np.linalg.eigh({POSITIVE}, 'U').eigenvectors)", CS),
    *(case("np.linalg.qr(x)", x) for x in (S, TALL, STACK)),
    case("np.linalg.qr(x, mode='r')", TALL),
    case("np.linalg.qr(x).R", S),
    case("np.linalg.qr(x)", CTALL),
    case("np.linalg.qr(x)", WIDE, smooth=False),
    *(case("np.linalg.svd(x, full_matrices=False)", x) for x in (TALL, WIDE, S, STACK)),
    case("np.linalg.svd(x)", S),
    case("np.linalg.svd(x, compute_uv=False)", T),
    case("np.linalg.svd(x).S", S),
    case("abs(np.linalg.svd(x, False).U)", CTALL),
    *(case("np.linalg.svdvals(x)", x) for x in (TALL, WIDE, STACK, CS)),
    case("np.linalg.eigvalsh(x)", S, smooth=False),
    case("np.linalg.cholesky(x)", INTS + np.triu(INTS, 1), smooth=False),
]

ORDERS = ("None", "np.inf", "-np.inf", "1", "-1", "2", "-2")
NORMS: list[Row] = [
    *(case(f"np.linalg.norm(x, {p})", V) for p in (*ORDERS, "3", "0.5", "-3", "2.5")),
    *(case(f"np.linalg.norm(x, {p})", S) for p in (*ORDERS, "'fro'", "'nuc'")),
    *(case(f"np.linalg.norm(x, {p})", CV) for p in ORDERS),
    *(case(f"np.linalg.norm(x, {p})", CS) for p in (*ORDERS, "'nuc'")),
    *(
        case(f"np.linalg.norm(x, {p}, axis=(0, 2), keepdims={k})", T)
        for p in (*ORDERS, "'fro'", "'nuc'")
        for k in (False, True)
    ),
    *(case(f"np.linalg.norm(x, {p}, axis=(2, 0))", T) for p in ("1", "np.inf", "'nuc'", "2")),
    *(case(f"np.linalg.norm(x, {p}, axis=(-1, 0), keepdims=True)", T) for p in ("1", "2")),
    *(
        case(f"np.linalg.norm(x, {p}, axis=1, keepdims={k})", T)
        for p in ("None", "1", "3", "np.inf")
        for k in (False, True)
    ),
    case("np.linalg.norm(x)", T),
    case("np.linalg.norm(x, keepdims=True)", T),
    case("np.linalg.norm(x, 0)", V, smooth=False),
    case("np.linalg.norm(x, 0, axis=1)", INTS, smooth=False),
    *(
        case(f"np.linalg.vector_norm(x{extra})", T)
        for extra in (
            "",
            ", axis=1",
            ", axis=(0, 2), keepdims=True",
            ", ord=1",
            ", ord=3, axis=-1",
            ", ord=np.inf",
            ", keepdims=True",
            ", ord=4, keepdims=True",
        )
    ),
    *(
        case(f"np.linalg.matrix_norm(x{extra})", T)
        for extra in (
            "",
            ", keepdims=True",
            ", ord=1",
            ", ord=2",
            ", ord='nuc', keepdims=True",
            ", ord=-np.inf",
        )
    ),
    *(case(f"np.linalg.cond(x{p})", S) for p in ("", ", 2", ", -2", ", 1", ", np.inf", ", 'fro'")),
    *(case(f"np.linalg.cond(x{p})", STACK) for p in ("", ", 1")),
    *(case(f"np.linalg.norm(x{p})", SINGLE, smooth=False) for p in ("", ", 1", ", 2", ", -2")),
    *(case(f"np.linalg.norm(x{p})", SINGLE[0], smooth=False) for p in (", 3", ", 0", ", 0.5")),
    *(case(f"np.linalg.norm(x, {p})", INTS[0], smooth=False) for p in (1, 0, 3, -1)),
    *(case(f"np.linalg.norm(x, {p})", np.zeros(3), smooth=False) for p in ("2", "3", "0", "-1")),
    case("np.linalg.norm(x)", np.array([1.0, np.inf, 2.0]), smooth=False),
    case("np.linalg.norm(x, -3)", np.array([np.inf, np.inf]), smooth=False),
    case("np.linalg.norm(x, np.float64(3))", SINGLE[0], smooth=False),
    case("np.linalg.norm(x, 3)", np.array([1.0, np.nan, 2.0]), smooth=False),
]

ROWS: list[Row] = [*SQUARE, *GENERAL, *FACTORS, *NORMS]
