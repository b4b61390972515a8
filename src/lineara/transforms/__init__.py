"""The transformations: from programs to programs.

==================  ==========================================================================
`jvp`               ``f(x) -> (y)`` to ``f.jvp(x; x') -> (y; y')``
`unzip`             ``f.jvp`` to ``f.nonlin(x) -> (y, tape)`` and ``f.lin(tape; x') -> (; y')``
`transpose`         ``f.lin`` to ``f.lin.T(tape; y') -> (; x')``
`forget`            linear variables made ordinary ones, to differentiate again
`partial_eval`      any division into a known and an unknown part
`simplify`          the same results with fewer equations
`batch`             one example to many (`vmap`)
==================  ==========================================================================

Here they take and return programs; each is written, in the module of its name, on functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.program import Function, Program
from lineara.ops.control.base import Policy
from lineara.ops.control.policies import (
    dots_saveable,
    everything_saveable,
    nothing_saveable,
    save_names,
)
from lineara.transforms.batch import batch as _batch
from lineara.transforms.forget import forget as _forget
from lineara.transforms.jvp import jvp as _jvp
from lineara.transforms.simplify import simplify as _simplify
from lineara.transforms.transpose import transpose as _transpose
from lineara.transforms.unzip import partial_eval as _partial_eval
from lineara.transforms.unzip import unzip as _unzip
from lineara.where import user_source

__all__ = [
    "Policy",
    "batch",
    "dots_saveable",
    "everything_saveable",
    "forget",
    "jvp",
    "nothing_saveable",
    "partial_eval",
    "save_names",
    "simplify",
    "transpose",
    "unzip",
]

P = TypeVar("P", bound=Program)


def jvp(program: P, active: Sequence[bool] | None = None) -> P:
    """The program that also computes, linearly, the directional derivative of the main function.

    Args:
        program: a program whose main function has no linear parameters.
        active: which parameters carry a tangent; by default all of float or complex type.

    Raises:
        LinearityError: if the main function has linear parameters; `forget` them first.
    """
    own = _main(program).params[len(program.constants) :]
    mask = [p.type.has_tangent for p in own] if active is None else active
    return _with_main(program, _jvp(_main(program), [*_captured(program, False), *mask]))


def unzip(program: P, policy: Policy = everything_saveable) -> tuple[P, P]:
    """The non-linear and the linear half of a program made by `jvp`.

    Args:
        program: any program; all its non-linear parameters are known.
        policy: which values to save on the tape, an `Equation` → bool; the others are recomputed.

    Returns:
        ``nonlin(x) -> (y, tape)`` and ``lin(tape; x') -> (; y')``.
    """
    nonlin, lin = _unzip(_main(program), policy)
    return _with_main(program, nonlin), type(program).of(lin)


def partial_eval(
    program: P, known: Sequence[bool], policy: Policy = everything_saveable
) -> tuple[P, P]:
    """The part of a program that some of its parameters determine, and the rest.

    Args:
        program: any program.
        known: which non-linear parameters are known.
        policy: which known values to save for the second part; the others are recomputed.

    Returns:
        ``first(known) -> (known results, tape)`` and ``second(tape, unknown; x') -> (other
        results)``.
    """
    parts = _partial_eval(_main(program), [*_captured(program, True), *known], policy)
    return _with_main(program, parts.known), type(program).of(parts.unknown)


def transpose(program: P) -> P:
    """The transpose of a program that is linear in its linear parameters.

    Raises:
        LinearityError: if it has non-linear results; `unzip` it first.
    """
    main = _main(program)
    try:
        return _with_main(program, _transpose(main))
    except LinearityError as error:
        raise error.at(user_source()) from None


def forget(program: P) -> P:
    """The program with its linear variables made ordinary ones."""
    return _with_main(program, _forget(_main(program)))


def simplify(program: P) -> P:
    """A program with the same results and fewer equations."""
    return _with_main(program, _simplify(_main(program)))


def batch(program: P, size: int, batched: Sequence[bool] | None = None) -> P:
    """The program applied to `size` examples at once, along a new axis 0.

    Args:
        program: any program.
        size: the number of examples.
        batched: the parameters, non-linear ones first, in which examples differ; by default all.
    """
    own = _main(program).all_params[len(program.constants) :]
    mask = [True] * len(own) if batched is None else batched
    return _with_main(program, _batch(_main(program), size, (*_captured(program, False), *mask)))


def _main(program: Program) -> Function:
    if isinstance(program, Program):
        return program.main
    raise TypeMismatchError(
        "transformations take programs",
        where=user_source(),
        found=f"an object of type {type(program).__name__}",
        expected="a program, as trace and parse return it",
        remedy="write lineara.trace(f)(x) for the program of a function",
    )


def _captured(program: Program, flag: bool) -> list[bool]:
    return [flag] * len(program.constants)


def _with_main(program: P, main: Function) -> P:
    return type(program).of(main, program.constants)
