"""The machine: LLVM set up for this processor, modules to addresses of functions."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm

LANES = 4
"""How many numbers generated code computes at a time where it can."""

QUICK = 4000
"""Instructions from which on code is optimised less, so that it is compiled in linear time."""


@lru_cache(maxsize=1)
def target() -> Any:
    """The target machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for library in ("libmvec.so.1", "libm.so.6"):
        try:
            llvm.load_library_permanently(library)
        except RuntimeError:
            continue
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2,
        jit=True,
    )


@lru_cache(maxsize=1)
def vector_maths() -> Any:
    """The library of vector functions, or None on a system that has none."""
    try:
        return ctypes.CDLL("libmvec.so.1")
    except OSError:
        return None


class Code:
    """Machine code, alive as long as the object.

    Attributes:
        text: the LLVM IR that it was made of, optimised.
    """

    def __init__(self, module: Any) -> None:
        machine = target()
        parsed = llvm.parse_assembly(module)
        parsed.triple = machine.triple
        parsed.data_layout = str(machine.target_data)
        parsed.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.slp_vectorization = True
        builder = llvm.create_pass_builder(machine, options)
        passes = builder.getModulePassManager()
        passes.run(parsed, builder)
        self.text = str(parsed)
        self.engine = llvm.create_mcjit_compiler(parsed, _another())
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where the function of that name is."""
        return self.engine.get_function_address(name)  # type: ignore[no-any-return]


def assembly(text: str) -> str:
    """What LLVM makes of code of its own, for people to read."""
    return str(target().emit_assembly(llvm.parse_assembly(text)))


def _another() -> Any:
    """A target machine for one engine, which takes possession of it."""
    target()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2,
        jit=True,
    )
