"""What is measured in processes of their own: the first call of a gradient, and its memory."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

# isort: split
from libraries import LIBRARIES
from workloads import find


def measure(what, name, library, folder=None):
    """What a fresh process finds; with a folder, code is kept there."""
    variables = {"LINEARA_CACHE_DIR": folder} if folder else {"LINEARA_CACHE": "0"}
    done = subprocess.run(
        [sys.executable, __file__, what, name, library],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | variables,
    )
    return json.loads(done.stdout.splitlines()[-1])


PROCESSES = 3


def latencies(name, libraries):
    """Seconds of the first call, for lineara also with code that was kept on disk: medians."""
    found = {library: [] for library in (*libraries, "again")}
    with tempfile.TemporaryDirectory() as folder:
        measure("seconds", name, "lineara", folder)
        for _ in range(PROCESSES):
            for library in libraries:
                found[library].append(measure("seconds", name, library))
            found["again"].append(measure("seconds", name, "lineara", folder))
    return {library: median(seconds) for library, seconds in found.items()}


def memory(name, libraries):
    """Bytes that the first call needs beyond what is there once the gradient is compiled."""
    return {library: measure("bytes", name, library) for library in libraries}


def main(what, name, library):
    lib, case = LIBRARIES[library](), find(name)
    arguments = lib.map(lib.array, case.arguments)
    lib.wait(lib.jit(lambda x: x + 1)(lib.array(1.0)))  # what has to start has started
    gradient = lib.jit(case.make(lib)[1])
    if what == "bytes":
        gradient = lib.compiled(gradient, *arguments)
        Path("/proc/self/clear_refs").write_text("5")  # the peak is that from now on
    before, begin = status("VmRSS"), perf_counter()
    lib.wait(gradient(*arguments))
    seconds = perf_counter() - begin
    print(json.dumps(seconds if what == "seconds" else status("VmHWM") - before))


def status(entry):
    """A size that Linux knows of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(entry))


if __name__ == "__main__":
    main(*sys.argv[1:])
