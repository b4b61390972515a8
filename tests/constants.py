"""The table of constants: what the derivative of each op costs, from its rules and its samples.

``python tests/constants.py`` prints `docs/constants.md`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from test_ops import BY_OP, function_of

from lineara.ir.structural import Structural
from lineara.ops import OPS
from lineara.ops.control.base import Control
from lineara.transforms.bounds import rule

PAGE = """# What each op costs to derive

Work is the number of scalar operations, known from the shapes. For each op, this table has the most
that its derivative costs by its rules, with tangents for all operands:

* **jvp**: the work of the op and its tangent, as a multiple of that of the op (the constant c₁ of
  the [theorem](linear-a.md) on forward mode).
* **equations**: their number, where the op is one (c₂).
* **transpose**: the work of its tangent turned round, as a multiple of that of its tangent (c₃).
* **vjp**: the work of the op and of its tangent turned round, as a multiple of that of the op.

A tangent that k equations read is copied k − 1 times besides, which costs its size each time, and
so do the sums that copies become when they are turned round. That is all: the derivative of a
program costs what those of its equations do, in sum. `lineara.certificate` adds it up for a
function of yours, with the actual shapes, beside what is left after simplification (f.vjp and
f.grad are ordinary programs, where a copy costs nothing and an array of zeros must be filled):

```python
>>> import numpy as np
>>> import lineara as la
>>> print(la.certificate(lambda x: np.sum(np.sin(x) * x), np.zeros(1000)))
  program        work    / f   proved   equations      peak      tape
 ─────────────────────────────────────────────────────────────────────
  f             3,000   1.00                    3   16.0 kB
  f.jvp        10,000   3.33   ≤ 3.33          10   32.0 kB
  f.nonlin      4,000   1.33   ≤ 1.33           4   24.0 kB   24.0 kB
  f.lin         6,000   2.00   ≤ 2.00           6   16.0 kB
  f.lin.T       6,000   2.00   ≤ 2.00           6   24.0 kB
  f.vjp         8,000   2.67   ≤ 3.00           8   32.0 kB   24.0 kB
  f.grad        6,000   2.00   ≤ 3.00           6   24.0 kB   24.0 kB
  f.grad.jvp   21,000   7.00   ≤ 7.67          21   56.0 kB

```

`assert_cost` holds a function to a ratio, in a test suite of yours.

The numbers are the largest over the samples of the tests, in which arrays have a few elements, down
to single ones. For ops that go element by element they hold whatever the shape; for others they may
differ with it, and a certificate has those of your shapes. Large constants are those of ops whose
derivatives are written to be right at awkward points (ties, zeros, ends of domains), or of
functions without a closed form.

| op | jvp | equations | transpose | vjp |
|---|---|---|---|---|
{rows}

**Ops that run functions** cost what these cost:
{control}.

**Ops of linear variables** are turned round at equal cost, `dup` into sums and `drop` into zeros:
{structural}.

**Ops on packages, stacks and names** move what they are given, or nothing:
{packages}.

**Ops without a derivative** have no constants:
{constant}.

This page is made by `python tests/constants.py`, and a test compares the two.
"""


class Constants(NamedTuple):
    """The constants of an op."""

    jvp: float
    equations: int
    transpose: float
    vjp: float


def constants(name: str) -> Constants | None:
    """The largest over the samples of an op; None if it has no derivative."""
    found = list(_samples(name))
    return Constants(*map(max, zip(*found, strict=True))) if found else None


def _samples(name: str) -> Iterator[Constants]:
    for row in BY_OP.get(name, []):
        f = function_of(row)
        (equation,) = f.equations
        active = tuple(p.type.has_tangent for p in f.params)
        sizes = [v.type.size for v in (*f.params, *f.results)]
        if not all(sizes) or not any(active) or not equation.op.differentiable:
            continue
        (forward, nonlinear, linear, backward, _), equations, with_tangent = rule(
            equation, active, (False,) * len(active)
        )
        if any(with_tangent) and linear:
            base = equation.work()
            yield Constants(
                forward / base, equations, backward / linear, (nonlinear + backward) / base
            )


def page() -> str:
    """The page of the documentation."""
    found = {name: constants(name) for name in sorted(OPS)}
    rows = [
        f"| `{name}` | {c.jvp:.4g} | {c.equations} | {c.transpose:.4g} | {c.vjp:.4g} |"
        for name, c in found.items()
        if c is not None
    ]
    rest = [name for name, c in found.items() if c is None]
    kinds = {name: _kind(name) for name in rest}

    def listed(kind: str) -> str:
        names = ", ".join(f"`{name}`" for name in rest if kinds[name] == kind)
        return textwrap.fill(names, 99)

    return PAGE.format(rows="\n".join(rows), **{kind: listed(kind) for kind in set(kinds.values())})


def _kind(name: str) -> str:
    """The list in which an op without constants is."""
    op = OPS[name]
    if issubclass(op, Control):
        return "control"
    if issubclass(op, Structural):
        return "structural"
    return "constant" if name in BY_OP else "packages"


if __name__ == "__main__":
    print(page(), end="")
