"""Distributions of one variable, standardised by location and scale as SciPy does it.

Formulas are of the standardised variable z = (x − loc)/scale and of shape parameters. What is the
same for all distributions stands here: values outside of the support, parameters that are not
valid (NaN), and which of the methods follow from which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.frontend.core import convert, traced, type_of_array
from lineara.frontend.stop import stop_gradient
from lineara.frontend.trace import Traced
from lineara.scipy.calls import Function
from lineara.where import user_source

Formula = Callable[..., Any]
INF = np.inf


def positive(*shapes: Any) -> list[Any]:
    """The conditions that all parameters are positive."""
    return [s > 0 for s in shapes]


@dataclass(frozen=True)
class Formulas:
    """What is particular to a distribution; functions take z (or k) and the shape parameters.

    Attributes:
        log: the logarithm of the density, or of the mass function.
        cdf: the distribution function, within the support.
        sf: 1 − cdf.
        logcdf, logsf: their logarithms, where there is more to say than that.
        ppf: the inverse of cdf.
        support: takes the parameters; returns the ends of the support.
        middle: a point inside of all supports, where all formulas are finite.
        closed: whether the density at the ends is what its formula says; it is 0 otherwise.
        valid: takes the parameters; returns conditions on them.
    """

    log: Formula
    cdf: Formula
    sf: Formula
    logcdf: Formula | None = None
    logsf: Formula | None = None
    ppf: Formula | None = None
    support: Callable[..., tuple[Any, Any]] = lambda *shapes: (-INF, INF)
    middle: float = 0.5
    closed: bool = True
    valid: Callable[..., Sequence[Any]] = positive


@dataclass(frozen=True)
class Distribution:
    """A family of distributions; its methods have SciPy's names and arguments.

    Attributes:
        name: SciPy's.
        shapes: the names of its shape parameters.
        formulas: what is particular to it.
        methods: its methods, by name.
    """

    name: str
    shapes: tuple[str, ...]
    formulas: Formulas
    methods: dict[str, Function] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Function:
        methods: dict[str, Function] = vars(self).get("methods", {})  # not there in a copy yet
        if name not in methods:
            raise AttributeError(f"no method {name!r} here; there is {', '.join(methods)}")
        return methods[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Frozen:
        """The distribution with these parameters."""
        return Frozen(self, args, kwargs)

    def arguments(self, first: str, last: Mapping[str, Any], method: str) -> Formula:
        """A function that takes SciPy's arguments and calls the method of that name with a list.

        Args:
            first: the name of the first argument.
            last: location and scale with their defaults.
            method: its name.
        """
        names = (first, *self.shapes, *last)
        call = getattr(self, method)

        def function(*args: Any, **kwargs: Any) -> Any:
            given = {**last, **dict(zip(names, args, strict=False)), **kwargs}
            if set(given) != set(names) or len(args) + len(kwargs) > len(given):
                raise TypeMismatchError(
                    f"scipy.stats.{self.name}.{method.strip('_')} takes other arguments",
                    where=user_source(),
                    found=", ".join([f"{len(args)} positional arguments", *kwargs]),
                    expected=", ".join(names),
                )
            return call(*(_double(given[name]) for name in names))

        function.__name__ = method.strip("_")
        return function


class Frozen:
    """A distribution with fixed parameters."""

    def __init__(self, family: Distribution, args: tuple[Any, ...], kwargs: Any) -> None:
        self.family, self.args, self.kwargs = family, args, kwargs

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(self.family, name)
        return lambda x: method(x, *self.args, **self.kwargs)


@dataclass(frozen=True)
class Continuous(Distribution):
    """A family of distributions with densities."""

    def __post_init__(self) -> None:
        for name in ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf"):
            if name != "ppf" or self.formulas.ppf is not None:
                first = "q" if name == "ppf" else "x"
                call = self.arguments(first, {"loc": 0.0, "scale": 1.0}, f"_{name}")
                self.methods[name] = Function(f"scipy.stats.{self.name}.{name}", call)

    def _pdf(self, *args: Any) -> Any:
        return np.exp(self._logpdf(*args))

    def _logpdf(self, x: Any, *args: Any) -> Any:
        *shapes, loc, scale = args
        f, z = self.formulas, _standardised(x, loc, scale)
        low, high = f.support(*shapes)
        inside = _between(z, low, high, closed=f.closed)
        value = f.log(_chosen(inside, z, f.middle), *shapes)
        if isinstance(scale, Traced) or np.any(scale != 1):
            value = value - np.log(scale)
        return self._checked(_chosen(inside, value, -INF), z, shapes, scale)

    def _cdf(self, *args: Any) -> Any:
        return self._distributed(self.formulas.cdf, 0.0, 1.0, *args)

    def _sf(self, *args: Any) -> Any:
        return self._distributed(self.formulas.sf, 1.0, 0.0, *args)

    def _logcdf(self, *args: Any) -> Any:
        f = self.formulas
        return self._distributed(f.logcdf or _logarithm(f.cdf), -INF, 0.0, *args)

    def _logsf(self, *args: Any) -> Any:
        f = self.formulas
        return self._distributed(f.logsf or _logarithm(f.sf), 0.0, -INF, *args)

    def _distributed(self, formula: Formula, below: float, above: float, *args: Any) -> Any:
        """A formula within the support, and constants on either side."""
        x, *shapes, loc, scale = args
        f, z = self.formulas, _standardised(x, loc, scale)
        low, high = f.support(*shapes)
        value = formula(_chosen(_between(z, low, high, closed=False), z, f.middle), *shapes)
        if low is not -INF:
            value = np.where(z <= low, below, value)
        if high is not INF:
            value = np.where(z >= high, above, value)
        return self._checked(value, z, shapes, scale)

    def _ppf(self, q: Any, *args: Any) -> Any:
        *shapes, loc, scale = args
        f = self.formulas
        assert f.ppf is not None
        low, high = f.support(*shapes)
        inside = (q > 0) & (q < 1)
        value = f.ppf(np.where(inside, q, 0.5), *shapes)
        value = np.where(q == 0, low, np.where(q == 1, high, np.where(inside, value, np.nan)))
        return self._checked(value * scale + loc, q, shapes, scale)

    def _checked(self, value: Any, z: Any, shapes: Sequence[Any], scale: Any) -> Any:
        return _valid([*self.formulas.valid(*shapes), scale > 0, ~np.isnan(z)], value)


@dataclass(frozen=True)
class Discrete(Distribution):
    """A family of distributions of whole numbers k, in which derivatives are taken to be 0."""

    def __post_init__(self) -> None:
        for name in ("pmf", "logpmf", "cdf", "logcdf", "sf", "logsf"):
            call = self.arguments("k", {"loc": 0.0}, f"_{name}")
            self.methods[name] = Function(f"scipy.stats.{self.name}.{name}", call)

    def _pmf(self, *args: Any) -> Any:
        return np.exp(self._logpmf(*args))

    def _logpmf(self, k: Any, *args: Any) -> Any:
        *shapes, loc = args
        n = stop_gradient(k - loc)
        low, high = self.formulas.support(*shapes)
        inside = _between(n, low, high, closed=True) & (n == np.floor(n))
        value = self.formulas.log(_chosen(inside, n, self.formulas.middle), *shapes)
        return self._checked(_chosen(inside, value, -INF), n, shapes)

    def _cdf(self, *args: Any) -> Any:
        return self._distributed(self.formulas.cdf, 0.0, 1.0, *args)

    def _sf(self, *args: Any) -> Any:
        return self._distributed(self.formulas.sf, 1.0, 0.0, *args)

    def _logcdf(self, *args: Any) -> Any:
        return self._distributed(_logarithm(self.formulas.cdf), -INF, 0.0, *args)

    def _logsf(self, *args: Any) -> Any:
        return self._distributed(_logarithm(self.formulas.sf), 0.0, -INF, *args)

    def _distributed(self, formula: Formula, below: float, above: float, *args: Any) -> Any:
        k, *shapes, loc = args
        n = stop_gradient(k - loc)
        low, high = self.formulas.support(*shapes)
        inside = (n >= low) & (n < high)
        value = formula(np.floor(_chosen(inside, n, self.formulas.middle)), *shapes)
        value = np.where(n < low, below, np.where(n >= high, above, value))
        return self._checked(value, n, shapes)

    def _checked(self, value: Any, n: Any, shapes: Sequence[Any]) -> Any:
        return _valid([*self.formulas.valid(*shapes), ~np.isnan(n)], value)


def _double(x: Any) -> Any:
    """An argument as doubles, in which SciPy computes all distributions."""
    array = x if isinstance(x, Traced) else np.asarray(x)
    if type_of_array(array).dtype.kind == "c":
        raise TypeMismatchError(
            "distributions are of real numbers", where=user_source(), found="a complex array"
        )
    return convert(array, np.dtype(float))


def _standardised(x: Any, loc: Any, scale: Any) -> Any:
    if isinstance(loc, Traced) or np.any(loc != 0):
        x = x - loc
    if isinstance(scale, Traced) or np.any(scale != 1):
        x = x / scale
    return x


def _between(z: Any, low: Any, high: Any, *, closed: bool) -> Any:
    """Whether z is in the support; plainly true where that is all numbers."""
    above = True if low is -INF else (z >= low if closed else z > low)
    below = True if high is INF else (z <= high if closed else z < high)
    return above & below


def _chosen(inside: Any, value: Any, otherwise: Any) -> Any:
    return value if inside is True else np.where(inside, value, otherwise)


def _valid(conditions: Sequence[Any], value: Any) -> Any:
    """NaN where a condition is false."""
    for condition in conditions:
        if isinstance(condition, Traced) or not np.all(condition):
            value = np.where(condition, value, np.nan)
    return traced(value)


def _logarithm(formula: Formula) -> Formula:
    return lambda *args: np.log(formula(*args))
