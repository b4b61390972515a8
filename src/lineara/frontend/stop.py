"""`stop_gradient`: a value whose derivative is taken to be zero."""

from __future__ import annotations

from typing import Any

from lineara import tree
from lineara.frontend.core import apply
from lineara.frontend.trace import Traced
from lineara.ops.rounding import stop_gradient as op


def stop_gradient(x: Any) -> Any:
    """`x`, or each leaf of a pytree, as a constant: derivatives of all orders are zero.

    >>> import lineara as la
    >>> la.grad(lambda x: x * la.stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return tree.map(lambda leaf: apply(op, leaf) if isinstance(leaf, Traced) else leaf, x)
