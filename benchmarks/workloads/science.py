"""Programs from here and there, as one writes them with arrays; nothing in them is tuned."""

from functools import partial
from types import SimpleNamespace

import numpy
from programs import science_by_hand, science_torch
from programs.program import Program

from workloads.case import Case

RNG = numpy.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


def logistic_regression(lib, weights, x, labels):
    z = x @ weights
    return lib.np.sum(lib.np.logaddexp(0.0, z) - labels * z) + 0.5 * lib.np.sum(weights**2)


def gaussian_process(lib, theta, x, y):
    """The negative logarithm of the marginal likelihood, with a squared exponential kernel."""
    np = lib.np
    squares = np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=2) / np.exp(2 * theta[0])
    kernel = np.exp(theta[1] - 0.5 * squares) + np.exp(theta[2]) * np.eye(len(x))
    return 0.5 * y @ np.linalg.solve(kernel, y) + 0.5 * np.linalg.slogdet(kernel)[1]


def attention(lib, q, k, v):
    np = lib.np
    scores = q @ k.T / np.sqrt(q.shape[1])
    weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = weights / np.sum(weights, axis=1, keepdims=True)
    return np.sum((weights @ v) ** 2)


def k_means(lib, centres, x):
    distances = lib.np.sum((x[:, None, :] - centres) ** 2, axis=2)
    return lib.np.sum(lib.np.min(distances, axis=1))


def n_body(lib, places, masses):
    """Energy, softened."""
    np = lib.np
    apart = places[:, None, :] - places[None, :, :]
    distances = np.sqrt(np.sum(apart**2, axis=2) + 0.01)
    return -np.sum(masses[:, None] * masses / distances)


def black_scholes(lib, spots, times, volatilities, strikes):
    """Values of call options; their gradient is delta, theta and vega of each."""
    np = lib.np
    spread = volatilities * np.sqrt(times)
    drift = (0.02 + 0.5 * volatilities**2) * times
    upper = (np.log(spots / strikes) + drift) / spread

    def below(z):  # the normal distribution function, nearly
        return 0.5 * (1.0 + np.tanh(0.7978845608 * (z + 0.044715 * z**3)))

    discounted = strikes * np.exp(-0.02 * times)
    return np.sum(spots * below(upper) - discounted * below(upper - spread))


def springs(lib, places):
    along = places[1:] - places[:-1]
    lengths = lib.np.sqrt(lib.np.sum(along**2, axis=1))
    return lib.np.sum((lengths - 0.1) ** 2)


def convolution(lib, kernel, images):
    """A layer of 3 x 3 filters, then a ramp."""
    np, (_, rows, columns, _) = lib.np, images.shape
    total = 0.0
    for i in range(3):
        for j in range(3):
            part = images[:, i : i + rows - 2, j : j + columns - 2]
            total = total + np.einsum("nhwc,co->nhwo", part, kernel[i, j])
    return np.sum(np.maximum(total, 0.0) ** 2)


def kalman(lib, parameters, observations):
    """The negative log-likelihood of a walk at nearly constant speed, of which one sees places."""
    np = lib.np
    step = np.array([[1.0, 0.1], [0.0, 1.0]])
    noise, error = np.exp(parameters[0]) * np.eye(2), np.exp(parameters[1])

    def update(state, y):
        mean, cov, total = state
        mean, cov = step @ mean, step @ cov @ step.T + noise
        residual, variance = y - mean[0], cov[0, 0] + error
        gain = cov[:, 0] / variance
        mean, cov = mean + gain * residual, cov - np.outer(gain, cov[0])
        return (mean, cov, total + np.log(variance) + residual**2 / variance), None

    start = np.zeros(2), np.eye(2), 0.0
    (_, _, total), _ = lib.scan(update, start, observations)
    return 0.5 * total


def mandelbrot(lib, c):
    """How far points get in fifty steps, as long as they stay."""
    np = lib.np

    def body(_, z):
        x, y = z
        inside = x * x + y * y < 4.0
        new_x, new_y = x * x - y * y + c[0], 2.0 * x * y + c[1]
        return np.where(inside, new_x, x), np.where(inside, new_y, y)

    x, y = lib.fori_loop(0, 50, body, (0.0 * c[0], 0.0 * c[1]))
    return np.sum(np.log1p(x * x + y * y))


def case(name, function, *arguments, count=1):
    """The gradient is that by the first `count` arguments."""
    argnums = tuple(range(count)) if count > 1 else 0
    first, data = arguments[:count], arguments[count:]
    by_hand = getattr(science_by_hand, function.__name__)
    torch = getattr(science_torch, function.__name__)

    def make(lib):
        f = partial(function, lib)
        return f, lib.grad(f, argnums)

    def plain(np, parameters, *data):
        return function(in_python(np), *(parameters if count > 1 else [parameters]), *data)

    program = Program(name, plain, torch, first if count > 1 else first[0], data)
    return Case(name, make, arguments, partial(by_hand, *arguments), program, tolerance=1e-7)


def in_python(np):
    """A library that has NumPy's functions and Python's loops."""

    def scan(step, carry, xs):
        for x in xs:
            carry, _ = step(carry, x)
        return carry, None

    def fori_loop(start, end, body, carry):
        for i in range(start, end):
            carry = body(i, carry)
        return carry

    return SimpleNamespace(np=np, scan=scan, fori_loop=fori_loop)


def cases():
    regression = 0.1 * normal(50), normal(100_000, 50), (normal(100_000) > 0) * 1.0
    options = [RNG.uniform(0.5, 1.5, 1_000_000) for _ in range(4)]
    return [
        case("logistic regression 100000x50", logistic_regression, *regression),
        case("Gaussian process 300", gaussian_process, normal(3), normal(300, 3), normal(300)),
        case("attention 512x64", attention, *(normal(512, 64) for _ in "qkv"), count=3),
        case("k-means 20000x3, 40", k_means, normal(40, 3), normal(20_000, 3)),
        case("n-body 256", n_body, normal(256, 3), RNG.random(256)),
        case("Black-Scholes 1000000", black_scholes, *options, count=3),
        case("springs 100000", springs, normal(100_000, 3)),
        case("convolution 16x28x28x8", convolution, normal(3, 3, 8, 16), normal(16, 28, 28, 8)),
        case("Kalman filter 1000", kalman, normal(2), numpy.cumsum(normal(1000))),
        case("Mandelbrot 10000", mandelbrot, RNG.uniform(-1.5, 0.5, (2, 10_000))),
    ]
