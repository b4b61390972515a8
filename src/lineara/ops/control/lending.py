"""Linear values that a function reads and hands back, so that they have one owner at any time.

A tangent that is used twice is copied, unless the first use can give it back: then what it costs
is what it reads, and turned round it is one accumulator, which both uses add to in place.
"""

from __future__ import annotations

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.structural import Dup
from lineara.ir.value import Value


def reads_a_part(f: Function, index: int) -> bool:
    """Whether some use that `f` makes of its linear parameter of that number costs less than a
    copy of it: then the function had better give it back.
    """
    readers = f.memoized("readers", lambda: _readers(f))
    pending: list[Operand] = [f.linear_params[index]]
    while pending:
        v = pending.pop()
        if v not in readers:
            continue
        equation, position = readers[v]
        op = equation.op
        if isinstance(op, Dup):
            pending.extend(equation.results)
        elif position in op.gives_back() or op.sharing(position) is not None:
            return True
    return False


def _readers(f: Function) -> dict[Operand, tuple[Equation, int]]:
    """By linear variable the equation that uses it, and as which operand."""
    return {
        v: (equation, i)
        for equation in f.equations
        for i, v in enumerate(equation.operands)
        if v.linear
    }


def handed_through(f: Function) -> dict[int, int]:
    """By number of a linear parameter the linear result that is the parameter, unchanged."""
    return f.memoized("handed through", lambda: _handed_through(f))


def _handed_through(f: Function) -> dict[int, int]:
    readers = f.memoized("readers", lambda: _readers(f))
    returned = {v: j for j, v in enumerate(f.linear_results)}
    found = {}
    for i, param in enumerate(f.linear_params):
        v: Operand = param
        while v in readers:
            equation, position = readers[v]
            given_back = equation.op.gives_back()
            if position not in given_back:
                break
            v = equation.results[given_back[position]]
        else:
            if v in returned:
                found[i] = returned[v]  # type: ignore[index]
    return found


def returning(f: Function, index: int) -> Function:
    """`f` with its linear parameter of that number among its linear results too, at the end."""
    return f.memoized(("returning", index), lambda: _with_results(f, (), (index,)))


def handing_through(f: Function, count: int) -> Function:
    """`f` with its first linear parameters among its linear results too, in front."""
    if not count:
        return f
    first = tuple(range(count))
    return f.memoized(("handing through", count), lambda: _with_results(f, first, ()))


def _with_results(f: Function, first: tuple[int, ...], last: tuple[int, ...]) -> Function:
    b = Builder(f.name)
    b.params.extend(f.params)
    b.linear_params.extend(f.linear_params)
    b.has_linear = True
    for equation in f.equations:
        b.adopt(equation)
    results = (
        *f.results,
        *(f.linear_params[i] for i in first),
        *f.linear_results,
        *(f.linear_params[i] for i in last),
    )
    return b.build([Value(b, v) for v in results])
