"""The gradients of the programs from the sciences in NumPy, by hand, as users of NumPy write them.

Each function has the name and the arguments of one in `workloads/science.py`, and returns its value
and its gradient as functions without arguments.
"""

from math import exp, log

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def logistic_regression(weights, x, labels):
    def value():
        z = x @ weights
        return np.sum(np.logaddexp(0, z) - labels * z) + 0.5 * weights @ weights

    def gradient():
        return x.T @ (1 / (1 + np.exp(-(x @ weights))) - labels) + weights

    return value, gradient


def gaussian_process(theta, x, y):
    def forward():
        squares = squared_distances(x, x) / np.exp(2 * theta[0])
        smooth = np.exp(theta[1] - 0.5 * squares)
        return squares, smooth, smooth + np.exp(theta[2]) * np.eye(len(x))

    def value():
        k = forward()[2]
        return 0.5 * y @ np.linalg.solve(k, y) + 0.5 * np.linalg.slogdet(k)[1]

    def gradient():
        squares, smooth, kernel = forward()
        inverse = np.linalg.inv(kernel)
        solution = inverse @ y
        d = 0.5 * (inverse - np.outer(solution, solution))  # by the entries of the kernel
        along = d * smooth
        return np.array([np.vdot(along, squares), np.sum(along), np.exp(theta[2]) * np.trace(d)])

    return value, gradient


def squared_distances(x, y):
    return np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1) - 2 * x @ y.T


def attention(q, k, v):
    scale = 1 / np.sqrt(q.shape[1])

    def forward():
        weights = scale * q @ k.T
        weights -= np.max(weights, axis=1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= np.sum(weights, axis=1, keepdims=True)
        return weights, weights @ v

    def gradient():
        weights, result = forward()
        d = 2 * result
        by_scores = d @ v.T - np.sum(d * result, axis=1, keepdims=True)
        by_scores *= scale * weights
        return by_scores @ k, by_scores.T @ q, weights.T @ d

    return lambda: np.sum(forward()[1] ** 2), gradient


def k_means(centres, x):
    def gradient():
        nearest = np.argmin(np.sum(centres**2, axis=1) - 2 * x @ centres.T, axis=1)
        count = len(centres)
        sums = np.stack([np.bincount(nearest, column, count) for column in x.T], axis=1)
        return 2 * (np.bincount(nearest, minlength=count)[:, None] * centres - sums)

    return lambda: np.sum(np.min(squared_distances(x, centres), axis=1)), gradient


def n_body(places, masses):
    def forward():
        squares = squared_distances(places, places) + 0.01
        return squares, masses[:, None] * masses / np.sqrt(squares)

    def gradient():
        squares, energies = forward()
        pulls = 2 * energies / squares
        return np.sum(pulls, axis=1)[:, None] * places - pulls @ places

    return lambda: -np.sum(forward()[1]), gradient


def black_scholes(spots, times, volatilities, strikes):
    slope, bend = 0.7978845608, 0.044715

    def forward():
        spread = volatilities * np.sqrt(times)
        drift = 0.02 + 0.5 * volatilities**2
        upper = (np.log(spots / strikes) + drift * times) / spread
        ends = upper, upper - spread
        bent = [np.tanh(slope * z * (1 + bend * z**2)) for z in ends]
        return spread, drift, *ends, *bent, strikes * np.exp(-0.02 * times)

    def value():
        *_, in_upper, in_lower, discounted = forward()
        return 0.5 * np.sum(spots * (1 + in_upper) - discounted * (1 + in_lower))

    def gradient():
        spread, drift, upper, lower, in_upper, in_lower, discounted = forward()
        a = 0.5 * slope * spots * (1 - in_upper**2) * (1 + 3 * bend * upper**2)
        b = 0.5 * slope * discounted * (1 - in_lower**2) * (1 + 3 * bend * lower**2)
        delta = 0.5 * (1 + in_upper) + (a - b) / (spots * spread)
        vega = (b * upper - a * lower) / volatilities
        by_upper = (a - b) * (drift / spread - 0.5 * upper / times)
        theta = by_upper + 0.5 * b * spread / times + 0.01 * discounted * (1 + in_lower)
        return delta, theta, vega

    return value, gradient


def springs(places):
    def forward():
        along = places[1:] - places[:-1]
        return along, np.sqrt(np.sum(along**2, axis=1))

    def gradient():
        along, lengths = forward()
        along *= (2 - 0.2 / lengths)[:, None]
        result = np.zeros_like(places)
        result[1:] = along
        result[:-1] -= along
        return result

    return lambda: np.sum((forward()[1] - 0.1) ** 2), gradient


def convolution(kernel, images):
    def forward():
        """The windows as rows of a matrix, and what comes out of the layer."""
        windows = sliding_window_view(images, (3, 3), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
        rows = windows.reshape(-1, kernel[..., 0].size)
        return rows, np.maximum(rows @ kernel.reshape(rows.shape[1], -1), 0)

    def gradient():
        rows, out = forward()
        return (2 * rows.T @ out).reshape(kernel.shape)

    return lambda: np.sum(forward()[1] ** 2), gradient


def kalman(parameters, observations):
    """In Python's numbers, which are faster than arrays of two."""
    h = 0.1

    def forward():
        """The sum; of each step row 0 of the covariance and the residual; and the exponentials."""
        noise, error = map(exp, parameters)
        x, v, a, b, c, total, trace = 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, []
        for y in observations.tolist():
            x, a, b, c = x + h * v, a + h * (2 * b + h * c) + noise, b + h * c, c + noise
            residual, variance = y - x, a + error
            trace.append((a, b, residual))
            total += log(variance) + residual * residual / variance
            x, v = x + a * residual / variance, v + b * residual / variance
            rest = error / variance
            a, b, c = a * rest, b * rest, c - b * b / variance
        return 0.5 * total, trace, noise, error

    def gradient():
        dx = dv = da = db = dc = by_noise = by_error = 0.0
        _, trace, noise, error = forward()
        for a, b, residual in reversed(trace):
            variance = a + error
            u, rest, share = residual / variance, error / variance, b / variance
            du, drest = dx * a + dv * b + residual, da * a + db * b
            by_variance = share * share * dc + (1 - du * u - drest * rest) / variance
            by_error += drest / variance + by_variance
            da, db = dx * u + da * rest + by_variance, dv * u + db * rest - 2 * share * dc
            dx -= u + du / variance
            by_noise += da + dc
            dv += h * dx
            db, dc = db + 2 * h * da, dc + h * (db + h * da)
        return np.array([0.5 * noise * by_noise, 0.5 * error * by_error])

    return lambda: forward()[0], gradient


def mandelbrot(c):
    """In complex numbers: the derivative of z² + c is 2 z z' + 1."""

    def forward():
        places = c[0] + 1j * c[1]
        z, slope = np.zeros_like(places), np.zeros_like(places)
        for _ in range(50):
            inside = z.real**2 + z.imag**2 < 4
            slope = np.where(inside, 2 * z * slope + 1, slope)
            z = np.where(inside, z * z + places, z)
        return z, slope, z.real**2 + z.imag**2

    def gradient():
        z, slope, squares = forward()
        turned = 2 * z.conj() * slope / (1 + squares)
        return np.stack([turned.real, -turned.imag])

    return lambda: np.sum(np.log1p(forward()[2])), gradient
