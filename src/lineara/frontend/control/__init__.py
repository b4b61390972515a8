"""Loops and branches as users write them; signatures and semantics are JAX's."""

from lineara.frontend.control.branches import cond, switch
from lineara.frontend.control.loops import fori_loop, map_, scan, while_loop
from lineara.frontend.control.prefix import associative_scan

__all__ = ["associative_scan", "cond", "fori_loop", "map_", "scan", "switch", "while_loop"]
