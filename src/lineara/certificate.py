"""Cost certificates: what a function and its derivatives cost, before any of them runs.

Everything follows from the shapes. Beside what each derived program costs stands what it is proved
to cost at most, from the rules of the ops of the function alone (`lineara.transforms.bounds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from lineara.backends.memory import in_units, summary
from lineara.frontend.arguments import checked_function, choose
from lineara.frontend.differentiable import differentiable
from lineara.ir.cost import size, tape_bytes, work
from lineara.ir.program import Function, Program
from lineara.ops.control.base import Mask
from lineara.transforms.bounds import bounds
from lineara.transforms.forget import forget
from lineara.transforms.gradient import has_gradient, linearize, pullback, value_and_gradient
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose


@dataclass(frozen=True)
class Cost:
    """What a program costs.

    Attributes:
        name: of its main function.
        work: scalar operations; loops of unknown length count with one iteration, of branches the
            one with most operations counts.
        bound: the work that it is proved to stay below; None where nothing is derived.
        equations: of the function and of all that it calls, each counted once.
        peak: bytes that it holds at most at one time besides its arguments, results included.
        tape: bytes that it keeps for the way back; None if it makes no tape.
    """

    name: str
    work: int
    bound: int | None
    equations: int
    peak: int
    tape: int | None


@dataclass(frozen=True, repr=False)
class Certificate:
    """The costs of a function and of what is derived from it; print it as a table.

    Attributes:
        stages: costs by stage: ``"f"``; ``"jvp"``, the forward derivative; ``"nonlin"`` and
            ``"lin"``, its two halves; ``"lin.T"``, the way back; ``"vjp"``, the way there and
            back; and for functions with a real scalar as their result ``"grad"``, the value and the
            gradient, and ``"hvp"``, the product of the Hessian with a vector, along with these.
        functions: certificates of the functions that it calls, whose costs it contains.
    """

    stages: dict[str, Cost]
    functions: tuple[Certificate, ...] = ()

    @property
    def ratio(self) -> float:
        """Work of the value and the gradient (or `vjp`) by that of the function."""
        return _quotient(self._reverse.work, self.stages["f"].work)

    @property
    def bound(self) -> float:
        """What the `ratio` is proved to be at most."""
        reverse = self._reverse
        return _quotient(reverse.bound or reverse.work, self.stages["f"].work)

    @property
    def _reverse(self) -> Cost:
        stages = self.stages
        return stages.get("grad") or stages.get("vjp") or stages["f"]

    def __str__(self) -> str:
        text = StringIO()
        Console(file=text, width=200).print(self.__rich__())
        return "\n".join(map(str.rstrip, text.getvalue().splitlines())).strip("\n")

    __repr__ = __str__

    def __rich__(self) -> Table:
        """The table, for ``rich.print(certificate)``."""
        table = Table("program", box=box.SIMPLE_HEAD)
        for heading in ("work", "/ f", "proved", "equations", "peak", "tape"):
            table.add_column(heading, justify="right", no_wrap=True)
        for each in (self, *self.functions):
            base = each.stages["f"].work
            for cost in each.stages.values():
                table.add_row(
                    cost.name,
                    number(cost.work),
                    ratio(cost.work, base),
                    f"≤ {ratio(cost.bound, base)}" if base and cost.bound is not None else "",
                    number(cost.equations),
                    in_units(cost.peak),
                    "" if cost.tape is None else in_units(cost.tape),
                )
            table.add_section()
        return table


def certificate(
    fun: Callable[..., Any], *args: Any, argnums: int | Sequence[int] = 0
) -> Certificate:
    """What a function and its derivatives cost on arguments of these shapes; nothing is run.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        args: its arguments; only their shapes and dtypes count, unless `fun` looks at more.
        argnums: the arguments to differentiate by, as for `grad`.

    Returns:
        A `Certificate`, which prints as a table: scalar operations, also as a multiple of those of
        `fun`, the multiple that they are proved to stay below, equations, and memory.

    Raises:
        TypeMismatchError: for arguments that cannot be differentiated.
        LinearityError: if `fun` does what has no derivative.

    >>> import numpy as np, lineara as la
    >>> la.certificate(lambda x: np.sum(np.sin(x) * x), np.zeros(1000)).ratio
    2.0
    """
    checked_function(fun, "certificate")
    arguments = choose(fun, args, {}, argnums)
    mask = differentiable(arguments, allow_int=False, holomorphic=False)
    recorded = arguments.record()
    return certified(Program.of(recorded.function), recorded.active(mask))


def assert_cost(
    fun: Callable[..., Any],
    *args: Any,
    max_ratio: float,
    argnums: int | Sequence[int] = 0,
) -> None:
    """Asserts, for test suites, that a value and its gradient cost at most a multiple of the value.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        args: its arguments.
        max_ratio: how many times the scalar operations of `fun` are allowed for both together; for
            a function that returns no scalar, for its results and one product with its Jacobian
            from the left.
        argnums: the arguments to differentiate by, as for `grad`.

    Raises:
        AssertionError: if it is more, with the `certificate`.

    >>> import numpy as np, lineara as la
    >>> la.assert_cost(lambda x: np.sum(np.sin(x) * x), np.zeros(1000), max_ratio=3)
    """
    found = certificate(fun, *args, argnums=argnums)
    if not found.ratio <= max_ratio:  # no number is no limit
        raise AssertionError(
            f"the gradient costs {found.ratio:.4g} times the function, not at most {max_ratio:g}"
            f"\n\n{found}"
        )


def certified(program: Program, active: Mask, chosen: str | None = None) -> Certificate:
    """The certificate of a program, or of the chosen one of its functions.

    Args:
        program: functions, the last of which is the main one.
        active: the parameters that the main function is derived by; others are by all that have
            tangents.
        chosen: the name of a function, by default that of the main one.
    """
    first, *others = [
        Certificate(dict(_stages(f, active if f is program.main else _all(f))))
        for f in reversed(program.functions)
        if chosen in (None, f.name)
    ]
    return Certificate(first.stages, tuple(others))


def _all(f: Function) -> Mask:
    return tuple(p.type.has_tangent for p in f.params)


def _stages(f: Function, active: Mask) -> Iterator[tuple[str, Cost]]:
    yield "f", _cost(f)
    if f.linear_params or not any(active):
        return
    proved = bounds(f, active)
    nonlin, lin = linearize(f, active)
    tape = tape_bytes(v.type for v in nonlin.results[len(f.results) :])
    wanted = tuple(v.type.has_tangent for v in f.results)
    yield "jvp", _cost(simplify(derive(f, active, wanted).function), proved.forward)
    yield "nonlin", _cost(nonlin, proved.nonlinear, tape)
    yield "lin", _cost(lin, proved.linear)
    yield "lin.T", _cost(transpose(lin), proved.backward)
    yield "vjp", _cost(pullback(f, active), proved.reverse, tape)
    if has_gradient(f):
        grad = value_and_gradient(f, active)
        yield "grad", _cost(grad, proved.reverse, tape)
        second = simplify(derive(grad, active).function)
        yield "hvp", _cost(second, bounds(grad, active).forward)


def _cost(f: Function, bound: int | None = None, tape: int | None = None) -> Cost:
    return Cost(f.name, work(f), bound, size(f), summary(forget(f)).peak, tape)


def _quotient(count: int, base: int) -> float:
    return float(Decimal(count) / base) if base else float("inf") if count else 1.0


def number(count: int) -> str:
    """A count with commas, or rounded if it is enormous."""
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.2e}"


def ratio(count: int, base: int) -> str:
    """A quotient with two decimals, if there is one."""
    return f"{Decimal(count) / base:.2f}" if base else ""
