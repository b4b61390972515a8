"""`lineara support`: what there is of NumPy."""

from __future__ import annotations

import click

from lineara.cli.command import examples


@click.command(epilog=examples("support", "support > numpy-support.md"))
def support() -> None:
    """Print what becomes of each of NumPy's functions, as a page of Markdown."""
    from lineara.frontend.numpy.support import page

    click.echo(page(), nl=False)
