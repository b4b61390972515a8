"""The machine: LLVM set up for this processor, modules to addresses of functions."""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from lineara.backends.native import cache

LANES = 4
"""How many numbers generated code computes at a time where it can."""

LONG = 12_000
"""Lines of code from which on it stays rough: LLVM's effort grows faster than its code."""


@lru_cache(maxsize=1)
def _set_up() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for library in ("libmvec.so.1", "libm.so.6"):
        try:
            llvm.load_library_permanently(library)
        except RuntimeError:
            continue


def machine(opt: int) -> Any:
    """A target machine for this processor, which optimises so much; engines keep theirs."""
    _set_up()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=opt,
        jit=True,
    )


target = lru_cache(maxsize=2)(machine)
"""The same, for all who do not keep it."""


@lru_cache(maxsize=1)
def _settings() -> str:
    """All that code depends on besides its text: the processor, LLVM, and what is written here."""
    processor = (llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    versions = (llvm.llvm_version_info, llvmlite.__version__, target(2).triple)
    return f"{processor} {versions} {Path(__file__).read_text(encoding='utf-8')}"


@lru_cache(maxsize=1)
def vector_maths() -> Any:
    """The library of vector functions, or None on a system that has none.

    Of what it has for a processor, the functions with four lanes are used, which need AVX2.
    """
    if not llvm.get_host_cpu_features().get("avx2"):
        return None
    try:
        return ctypes.CDLL("libmvec.so.1")
    except OSError:
        return None


@lru_cache(maxsize=1)
def has_fma() -> bool:
    """Whether the processor multiplies and adds in one instruction."""
    return bool(llvm.get_host_cpu_features().get("fma"))


TRANSLATING = Lock()
"""Held while LLVM works, and while the process forks: LLVM cannot go on in a child otherwise."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=TRANSLATING.acquire,
        after_in_parent=TRANSLATING.release,
        after_in_child=TRANSLATING.release,
    )


class Code:
    """Machine code, alive as long as the object.

    Args:
        module: LLVM's assembly language.
        kept: whether the code is kept on disk. It must not know the address of anything then.
        hurry: whether it may be slow code that is there soon, unless better code is on disk.

    Attributes:
        rough: whether it is such code.
    """

    def __init__(self, module: str, *, kept: bool = False, hurry: bool = False) -> None:
        self.module = module
        with TRANSLATING:
            self._make(kept, hurry)

    def _make(self, kept: bool, hurry: bool) -> None:
        module = self.module
        long = module.count("\n") >= LONG
        code = _from_disk(module, rough=long) if kept else None
        self.rough = code is None and hurry and not long
        if self.rough and kept:
            code = _from_disk(module, rough=True)
        if code is None:
            code = _translated(module, rough=self.rough or long)
            if kept:
                cache.store(_key(module, self.rough or long), code)
        self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine(2))
        self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where the function of that name is."""
        return self.engine.get_function_address(name)  # type: ignore[no-any-return]

    def set(self, name: str, address: int) -> None:
        """Gives a pointer of the module's its value."""
        place = self.engine.get_global_value_address(name)
        ctypes.c_void_p.from_address(place).value = address

    @property
    def text(self) -> str:
        """The LLVM code, optimised."""
        return str(_optimised(self.module, rough=self.module.count("\n") >= LONG))


def _key(module: str, rough: bool) -> bytes:
    return cache.digest(_settings(), module, "rough" if rough else "good")


def _from_disk(module: str, *, rough: bool) -> bytes | None:
    return cache.load(_key(module, rough))


def _translated(module: str, *, rough: bool) -> bytes:
    """Object code of a module."""
    code: bytes = target(0 if rough else 2).emit_object(_optimised(module, rough=rough))
    return code


def _optimised(module: str, *, rough: bool) -> Any:
    parsed = llvm.parse_assembly(module)
    parsed.triple = target(2).triple
    parsed.data_layout = str(target(2).target_data)
    parsed.verify()
    passes = llvm.create_pass_builder(target(2), llvm.create_pipeline_tuning_options())
    _passes(rough).run(parsed, passes)
    return parsed


def _passes(rough: bool) -> Any:
    """What is done to code before it is translated.

    Loops are written as they shall be, with vectors and nothing that does not change inside of
    them, so that most of what LLVM usually does to loops would take time and find nothing. What is
    left: functions become part of their only callers, memory becomes registers, what was computed
    before is not computed again, and what remains is tidied up. None of them changes a result.
    """
    manager = llvm.create_new_module_pass_manager()
    manager.add_always_inliner_pass()
    manager.add_sroa_pass()
    manager.add_simplify_cfg_pass()
    if not rough:
        manager.add_instruction_combine_pass()
        manager.add_simplify_cfg_pass()
        manager.add_new_gvn_pass()
        manager.add_dead_store_elimination_pass()
        manager.add_simplify_cfg_pass()
    return manager


def assembly(text: str) -> str:
    """What LLVM makes of code of its own, for people to read."""
    return str(target(2).emit_assembly(llvm.parse_assembly(text)))
