"""What `run.py` measures: each module has a function ``cases()``."""

from workloads import adbench, loops, network, rosenbrock

MODULES = {module.__name__.rpartition(".")[2]: module for module in (rosenbrock, loops, adbench, network)}
