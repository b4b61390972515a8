"""Cost: numbers that are known before a program runs, because shapes are static."""

from __future__ import annotations

from collections.abc import Iterable

from lineara.ir.program import Function, Program, reachable
from lineara.ir.types import ArrayType


def work(f: Function) -> int:
    """Scalar operations of one evaluation of `f`, calls included at the cost of their callee."""
    if "work" not in f.memo:
        for g in reachable([f]):  # callees first, so that no call of `work` goes deeper than one
            g.memoized("work", lambda g=g: sum(e.work() for e in g.equations))  # type: ignore[misc]
    result: int = f.memo["work"]
    return result


def size(p: Program | Function) -> int:
    """Equations of all functions of a program, each function counted once."""
    roots = p.functions if isinstance(p, Program) else (p,)
    return sum(len(g.equations) for g in reachable(roots))


def tape_bytes(types: Iterable[ArrayType]) -> int:
    """Bytes that values of these types take in memory."""
    return sum(type.nbytes for type in types)
