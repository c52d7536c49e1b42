"""`jobgate resume`: the word of a person that a manual rolling job waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import compose, options
from runner.pipeline import standing
from runner.report import plain

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Let a rolling job that waits for a person go on.")
@click.argument("name", metavar="JOB")
@options.repository
def command(folder: Path, name: str) -> int:
    r"""Let a rolling job in `manual` mode go on with its next batch; then run `jobgate apply`.

    \b
    Example:
      jobgate resume restart-nginx && jobgate apply
    """
    with compose.world(folder) as world:
        had = standing.resume(world, name)
    click.echo(f"{plain.line(had.job)}: the next batch may begin; follow it with `jobgate apply`")
    return 0
