"""The builder: the way to make functions, which makes them well typed.

Rules and front ends use linear values as often as they like; when the function is finished, the
builder makes each use of a linear variable the only one. A value used k times is copied just
before each use but the last, so that in the transposed program each cotangent is added as soon as
it is there and then forgotten; a value that is not used is dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from lineara.errors import LinearaError, Source
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, LinearVariable, Literal, Operand, Variable
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ir.types import ArrayType
from lineara.ir.value import Value


@lru_cache(maxsize=4096)
def _result_types(op: Op, *operands: tuple[ArrayType, bool]) -> tuple[tuple[ArrayType, bool], ...]:
    """The type of each result and whether it is linear, from those of the operands."""
    types = [type for type, _ in operands]
    linear = op.linearity(types, [is_linear for _, is_linear in operands])
    return tuple(zip(op.infer(*types), linear, strict=True))


class Builder:
    """Builds one function.

    Attributes:
        source: the line of user code that new equations are attributed to.
        has_linear: whether there are any linear variables.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.source: Source | None = None
        self.params: list[Variable] = []
        self.linear_params: list[LinearVariable] = []
        self.equations: list[Equation] = []
        self.has_linear = False

    def parameter(self, type: ArrayType, hint: str | None = None) -> Value:
        """A new non-linear parameter."""
        variable = Variable(type, hint)
        self.params.append(variable)
        return Value(self, variable)

    def linear_parameter(self, type: ArrayType, hint: str | None = None) -> Value:
        """A new linear parameter."""
        variable = LinearVariable(type, hint)
        self.linear_params.append(variable)
        self.has_linear = True
        return Value(self, variable)

    def adopt(self, equation: Equation) -> None:
        """Takes over an equation of another function as it is, variables included."""
        self.equations.append(equation)
        self.has_linear = self.has_linear or equation.linear

    def emit(self, op: Op, *operands: Value) -> tuple[Value, ...]:
        """Adds the equation ``results = op operands`` and returns its results.

        Raises:
            LinearaError: if the operands do not fit the op, in type or in linearity.
        """
        inputs = tuple([operand.operand for operand in operands])
        try:
            types = _result_types(op, *[(v.type, v.linear) for v in inputs])
        except LinearaError as error:
            raise error.at(self.source) from None
        return self.append(op, inputs, types)

    def append(
        self, op: Op, inputs: tuple[Operand, ...], types: tuple[tuple[ArrayType, bool], ...]
    ) -> tuple[Value, ...]:
        """Adds an equation whose results are known to have those types, and to be linear or not."""
        results = tuple([Variable(t) if not linear else self._linear(t) for t, linear in types])
        self.equations.append(Equation(op, inputs, results, self.source))
        return tuple([Value(self, variable) for variable in results])

    def _linear(self, type: ArrayType) -> LinearVariable:
        self.has_linear = True
        return LinearVariable(type)

    def zero(self, type: ArrayType) -> Value:
        """A linear zero."""
        return self.emit(Zero(type))[0]

    def constant(self, value: object) -> Value:
        """A scalar constant."""
        return Value(self, Literal(value))

    def build(self, results: Iterable[Value], name: str | None = None) -> Function:
        """The finished function; its results are sorted into non-linear and linear ones."""
        operands = [result.operand for result in results]
        ordinary = tuple([v for v in operands if not v.linear])
        linear_results = [v for v in operands if isinstance(v, LinearVariable)]
        equations = self.equations
        taken: tuple[LinearVariable, ...] = ()
        if self.has_linear:
            threading = _Threading(equations, linear_results)
            threading.run(self.linear_params)
            taken = tuple(map(threading.take, linear_results))  # may add copies to the equations
            equations = threading.equations
        return Function(
            name or self.name,
            tuple(self.params),
            tuple(self.linear_params),
            tuple(equations),
            ordinary,
            taken,
        )


class _Threading:
    """Rewrites equations so that each linear variable is used exactly once.

    What an equation gives back of its linear operand (a copy, or the array of which it has read a
    part) serves the later uses of the operand, so that no other copy is made.
    """

    def __init__(self, old: Sequence[Equation], linear_results: Sequence[LinearVariable]) -> None:
        self.old = [equation for equation in old if not isinstance(equation.op, Drop)]
        self.uses: Counter[Operand] = Counter(linear_results)
        for equation in self.old:
            self.uses.update(v for v in equation.operands if v.linear)
        self.current: dict[Operand, LinearVariable] = {}
        self.lent: dict[Operand, Variable] = {}
        self.equations: list[Equation] = []
        self.source: Source | None = None

    def run(self, params: Iterable[LinearVariable]) -> None:
        self.drop_unused(params)
        for equation in self.old:
            self.source = equation.source
            self.equations.append(self.threaded(equation))
            self.drop_unused(equation.results)

    def threaded(self, equation: Equation) -> Equation:
        """The equation on variables that nothing else uses.

        Where its op can give back an operand that has more uses, it does.
        """
        op, operands, results = equation.op, list(equation.operands), equation.results
        counts = Counter(operands)
        # Of an operand that is there twice, one can be given back; the other is a copy.
        once = {operands[i]: i for i in op.gives_back()}
        given_back = {i: r for i, r in op.gives_back().items() if once[operands[i]] == i}
        for i, v in enumerate(operands):
            if not isinstance(v, LinearVariable) or i in given_back:
                continue
            root, now = self.held(v)
            sharing = op.sharing(i) if self.uses[root] > 1 and counts[v] == 1 else None
            if sharing is None:
                operands[i] = self.take(v)
                continue
            op, operands[i] = sharing, now
            self.uses[root] -= 1
            rest = self.current[root] = LinearVariable(now.type, now.hint)
            results = (*results, rest)
        for i, result in given_back.items():  # last: what is given back comes after the equation
            v = operands[i]
            assert isinstance(v, LinearVariable)
            operands[i] = self.lend(v, equation.results[result])
        return Equation(op, tuple(operands), results, equation.source)

    def drop_unused(self, variables: Iterable[Variable]) -> None:
        for v in variables:
            if v.linear and not self.uses[v]:
                self.equations.append(Equation(Drop(), (v,), (), self.source))

    def take(self, variable: LinearVariable) -> LinearVariable:
        """The variable that holds the value for its next use, copied if that is not the last."""
        variable, now = self.held(variable)
        self.uses[variable] -= 1
        if self.uses[variable] == 0:
            return now
        copy = LinearVariable(now.type, now.hint)
        rest = self.current[variable] = LinearVariable(now.type, now.hint)
        self.equations.append(Equation(Dup(), (now,), (copy, rest), self.source))
        return copy

    def lend(self, variable: LinearVariable, returned: Variable) -> LinearVariable:
        """The variable that holds the value; its later uses get what is returned."""
        variable, now = self.held(variable)
        self.uses[returned] += self.uses[variable] - 1
        self.lent[variable] = returned
        return now

    def held(self, variable: LinearVariable) -> tuple[LinearVariable, LinearVariable]:
        """The variable under which uses of a value are counted, and the one that holds it now."""
        root: Variable = variable
        while root in self.lent:
            root = self.lent[root]
        assert isinstance(root, LinearVariable)
        return root, self.current.get(root, root)
