"""Functions as LLVM functions.

A function takes its frame (memory to work in), the status of the run, its parameters (scalars by
value, arrays by address), and where to put its results. Calls and loops are the same in LLVM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lineara.backends.native import homes as layout
from lineara.backends.native import llir, stacks
from lineara.backends.native.blas import write_products
from lineara.backends.native.callbacks import Calls
from lineara.backends.native.changes import write_change, write_pieces
from lineara.backends.native.control import write_control
from lineara.backends.native.flat import (
    CHANGES,
    Branch,
    Flat,
    Invoke,
    Loop,
    Repeat,
    StackVariable,
    Step,
)
from lineara.backends.native.groups import Group
from lineara.backends.native.lanes import Lanes, write_group
from lineara.backends.native.linalg import is_lapack, room, write_lapack
from lineara.backends.native.loops import Loops
from lineara.backends.native.nests import write_nest
from lineara.backends.native.numbers import (
    BOOL,
    BYTE,
    BYTES,
    FLAG,
    INT,
    Emit,
    Num,
    constant,
    memory_type,
    part_type,
    parts_of,
)
from lineara.backends.native.plan import CONTROL, Nest, Plan, Unit
from lineara.backends.native.running import is_running, write_running
from lineara.ir.program import Literal, Operand, Variable
from lineara.ops.contract import Dot
from lineara.ops.slicing import Concatenate

STATUS = INT.as_pointer()


@dataclass(eq=False)
class Made:
    """A function of LLVM's.

    Attributes:
        function: the function.
        frame: the bytes that it needs to work in.
        given: results that are in the memory of a parameter, each with the number of that one.
        calls: how often it is called, in the text of the module.
    """

    function: Any
    frame: int
    given: dict[int, int]
    calls: int = 0


class ModuleEmitter:
    """Writes the functions of a program, each once for each way to call it."""

    def __init__(self, name: str, calls: Calls) -> None:
        self.module = llir.Module(name)
        self.calls = calls
        self.made: dict[Any, Made] = {}

    def function(self, f: Flat, own: dict[int, int] | None = None) -> Made:
        """The function, where some parameters may be overwritten by a result each."""
        key = (f, tuple(sorted((own or {}).items())))
        if key not in self.made:
            self.made[key] = FunctionEmitter(self, f, own or {}).write()
        return self.made[key]

    def finished(self) -> str:
        """The text of the module; what is called once becomes part of its caller."""
        for made in self.made.values():
            if made.calls <= 1:
                made.function.attributes.append("alwaysinline")
        return str(self.module)

    def body(self, loop: Loop | Repeat) -> Made:
        """The body of a loop, which may overwrite what it carries."""
        f, first = loop.body, loop.consts
        own = {
            first + i: i
            for i, p in enumerate(f.params[first : first + loop.carries])
            if p.type.shape and not isinstance(p, StackVariable)
        }
        return self.function(f, own)

    def frame_of(self, step: Step) -> int:
        """The bytes that a step needs to work in."""
        op = step.op
        match op:
            case Invoke():
                return self.function(op.function).frame
            case Branch():
                return max(self.function(f).frame for f in op.functions)
            case Loop():
                made = self.body(op)
                return made.frame + self._second_carries(op.body, op.carries, made)
            case Repeat():
                made = self.body(op)
                frame = max(made.frame, self.function(op.cond).frame)
                return frame + self._second_carries(op.body, op.carries, made)
        return room(step)

    def _second_carries(self, f: Flat, carries: int, made: Made) -> int:
        return sum(
            _aligned(v.type.nbytes)
            for k, v in enumerate(f.results[:carries])
            if v.type.shape and k not in made.given
        )


def _aligned(size: int) -> int:
    return layout._aligned(size)


class FunctionEmitter:
    """Writes one function.

    Attributes:
        scalars: the numbers that are known by now.
        ready: the arrays that are in memory by now.
    """

    def __init__(self, module: ModuleEmitter, f: Flat, own: dict[int, int]) -> None:
        self.module = module
        self.plan = Plan(f)
        self.f = self.plan.f
        self.homes = layout.assign(self.plan, module.frame_of, own)
        self.scalars: dict[Operand, Num] = {}
        self.ready: set[Variable] = set()
        self.pointers: dict[layout.Home, Any] = {}
        self.group = Lanes()
        self.start: Any = None
        """The memory of the group, or of a part of it, that is written now."""

    def write(self) -> Made:
        f = self.f
        inputs = [t for p in f.params for t in _parameter_types(p)]
        outputs = [memory_type(v.type.dtype).as_pointer() for v in f.results]
        type = llir.function_type(llir.VOID, [BYTES, STATUS, *inputs, *outputs])
        name = f"f{len(self.module.made)}.{f.name}"
        self.function = llir.Function(self.module.module, type, name)
        self.function.internal = True
        entry = self.function.append_basic_block("entry")
        self.slots = llir.Builder(entry)
        start = self.function.append_basic_block("start")
        self.slots.branch(start)
        self.b = llir.Builder(start)
        self.frame, self.status, *arguments = self.function.args
        self.wrong = self.slots.alloca(BOOL)
        self.slots.store(BOOL(0), self.wrong)
        self._bind(arguments)
        self.created = [v for step in f.steps for v in step.results if isinstance(v, StackVariable)]
        for i, unit in enumerate(self.plan.units):
            self.number = i
            self._unit(unit)
            self._free()
        self._return()
        for k in range(len(f.results)):
            if k not in self.homes.given:
                self.function.args[k - len(f.results)].attributes.append("noalias")
        return Made(self.function, self.homes.frame, self.homes.given)

    def _bind(self, arguments: Sequence[Any]) -> None:
        remaining = iter(arguments)
        self.parameters: list[Any] = []
        for p in self.f.params:
            if p.type.shape:
                self.parameters.append(next(remaining))
                self.ready.add(p)
            else:
                parts = tuple(next(remaining) for _ in range(parts_of(p.type.dtype)))
                self.scalars[p] = Num(p.type.dtype, parts)
                self.parameters.append(None)
        self.outputs = list(remaining)

    def _unit(self, unit: Unit) -> None:
        if isinstance(unit, Nest):
            write_nest(self, unit)
            return
        if isinstance(unit, Group):
            write_group(self, unit)
            return
        op = unit.op
        if stacks.is_about_stacks(unit):
            stacks.write(self, unit)
        elif isinstance(op, CHANGES):
            write_change(self, unit)
        elif isinstance(op, Concatenate):
            write_pieces(self, unit)
        elif isinstance(op, CONTROL):
            write_control(self, unit)
        elif self.plan.is_lazy(unit):
            (v,) = unit.results
            self.scalars[v] = Loops(self, ())._computed(v, (), -1)
        elif isinstance(op, Dot):
            write_products(self, unit)
        elif is_lapack(unit):
            write_lapack(self, unit)
        elif is_running(unit):
            write_running(self, unit)
        else:
            self.module.calls.write(self, unit)
        self.ready.update(v for v in unit.results if v.type.shape)

    def _free(self) -> None:
        """Gives back the memory of stacks that are not read any more."""
        for v in self.created:
            last = self.plan.last.get(v, self.plan.place[v])
            if last == self.number:
                stacks.free(self, self.pointer(v), v.item)

    def _return(self) -> None:
        e = Emit(self.b)
        for k, (v, out) in enumerate(zip(self.f.results, self.outputs, strict=True)):
            if isinstance(v, Literal) or not v.type.shape:
                e.store(self.number_of(v), out, INT(0))
            elif isinstance(v, StackVariable) and (
                v not in self.created or v in self.f.results[:k]
            ):
                stacks.copy(self, out, self.pointer(v), v.item)  # somebody else has it too
            elif self.homes.of[v] != layout.Home("result", k) and k not in self.homes.given:
                self.copy(out, self.pointer(v), v.type.nbytes)
        flagged = self.b.load(self.wrong)
        with self.b.if_then(flagged, rarely=True):
            self.b.store(INT(1), self.status)
        self.b.ret_void()

    # -- memory ---------------------------------------------------------------------------------

    def slot(self, type: Any) -> Any:
        """Room for one value of an LLVM type."""
        return self.slots.alloca(type)

    def pointer(self, v: Variable) -> Any:
        """The address of an array."""
        home = self.homes.of[v]
        if home not in self.pointers:
            self.pointers[home] = self._pointer(home, v)
        pointer = self.pointers[home]
        wanted = memory_type(v.type.dtype).as_pointer()
        if pointer.type != wanted:
            pointer = self.slots.bitcast(pointer, wanted)
        return pointer

    def _pointer(self, home: layout.Home, v: Variable) -> Any:
        if home.kind == "param":
            return self.parameters[home.number]
        if home.kind == "result":
            start = self.outputs[home.number]
            if not home.offset:
                return start
            at = self.slots.gep(self.slots.bitcast(start, BYTES), [INT(home.offset)])
            return self.slots.bitcast(at, memory_type(v.type.dtype).as_pointer())
        if home.kind == "inside":
            at = self.slots.gep(self.start, [INT(home.offset)])
            return self.slots.bitcast(at, memory_type(v.type.dtype).as_pointer())
        if home.kind == "frame":
            at = self.slots.gep(self.frame, [INT(home.number)])
            return self.slots.bitcast(at, memory_type(v.type.dtype).as_pointer())
        type = llir.array(memory_type(v.type.dtype), max(v.type.size, 1) * parts_of(v.type.dtype))
        room = self.slots.alloca(type, 32)
        return self.slots.bitcast(room, memory_type(v.type.dtype).as_pointer())

    def scratch(self) -> Any:
        """The memory that the present unit may use while it runs."""
        at = self.homes.scratch.get(self.number)
        return self.frame if at is None else self.b.gep(self.frame, [INT(at)])

    def base(self) -> Any:
        """The memory of the group that is the present unit."""
        return self.slots.gep(self.frame, [INT(self.homes.scratch[self.number])])

    def copy(self, target: Any, source: Any, size: int) -> None:
        """Copies bytes."""
        if not size:
            return
        types = [BYTES, BYTES, INT, BOOL]
        name = "llvm.memmove.p0.p0.i64"
        known = self.module.module.globals.get(name) or llir.Function(
            self.module.module, llir.function_type(llir.VOID, types), name
        )
        target, source = (self.b.bitcast(x, BYTES) for x in (target, source))
        self.b.call(known, [target, source, INT(size), BOOL(0)])

    def note(self, b: Any, flag: Any) -> None:
        """Notes that something went wrong, if the flag is set."""
        b.store(b.or_(b.load(self.wrong), flag), self.wrong)

    def is_fine(self) -> Any:
        """Whether nothing has gone wrong in the run so far."""
        none = self.b.icmp_signed("==", self.b.load(self.status), INT(0))
        return self.b.and_(none, self.b.not_(self.b.load(self.wrong)))

    # -- calls ----------------------------------------------------------------------------------

    def number_of(self, v: Operand) -> Num:
        """A scalar."""
        return constant(v.value) if isinstance(v, Literal) else self.scalars[v]

    def argument(self, v: Operand) -> list[Any]:
        """A value as arguments of a call."""
        return [self.pointer(v)] if v.type.shape else list(self.number_of(v).parts)  # type: ignore[arg-type]

    def room(self, v: Variable) -> Any:
        """Where a call puts a result."""
        if v.type.shape:
            return self.pointer(v)
        dtype = v.type.dtype
        slot = self.slot(llir.array(memory_type(dtype), parts_of(dtype)))
        return self.slots.bitcast(slot, memory_type(dtype).as_pointer())

    def call(self, made: Made, scratch: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        made.calls += 1
        self.b.call(made.function, [scratch, self.status, *inputs, *outputs])

    def take(self, v: Variable, room: Any) -> None:
        """Notes a result that a call has put there."""
        if v.type.shape:
            self.ready.add(v)
        else:
            self.scalars[v] = Emit(self.b).load(room, v.type.dtype, INT(0))


def _parameter_types(p: Variable) -> list[Any]:
    dtype = p.type.dtype
    if p.type.shape:
        return [memory_type(dtype).as_pointer()]
    return [part_type(dtype)] * parts_of(dtype)


Writer = Callable[[FunctionEmitter, Step], None]
__all__ = ["BYTE", "FLAG", "FunctionEmitter", "Made", "ModuleEmitter", "np"]
