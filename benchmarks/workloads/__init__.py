"""What `run.py` measures: each module has a function ``cases()``."""

from workloads import adbench, loops, network, rosenbrock, science

MODULES = rosenbrock, loops, adbench, network, science


def cases():
    return [case for module in MODULES for case in module.cases()]


def find(name):
    """The case of that name."""
    return next(case for case in cases() if case.name == name)
