"""`jobgate resume`: the word of a person that a manual rolling job waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options, ordering
from runner.model import Act

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Let a rolling job that waits for a person go on.")
@click.argument("name", metavar="JOB")
@ordering.reason(required=False)
@ordering.again
@options.runner_key
@options.repository
def command(*, folder: Path, name: str, reason: str, again: bool, runner_key: Path | None) -> int:
    r"""Let a rolling job in `manual` mode go on with its next batch; then run `jobgate apply`.

    Its approval has to stand still. The order is sent once, and is in the journal.

    \b
    Example:
      jobgate resume restart-nginx && jobgate apply
    """
    order = ordering.order(folder, Act.RESUME, reason, again=again)
    return ordering.given(folder, name, order, runner_key)
