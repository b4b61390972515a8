"""Settings that hold for every test."""

import os

# One thread each: the workers of the test run share the machine, and small matrices lose by more.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["LINEARA_CACHE"] = "0"  # what is tested is what is compiled now

from hypothesis import HealthCheck, settings

# The same examples in every run, and no test fails because the machine was busy.
settings.register_profile(
    "lineara",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("lineara")
