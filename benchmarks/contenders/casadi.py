"""CasADi, which writes down every operation once, and then runs through the list."""

import casadi
import numpy as np


def gradient(case):
    """The gradient of a case, as a function without arguments."""
    variables, values, result = case.casadi(casadi)
    function = casadi.Function("gradient", variables, [result])
    buffer, call = function.buffer()
    values = [np.ascontiguousarray(value) for value in values]
    found = np.zeros(result.shape[::-1])  # CasADi stores columns
    for i, value in enumerate(values):
        buffer.set_arg(i, memoryview(value))
    buffer.set_res(0, memoryview(found.reshape(-1)))
    shown = found.T.squeeze()

    def run(_alive=(function, buffer, values)):
        call()
        return shown

    return run
