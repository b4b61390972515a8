"""Contraction: `dot`, the sum of products over named axes of two arrays.

``dot[spec="ij,jk->ik"] x y`` is the matrix product: each axis has a label, a letter; axes of the
same label run together, and a label that the result lacks is summed over. Inner, outer, batched
and matrix-vector products are all of this form, and so is the transpose: with the labels of the
result and of one operand exchanged, the same op carries a cotangent back (``ik,jk->ij``), which
is why there is no need to transpose arrays in between.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, count, dropwhile
from math import prod
from operator import not_
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType, dtype_name

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Dot(Op):
    """The sum of products of two arrays over the labels that the result does not have.

    Attributes:
        spec: labels of the axes of both operands and of the result, ``"ij,jk->ik"``. A label is
            any letter; it occurs at most once in each of the three and in at least two of them.
    """

    name: ClassVar[str] = "dot"
    spec: str

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        labels = _parse(self.spec)
        if len(types) != 2:
            raise TypeMismatchError("dot takes 2 operands", found=f"{len(types)} operands")
        x, y = types
        if x.dtype != y.dtype or x.dtype.kind == "b":
            raise TypeMismatchError(
                "dot takes numbers of one dtype",
                found=f"{dtype_name(x.dtype)}, {dtype_name(y.dtype)}",
                expected="equal dtypes, not bool",
                remedy="insert a convert",
            )
        if (len(labels.x), len(labels.y)) != (x.ndim, y.ndim):
            raise ShapeMismatchError(
                "dot needs one label for each axis of its operands",
                found=f"{self.spec!r} for {x} and {y}",
                expected=f"{x.ndim} and {y.ndim} labels",
            )
        sizes = dict(zip(labels.x, x.shape, strict=True))
        for label, size in zip(labels.y, y.shape, strict=True):
            if sizes.setdefault(label, size) != size:
                raise ShapeMismatchError(
                    f"axis {label} has two sizes in dot {self.spec!r}",
                    found=f"{sizes[label]} in {x} and {size} in {y}",
                    expected="one size for each label",
                )
        return (x.with_shape(tuple(sizes[label] for label in labels.out)),)

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}), frozenset({1})) if types[0].has_tangent else ()

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x, y = values
        return (_kernel(self.spec, x.shape, y.shape)(x, y),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        labels = _parse(self.spec)
        sizes = dict(zip(labels.x, operands[0].shape, strict=True))
        sizes.update(zip(labels.y, operands[1].shape, strict=True))
        return 2 * prod(sizes.values())

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        x, y = operands
        labels = _parse(self.spec)
        if x.linear:
            return Dot(f"{labels.out},{labels.y}->{labels.x}")(*cotangents, y), None
        return None, Dot(f"{labels.x},{labels.out}->{labels.y}")(x, *cotangents)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        labels = _parse(self.spec)
        new = next(label for label in _letters() if label not in self.spec)
        x, y = (new * is_batched for is_batched in batched)
        return Dot(f"{x}{labels.x},{y}{labels.y}->{new}{labels.out}").all(*operands)


def dot(spec: str, x: Value, y: Value) -> Value:
    """The contraction of `x` and `y` that `spec` describes; see `Dot`."""
    return Dot(spec)(x, y)


class Labels(NamedTuple):
    """The labels of both operands and of the result."""

    x: str
    y: str
    out: str


@lru_cache(maxsize=4096)
def _parse(spec: str) -> Labels:
    operands, arrow, out = spec.partition("->")
    x, comma, y = operands.partition(",")
    labels = Labels(x, y, out)
    uses = [sum(label in part for part in labels) for label in x + y + out]
    twice = any(len(set(part)) < len(part) for part in labels)
    if not (arrow and comma and f"{x}{y}{out}a".isalpha()) or twice or 1 in uses:
        raise TypeMismatchError(
            "dot does not understand its labels",
            found=f"spec={spec!r}",
            expected="letters like 'ij,jk->ik', none twice in a part, each in at least two parts",
            remedy="take diagonals and sums over one operand's own axes beforehand",
        )
    return labels


def _letters() -> chain[str]:
    return chain(string.ascii_letters, (c for i in count(128) if (c := chr(i)).isalpha()))


# -- evaluation ------------------------------------------------------------------------------------

Step: TypeAlias = Callable[[Array], Array]
Kernel: TypeAlias = Callable[[Array, Array], Array]

TINY = 32
"""Up to so many products for one example, `einsum` beats a BLAS call for each example."""
TINY_INNERMOST = 512
"""The same where the examples lie innermost in memory, so that `einsum` runs along them."""


@lru_cache(maxsize=4096)
def _kernel(spec: str, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> Kernel:
    """The NumPy function that computes the contraction fastest."""
    labels = _parse(spec)
    sizes = dict(zip(labels.x + labels.y, x_shape + y_shape, strict=True))
    if all(label in labels.out for label in sizes):
        return _product(labels, sizes)
    batch = [label for label in labels.out if label in labels.x and label in labels.y]
    products = prod(size for label, size in sizes.items() if label not in batch)
    innermost = labels.x[-1] in batch and labels.x[-1] == labels.y[-1]
    vector = set(labels.x) <= set(labels.y) or set(labels.y) <= set(labels.x)
    limit = TINY_INNERMOST if innermost else TINY if vector else 0
    if batch and products <= limit and len(sizes) <= len(string.ascii_letters):
        return _einsum(labels, sizes)
    return _matrix_product(labels, batch, sizes)


def _product(labels: Labels, sizes: Mapping[str, int]) -> Kernel:
    """A product without a sum: multiplies after aligning both operands with the result."""
    left, right = (_group(part, _aligned(part, labels.out), sizes) for part in (labels.x, labels.y))
    return _compose(np.multiply, left, right, _same)


def _aligned(part: str, out: str) -> list[str]:
    """The labels of `out`, blank where `part` lacks them; NumPy adds the leading ones itself."""
    aligned = [label if label in part else "" for label in out]
    return list(dropwhile(not_, aligned))


def _einsum(labels: Labels, sizes: Mapping[str, int]) -> Kernel:
    letters = dict(zip(sizes, string.ascii_letters, strict=False))
    x, y, out = ("".join(letters[label] for label in part) for part in labels)
    return partial(np.einsum, f"{x},{y}->{out}")


def _matrix_product(labels: Labels, batch: Sequence[str], sizes: Mapping[str, int]) -> Kernel:
    """A product of matrices or vectors, batched or not, after grouping axes into rows and columns.

    The operands change places where that spares transposing the result, or a matrix that
    multiplies a vector. The summed axes come in the order of the larger operand, so that it is
    the smaller one that is copied if one must be.
    """
    x, y, out = labels
    rows = "".join(label for label in x if label in out and label not in y)
    columns = "".join(label for label in y if label in out and label not in x)
    free = [label for label in out if label not in batch]
    if free and free[0] in columns and (rows or y[-1] not in out):
        swapped = _matrix_product(Labels(y, x, out), batch, sizes)
        return lambda x, y: swapped(y, x)
    larger = max(x, y, key=lambda part: prod(sizes[label] for label in part))
    summed = "".join(label for label in larger if label not in out)

    def grouped(*groups: str) -> list[str]:
        return [*batch, *groups] if batch else [group for group in groups if group]

    return _compose(
        np.matmul if batch else np.dot,
        _group(x, grouped(rows, summed), sizes),
        _group(y, grouped(summed, columns), sizes),
        _ungroup(grouped(rows, columns), out, sizes),
    )


def _group(part: str, groups: Sequence[str], sizes: Mapping[str, int]) -> Step:
    """From axes `part` to one axis for each group of labels, of size 1 for an empty group."""
    return _then(_move(part, "".join(groups)), _reshape(groups, groups, sizes))


def _ungroup(groups: Sequence[str], out: str, sizes: Mapping[str, int]) -> Step:
    """From one axis for each group of labels to axes `out`."""
    part = "".join(groups)
    return _then(_reshape(groups, part, sizes), _move(part, out))


def _move(part: str, out: str) -> Step:
    axes = tuple(part.index(label) for label in out)
    return _same if part == out else lambda x: x.transpose(axes)


def _reshape(groups: Sequence[str], out: Sequence[str], sizes: Mapping[str, int]) -> Step:
    shape = tuple(prod(sizes[label] for label in group) for group in out)
    return _same if all(len(group) == 1 for group in groups) else lambda x: x.reshape(shape)


def _same(x: Array) -> Array:
    return x


def _then(first: Step, second: Step) -> Step:
    if first is _same or second is _same:
        return second if first is _same else first
    return lambda x: second(first(x))


def _compose(kernel: Kernel, left: Step, right: Step, back: Step) -> Kernel:
    if left is right is back is _same:
        return kernel
    return lambda x, y: back(kernel(left(x), right(y)))
