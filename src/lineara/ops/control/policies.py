"""Policies of checkpointing: which values to save for the derivative.

A policy is a function of an equation: True if its results are to be saved, False if they are to be
computed again. The names are JAX's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lineara.ir.program import Equation
from lineara.ops.contract import Dot
from lineara.ops.control.base import Policy
from lineara.ops.name import Name


def everything_saveable(equation: Equation) -> bool:
    """Saves every value: most memory, no operation done twice."""
    return True


def nothing_saveable(equation: Equation) -> bool:
    """Computes everything again from the known inputs: least memory, the most work."""
    return False


def dots_saveable(equation: Equation) -> bool:
    """Saves matrix products, which are dear to compute, and nothing else."""
    return isinstance(equation.op, Dot)


@dataclass(frozen=True)
class SaveNames:
    """Saves the values that `lineara.name` has given one of these names; see `save_names`."""

    names: tuple[str, ...]

    def __call__(self, equation: Equation) -> bool:
        return isinstance(equation.op, Name) and equation.op.label in self.names


def save_names(*names: str) -> Policy:
    """The policy that saves the values that `lineara.name` has given one of these names."""
    return SaveNames(names)


BY_NAME: dict[str, Policy] = {
    policy.__name__: policy for policy in (everything_saveable, nothing_saveable, dots_saveable)
}


def written(policy: Policy) -> str:
    """A policy as text."""
    if isinstance(policy, SaveNames):
        return f"save_names({', '.join(policy.names)})"
    return getattr(policy, "__name__", type(policy).__name__)


def read(text: str) -> Policy | None:
    """The policy of that name, if it is one of those above: users' own are Python code."""
    names = re.fullmatch(r"save_names\((.*)\)", text)
    if names:
        return SaveNames(tuple(name for name in names[1].split(", ") if name))
    return BY_NAME.get(text)
