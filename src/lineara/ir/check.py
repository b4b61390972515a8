"""The checker: a program that passes is well typed, and so linear in its linear parameters.

A body is walked once. Every operand must be bound before it is used, every variable is bound once,
the types of results are what the op infers, linear operands are where the op is linear, and every
linear variable is used exactly once. From these rules alone it follows that a function is linear
in its linear parameters, for every value of the others.

All faults are reported, each once: a variable that a fault has made *doubtful* is still counted,
but nothing is inferred from it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import itemgetter

from lineara.errors import LinearaError, LinearityError, ProgramError, Source, TypeMismatchError
from lineara.ir.program import (
    Equation,
    Function,
    Literal,
    Operand,
    Program,
    Variable,
    functions_in,
    reachable,
)
from lineara.ir.types import type_of

KINDS = ("an ordinary value", "a linear value")
"""What an operand is, by its attribute `linear`."""


def check(program: Program | Function) -> None:
    """Nothing, if the program is well typed.

    Args:
        program: a program, or a function, which is checked with all that it calls.

    Raises:
        ProgramError: with all faults of all functions.
    """
    if errors := find_errors(program):
        raise ProgramError(errors)


def find_errors(program: Program | Function) -> list[LinearaError]:
    """All faults of a program, or of a function and all that it calls, callees first."""
    if isinstance(program, Function):
        return [fault for f in reachable([program]) for fault in _faults(f)]
    faults = [fault for f in reachable(program.functions) for fault in _faults(f)]
    return [*faults, *_composition_faults(program)]


def _faults(f: Function) -> tuple[LinearaError, ...]:
    """The faults of one function; checked once, as it never changes."""
    return f.memoized("faults", lambda: tuple(_Checker(f).run()))


def _composition_faults(program: Program) -> Iterator[LinearaError]:
    """Faults of a program as a whole: the order of its functions, and its constants."""
    seen: set[Function] = set()
    for f in program.functions:
        for g in f.callees:
            if g not in seen:
                yield LinearaError(
                    f"{f.name} calls {g.name}, which does not come before it in the program",
                    expected="callees before callers",
                    remedy="collect the functions with Program.of",
                )
        seen.add(f)
    if not program.constants:
        return
    constants = [type_of(constant) for constant in program.constants]
    params = [p.type for p in program.main.params]
    if constants != params[: len(constants)]:
        yield TypeMismatchError(
            f"the constants of the program are not the first parameters of {program.main.name}",
            found=f"constants {', '.join(map(str, constants))}",
            expected=f"the first of {', '.join(map(str, params)) or 'no parameters'}",
        )


class _Checker:
    """Walks one function and collects its faults.

    A *place* is the index of an equation; −1 stands for the parameters and the number of
    equations for the results.
    """

    def __init__(self, function: Function) -> None:
        self.function = function
        self.end = len(function.equations)
        self.faults: list[tuple[int, LinearaError]] = []
        self.bindings: defaultdict[Operand, list[int]] = defaultdict(list)
        self.uses: defaultdict[Operand, list[int]] = defaultdict(list)
        self.unbound: dict[Operand, int] = {}
        self.doubtful: set[Operand] = set()

    def run(self) -> list[LinearaError]:
        f = self.function
        self.bind(f.all_params, -1)
        self.check_kinds(f.params, (False,) * len(f.params), -1)
        self.check_kinds(f.linear_params, (True,) * len(f.linear_params), -1)
        for place, equation in enumerate(f.equations):
            self.check_equation(equation, place)
        self.use(f.all_results, self.end)
        self.check_kinds(f.results, (False,) * len(f.results), self.end)
        self.check_kinds(f.linear_results, (True,) * len(f.linear_results), self.end)
        self.check_counts()
        return [fault for _, fault in sorted(self.faults, key=itemgetter(0))]

    def check_equation(self, equation: Equation, place: int) -> None:
        self.use(equation.operands, place)
        self.bind(equation.results, place)
        faults = len(self.faults)
        trusted = self.doubtful.isdisjoint(equation.operands)
        if trusted:
            self.check_types(equation, place)
        if not trusted or len(self.faults) > faults:
            self.doubtful.update(equation.results)

    def use(self, operands: Sequence[Operand], place: int) -> None:
        for v in operands:
            if isinstance(v, Literal):
                continue
            self.uses[v].append(place)
            if v not in self.bindings:
                self.unbound.setdefault(v, place)
                self.doubtful.add(v)

    def bind(self, variables: Sequence[Variable], place: int) -> None:
        for v in variables:
            self.bindings[v].append(place)
            if v.linear and not v.type.has_tangent:
                self.doubtful.add(v)
                self.fault(
                    TypeMismatchError,
                    place,
                    f"{self.name(v)} is linear, but values of its type have no tangents",
                    found=str(v.type),
                    expected="a float or complex type",
                    remedy="make it an ordinary variable",
                )

    def check_types(self, equation: Equation, place: int) -> None:
        """The results are what the op makes of the operands."""
        op, results = equation.op, equation.results
        types = [v.type for v in equation.operands]
        try:
            inferred = op.infer(*types)
            linear = op.linearity(types, [v.linear for v in equation.operands])
        except LinearaError as e:
            self.fault(type(e), place, e.what, found=e.found, expected=e.expected, remedy=e.remedy)
            return
        if len(results) != len(inferred):
            self.fault(
                TypeMismatchError,
                place,
                f"{op.name} does not have as many results",
                found=f"results {', '.join(str(v.type) for v in results) or 'left out'}",
                expected=f"results {', '.join(map(str, inferred))}" if inferred else "no results",
                remedy="bind each result to a variable",
            )
            return
        for v, type_ in zip(results, inferred, strict=True):
            if v.type != type_:
                self.fault(
                    TypeMismatchError,
                    place,
                    f"{self.name(v)} does not have the type of its value",
                    found=f"{self.name(v)}: {v.type}",
                    expected=f"{self.name(v)}: {type_}",
                    remedy=f"give {self.name(v)} the type {type_}, or convert the value",
                )
        self.check_kinds(results, linear, place)

    def check_kinds(self, operands: Sequence[Operand], linear: Sequence[bool], place: int) -> None:
        """Linear variables hold linear values, and the others ordinary ones."""
        for v, is_linear in zip(operands, linear, strict=True):
            if v.linear != is_linear and v not in self.doubtful:
                self.doubtful.add(v)
                self.fault(
                    LinearityError,
                    place,
                    f"{self.name(v)} is {KINDS[v.linear]} in place of {KINDS[is_linear]}",
                    found=f"{self.name(v)}: {v.type}",
                    expected=f"{KINDS[is_linear]}, {'with' if is_linear else 'without'} a prime",
                    remedy=f"make {self.name(v)} {KINDS[is_linear]}"
                    if 0 <= place < self.end
                    else "write linear values after the semicolon, ordinary ones before it",
                )

    def check_counts(self) -> None:
        """Variables are bound before they are used, and once; linear ones are used once."""
        for v, place in self.unbound.items():
            self.fault(
                LinearaError,
                place,
                f"{self.name(v)} is used before it is bound",
                found=f"bound by {self.places(self.bindings[v])}" if v in self.bindings else None,
                expected="a parameter or a result of an equation further up",
                remedy=f"compute {self.name(v)} first, or make it a parameter",
            )
        for v, places in self.bindings.items():
            if len(places) > 1:
                self.fault(
                    LinearaError,
                    places[1],
                    f"{self.name(v)} is bound {_times(places)}",
                    found=f"bound by {self.places(places)}",
                    expected="one binding",
                    remedy="make a new variable for each value",
                )
            elif v.linear and len(self.uses[v]) != 1:
                self.check_uses(v, self.uses[v], places[0])

    def check_uses(self, v: Operand, uses: Sequence[int], binding: int) -> None:
        name = self.name(v)
        expected = "exactly one use of a linear variable"
        if uses:
            self.fault(
                LinearityError,
                uses[1],
                f"{name} is used {_times(uses)}",
                found=f"used by {self.places(uses)}",
                expected=expected,
                remedy=f"copy it, a', b' = dup {name}, and use each copy once",
            )
        else:
            self.fault(
                LinearityError,
                binding,
                f"{name} is not used",
                found="no use",
                expected=expected,
                remedy=f"discard it, drop {name}",
            )

    # -- messages -------------------------------------------------------------------------------

    def fault(
        self,
        kind: type[LinearaError],
        place: int,
        what: str,
        *,
        found: str | None,
        expected: str | None,
        remedy: str | None,
    ) -> None:
        """Records an error that names the function and the place."""
        error = kind(
            f"in {self.place(place)} of {self.function.name}: {what}",
            where=self.source(place),
            found=found,
            expected=expected,
            remedy=remedy,
        )
        self.faults.append((place, error))

    def source(self, place: int) -> Source | None:
        return self.function.equations[place].source if 0 <= place < self.end else None

    def place(self, place: int) -> str:
        """The equation on one line, without attributes but for the functions it calls."""
        if not 0 <= place < self.end:
            return "the parameters" if place < 0 else "the results"
        equation = self.function.equations[place]
        results = ", ".join(map(self.name, equation.results))
        functions = ",".join(f.name for f in functions_in(equation.op))
        op = equation.op.name + (f"[{functions}]" if functions else "")
        operands = " ".join([op, *map(self.name, equation.operands)])
        return f"`{results} = {operands}`" if results else f"`{operands}`"

    def places(self, places: Sequence[int]) -> str:
        """The places with their lines of user code, where those are known."""
        texts = []
        for place in places:
            source = self.source(place)
            texts.append(f"{self.place(place)} ({source})" if source else self.place(place))
        return " and ".join(texts)

    def name(self, v: Operand) -> str:
        return str(v.value) if isinstance(v, Literal) else self.names[v]

    @cached_property
    def names(self) -> dict[Operand, str]:
        """A name for every variable: its hint, with a number where that is taken."""
        f = self.function
        variables: list[Operand] = [*f.all_params]
        for equation in f.equations:
            variables += [*equation.operands, *equation.results]
        names: dict[Operand, str] = {}
        taken: Counter[str] = Counter()
        for v in (*variables, *f.all_results):
            if isinstance(v, Variable) and v not in names:
                hint, prime = v.hint or "v", "'" if v.linear else ""
                taken[hint + prime] += 1
                number = taken[hint + prime]
                names[v] = f"{hint}{f'_{number}' if number > 1 else ''}{prime}"
        return names


def _times(places: Sequence[int]) -> str:
    return "twice" if len(places) == 2 else f"{len(places)} times"
