"""`jobgate retry`: the hosts that failed are run again, in the same submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options, ordering
from runner.errors import UsageError
from runner.model import Act

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Run a job again on the hosts of its batch that failed.")
@click.argument("name", metavar="JOB")
@click.option("--failed", is_flag=True, help="On the hosts that failed; so it is without, too.")
@click.option("--all", "everyone", is_flag=True, help="Refused: it is another submission.")
@ordering.reason(required=True)
@ordering.again
@options.runner_key
@options.repository
def command(
    *,
    folder: Path,
    name: str,
    failed: bool,
    everyone: bool,
    reason: str,
    again: bool,
    runner_key: Path | None,
) -> int:
    r"""Run a job again on those hosts of its present batch that did not do well.

    The job's approval has to stand still. The order is sent once, and is in the journal. A job that
    rolls goes on with its next batch when all hosts of this one have done well.

    \b
    Example:
      jobgate retry restart-nginx --reason "the disk is mended, OPS-12" && jobgate apply
    """
    if everyone:
        also = ", and on the failed ones alone" if failed else ""
        raise UsageError(
            f"cannot retry {name} on all hosts{also}: its approval was for one run on each, and "
            "is spent where it went well",
            mend="raise `metadata.run` in its spec and have that approved: it runs everywhere then",
        )
    order = ordering.order(folder, Act.RETRY, reason, again=again)
    return ordering.given(folder, name, order, runner_key)
