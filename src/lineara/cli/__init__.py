"""The command line: programs of Linear A as text, and one command for each thing to do with them.

Exit status: 0 if all is well, 1 if a file or what it says is at fault, 2 if the command line is.
"""

from __future__ import annotations

import functools
import linecache
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from lineara import __version__, transforms
from lineara.cli.arguments import declared, fitting, refuse, value, written
from lineara.cli.costs import has_gradient, print_costs
from lineara.cli.python import traced_program
from lineara.cli.report import FAILURES, console, described, faults, printable
from lineara.errors import LinearaError, ParseError, Source, TypeMismatchError
from lineara.ir.cost import size
from lineara.ir.program import Function, reachable
from lineara.ir.program import Program as Functions
from lineara.ir.types import Array
from lineara.program import Program, parse
from lineara.text.highlight import rich_text
from lineara.text.lexer import Lexer
from lineara.text.parser import parse as parse_text
from lineara.text.printer import show
from lineara.text.suggest import did_you_mean, shortened
from lineara.transforms.gradient import value_and_gradient

Command = Callable[..., None]


def examples(*lines: str) -> str:
    """The last part of a help page: command lines, which click is told not to wrap."""
    return "\n".join(["\b", "Examples:", *(f"  lineara {line}" for line in lines)])


@click.group(
    name="lineara",
    epilog=examples(
        "check f.la",
        "grad f.la -o f.grad.la",
        "run f.la 1.5 '[1, 2, 3]'",
        "jvp f.la | lineara unzip - | lineara transpose -",
    ),
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
@click.version_option(__version__, prog_name="lineara")
def main(color: str) -> None:
    """Check, transform, cost and run programs of Linear A.

    FILE is a text of Linear A, or - for standard input. Its main function is the last one that
    no other function calls; --function chooses another one.
    """


def command(
    *lines: str, several: bool = False, **settings: Any
) -> Callable[[Command], click.Command]:
    """Makes a command of a function of a file and of options.

    Args:
        lines: examples for its help page.
        several: whether the command takes several files, one after the other.
        settings: what else click is told.
    """

    def register(action: Command) -> click.Command:
        @functools.wraps(action)
        def callback(file: str | tuple[str, ...], **options: Any) -> None:
            files = (file,) if isinstance(file, str) else file
            failed = [file for file in files if not succeeds(action, file, options)]
            if failed:
                raise click.exceptions.Exit(1)

        argument = click.argument(
            "file",
            nargs=-1 if several else 1,
            required=True,
            metavar="FILE..." if several else "FILE",
        )
        return main.command(epilog=examples(*lines), **settings)(argument(callback))

    return register


def succeeds(action: Command, file: str, options: dict[str, Any]) -> bool:
    """Whether `action` works on a file; if not, the reasons are reported."""
    try:
        action(file, **options)
    except BrokenPipeError:
        raise  # nobody reads what we write: click ends the program without a word
    except FAILURES as error:
        for fault in faults(error):
            err = console(stderr=True)
            err.print(described(fault, getattr(error, "filename", None) or title(file)))
        return False
    return True


# -- reading and writing --------------------------------------------------------------------------


def title(file: str) -> str:
    """What messages call a file."""
    return "<stdin>" if file == "-" else file


def read(file: str) -> str:
    """The text in a file.

    Raises:
        LinearaError: if it is not UTF-8, or there is no standard input.
    """
    if file == "-" and sys.stdin is None:
        raise LinearaError("standard input is closed")
    with click.open_file(file, "rb") as stream:
        data: bytes = stream.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].decode().split("\n")
        raise ParseError(
            "this is not text in UTF-8",
            where=Source(title(file), len(line), len(line[-1]) + 1),
            found=f"the byte {error.object[error.start]:#04x}",
        ) from None
    # Messages look lines up here; without this they could not quote standard input.
    linecache.cache[title(file)] = (len(data), None, text.split("\n"), title(file))
    return text


def load(file: str, function: str | None = None) -> Program:
    """The program in a file, checked, with the chosen function as its main one."""
    program = parse(read(file), title(file))
    return program if function is None else program[choose(program, function)]


def choose(program: Program, name: str) -> str:
    """`name`, which must be that of a function."""
    known = [f.name for f in program.functions]
    return found(name, known, "--function", "the functions are")


def found(name: str, known: Sequence[str], hint: str, what: str) -> str:
    """`name`, which must be among those known."""
    if name not in known:
        shown = [*map(shortened, known[:20]), *(["..."] if len(known) > 20 else [])]
        guess = did_you_mean(name, known)
        remedy = f"; {guess}" if guess else ""
        refuse(hint, f"there is no {name}; {what} {', '.join(shown) or 'none'}{remedy}")
    return name


def mask(f: Function, names: str | None, hint: str) -> tuple[bool, ...]:
    """Which parameters an option names; by default all that have tangents."""
    if names is None:
        return tuple(p.type.has_tangent for p in f.params)
    known = [p.hint or "" for p in f.params]
    chosen = {
        found(name.strip(), known, hint, f"the parameters of {f.name} are")
        for name in names.split(",")
    }
    return tuple(name in chosen for name in known)


def emit(program: Functions, output: str = "-") -> None:
    """Writes the text of a program to a file, or prints it."""
    if output == "-":
        console().print(rich_text(program), end="")
    else:
        Path(output).write_text(show(program), encoding="utf-8", newline="\n")


# -- texts ----------------------------------------------------------------------------------------


@command("check f.la", "check a.la b.la", several=True)
def check(file: str) -> None:
    """Prove that programs are well typed, or report all errors.

    A program that passes is linear in its linear parameters.
    """
    program = load(file)
    functions = counted(len(program.functions), "function")
    equations = counted(size(program), "equation")
    console().print(f"ok: {functions}, {equations} in {printable(title(file))}")


def counted(count: int, noun: str) -> str:
    """A count with its noun in the right number."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


@command("fmt f.la", "fmt --check *.la", "fmt --write f.la", several=True)
@click.option("--check", "check_only", is_flag=True, help="Only report files that would change.")
@click.option("--write", is_flag=True, help="Rewrite the files in place.")
@click.option("--force", is_flag=True, help="With --write: lose the comments in a file.")
def fmt(file: str, check_only: bool, write: bool, force: bool) -> None:
    """Print programs in their canonical form.

    Types that were left out are filled in, called functions come first, and comments are lost;
    --write leaves a file with comments as it is, unless --force is given. The programs need not
    be well typed.
    """
    if check_only and write:
        raise click.UsageError("--check and --write exclude each other")
    if write and file == "-":
        raise click.UsageError("--write needs files, not standard input")
    text = read(file)
    program = parse_text(text, title(file))
    if not check_only and not write:
        emit(program)
    elif text == show(program):
        return
    elif check_only:
        raise LinearaError("not in canonical form", remedy=f"lineara fmt --write {file}")
    elif has_comments(text) and not force:
        raise LinearaError(
            "the file has comments, which would be lost",
            found="comments",
            expected="a file without them",
            remedy="keep a copy of the file and use fmt --write --force",
        )
    else:
        emit(program, file)


def has_comments(text: str) -> bool:
    """Whether there is a ``#`` outside of strings."""
    strings = (token.text for token in Lexer(text, "").tokens() if token.kind == "string")
    return text.count("#") > sum(string.count("#") for string in strings)


# -- transformations ------------------------------------------------------------------------------

function_option = click.option(
    "--function", metavar="NAME", help="The main function, by default the last one."
)
output_option = click.option(
    "-o", "--output", metavar="FILE", default="-", help="Where to write, by default on the screen."
)


def transformation(*lines: str) -> Callable[[Callable[..., Functions]], click.Command]:
    """Makes a command, which prints a program, of a function from a program and options to it."""

    def register(transform: Callable[..., Functions]) -> click.Command:
        @command(*lines)
        @function_option
        @output_option
        @functools.wraps(transform)
        def callback(file: str, function: str | None, output: str, **options: Any) -> None:
            emit(transform(load(file, function), **options), output)

        return callback

    return register


@transformation("jvp f.la", "jvp --active x,y f.la -o f.jvp.la")
@click.option("--active", metavar="X,Y", help="Parameters with a tangent, by default all.")
def jvp(program: Program, active: str | None) -> Functions:
    """Derive forward: f(x) -> (y) becomes f.jvp(x; x') -> (y; y')."""
    return transforms.jvp(program, mask(program.main, active, "--active"))


@transformation("unzip f.jvp.la", "jvp f.la | lineara unzip --policy none -")
@click.option(
    "--policy",
    type=click.Choice(["all", "none"]),
    default="all",
    show_default=True,
    help="What to save on the tape; the rest is computed again.",
)
def unzip(program: Program, policy: str) -> Functions:
    """Take f.jvp apart into f.nonlin and f.lin.

    f.jvp(x; x') -> (y; y') becomes f.nonlin(x) -> (y, tape) and f.lin(tape; x') -> (; y').
    """
    f = program.main
    if not f.linear_params:
        raise TypeMismatchError(
            f"{f.name} has no linear part to take out",
            found="no linear parameters",
            expected="a function made by jvp, or one like it",
            remedy="derive it first: lineara jvp FILE | lineara unzip -",
        )
    policies = {"all": transforms.everything_saveable, "none": transforms.nothing_saveable}
    return halves(program, policies[policy])


def halves(
    program: Program, policy: transforms.Policy = transforms.everything_saveable
) -> Functions:
    """The non-linear and the linear half of a derivative, in one program."""
    nonlin, lin = transforms.unzip(program, policy)
    return Functions(reachable([nonlin.main, lin.main]))


@transformation("transpose f.lin.la", "jvp f.la | lineara unzip - | lineara transpose -")
def transpose(program: Program) -> Functions:
    """Turn a linear function round.

    f.lin(a; x') -> (; y') becomes f.lin.T(a; y') -> (; x').
    """
    return transforms.transpose(program)


@transformation("forget f.lin.la")
def forget(program: Program) -> Functions:
    """Make linear variables ordinary ones.

    f.lin(a; x') -> (; y') becomes f.lin(a, x) -> (y), which can be differentiated again.
    """
    return transforms.forget(program)


@transformation("simplify f.la", "jvp f.la | lineara simplify -")
def simplify(program: Program) -> Functions:
    """Compute the same results with fewer equations."""
    return transforms.simplify(program)


@transformation("grad f.la", "grad --wrt x,y f.la -o f.grad.la")
@click.option("--wrt", metavar="X,Y", help="Differentiate with respect to these, by default all.")
def grad(program: Program, wrt: str | None) -> Functions:
    """Derive backward: f(x) -> (y) becomes f.grad(x) -> (y, x_bar).

    The result y must be one real scalar, and x_bar is its gradient with respect to x. For a
    complex x that is the gradient with respect to its real part, minus i times the one with
    respect to its imaginary part.
    """
    return gradient(program, wrt)


def gradient(program: Program, wrt: str | None) -> Functions:
    """The gradient of the main function with respect to the parameters that an option names."""
    f = program.main
    if not f.linear_params and not has_gradient(f):
        raise TypeMismatchError(
            f"{f.name} does not have one real scalar as its result",
            found=", ".join(map(declared, f.all_results)) or "no results",
            expected="one result of type f64[] or f32[]",
            remedy="derive it with jvp, or reduce the result to a scalar",
        )
    return Functions.of(value_and_gradient(f, mask(f, wrt, "--wrt")))


# -- cost -----------------------------------------------------------------------------------------


@command("cost f.la", "cost --function f f.la")
@click.option("--function", metavar="NAME", help="Only this function, by default all.")
def cost(file: str, function: str | None) -> None:
    """Print what functions and their derivatives cost.

    Nothing is run: all costs follow from the shapes.

    The stages are f, f.jvp, its halves f.nonlin and f.lin, the transposed f.lin.T and the
    simplified f.grad, the last one for functions with one real scalar result. The main function
    comes first.

    Work is the number of scalar operations, also relative to that of f; equations are those of the
    stage and of all that it calls; tape bytes are what f.nonlin hands to f.lin.T.
    """
    program = load(file)
    chosen = choose(program, function) if function is not None else None
    print_costs([f for f in reversed(program.functions) if chosen in (None, f.name)])


# -- Python ---------------------------------------------------------------------------------------

STAGES: dict[str, Callable[[Program], Functions]] = {
    "trace": lambda program: program,
    "jvp": transforms.jvp,
    "unzip": lambda program: halves(transforms.jvp(program)),
    "transpose": lambda program: transforms.transpose(transforms.unzip(transforms.jvp(program))[1]),
    "grad": lambda program: gradient(program, None),
}
"""What `show` can show as a program."""


@main.command(
    "show",
    epilog=examples(
        "show model.py:loss --arg 'f64[3]'",
        "show model.py:loss --arg 'f64[3]' --arg 'k=f64[]' --stage grad",
    ),
)
@click.argument("place", metavar="FILE.py:FUNCTION")
@click.option(
    "--arg",
    "arguments",
    metavar="TYPE",
    multiple=True,
    help="The type of the next argument, f64[3] say, or NAME=TYPE for one passed by name.",
)
@click.option(
    "--stage",
    type=click.Choice([*STAGES, "cost"]),
    default="trace",
    show_default=True,
    help="What to show.",
)
def show_python(place: str, arguments: tuple[str, ...], stage: str) -> None:
    """Show a function of your own, in Python, as a program.

    FILE.py is imported, and FUNCTION runs once on arrays of the given types that have no values
    yet. Parameters without --arg keep their defaults.

    The stages are the function itself (trace) and what the commands of the same names make of
    it: its forward derivative (jvp), the two halves of that (unzip), the second one turned round
    (transpose), the gradient (grad), and what all of them cost (cost).
    """

    def action(place: str) -> None:
        program = traced_program(place, arguments)
        if stage == "cost":
            print_costs([program.main])
        else:
            emit(STAGES[stage](program))

    if not succeeds(action, place, {}):
        raise click.exceptions.Exit(1)


# -- run ------------------------------------------------------------------------------------------


@command(
    "run f.la 1.5 '[1, 2, 3]'",
    "run f.la @x.npy '[[1, 2], [3, inf]]'",
    "grad f.la | lineara run - 2.0",
    context_settings={"ignore_unknown_options": True},  # or else -1.5 would be an option
)
@click.argument("arguments", metavar="[ARG]...", nargs=-1, type=click.UNPROCESSED)
@function_option
def run(file: str, arguments: tuple[str, ...], function: str | None) -> None:
    """Run the main function on numbers.

    Its results are printed with their types, one a line. An ARG is a number or nested lists of
    numbers as in Python, with inf and nan, or @FILE.npy, an array saved by NumPy. There is one for
    each parameter, linear ones after the others.
    """
    for argument in arguments:
        if argument.startswith("--"):
            raise click.NoSuchOption(argument)
    program = load(file, function)
    f = program.main
    params = f.all_params
    if len(arguments) != len(params):
        wanted = ", ".join(map(declared, params))
        refuse(
            "ARG",
            f"{f.name} takes {counted(len(params), 'argument')}, not {len(arguments)}"
            + (f": {wanted}" if wanted else ""),
        )
    values = [fitting(value(a, p), p) for a, p in zip(arguments, params, strict=True)]
    for v, x in zip(f.all_results, results_of(program, values), strict=True):
        console().print(f"{declared(v)} = {written(x)}")


def results_of(program: Program, values: Sequence[Array]) -> list[Any]:
    """The results of the main function, as a list."""
    try:
        results = program(*values)
    except LinearaError:
        raise
    except (ValueError, ArithmeticError) as error:  # such as NumPy's for a singular matrix
        raise LinearaError("NumPy refuses to compute this", found=str(error)) from None
    return [results] if len(program.main.all_results) == 1 else list(results)
