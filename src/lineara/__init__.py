"""lineara: automatic differentiation of NumPy code by program transformation.

>>> import numpy as np
>>> import lineara as la
>>> la.grad(lambda x: np.sum(np.sin(x) ** 2))(np.array([0.0, np.pi / 4]))
array([0., 1.])
"""

from lineara import numpy, scipy, transforms, tree
from lineara.api import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    value_and_grad,
    vjp,
)
from lineara.certificate import Certificate, assert_cost, certificate
from lineara.errors import LinearaError
from lineara.frontend.abstract import ShapeDtypeStruct, closure_convert, eval_shape
from lineara.frontend.callback import pure_callback
from lineara.frontend.checkpoint import checkpoint, name
from lineara.frontend.control import (
    associative_scan,
    cond,
    fori_loop,
    scan,
    switch,
    while_loop,
)
from lineara.frontend.control import map_ as map
from lineara.frontend.custom import custom_jvp, custom_vjp
from lineara.frontend.custom_batch import custom_batch
from lineara.frontend.debugging import debug_nans
from lineara.frontend.differentiable import float0
from lineara.frontend.implicit import (
    fixed_point,
    host_solver,
    root,
)
from lineara.frontend.jit import jit
from lineara.frontend.linear import custom_linear_solve, linear_call
from lineara.frontend.ravel import ravel_pytree
from lineara.frontend.stop import stop_gradient
from lineara.frontend.vmap import vmap
from lineara.linear_map import LinearMap
from lineara.numerical import check_custom, check_grads
from lineara.ops.control import policies as checkpoint_policies
from lineara.program import Program, check, memory, parse, partial_eval, size, trace, work
from lineara.scipy.optimize import least_squares, minimize

__version__ = "0.1.0"

__all__ = [
    "Certificate",
    "LinearMap",
    "LinearaError",
    "Program",
    "ShapeDtypeStruct",
    "assert_cost",
    "associative_scan",
    "certificate",
    "check",
    "check_custom",
    "check_grads",
    "checkpoint",
    "checkpoint_policies",
    "closure_convert",
    "cond",
    "custom_batch",
    "custom_jvp",
    "custom_linear_solve",
    "custom_vjp",
    "debug_nans",
    "eval_shape",
    "fixed_point",
    "float0",
    "fori_loop",
    "grad",
    "hessian",
    "host_solver",
    "hvp",
    "jacfwd",
    "jacrev",
    "jit",
    "jvp",
    "least_squares",
    "linear_call",
    "linear_transpose",
    "linearize",
    "map",
    "memory",
    "minimize",
    "name",
    "numpy",
    "parse",
    "partial_eval",
    "pure_callback",
    "ravel_pytree",
    "root",
    "scan",
    "scipy",
    "size",
    "stop_gradient",
    "switch",
    "trace",
    "transforms",
    "tree",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
    "work",
]
