"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from lineara.errors import ShapeMismatchError
from lineara.scipy.calls import Function, floats, refused
from lineara.where import user_source


class Vectors:
    """A family of distributions of vectors, by its log density."""

    def __init__(self, name: str, log: Any) -> None:
        def pdf(*args: Any, **kwargs: Any) -> Any:
            return np.exp(log(*args, **kwargs))

        self.logpdf = Function(f"scipy.stats.{name}.logpdf", log)
        self.pdf = Function(f"scipy.stats.{name}.pdf", pdf)
        self.methods = {"logpdf": self.logpdf, "pdf": self.pdf}


def _normal(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The log density, by the Cholesky factor of the covariance (its symmetric part)."""
    if allow_singular:
        raise refused(
            "scipy.stats.multivariate_normal", "allow_singular", "True", "use a regular covariance"
        )
    shapes = [np.shape(y) for y in ((() if mean is None else mean), cov)]
    size = max([1, *(shape[-1] for shape in shapes if shape)])
    x, mean, cov = floats(x, 0.0 if mean is None else mean, cov)
    if cov.ndim < 2:
        cov = cov * np.eye(size)
    if cov.shape != (size, size) or mean.shape not in ((), (size,)):
        raise ShapeMismatchError(
            "the mean is a vector and the covariance a square matrix of its size",
            where=user_source(),
            found=f"shapes {mean.shape} and {cov.shape}",
        )
    points: Any = np.reshape(x, (-1, 1)) if size == 1 and x.ndim < 2 else x
    centred = np.reshape(points - mean, (-1, size))
    factor = np.linalg.cholesky((cov + cov.T) / 2)
    scaled = np.linalg.solve(factor, centred.T)
    log_det = np.sum(np.log(np.diagonal(factor)))
    value = -0.5 * np.sum(scaled**2, axis=0) - log_det - 0.5 * size * math.log(2 * math.pi)
    return np.squeeze(np.reshape(value, points.shape[:-1]))


def _dirichlet(x: Any, alpha: Any) -> Any:
    x, alpha = floats(x, alpha)
    if len(x) + 1 == len(alpha):
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    if len(x) != len(alpha):
        raise ShapeMismatchError(
            "a point has as many elements as there are parameters, or one less",
            where=user_source(),
            found=f"shapes {x.shape} and {alpha.shape}",
        )
    normaliser = np.sum(sp.gammaln(alpha)) - sp.gammaln(np.sum(alpha))
    return np.squeeze(np.sum(sp.xlogy(alpha - 1, x.T), axis=-1) - normaliser)


multivariate_normal = Vectors("multivariate_normal", _normal)
dirichlet = Vectors("dirichlet", _dirichlet)
