"""`jobgate skip`: a batch that failed, or is being stopped, is left as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options, ordering
from runner.model import Act

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Leave a batch that failed as it is, and go on with the next.")
@click.argument("name", metavar="JOB")
@ordering.reason(required=True)
@ordering.again
@options.runner_key
@options.repository
def command(*, folder: Path, name: str, reason: str, again: bool, runner_key: Path | None) -> int:
    r"""Leave the batch that failed or was stopped as it is; the next one begins, if there is one.

    Of a job that is being stopped, the hosts are waited for no longer; it is over then. The job's
    approval has to stand still. The order is sent once, and is in the journal.

    \b
    Example:
      jobgate skip restart-nginx --reason "web-7 is being replaced, OPS-12" && jobgate apply
    """
    order = ordering.order(folder, Act.SKIP, reason, again=again)
    return ordering.given(folder, name, order, runner_key)
