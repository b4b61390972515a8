"""Python as generated code sees it: its lock, and its signals."""

from __future__ import annotations

from typing import Any

from lineara.backends.native import llir
from lineara.backends.native.numbers import BYTES, INT

INT32 = llir.int_type(32)
NOTHING = llir.VOID


def let_others_run(b: Any) -> Any:
    """Gives Python's lock back; what `take_the_lock` takes."""
    return b.call(_function(b, "PyEval_SaveThread", BYTES, []), [])


def take_the_lock(b: Any, state: Any) -> None:
    """Takes Python's lock again."""
    b.call(_function(b, "PyEval_RestoreThread", NOTHING, [BYTES]), [state])


def handle_signals(b: Any, status: Any) -> None:
    """Runs Python's handlers of signals that have come, of Ctrl-C for one; if one raises, the run
    has failed, and the error is raised when it has ended.
    """
    lock = b.call(_function(b, "PyGILState_Ensure", INT32, []), [])
    raised = b.call(_function(b, "PyErr_CheckSignals", INT32, []), [])
    b.call(_function(b, "PyGILState_Release", NOTHING, [INT32]), [lock])
    with b.if_then(b.icmp_signed("!=", raised, INT32(0)), rarely=True):
        b.store(INT(1), status)


def _function(b: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    known = b.module.globals.get(name)
    if known is None:
        known = llir.Function(b.module, llir.function_type(result, arguments), name)
    return known
