"""The other problems of ADBench: derivatives of the benchmarks' programs are those by hand."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from laws import check_laws
from numpy.typing import NDArray

import lineara as la

Array = NDArray[Any]

FOLDER = Path(os.environ.get("ADBENCH_DATA", "nowhere"))
PROGRAMS = Path(__file__).parents[1] / "benchmarks/programs"
KINDS = ["simple", "complicated"]


def benchmark(name: str) -> Any:
    """A module of the benchmarks, where `programs` is another one than in the tests."""
    package = ModuleType("programs")
    package.__path__ = [str(PROGRAMS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "programs", package)
        return SimpleNamespace(**runpy.run_path(str(PROGRAMS / f"{name}.py")))


lstm, ba, hand = map(benchmark, ["lstm", "ba", "hand"])


def in_folder(file: str) -> Path:
    if not (FOLDER / file).exists():
        pytest.skip(f"set ADBENCH_DATA to a folder with {file}")
    return FOLDER / file


def assert_close(found: Array, expected: Array, tolerance: float = 1e-9) -> None:
    """Up to the tolerance, relative to the largest entry."""
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()


def by_complex_step(f: Callable[[Array], Array], x: Array) -> Array:
    """The Jacobian of an analytic function, exact up to rounding.

    The imaginary part of f(x + ih) is h f'(x) + O(h³), and nothing is subtracted: Squire and Trapp,
    *Using complex variables to estimate derivatives of real functions* (1998).
    """
    columns = []
    for i in range(x.size):
        step = np.zeros(x.size, complex)
        step[i] = 1e-30j
        columns.append(f(x + step.reshape(x.shape)).imag / 1e-30)
    return np.stack(columns, axis=-1)


def check_program(f: Callable[..., Any], *arguments: Array) -> None:
    program = la.trace(f)(*arguments)
    check_laws(program.main, [*program.constants, *arguments])


# The recurrent network


def lstm_by_hand(main: Array, extra: Array, state: Array, sequence: Array) -> Any:
    """The loss, and its gradient with respect to the main and the extra parameters.

    With a gate's σ or tanh of a = vw + b, cotangents of w and b add up v a̅ and a̅ over all
    characters; those of the outputs and memories of each layer go back from one character to the
    one before.
    """
    layers, size, steps = len(main) // 2, sequence.shape[1], len(sequence) - 1
    weights, biases = main[::2].reshape(layers, 4, size), main[1::2].reshape(layers, 4, size)
    out, memory = state[::2].copy(), state[1::2].copy()
    kept: list[Any] = []
    loss = 0.0
    for t in range(steps):
        x = sequence[t] * extra[0]
        for k in range(layers):
            inputs = np.array([x, out[k], x, out[k]])
            gates = inputs * weights[k] + biases[k]
            gates[:3] = (1 + np.tanh(gates[:3] / 2)) / 2
            gates[3] = np.tanh(gates[3])
            forget, ingate, outgate, change = gates
            before, memory[k] = memory[k].copy(), memory[k] * forget + ingate * change
            tanh = np.tanh(memory[k])
            out[k] = x = outgate * tanh
            kept.append((inputs, gates, before, tanh))
        exps = np.exp(x * extra[1] + extra[2])
        total = 2 + exps.sum()
        loss -= sequence[t + 1] @ (np.log(exps) - np.log(total)) / (steps * size)
        kept.append((x, exps / total))
    d_weights, d_biases, d_extra = np.zeros_like(weights), np.zeros_like(biases), 0 * extra
    d_out, d_memory = np.zeros((layers, size)), np.zeros((layers, size))
    for t in reversed(range(steps)):
        x, share = kept.pop()
        d_y = (sequence[t + 1].sum() * share - sequence[t + 1]) / (steps * size)
        d_extra[1] += d_y * x
        d_extra[2] += d_y
        d_x = d_y * extra[1]
        for k in reversed(range(layers)):
            inputs, gates, before, tanh = kept.pop()
            forget, ingate, outgate, change = gates
            d_x = d_x + d_out[k]
            d_now = d_memory[k] + d_x * outgate * (1 - tanh**2)
            d_gates = np.array([d_now * before, d_now * change, d_x * tanh, d_now * ingate])
            d_gates[:3] *= gates[:3] * (1 - gates[:3])
            d_gates[3] *= 1 - change**2
            d_weights[k] += d_gates * inputs
            d_biases[k] += d_gates
            d_memory[k] = d_now * forget
            d_inputs = d_gates * weights[k]
            d_x, d_out[k] = d_inputs[0] + d_inputs[2], d_inputs[1] + d_inputs[3]
        d_extra[0] += d_x * sequence[t]
    d_main = np.stack([d_weights, d_biases], axis=1).reshape(main.shape)
    return loss, (d_main, d_extra)


def check_lstm(problem: Any) -> None:
    parameters, *data = problem
    objective = partial(lstm.objective, np, scan=la.scan)
    value, expected = lstm_by_hand(*parameters, *data)
    found = la.value_and_grad(objective)(parameters, *data)
    jitted = la.jit(la.value_and_grad(objective))(parameters, *data)
    for loss, gradient in (found, jitted):
        assert loss == pytest.approx(value, rel=1e-12)
        for part, by_hand in zip(gradient, expected, strict=True):
            assert_close(part, by_hand)


@pytest.mark.parametrize("sizes", [(1, 2, 1), (2, 5, 3), (3, 20, 4), (2, 200, 14)], ids=str)
def test_lstm(sizes: tuple[int, int, int]) -> None:
    check_lstm(lstm.generate(*sizes))


@pytest.mark.parametrize("file", ["lstm_l2_c1024.txt", "lstm_l2_c4096.txt"])
def test_lstm_on_files(file: str) -> None:
    check_lstm(lstm.load(in_folder(f"lstm/{file}")))


def test_lstm_by_hand_is_a_gradient() -> None:
    parameters, *data = lstm.generate(2, 5, 3)
    _, by_hand = lstm_by_hand(*parameters, *data)
    for i, expected in enumerate(by_hand):

        def loss(x: Array, i: int = i) -> Array:
            changed: Array = lstm.objective(np, [*parameters[:i], x, *parameters[i + 1 :]], *data)
            return changed

        slopes = by_complex_step(loss, parameters[i]).reshape(expected.shape)
        assert_close(expected, slopes, 1e-13)


def test_lstm_with_a_loop_in_python() -> None:
    """It has the same gradient, by a program that grows with the loop."""
    unrolled = la.grad(partial(lstm.objective, np))
    scanned = la.grad(partial(lstm.objective, np, scan=la.scan))
    sizes = {}
    for characters in (3, 6):
        arguments = lstm.generate(2, characters, 3)
        for part, expected in zip(scanned(*arguments), unrolled(*arguments), strict=True):
            assert_close(part, expected, 1e-13)
        sizes[characters] = [la.size(la.trace(f)(*arguments)) for f in (scanned, unrolled)]
    assert sizes[3][0] == sizes[6][0] < sizes[3][1] < sizes[6][1]


def test_lstm_laws() -> None:
    (main, extra), *data = lstm.generate(2, 4, 2)
    check_program(lambda *p: lstm.objective(np, p, *data, scan=la.scan), main, extra)


def test_lstm_as_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADBENCH_DATA", raising=False)
    program = lstm.program(la.scan)
    sizes = [part.shape for part in (*program.parameters, *program.data)]
    assert sizes == [(4, 56), (3, 14), (4, 14), (1024, 14)]
    expected, _ = lstm_by_hand(*program.parameters, *program.data)
    found = program.function(np, program.parameters, *program.data)
    assert found == pytest.approx(expected, rel=1e-12)


# Bundle adjustment


def blocks_by_hand(problem: Any) -> Array:
    """The derivatives of each observation with respect to its camera, point and weight.

    With a = sin θ / θ and b = (1 − cos θ) / θ², a turn takes p to cos θ p + a r × p + b r (r·p).
    """
    cameras, points, weights, features, camera, point = problem
    blocks = []
    for c, x, weight, feature in zip(
        cameras[camera], points[point], weights, features, strict=True
    ):
        r, (focal, *centre), (k1, k2), p = c[:3], c[6:9], c[9:], x - c[3:6]
        θ = np.linalg.norm(r)
        cos, sin = np.cos(θ), np.sin(θ)
        a, b = sin / θ, (1 - cos) / θ**2
        d_a, d_b = (θ * cos - sin) / θ**2, (θ * sin - 2 * (1 - cos)) / θ**3
        q = cos * p + a * np.cross(r, p) + b * r * (r @ p)
        by_angle = -sin * p + d_a * np.cross(r, p) + d_b * r * (r @ p)
        by_r = np.outer(by_angle, r / θ) - a * cross(p) + b * (r @ p * np.eye(3) + np.outer(r, p))
        turn = cos * np.eye(3) + a * cross(r) + b * np.outer(r, r)
        image = q[:2] / q[2]
        by_q = np.column_stack([np.eye(2), -image]) / q[2]
        s = image @ image
        stretch = 1 + k1 * s + k2 * s**2
        by_image = stretch * np.eye(2) + 2 * (k1 + 2 * k2 * s) * np.outer(image, image)
        by_turned = focal * by_image @ by_q
        lens = [stretch * image, *np.eye(2), focal * s * image, focal * s**2 * image]
        error = focal * stretch * image + centre - feature
        columns = [by_turned @ by_r, -by_turned @ turn, np.column_stack(lens), by_turned @ turn]
        blocks.append(np.column_stack([*(weight * part for part in columns), error]))
    return np.array(blocks)


def cross(v: Array) -> Array:
    """The matrix of the product v × p."""
    x, y, z = v
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


def check_blocks(problem: Any, expected: Array) -> None:
    for jac in (la.jacfwd, la.jacrev):

        def jacobian(*parameters: Array, jac: Any = jac) -> tuple[Array, Array]:
            moved = ba.Problem(*parameters, *problem[3:])
            found: tuple[Array, Array] = ba.jacobian(np, moved, la.vmap, jac, la.grad)
            return found

        for derive in (jacobian, la.jit(jacobian)):
            blocks, d_weights = derive(*problem[:3])
            assert_close(blocks, expected)
            assert_close(d_weights, -2 * problem.weights)


def test_ba() -> None:
    problem = ba.generate(7, 20, 50)
    check_blocks(problem, blocks_by_hand(problem))


def test_ba_on_a_file() -> None:
    """All cameras of the file are the same, and so are points, weights and features."""
    problem = ba.load(in_folder(ba.FILE))
    one = ba.Problem(*(part[:1] for part in problem))
    check_blocks(problem, np.repeat(blocks_by_hand(one), len(problem.weights), axis=0))


def test_ba_by_hand_is_a_jacobian() -> None:
    problem = ba.generate(1, 1, 1)
    (camera, point, weight, feature), (expected,) = ba.observed(problem), blocks_by_hand(problem)
    x = np.concatenate([camera[0], point[0], weight])
    residual = partial(ba.residual, np, feature=feature[0])
    assert_close(expected, by_complex_step(lambda x: residual(x[:11], x[11:14], x[14]), x), 1e-12)


def test_ba_errors() -> None:
    problem = ba.generate(2, 3, 4)
    errors, by_weight = ba.errors(np, problem, la.vmap)
    one_by_one = [ba.residual(np, *args) for args in zip(*ba.observed(problem), strict=True)]
    assert_close(errors, np.array(one_by_one), 1e-13)
    assert_close(by_weight, 1 - problem.weights**2)


def test_ba_laws() -> None:
    problem = ba.generate(2, 3, 5)
    check_program(
        lambda *parameters: ba.errors(np, ba.Problem(*parameters, *problem[3:]), la.vmap),
        *problem[:3],
    )


def test_ba_problem_has_the_shapes_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADBENCH_DATA", raising=False)
    shapes = [part.shape for part in ba.problem()]
    assert shapes == [(49, 11), (7776, 3), (31843,), (31843, 2), (31843,), (31843,)]


# The hand


def hand_by_hand(theta: Array, us: Array | None, problem: Any) -> Array:
    """The errors: each point on its own, its vertices from bone to bone."""
    model, points, belongs, *_ = problem
    place: dict[int, Any] = {-1: (np.eye(3), np.zeros(3))}
    for bone, parent in enumerate(model.parents):
        turn = model.relative[bone, :3, :3]
        finger, number = divmod(bone - 2, 4)
        if 0 <= finger < 5 and number < 3:
            spread, *bent = theta[[6 + 4 * finger + i for i in (1, 0, 2, 3)]]
            turn = turn @ about_z(spread if number == 0 else 0) @ about_x(bent[number])
        before, shift = place[parent]
        place[bone] = before @ turn, before @ model.relative[bone, :3, 3] + shift
    v = theta[:3]
    angle = np.sqrt((v**2).sum())
    K = cross(v / angle)
    turn = np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K

    def vertex(i: int) -> Array:
        total: Array = np.zeros(3)
        for bone in np.flatnonzero(model.skin[i, :, 3]):
            matrix, shift = place[int(bone)]
            to_bone = model.inverse[bone] @ model.skin[i, bone]
            total = total + matrix @ to_bone[:3] + shift * to_bone[3]
        result: Array = turn @ total + theta[3:6]
        return result

    if us is None:
        return np.array(points - [vertex(i) for i in belongs])
    corners = np.array([[vertex(i) for i in model.triangles[t]] for t in belongs])
    u, v = us.T[:, :, None]
    result: Array = points - (u * corners[:, 0] + v * corners[:, 1] + (1 - u - v) * corners[:, 2])
    return result


def about_x(t: Any) -> Array:
    return np.array([[1, 0, 0], [0, np.cos(t), -np.sin(t)], [0, np.sin(t), np.cos(t)]])


def about_z(t: Any) -> Array:
    return np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])


def check_hand(problem: Any) -> None:
    theta, us = problem.theta, problem.us
    value = hand_by_hand(theta, us, problem)
    expected = by_complex_step(lambda theta: hand_by_hand(theta, us, problem), theta)
    arguments: tuple[Array, ...] = (theta,)
    if us is not None:
        both = by_complex_step(lambda m: hand_by_hand(theta, us + m, problem), np.zeros(2))
        expected = np.concatenate([both, expected], axis=2)
        arguments = theta, us

    def errors(theta: Array, us: Array | None = None) -> Array:
        found: Array = hand.errors(np, theta, us, problem)
        return found

    def jacobian(theta: Array, us: Array | None = None) -> Array:
        found: Array = hand.jacobian(np, theta, us, problem, la.jacfwd)
        return found

    for f, result in ((errors, value), (jacobian, expected)):
        assert_close(f(*arguments), result)
        assert_close(la.jit(f)(*arguments), result)


@pytest.mark.parametrize("kind", KINDS)
def test_hand(kind: str) -> None:
    check_hand(hand.generate(kind, vertices=9, triangles=8, points=15))


@pytest.mark.parametrize("kind", KINDS)
def test_hand_on_files(kind: str) -> None:
    in_folder(f"hand/{kind}_small/{hand.FILE}")
    check_hand(hand.load(FOLDER, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_hand_backwards(kind: str) -> None:
    """Reverse mode finds the same, and that no place in a triangle matters to another point."""
    problem = hand.generate(kind, vertices=5, triangles=4, points=3)
    expected = hand.jacobian(np, problem.theta, problem.us, problem, la.jacfwd)
    by_theta = la.jacrev(hand.errors, argnums=1)(np, problem.theta, problem.us, problem)
    assert_close(by_theta, expected[:, :, -26:], 1e-12)
    if kind == "complicated":
        by_us = la.jacrev(hand.errors, argnums=2)(np, problem.theta, problem.us, problem)
        assert_close(by_us, np.einsum("pij,pq->piqj", expected[:, :, :2], np.eye(3)), 1e-12)


def test_hand_laws() -> None:
    problem = hand.generate("complicated", vertices=5, triangles=4, points=3)
    check_program(lambda theta, us: hand.errors(np, theta, us, problem), problem.theta, problem.us)


@pytest.mark.parametrize("kind", KINDS)
def test_hand_problem_has_the_shapes_of_the_file(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADBENCH_DATA", raising=False)
    (parents, *model), *arrays, us = hand.problem(kind)
    assert [part.shape for part in model] == [(22, 4, 4), (22, 4, 4), (544, 22, 4), (1084, 3)]
    assert parents == (-1, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19, 0)
    assert [part.shape for part in arrays] == [(192, 3), (192,), (26,)]
    assert us is None if kind == "simple" else us.shape == (192, 2)
