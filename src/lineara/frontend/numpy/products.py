"""Products of vectors, matrices and tensors: all of them are `dot` ops, made by ``einsum``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axis_of, broadcast_to, convert, shape_of, traced
from lineara.frontend.core import type_of_array as type_of
from lineara.frontend.numpy.sparse import is_sparse, product
from lineara.ops.contract import Dot
from lineara.where import user_source


def einsum(
    *operands: Any,
    optimize: Any = None,
    dtype: Any = None,
    order: str = "K",
    casting: Any = "safe",
) -> TracedArray:
    inputs, output, arrays = _parsed(operands)
    found = np.result_type(*(type_of(x).dtype for x in arrays))  # a number is an array here
    if dtype is not None and not np.can_cast(found, dtype, casting):
        raise TypeMismatchError(
            "einsum would change the dtype of its operands",
            where=user_source(),
            found=f"{found}",
            expected=f"a dtype that fits into {np.dtype(dtype)}",
            remedy="convert the operands first, or pass casting=",
        )
    dtype = found if dtype is None else np.dtype(dtype)
    if dtype.kind == "b":  # whether any product is true
        counts = (convert(x, np.dtype(np.int64)) for x in arrays)
        return np.not_equal(einsum(",".join(inputs) + "->" + output, *counts), 0)  # type: ignore[return-value]
    terms = [
        _diagonals(labels, traced(convert(x, dtype)))
        for labels, x in zip(inputs, arrays, strict=True)
    ]
    if len(terms) > 2:
        pairs = np.einsum_path(
            ",".join(labels for labels, _ in terms) + "->" + output,
            *(np.broadcast_to(np.float64(0), x.shape) for _, x in terms),
            optimize="optimal" if len(terms) < 5 else "greedy",
        )[0][1:]
    else:
        pairs = [tuple(range(len(terms)))] if len(terms) == 2 else []
    for pair in pairs:
        chosen = [terms.pop(i) for i in sorted(pair, reverse=True)]
        while len(chosen) > 1:
            second, first = chosen.pop(0), chosen.pop(0)
            rest = output + "".join(labels for labels, _ in (*terms, *chosen))
            chosen.insert(0, _contracted(first, second, rest))
        terms.append(chosen[0])
    labels, result = terms[0]
    result = _summed(labels, result, output)
    kept = [c for c in labels if c in output]
    return np.transpose(result, [kept.index(c) for c in output])  # type: ignore[return-value]


Term = tuple[str, Any]


def _parsed(operands: tuple[Any, ...]) -> tuple[list[str], str, list[Any]]:
    """Labels of each operand, labels of the result, and the operands, without ellipses."""
    if isinstance(operands[0], str):
        spec, arrays = operands[0].replace(" ", ""), list(operands[1:])
    else:
        spec, arrays = _from_lists(operands)
    left, arrow, right = spec.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(arrays):
        raise ShapeMismatchError(
            "einsum has another number of operands than its subscripts say",
            where=user_source(),
            found=f"{len(arrays)}",
            expected=f"{len(inputs)}, for {spec!r}",
        )
    strange = {c for labels in inputs for c in labels.replace("...", "")} - set(ascii_letters)
    if strange:
        raise ShapeMismatchError(
            "einsum's subscripts are letters",
            where=user_source(),
            found=f"{''.join(sorted(strange))!r} in {spec!r}",
            expected="letters, and '...' for axes without a letter",
        )
    free = [c for c in ascii_letters if c not in spec]
    rank = 0
    for k, labels in enumerate(inputs):
        hidden = np.ndim(arrays[k]) - len(labels.replace("...", ""))
        if hidden < 0 or (hidden and "..." not in labels):
            raise ShapeMismatchError(
                "einsum names another number of axes than an operand has",
                where=user_source(),
                found=f"subscripts {labels!r} for shape {np.shape(arrays[k])}",
                expected="one letter for each axis, or '...' for several",
            )
        rank = max(rank, hidden)
        inputs[k] = labels.replace("...", "".join(free[:hidden][::-1]))
    dots = "".join(free[:rank][::-1])
    unknown = set(right.replace("...", "")) - set("".join(inputs))
    if unknown or (arrow and rank and "..." not in right):
        raise ShapeMismatchError(
            "einsum's subscripts do not fit together",
            where=user_source(),
            found=repr(spec),
            expected="letters, in the result those of the operands, and '...' if they have it",
        )
    if not arrow:
        counts = Counter("".join(inputs))
        once = sorted(c for c, n in counts.items() if n == 1 and c not in dots)
        return inputs, dots + "".join(once), arrays
    return inputs, right.replace("...", dots), arrays


def _from_lists(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The form ``einsum(x, [0, 1], y, [1, 2], [0, 2])`` as subscripts."""

    def text(labels: Any) -> str:
        return "".join("..." if c is Ellipsis else ascii_letters[c] for c in labels)

    pairs = len(operands) // 2
    spec = ",".join(text(operands[2 * i + 1]) for i in range(pairs))
    if len(operands) % 2:
        spec += "->" + text(operands[-1])
    return spec, [operands[2 * i] for i in range(pairs)]


def _diagonals(labels: str, x: TracedArray) -> Term:
    """The operand with each label once: repeated ones select a diagonal."""
    for c in dict.fromkeys(labels):
        while labels.count(c) > 1:
            i = labels.index(c)
            j = labels.index(c, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ShapeMismatchError(
                    "einsum repeats a label for axes of different length",
                    where=user_source(),
                    found=f"label {c!r} for axes of shape {x.shape}",
                )
            x = np.diagonal(x, axis1=i, axis2=j)  # type: ignore[assignment]
            labels = labels[:i] + labels[i + 1 : j] + labels[j + 1 :] + c
    return labels, x


def _summed(labels: str, x: Any, keep: str) -> Any:
    """`x` summed over the axes whose labels are not to be kept."""
    axes = tuple(i for i, c in enumerate(labels) if c not in keep)
    return np.sum(x, axis=axes, dtype=x.dtype) if axes else x


def _contracted(first: Term, second: Term, keep: str) -> Term:
    """The product of two operands, summed over labels that nothing else mentions."""
    (a, x), (b, y) = first, second
    x, y = _summed(a, x, b + keep), _summed(b, y, a + keep)
    a, b = "".join(c for c in a if c in b + keep), "".join(c for c in b if c in a + keep)
    sizes: dict[str, int] = {}
    for labels, z in ((a, x), (b, y)):
        for c, n in zip(labels, shape_of(z), strict=True):
            if sizes.setdefault(c, n) != n:
                if 1 not in (sizes[c], n):
                    raise ShapeMismatchError(
                        "axes that are summed together have different lengths",
                        where=user_source(),
                        found=f"lengths {sizes[c]} and {n}, of shapes {x.shape} and {y.shape}",
                        expected="equal lengths",
                    )
                sizes[c] = max(sizes[c], n)
    x = broadcast_to(x, tuple(sizes[c] for c in a))
    y = broadcast_to(y, tuple(sizes[c] for c in b))
    out = "".join(c for c in dict.fromkeys(a + b) if c in keep)
    return out, apply(Dot(f"{a},{b}->{out}"), x, y)


def matmul(x1: Any, x2: Any, /) -> Any:
    if is_sparse(x1):
        return product(x1, x2)
    if is_sparse(x2):
        return np.transpose(product(x2.T, np.transpose(x1)))
    a, b = np.ndim(x1), np.ndim(x2)
    if not a or not b:
        raise ShapeMismatchError(
            "matmul takes arrays with one axis or more",
            where=user_source(),
            found=f"shapes {np.shape(x1)} and {np.shape(x2)}",
            remedy="use x * y",
        )
    n, m = np.shape(x1)[-1], np.shape(x2)[-2 if b > 1 else -1]
    if n != m:
        raise ShapeMismatchError(
            "matmul sums over axes of different lengths",
            where=user_source(),
            found=f"shapes {np.shape(x1)} and {np.shape(x2)}",
            expected=f"the same length in place of {n} and {m}",
        )
    return einsum(
        ("...ij" if a > 1 else "j") + "," + ("...jk" if b > 1 else "j")
        + "->" + "..." * (a > 1 or b > 1) + "i" * (a > 1) + "k" * (b > 1),
        x1,
        x2,
    )  # fmt: skip


def dot(a: Any, b: Any) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return einsum("...,...", a, b)
    return tensordot(a, b, axes=([-1], [-2 if np.ndim(b) > 1 else -1]))


def tensordot(a: Any, b: Any, axes: Any = 2) -> TracedArray:
    if not isinstance(axes, Sequence | np.ndarray):
        axes = (list(range(-axes, 0)), list(range(axes)))
    of_a, of_b = (
        [axis_of(i, np.ndim(x)) for i in np.atleast_1d(chosen)]
        for x, chosen in zip((a, b), axes, strict=True)
    )
    pairs = list(zip(of_a, of_b, strict=False))
    if len(of_a) != len(of_b) or any(np.shape(a)[i] != np.shape(b)[j] for i, j in pairs):
        raise ShapeMismatchError(
            "shape-mismatch for sum",
            where=user_source(),
            found=f"shapes {np.shape(a)} and {np.shape(b)}, axes {of_a} and {of_b}",
            expected="equal lengths of the axes that are summed over",
        )
    left = list(range(np.ndim(a)))
    right = [np.ndim(a) + j for j in range(np.ndim(b))]
    for i, j in pairs:
        right[j] = i
    output = [c for c in left if c not in of_a] + [c for c in right if c >= np.ndim(a)]
    return einsum(a, left, b, right, output)


def inner(a: Any, b: Any, /) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return einsum("...,...", a, b)
    return tensordot(a, b, axes=([-1], [-1]))


def outer(a: Any, b: Any) -> TracedArray:
    return einsum("i,j->ij", np.ravel(a), np.ravel(b))


def outer_of_vectors(x1: Any, x2: Any, /) -> TracedArray:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeMismatchError(
            "np.linalg.outer is of vectors",
            where=user_source(),
            found=f"shapes {np.shape(x1)} and {np.shape(x2)}",
            remedy="use np.outer",
        )
    return outer(x1, x2)


def vdot(a: Any, b: Any, /) -> TracedArray:
    return vecdot(np.ravel(a), np.ravel(b))


def vecdot(x1: Any, x2: Any, /, axis: int = -1) -> TracedArray:
    x: Any = np.moveaxis(traced(_conj(x1)), axis, -1)  # type: ignore[type-var]
    y: Any = np.moveaxis(traced(x2), axis, -1)  # type: ignore[type-var]
    if x.shape[-1] != y.shape[-1]:
        raise ShapeMismatchError(
            "vectors of different lengths have no product",
            where=user_source(),
            found=f"shapes {np.shape(x1)} and {np.shape(x2)}",
            expected="equal lengths of the axes that are summed over",
        )
    return einsum("...i,...i->...", x, y)


def matvec(x1: Any, x2: Any, /) -> TracedArray:
    _require_axes(x1, x2, 2, 1)
    return einsum("...ij,...j->...i", x1, x2)


def vecmat(x1: Any, x2: Any, /) -> TracedArray:
    _require_axes(x1, x2, 1, 2)
    return einsum("...i,...ij->...j", _conj(x1), x2)


def _require_axes(x: Any, y: Any, of_x: int, of_y: int) -> None:
    m, n = np.shape(x)[-1:], np.shape(y)[-of_y:][:1]
    if np.ndim(x) < of_x or np.ndim(y) < of_y or m != n:
        raise ShapeMismatchError(
            "a matrix and a vector do not fit",
            where=user_source(),
            found=f"shapes {np.shape(x)} and {np.shape(y)}",
            expected="as many columns of the matrix as elements of the vector (rows in vecmat)",
        )


def _conj(x: Any) -> Any:
    return np.conj(x) if type_of(x).dtype.kind == "c" else x


def kron(a: Any, b: Any) -> Any:
    ndim = max(np.ndim(a), np.ndim(b))
    x = np.reshape(a, (1,) * (ndim - np.ndim(a)) + np.shape(a))
    y = np.reshape(b, (1,) * (ndim - np.ndim(b)) + np.shape(b))
    blocks = np.expand_dims(x, tuple(range(1, 2 * ndim, 2))) * np.expand_dims(
        y, tuple(range(0, 2 * ndim, 2))
    )
    return np.reshape(blocks, tuple(n * m for n, m in zip(x.shape, y.shape, strict=True)))


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ShapeMismatchError(
            "the cross product is of vectors with three elements",
            where=user_source(),
            found=f"shapes {np.shape(a)} and {np.shape(b)}",
            expected="length 3 on the last axis",
        )
    left, right = np.array([1, 2, 0]), np.array([2, 0, 1])
    result = x[..., left] * y[..., right] - x[..., right] * y[..., left]
    return np.moveaxis(result, -1, axisc)


def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
) -> TracedArray:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)  # type: ignore[no-any-return]


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.einsum: einsum,
    np.dot: dot,
    np.vdot: vdot,
    np.inner: inner,
    np.outer: outer,
    np.tensordot: tensordot,
    np.kron: kron,
    np.cross: cross,
    np.trace: trace,
    np.linalg.outer: outer_of_vectors,
    np.linalg.cross: lambda x1, x2, /, *, axis=-1: cross(x1, x2, axis=axis),
    np.linalg.matmul: matmul,
    np.linalg.tensordot: lambda x1, x2, /, *, axes=2: tensordot(x1, x2, axes),
    np.linalg.vecdot: lambda x1, x2, /, *, axis=-1: vecdot(x1, x2, axis),
    np.linalg.trace: lambda x, /, *, offset=0, dtype=None: trace(x, offset, -2, -1, dtype),
}
