"""The hand of ADBench with 26 parameters and 192 points, simple and complicated.

The errors and the format of the files are those of Srajer, Kukelova and Fitzgibbon, *A benchmark of
selected algorithmic differentiation tools on some problems in computer vision and machine learning*
(2018). The skin of a hand with 22 bones is fitted to points that were measured. In the simple
problem each of them belongs to a vertex, in the complicated one to a place in a triangle that is
found too.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy

VERTICES, TRIANGLES, POINTS, PARAMETERS = 544, 1084, 192, 26
FILE = f"hand2_t{PARAMETERS}_c{POINTS}.txt"
FINGERS, BONES_OF_A_FINGER = 5, 4
BONES = 2 + FINGERS * BONES_OF_A_FINGER  # with the wrist, the first, and the forearm, the last


class Model(NamedTuple):
    """A hand at rest. Transformations are of homogeneous coordinates."""

    parents: tuple  # for each bone; −1 for the root
    relative: numpy.ndarray  # [bones, 4, 4]: from a bone to its parent
    inverse: numpy.ndarray  # [bones, 4, 4]: to a bone
    skin: numpy.ndarray  # [vertices, bones, 4]: weights of bones times the vertex
    triangles: numpy.ndarray  # [triangles, 3]


class Problem(NamedTuple):
    model: Model
    points: numpy.ndarray  # [n, 3]
    belongs: numpy.ndarray  # [n], the number of a vertex; if complicated, of a triangle
    theta: numpy.ndarray  # [26]: rotation, place, and four angles for each finger
    us: numpy.ndarray | None  # [n, 2], where in its triangle; None if simple


def errors(np, theta, us, problem):
    """For each point what is between it and its place on the skin, [n, 3]."""
    model, points, belongs, *_ = problem
    skin = vertices(np, theta, model)
    if us is None:
        return points - skin[belongs]
    corners = skin[model.triangles[belongs]]
    shares = np.concatenate([us, 1 - np.sum(us, axis=1, keepdims=True)], axis=1)
    return points - np.sum(shares[:, :, None] * corners, axis=1)


def vertices(np, theta, model):
    """The skin of the hand with these parameters, of shape [vertices, 3]."""
    posed = model.relative @ joints(np, theta)
    absolute = []
    for bone, parent in enumerate(model.parents):
        absolute.append(posed[bone] if parent < 0 else absolute[parent] @ posed[bone])
    to_bones = np.stack(absolute) @ model.inverse
    skin = np.tensordot(model.skin, to_bones[:, :3], axes=([1, 2], [0, 2]))
    return skin @ rotation(np, theta[:3]).T + theta[3:6]


def joints(np, theta):
    """How each bone is turned, of shape [bones, 4, 4]: about x by one angle, then about z."""
    angles = np.concatenate([theta, np.zeros(1)])
    x, z = angles[BENT], angles[SPREAD]
    sx, cx, sz, cz, zero = np.sin(x), np.cos(x), np.sin(z), np.cos(z), np.zeros(BONES)
    entries = [
        *(cz, -sz * cx, sz * sx, zero),
        *(sz, cz * cx, -cz * sx, zero),
        *(zero, sx, cx, zero),
        *(zero, zero, zero, zero + 1),
    ]
    return np.stack(entries, axis=1).reshape(BONES, 4, 4)


def places():
    """Which parameters are the angles about x and z of each bone; the last place has a zero.

    The first bone of a finger is stiff, the second has two angles and the others have one.
    """
    bent, spread = numpy.full((2, BONES), PARAMETERS)
    for finger in range(FINGERS):
        bone, angle = 2 + BONES_OF_A_FINGER * finger, PARAMETERS - 4 * (FINGERS - finger)
        bent[bone : bone + 3] = angle, angle + 2, angle + 3
        spread[bone] = angle + 1
    return bent, spread


BENT, SPREAD = places()


def rotation(np, vector):
    """The matrix of a turn by the length of a vector about it; the length is not zero."""
    angle = np.sqrt(np.sum(vector**2))
    axis = vector / angle
    x, y, z, zero = *axis, np.zeros(())
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero]).reshape(3, 3)
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * numpy.eye(3) + sin * cross + (1 - cos) * axis[:, None] * axis


def jacobian(np, theta, us, problem, jacfwd):
    """Of shape [n, 3, 26], or [n, 3, 28] with two columns for the place in the triangle before.

    The errors of a point depend on no place but its own, so that it is enough to move all alike.
    The last argument is the function of that name of a library.
    """
    if us is None:
        return jacfwd(lambda theta: errors(np, theta, None, problem))(theta)
    moved = jacfwd(lambda x: errors(np, x[2:], us + x[:2], problem))
    return moved(np.concatenate([np.zeros(2), theta]))


def load(folder, kind):
    """The problem in ADBench's folder of data; the kind is "simple" or "complicated"."""
    words = (Path(folder) / f"hand/{kind}_small" / FILE).read_text(encoding="utf-8").split()
    count, numbers = int(words[0]), numpy.array(words[2:], float)
    sizes = [4 * count, 2 * count if kind == "complicated" else 0]
    points, us, theta = numpy.split(numbers, numpy.cumsum(sizes))
    points = points.reshape(count, 4)
    return Problem(
        load_model(Path(folder) / "hand/model"),
        points[:, 1:],
        points[:, 0].astype(int),
        theta,
        us.reshape(count, 2) if us.size else None,
    )


def load_model(folder):
    """The files have a line for each bone (a name, its parent, two matrices), vertex (a place, a
    normal and a place in a texture, then pairs of bones and weights) and triangle.
    """
    bones, skin, triangles = (
        [line.split(":") for line in (folder / f"{name}.txt").read_text("utf-8").split()]
        for name in ("bones", "vertices", "triangles")
    )
    weights = numpy.zeros((len(skin), len(bones)))
    for row, words in zip(weights, skin, strict=True):
        row[list(map(int, words[9::2]))] = list(map(float, words[10::2]))
    matrices = numpy.array([words[2:] for words in bones], float).reshape(-1, 2, 4, 4)
    return Model(
        tuple(int(words[1]) for words in bones),
        matrices[:, 0],
        matrices[:, 1],
        skinned(weights, numpy.array([words[:3] for words in skin], float)),
        numpy.array(triangles, int),
    )


def skinned(weights, places):
    return weights[:, :, None] * numpy.insert(places, 3, 1, axis=1)[:, None]


def generate(kind, vertices=VERTICES, triangles=TRIANGLES, points=POINTS, seed=0):
    """A problem of the same shapes with random numbers."""
    rng = numpy.random.default_rng(seed)
    relative = numpy.tile(numpy.eye(4), (BONES, 1, 1))
    relative[:, :3] += rng.normal(0, 0.3, size=(BONES, 3, 4))
    in_fingers = range(1, BONES - 1)
    parents = -1, *(b - 1 if (b - 1) % BONES_OF_A_FINGER else 0 for b in in_fingers), 0
    weights = rng.dirichlet(numpy.full(BONES, 0.1), size=vertices)
    model = Model(
        parents,
        relative,
        numpy.linalg.inv(relative),
        skinned(weights, rng.normal(size=(vertices, 3))),
        rng.integers(vertices, size=(triangles, 3)),
    )
    simple = kind == "simple"
    return Problem(
        model,
        rng.normal(size=(points, 3)),
        rng.integers(vertices if simple else triangles, size=points),
        rng.normal(size=PARAMETERS),
        None if simple else rng.uniform(0, 0.5, size=(points, 2)),
    )


def problem(kind):
    """That of ADBench's file if the environment variable ``ADBENCH_DATA`` names its folder of data,
    otherwise one with random numbers.
    """
    folder = os.environ.get("ADBENCH_DATA")
    return load(folder, kind) if folder else generate(kind)
