"""Who takes part: one module for each library, which imports that library.

Each has a function ``gradients(program)``, a dict from the name of a way to call the library to a
function without arguments. That returns the finished gradient, in arrays of the library, at a point
that was converted to such arrays before.
"""

from importlib import import_module


def available(names):
    """The modules of those of the libraries that are installed, and the names of the others."""
    modules, missing = [], []
    for name in names:
        try:
            modules.append(import_module(f"contenders.{name}"))
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            missing.append(name)
    return modules, missing
