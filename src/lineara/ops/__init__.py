"""The operations of the language: `OPS` lists every one of them by its name in text."""

from __future__ import annotations

from lineara.ir.op import Op
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ops.arithmetic import Add, Div, Mul, Neg, Sub
from lineara.ops.broadcast import Broadcast, ReduceSum
from lineara.ops.control import Call

STRUCTURAL: tuple[type[Op], ...] = (Dup, Drop, Zero)
ARITHMETIC: tuple[type[Op], ...] = (Add, Sub, Mul, Div, Neg)
BROADCAST: tuple[type[Op], ...] = (Broadcast, ReduceSum)
CONTROL: tuple[type[Op], ...] = (Call,)

OPS: dict[str, type[Op]] = {op.name: op for op in (*STRUCTURAL, *ARITHMETIC, *BROADCAST, *CONTROL)}
