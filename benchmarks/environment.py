"""The terms on which libraries are compared: one thread each, 64 bits, on the CPU.

Importing this module sets them, which has an effect only before the libraries are imported.
"""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = "numpy", "scipy", "autograd", "torch", "jax", "jaxlib", "casadi"

os.environ |= {
    "LINEARA_THREADS": os.environ.get("LINEARA_THREADS", "1"),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}


def machine():
    """The processor, the system and Python, in words."""
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{processor()}, {os.cpu_count()} cores, one thread used; {system}"


def processor():
    """The name of the processor, as exactly as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions():
    """The version of lineara, and those of the libraries that are installed, in words."""
    from lineara import __version__  # not at the top: it imports NumPy

    found = [f"lineara {__version__}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
