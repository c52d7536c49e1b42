"""`jobgate stop`: no more of a job begins, and what runs is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options, ordering
from runner.model import Act

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Stop a job: what runs is ended, no more of it begins.")
@click.argument("name", metavar="JOB")
@ordering.reason(required=True)
@options.runner_key
@options.repository
def command(folder: Path, name: str, reason: str, runner_key: Path | None) -> int:
    r"""Stop a job that runs or waits for a person: what runs is ended, no more of it begins.

    It needs no approval, and it may always be ordered again. It is in the journal.

    \b
    Example:
      jobgate stop restart-nginx --reason "the pages are down, INC-7"
    """
    order = ordering.order(folder, Act.STOP, reason, again=True)
    return ordering.given(folder, name, order, runner_key)
