"""Reverse mode, step by step: the programs between a function and its gradient."""

import inspect

import numpy as np
from rich.console import Console
from rich.syntax import Syntax

import lineara as la
from lineara.text.highlight import rich_text


def energy(x, k):
    """The energy of a chain of springs between the points x."""
    stretch = x[1:] - x[:-1]
    force = np.tanh(k * stretch)
    return np.sum(force * stretch)


def stages(function, *args):
    """The programs from a function to its transposed derivative, by name."""
    f = la.trace(function)(*args)
    jvp = la.transforms.jvp(f)
    nonlin, lin = la.transforms.unzip(jvp)
    back = la.transforms.transpose(lin)
    return {"f": f, "f.jvp": jvp, "f.nonlin": nonlin, "f.lin": lin, "f.lin.T": back}


NOTES = {
    "f": "What the function does, on arrays of these shapes. Every name is bound once.",
    "f.jvp": "Forward mode: each equation is followed by its derivative. Linear variables end in "
    "a prime and are used exactly once: to copy one is an equation, dup, and dup_slice copies "
    "only a part.",
    "f.nonlin": "Unzipped, first half: the result, and then the tape, all values that the linear "
    "half reads.",
    "f.lin": "Unzipped, second half: the derivative at the point that the tape remembers. It is "
    "linear, and the checker proves it, because all that it does with tangents is linear.",
    "f.lin.T": "Transposed: the same equations turned round and in the opposite order, dup for add "
    "and add for dup. From a cotangent of the result it makes the gradient.",
}


def main():
    """Prints the programs, and the gradient that they make."""
    console = Console()
    x, k = np.array([0.0, 0.5, 1.5, 1.0]), 2.0
    source = inspect.getsource(energy)
    console.print(Syntax(source, "python", theme="ansi_dark", background_color="default"))
    programs = stages(energy, x, k)
    for name, program in programs.items():
        la.check(program)
        console.print(f"[bold]{name}[/bold]  {NOTES[name]}")
        console.print(rich_text(program), soft_wrap=True)
    _, *tape = programs["f.nonlin"](x, k)
    x_bar, k_bar = programs["f.lin.T"](*tape, 1.0)
    expected = la.grad(energy, argnums=(0, 1))(x, k)
    for name, gradient in (("f.lin.T", (x_bar, k_bar)), ("la.grad", expected)):
        console.print(f"gradient from [bold]{name}[/bold]: ", *gradient, soft_wrap=True)


if __name__ == "__main__":
    main()
