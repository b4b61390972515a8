from functools import partial

import numpy as np

import lineara as la


def gradients(program):
    arguments = (program.parameters, *program.data)
    gradient = la.grad(partial(program.function, np))
    jitted = la.jit(gradient)
    return {"lineara": lambda: gradient(*arguments), "lineara, jit": lambda: jitted(*arguments)}
