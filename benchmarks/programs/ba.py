"""The bundle adjustment of ADBench: 49 cameras, 7776 points and 31843 observations.

The errors and the format of the files are those of Srajer, Kukelova and Fitzgibbon, *A benchmark of
selected algorithmic differentiation tools on some problems in computer vision and machine learning*
(2018). The Jacobian is sparse: each observation has a block of its own, and so has each weight.
"""

import os
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy

CAMERAS, POINTS, OBSERVATIONS = 49, 7776, 31843
FILE = f"ba/ba1_n{CAMERAS}_m{POINTS}_p{OBSERVATIONS}.txt"


class Problem(NamedTuple):
    """Observation k is where camera ``camera[k]`` sees point ``point[k]``."""

    cameras: numpy.ndarray  # [n, 11]: rotation, place, focal length, centre, distortion
    points: numpy.ndarray  # [m, 3]
    weights: numpy.ndarray  # [p]
    features: numpy.ndarray  # [p, 2]
    camera: numpy.ndarray  # [p]
    point: numpy.ndarray  # [p]


def residual(np, camera, point, weight, feature):
    """How far from the feature a camera that is turned by some angle sees the point, weighted."""
    rotation, place, focal, centre = camera[:3], camera[3:6], camera[6], camera[7:9]
    k1, k2 = camera[9:]
    x = rotate(np, rotation, point - place)
    image = x[:2] / x[2]
    r2 = image @ image
    return weight * (focal * (1 + k1 * r2 + k2 * r2**2) * image + centre - feature)


def rotate(np, rotation, x):
    """`x` turned about a vector by an angle, the vector's length, which is not zero (Rodrigues)."""
    angle = np.sqrt(rotation @ rotation)
    axis = rotation / angle
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * x + sin * np.cross(axis, x) + (1 - cos) * (axis @ x) * axis


def weight_residual(weight):
    return 1 - weight**2


def errors(np, problem, vmap):
    """Those of the observations, of shape [p, 2], and those of the weights, [p]."""
    return vmap(partial(residual, np))(*observed(problem)), weight_residual(problem.weights)


def jacobian(np, problem, vmap, jac, grad):
    """The blocks of the observations' errors, of shape [p, 2, 15], with columns for the camera, the
    point and the weight, and the derivatives of the weights' errors, [p].

    The last three arguments are functions of a library, `jac` its ``jacrev`` or ``jacfwd``.
    """
    one = jac(partial(residual, np), argnums=(0, 1, 2))
    camera, point, weight = vmap(one)(*observed(problem))
    blocks = np.concatenate([camera, point, weight[:, :, None]], axis=2)
    return blocks, vmap(grad(weight_residual))(problem.weights)


def observed(problem):
    """What the residual takes, for all observations."""
    cameras, points, weights, features, camera, point = problem
    return cameras[camera], points[point], weights, features


def load(path):
    """The problem in a file, which has one camera, point, weight and feature for all."""
    words = Path(path).read_text(encoding="utf-8").split()
    cameras, points, observations = map(int, words[:3])
    numbers = numpy.array(words[3:], float)
    return Problem(
        numpy.tile(numbers[:11], (cameras, 1)),
        numpy.tile(numbers[11:14], (points, 1)),
        numpy.full(observations, numbers[14]),
        numpy.tile(numbers[15:17], (observations, 1)),
        *seen(cameras, points, observations),
    )


def seen(cameras, points, observations):
    """Which camera sees which point."""
    number = numpy.arange(observations)
    return number % cameras, number % points


def generate(cameras, points, observations, seed=0):
    """A problem of the same kind with random numbers."""
    rng = numpy.random.default_rng(seed)
    middle = [0, 0, 0, 0, 0, -9, 400, 0, 0, 0, 0]
    spread = [0.3, 0.3, 0.3, 1, 1, 1, 50, 10, 10, 0.1, 0.01]
    return Problem(
        rng.normal(middle, spread, size=(cameras, 11)),
        rng.normal(size=(points, 3)),
        rng.uniform(size=observations),
        rng.normal(0, 100, size=(observations, 2)),
        *seen(cameras, points, observations),
    )


def problem():
    """That of ADBench's file if the environment variable ``ADBENCH_DATA`` names its folder of data,
    otherwise one with random numbers.
    """
    folder = os.environ.get("ADBENCH_DATA")
    return load(Path(folder, FILE)) if folder else generate(CAMERAS, POINTS, OBSERVATIONS)
