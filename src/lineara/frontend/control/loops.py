"""`scan`, `fori_loop`, `while_loop` and `map`: loops that are one equation each."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import LinearaError, ShapeMismatchError, Source, TypeMismatchError
from lineara.frontend.control import plain
from lineara.frontend.control.bodies import (
    Body,
    body_of,
    check_condition,
    checked_functions,
    grow,
    paired,
)
from lineara.frontend.control.online import scheduled_online
from lineara.frontend.control.segments import Schedule, scheduled
from lineara.frontend.core import apply, apply_all, convert, traced, type_of_array
from lineara.frontend.jit import jit
from lineara.frontend.trace import Traced, current, type_of_leaf
from lineara.frontend.tracing import weak_type
from lineara.ir.types import ArrayType
from lineara.ops.control.call import Call
from lineara.ops.control.scan import Scan
from lineara.ops.control.while_loop import While
from lineara.ops.creation import Iota
from lineara.ops.packages import INDEX, Count
from lineara.where import source_of, user_source


def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
    checkpoint: Schedule | None = None,
) -> tuple[Any, Any]:
    """A loop along the first axis of arrays, that carries something and collects something.

    In a function that is traced it is one equation, however long it is. Outside of any
    transformation it is the Python loop that it stands for::

        carry, ys = init, []
        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)
        return carry, np.stack(ys)

    Args:
        f: one iteration: (carry, slice of `xs`) to (carry, y). It is traced once, without values;
            it may use arrays from its surroundings, and write to the arrays of the carry.
        init: the first carry, a pytree of arrays.
        xs: a pytree of arrays of shape (length, …), or None.
        length: the number of iterations; needed only if `xs` has no arrays.
        reverse: whether to go from the last slice to the first; ys are in the order of xs.
        unroll: a hint for compilers: how many iterations to do at a time.
        checkpoint: which carries to keep for the derivative; what lies between is computed again
            on the way back. By default all; an int k for every k-th; "sqrt" for every √length-th;
            "halving" for log₂(length) at a time; ("binomial", s) for s at a time with the fewest
            repetitions that this allows. Results are the same to the last bit.

    Returns:
        The last carry, and ys stacked along a new axis 0.

    Raises:
        TypeMismatchError: if `f` returns a carry of another structure or type than it is given.
        ShapeMismatchError: if the lengths do not agree.

    >>> import numpy as np, lineara as la
    >>> la.scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 1., 3.]))
    """
    checked_functions("scan", f=f)
    if not isinstance(unroll, bool) and _whole("unroll", unroll) < 1:
        raise TypeMismatchError(
            "unroll is how many iterations to do at a time",
            where=user_source(),
            found=repr(unroll),
            expected="a positive int, or a bool",
        )
    count = _length(tree.leaves(xs), length)
    if current() is not None:
        return _scanned(f, init, xs, count, reverse, checkpoint, source_of(f))
    if count:
        return plain.scan(paired(f), init, xs, count, reverse)
    # Only tracing tells what the arrays that are made would hold.
    return jit(lambda c, x: _scanned(f, c, x, 0, reverse, None, source_of(f)))(init, xs)  # type: ignore[no-any-return]


def fori_loop(
    lower: Any,
    upper: Any,
    body_fun: Callable[..., Any],
    init_val: Any,
    *,
    checkpoint: Schedule | None = None,
) -> Any:
    """The loop ``for i in range(lower, upper): val = body_fun(i, val)``, as one equation.

    Args:
        lower: the first i, an integer, which may be traced.
        upper: the end, likewise; reverse mode works all the same.
        body_fun: one iteration: (i, val) to val. It is traced once.
        init_val: the first val, a pytree of arrays.
        checkpoint: as for `scan`; if a bound is traced, as for `while_loop`.

    Returns:
        The last val.

    Raises:
        TypeMismatchError: if `body_fun` returns another structure or type than it is given.

    >>> import lineara as la
    >>> la.fori_loop(1, 5, lambda i, x: x * i, 1.0)
    np.float64(24.0)
    """
    checked_functions("fori_loop", body_fun=body_fun)
    for bound in (lower, upper):
        if type_of_array(bound).dtype.kind not in "iu" or type_of_array(bound).shape:
            raise TypeMismatchError(
                "fori_loop counts from one integer to another",
                where=user_source(),
                found=f"a bound of type {type_of_array(bound)}",
                expected="integers",
            )
    if current() is None:
        return plain.fori_loop(lower, upper, body_fun, init_val)
    if isinstance(lower, Traced) or isinstance(upper, Traced):
        if checkpoint is not None:
            return _counted_online(body_fun, lower, upper, init_val, checkpoint)
        return _counted(body_fun, lower, upper, init_val)
    count = max(int(upper) - int(lower), 0)
    numbers = apply(Iota(INDEX.with_shape((count,)), 0)) + int(lower)
    body, where = _counting(body_fun), source_of(body_fun)
    return _scanned(body, init_val, numbers, count, False, checkpoint, where)[0]


def while_loop(
    cond_fun: Callable[..., Any],
    body_fun: Callable[..., Any],
    init_val: Any,
    *,
    checkpoint: Schedule | None = None,
) -> Any:
    """The loop ``while cond_fun(val): val = body_fun(val)``, as one equation.

    Reverse mode works: what each iteration leaves for the way back goes on a stack.

    Args:
        cond_fun: whether to go on: val to a bool scalar. It is traced once.
        body_fun: one iteration: val to val. It is traced once.
        init_val: the first val, a pytree of arrays.
        checkpoint: which vals to keep for the derivative; what lies between is computed again on
            the way back. By default all; an int k for every k-th; "sqrt" for about √(2n) of n,
            whatever n turns out to be. Results are the same to the last bit.

    Returns:
        The first val for which `cond_fun` is false.

    Raises:
        TypeMismatchError: if `body_fun` returns another structure or type than it is given, or
            `cond_fun` something else than a bool.

    >>> import lineara as la
    >>> la.while_loop(lambda x: x < 100, lambda x: x * x, 2.0)
    np.float64(256.0)
    """
    checked_functions("while_loop", cond_fun=cond_fun, body_fun=body_fun)
    if current() is None:
        return plain.while_loop(cond_fun, body_fun, init_val)
    return _looped(cond_fun, body_fun, init_val, checkpoint)


def map_(f: Callable[..., Any], xs: Any) -> Any:
    """``np.stack([f(x) for x in xs])`` as one equation, one `x` at a time.

    `vmap` does the same with all of them at once.

    Args:
        f: a function of a slice of `xs`, which is traced once.
        xs: a pytree of arrays of shape (length, …).

    >>> import numpy as np, lineara as la
    >>> la.map(lambda x: x**2, np.array([1.0, 2.0]))
    array([1., 4.])
    """
    checked_functions("map", f=f)
    return scan(lambda _, x: ((), f(x)), (), xs)[1]


# -- how they are recorded ------------------------------------------------------------------------


def _counting(body_fun: Callable[..., Any]) -> Callable[..., Any]:
    def f(carry: Any, i: Any) -> Any:
        return body_fun(i, carry), None

    f.__name__ = getattr(body_fun, "__name__", "f")
    return f


def _scanned(
    f: Callable[..., Any],
    init: Any,
    xs: Any,
    length: int,
    reverse: bool,
    checkpoint: Schedule | None,
    where: Source | None,
) -> tuple[Any, Any]:
    slices, structure = tree.flatten(xs)
    types = [t.with_shape(t.shape[1:]) for t in map(type_of_leaf, slices)]
    carries, body = _carrying(f, init, (structure, types), True, where)
    loop = Scan(body.function, length, reverse, len(body.captures), len(carries))
    op = loop if checkpoint is None or length < 2 else Call(scheduled(loop, checkpoint))
    results = apply_all(op, *body.captures, *carries, *slices)
    return tree.unflatten(body.structure, results)  # type: ignore[no-any-return]


def _counted(body_fun: Callable[..., Any], lower: Any, upper: Any, init: Any) -> Any:
    """A loop whose number of iterations is a traced number."""
    first = convert(traced(lower), INDEX.dtype)
    count = np.maximum(convert(traced(upper), INDEX.dtype) - first, 0)

    def f(carry: Any, k: Any) -> Any:
        return body_fun(k + first, carry), None

    structure = tree.structure(0)
    extra = (structure, [INDEX])
    carries, body = _carrying(f, init, extra, True, source_of(body_fun))
    op = Scan(body.function, None, False, len(body.captures), len(carries))
    results = apply_all(op, count, *body.captures, *carries, apply(Count(), count))
    return tree.unflatten(body.structure, results)[0]


def _counted_online(
    body_fun: Callable[..., Any], lower: Any, upper: Any, init: Any, checkpoint: Schedule
) -> Any:
    end = convert(traced(upper), INDEX.dtype)

    def f(state: Any) -> Any:
        i, value = state
        return i + 1, body_fun(i, value)

    start = (convert(traced(lower), INDEX.dtype), init)
    return _looped(lambda state: state[0] < end, f, start, checkpoint)[1]


def _looped(
    cond_fun: Callable[..., Any],
    body_fun: Callable[..., Any],
    init: Any,
    checkpoint: Schedule | None,
) -> Any:
    carries, body = _carrying(body_fun, init, None, False, source_of(body_fun))
    types = [type_of_leaf(x) for x in carries]
    structure = tree.structure((tree.unflatten(body.structure, [0] * len(carries)),))
    asked = body_of(cond_fun, structure, types, [None] * len(types))
    check_condition(asked.types, cond_fun)
    loop = While(asked.function, body.function, len(asked.captures), len(body.captures))
    op = loop if checkpoint is None else Call(scheduled_online(loop, checkpoint))
    results = apply_all(op, *asked.captures, *body.captures, *carries)
    return tree.unflatten(body.structure, results)


def _carrying(
    f: Callable[..., Any],
    init: Any,
    extra: tuple[tree.Structure, Sequence[ArrayType]] | None,
    pair: bool,
    where: Source | None,
) -> tuple[list[Any], Body]:
    """The first carries, converted to what they have to be, and the body of the loop.

    Args:
        f: one iteration.
        init: the first carry.
        extra: the structure of its second argument, and the types of its leaves.
        pair: whether it returns a pair of the carry and something else.
        where: the line of the user's function.
    """
    leaves, structure = tree.flatten(init)
    types = [type_of_leaf(x) for x in leaves]
    weak = [weak_type(x) for x in leaves]
    other, more = extra or (None, [])
    arguments = [tree.unflatten(structure, [0] * len(leaves))]
    if other is not None:
        arguments.append(tree.unflatten(other, [0] * len(more)))
    whole = tree.structure(tuple(arguments))
    while True:
        body = body_of(
            paired(f) if pair else f,
            whole,
            [*types, *more],
            [*weak, *[None] * len(more)],
            writable=len(types),
        )
        returned = body.structure.child(0) if pair else body.structure
        after = body.types[: returned.num_leaves]
        if returned == structure and list(after) == types:
            return [convert(x, t.dtype) for x, t in zip(leaves, types, strict=True)], body
        grown = grow(structure, types, weak, returned, after, where)
        weak = [None if a != b else w for a, b, w in zip(types, grown, weak, strict=True)]
        types = grown


def _length(xs: Sequence[Any], given: int | None) -> int:
    types = [type_of_leaf(x) for x in xs]
    scalars = [t for t in types if not t.shape]
    lengths = {t.shape[0] for t in types if t.shape}
    if given is not None:
        lengths.add(_whole("length", given))
    if not scalars and len(lengths) == 1 and min(lengths) >= 0:
        return lengths.pop()
    raise ShapeMismatchError(
        "a scan goes along the first axis of arrays of one length",
        where=user_source(),
        found=(", ".join(map(str, types)) or "no arrays")
        + (f" and length={given}" if given is not None else ""),
        expected="arrays of shape (length, …), or a length",
        remedy=None if lengths else "give length=...",
    )


def _whole(name: str, number: Any) -> int:
    """An argument that is an int."""
    try:
        return operator.index(number)
    except LinearaError:  # a traced number, whose own words are better
        raise
    except TypeError:
        raise TypeMismatchError(
            f"{name} is a number of iterations",
            where=user_source(),
            found=f"{name}={number!r}",
            expected="an int",
        ) from None
