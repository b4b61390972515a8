"""Well-known algorithms that are loops: their gradients are those that people derive by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import heat
import kepler
import lotka_volterra
import numpy as np
import pytest
from numpy.polynomial.chebyshev import chebvander
from scipy.special import ellipe, ellipk

import lineara as la

RNG = np.random.default_rng(0)
CLOSE = {"rtol": 1e-9, "atol": 1e-11}
SCHEDULES = (1, 3, 100, "sqrt", "halving", ("binomial", 2))
UNKNOWN_LENGTH = (1, 3, 100, "sqrt")


# -- the algorithms, each of which takes a schedule of checkpoints --------------------------------


def fitted(logs: Any, checkpoint: Any = None) -> Any:
    """The misfit of populations; both loops of the example are its own."""
    return lotka_volterra.loss(logs, lotka_volterra.pelts()[:4])


def warmed(u: Any, checkpoint: Any = None) -> Any:
    return heat.later(u, checkpoint, steps=30)[5:9] @ np.arange(1.0, 5.0)


def warmed_by_power(power: Any, checkpoint: Any = None) -> Any:
    start = HOT + 0 * power
    return heat.later(start, checkpoint, steps=30, power=power)[20:60] @ np.arange(40.0)


def orbits(M: Any, e: Any, checkpoint: Any = None) -> Any:
    return np.sum(la.vmap(kepler.anomaly)(M, e) * WEIGHTS)


def agm(m: Any, checkpoint: Any = None) -> Any:
    """The complete elliptic integral K(m), by the arithmetic-geometric mean of Gauss."""
    a, _ = la.while_loop(
        lambda s: abs(s[0] - s[1]) > 1e-15,
        lambda s: ((s[0] + s[1]) / 2, np.sqrt(s[0] * s[1])),
        (1.0 + 0 * m, np.sqrt(1 - m)),
        checkpoint=checkpoint,
    )
    return np.pi / 2 / a


def clenshaw(c: Any, x: Any, checkpoint: Any = None) -> Any:
    """A Chebyshev series at x, by Clenshaw's recurrence from the last coefficient to the first."""

    def down(carry: Any, coefficient: Any) -> Any:
        b1, b2 = carry
        return (coefficient + 2 * x * b1 - b2, b1), None

    zero = 0 * x
    (b1, b2), _ = la.scan(down, (zero, zero), c[1:], reverse=True, checkpoint=checkpoint)
    return c[0] + x * b1 - b2


def thomas(lower: Any, middle: Any, upper: Any, d: Any, checkpoint: Any = None) -> Any:
    """WEIGHTS @ x for the tridiagonal equations with right-hand side d, solved in place."""
    n = len(d)

    def forward(i: Any, state: Any) -> Any:
        b, x = state
        factor = lower[i - 1] / b[i - 1]
        b[i] -= factor * upper[i - 1]
        x[i] -= factor * x[i - 1]
        return b, x

    def backward(k: Any, state: Any) -> Any:
        b, x = state
        i = n - 2 - k
        x[i] = (x[i] - upper[i] * x[i + 1]) / b[i]
        return b, x

    b, x = la.fori_loop(1, n, forward, (middle.copy(), d.copy()), checkpoint=checkpoint)
    x[n - 1] /= b[n - 1]
    _, x = la.fori_loop(0, n - 1, backward, (b, x), checkpoint=checkpoint)
    return WEIGHTS @ x


def hidden_markov(scores: Any, checkpoint: Any = None) -> Any:
    """The log-likelihood of a hidden Markov model; scores are log-probabilities [times, states]."""

    def observe(carry: Any, score: Any) -> Any:
        alpha, total = carry
        alpha = alpha @ TRANSITIONS * np.exp(score)
        norm = np.sum(alpha)
        return (alpha / norm, total + np.log(norm)), None

    start = (np.full(3, 1 / 3), 0 * scores[0, 0])
    return la.scan(observe, start, scores, checkpoint=checkpoint)[0][1]


def garch(params: Any, checkpoint: Any = None) -> Any:
    """The deviance of returns whose variance follows Bollerslev's recursion."""

    def day(carry: Any, r: Any) -> Any:
        variance, total = carry
        total = total + np.log(variance) + r**2 / variance
        return (params[0] + params[1] * r**2 + params[2] * variance, total), None

    start = (params[0] / (1 - params[1] - params[2]), 0 * params[0])
    return la.scan(day, start, RETURNS, checkpoint=checkpoint)[0][1]


def chain(x: Any, checkpoint: Any = None) -> Any:
    """Each element of an array is made from the one before."""

    def body(i: Any, y: Any) -> Any:
        y[i] = np.sin(y[i - 1] * x[i]) + 1
        return y

    return np.sum(la.fori_loop(1, len(x), body, np.ones_like(x), checkpoint=checkpoint) ** 2)


def automaton(x: Any, checkpoint: Any = None) -> Any:
    """A machine whose next rule depends on where it is: which one never depends on derivatives."""
    rules = [lambda s, t: s * t, lambda s, t: np.sin(s) + t, lambda s, t: s / (1 + t * t)]
    table = np.array([0, 1, 2, 1, 2, 2, 0, 1])

    def body(carry: Any, inputs: Any) -> Any:
        rule, t = inputs
        s = la.switch(rule, rules, carry, t)
        s = la.cond(np.real(s) > 0.8, lambda s: s * s / 2, lambda s: s + 0.5 * t, s)
        return s, s

    last, every = la.scan(body, 1.0 + 0 * x[0], (table, x), checkpoint=checkpoint)
    return last + np.sum(every**3)


# -- data -----------------------------------------------------------------------------------------

WEIGHTS = np.linspace(0.5, 1.5, 8)
HOT = heat.wave(heat.places(), 1.0) + 0.1
TRANSITIONS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
RETURNS = RNG.normal(size=40)
LOGS = np.log([0.5, 0.03, 0.8, 0.03, 30.0, 4.0])
ANOMALIES, ECCENTRICITIES = np.linspace(0.1, 3.0, 8), np.linspace(0.0, 0.95, 8)
SYSTEM = (RNG.normal(size=7), 4 + RNG.normal(size=8), RNG.normal(size=7), RNG.normal(size=8))


# -- gradients by hand ----------------------------------------------------------------------------


def heat_adjoint(u: Any) -> tuple[Any]:
    """The adjoint of an explicit step, from the last one to the first."""
    dx = heat.WIDTH / heat.CELLS
    states = [u]
    for _ in range(29):
        states.append(heat.step(states[-1]))
    w = np.zeros_like(u)
    w[5:9] = np.arange(1.0, 5.0)
    for u in reversed(states):
        k = u**heat.POWER
        flow_bar = -heat.DT / dx * np.diff(w)
        k_bar, w = np.zeros_like(u), w.copy()
        k_bar[1:] += flow_bar * np.diff(u) / (2 * dx)
        k_bar[:-1] += flow_bar * np.diff(u) / (2 * dx)
        w[1:] += flow_bar * (k[1:] + k[:-1]) / (2 * dx)
        w[:-1] -= flow_bar * (k[1:] + k[:-1]) / (2 * dx)
        w += k_bar * heat.POWER * u ** (heat.POWER - 1)
    return (w,)


def implicit_orbits(M: Any, e: Any) -> Any:
    slopes = [kepler.implicit(*orbit) for orbit in zip(M, e, strict=True)]
    return tuple(WEIGHTS * column for column in np.transpose(slopes))


def elliptic(m: Any) -> tuple[Any]:
    return ((ellipe(m) / (1 - m) - ellipk(m)) / (2 * m),)


def chebyshev(c: Any, x: Any) -> Any:
    return chebvander(x, len(c) - 1)[0], np.polynomial.Chebyshev(c).deriv()(x)


def transposed_system(lower: Any, middle: Any, upper: Any, d: Any) -> Any:
    """With A x = d and Aᵀ λ = w the gradient is λ for d, and -λ xᵀ for A."""
    A = np.diag(middle) + np.diag(lower, -1) + np.diag(upper, 1)
    x, adjoint = np.linalg.solve(A, d), np.linalg.solve(A.T, WEIGHTS)
    outer = -np.outer(adjoint, x)
    return np.diag(outer, -1), np.diag(outer), np.diag(outer, 1), adjoint


def posterior(scores: Any) -> tuple[Any]:
    """How probable each state is at each time: the algorithm forward and backward."""
    forward, backward = [np.full(3, 1 / 3)], [np.ones(3)]
    for likelihood in np.exp(scores):
        forward.append(forward[-1] @ TRANSITIONS * likelihood)
    for likelihood in np.exp(scores[:0:-1]):
        backward.append(TRANSITIONS @ (likelihood * backward[-1]))
    joint = np.array(forward[1:]) * np.array(backward[::-1])
    return (joint / joint.sum(axis=1, keepdims=True),)


def chain_adjoint(x: Any) -> tuple[Any]:
    y, x_bar = np.ones_like(x), np.zeros_like(x)
    for i in range(1, len(x)):
        y[i] = np.sin(y[i - 1] * x[i]) + 1
    y_bar = 2 * y
    for i in reversed(range(1, len(x))):
        slope = y_bar[i] * np.cos(y[i - 1] * x[i])
        x_bar[i] = slope * y[i - 1]
        y_bar[i - 1] += slope * x[i]
    return (x_bar,)


def complex_step(f: Callable[..., Any], *arguments: Any) -> tuple[Any, ...]:
    """The gradient to full precision, without tracing: Squire and Trapp (1998)."""
    gradient = []
    for k, x in enumerate(arguments):
        part = np.zeros_like(x)
        for index in np.ndindex(np.shape(x)):
            moved = [np.array(y, complex) for y in arguments]
            moved[k][index] += 1e-30j
            part[index] = np.imag(f(*(y[()] for y in moved))) / 1e-30
        gradient.append(part)
    return tuple(gradient)


# -- the cases ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """An algorithm; its gradient by hand, otherwise by a complex step; and its schedules."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    by_hand: Callable[..., Any] | None = None
    schedules: tuple[Any, ...] = SCHEDULES

    def expected(self) -> Any:
        if self.by_hand:
            return self.by_hand(*self.arguments)
        return complex_step(self.function, *self.arguments)

    def gradient(self, checkpoint: Any = None) -> Callable[..., Any]:
        every = tuple(range(len(self.arguments)))
        return la.grad(lambda *args: self.function(*args, checkpoint=checkpoint), every)


CASES = {
    "Runge and Kutta": Case(fitted, (LOGS,), schedules=()),
    "heat": Case(warmed, (HOT,), heat_adjoint),
    "heat, by the power": Case(warmed_by_power, (np.float64(heat.POWER),)),
    "Kepler": Case(orbits, (ANOMALIES, ECCENTRICITIES), implicit_orbits, ()),
    "mean of Gauss": Case(agm, (np.float64(0.7),), elliptic, UNKNOWN_LENGTH),
    "Clenshaw": Case(clenshaw, (RNG.normal(size=9), np.float64(0.3)), chebyshev),
    "Thomas": Case(thomas, SYSTEM, transposed_system),
    "hidden Markov model": Case(hidden_markov, (RNG.normal(size=(12, 3)),), posterior),
    "GARCH": Case(garch, (np.array([0.1, 0.2, 0.7]),)),
    "chain": Case(chain, (RNG.uniform(0.2, 1.5, size=12),), chain_adjoint),
    "automaton": Case(automaton, (RNG.uniform(0.2, 0.9, size=8),)),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def same(found: Any, expected: Any, **tolerances: float) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, **tolerances)


@each_case
def test_gradient(case: Case) -> None:
    same(case.gradient()(*case.arguments), case.expected(), **CLOSE)


@each_case
def test_forward_mode_agrees_with_reverse_mode(case: Case) -> None:
    every = tuple(range(len(case.arguments)))
    reverse = case.gradient()(*case.arguments)
    same(la.jacfwd(case.function, every)(*case.arguments), reverse, rtol=1e-10, atol=1e-12)


@each_case
def test_traced_as_untraced(case: Case) -> None:
    value = case.function(*case.arguments)
    interpreted = la.jit(case.function, backend="numpy")
    same([interpreted(*case.arguments)], [value], rtol=1e-14)
    gradient = case.gradient()
    interpreted = la.jit(gradient, backend="numpy")
    same(interpreted(*case.arguments), gradient(*case.arguments), rtol=0)


@each_case
def test_native_as_interpreted(case: Case) -> None:
    gradient = case.gradient()
    same(la.jit(gradient)(*case.arguments), gradient(*case.arguments), rtol=1e-9)


@each_case
def test_schedules_change_no_bit(case: Case) -> None:
    expected = la.jit(case.gradient())(*case.arguments)
    for schedule in case.schedules:
        found = la.jit(case.gradient(schedule))(*case.arguments)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b, str(schedule))


@each_case
def test_hessian(case: Case) -> None:
    """A Hessian times a vector is a difference of gradients that are right."""
    directions = tuple(np.cos(np.asarray(x)) for x in case.arguments)
    product = la.hvp(case.function, case.arguments, directions)
    step = 1e-5
    ahead, behind = (
        case.gradient()(*(x + h * d for x, d in zip(case.arguments, directions, strict=True)))
        for h in (step, -step)
    )
    for found, a, b in zip(product, ahead, behind, strict=True):
        scale = max(1.0, np.max(np.abs(found)))
        np.testing.assert_allclose(found / scale, (a - b) / (2 * step * scale), atol=1e-6)


def test_nothing_is_lost() -> None:
    """Heat is conserved, so each bit of it at the start counts once at the end."""
    gradient = la.grad(lambda u: np.sum(heat.later(u, "sqrt", steps=50)))(HOT)
    np.testing.assert_allclose(gradient, 1.0, rtol=1e-12)


def test_the_wave_arrives() -> None:
    x = heat.places()
    end = heat.later(heat.wave(x, heat.FIRST))
    exact = heat.wave(x, heat.LAST)
    assert np.max(np.abs(end - exact)) < 0.02 * np.max(exact)


def test_second_derivative_of_keplers_equation() -> None:
    M, e = 0.8, 0.3
    E = kepler.anomaly(M, e)
    expected = -e * np.sin(E) / (1 - e * np.cos(E)) ** 3
    np.testing.assert_allclose(la.hessian(kepler.anomaly)(M, e), expected, rtol=1e-9)


def test_the_rates_of_lynxes_and_hares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lotka_volterra, "STEPS", 2)
    rates = [float(value) for value in lotka_volterra.PARAMETERS.values() if value]
    logs, errors = lotka_volterra.fit(lotka_volterra.pelts())
    assert np.all(np.abs(logs[:4] - np.log(rates)) < 0.5 * errors[:4])
