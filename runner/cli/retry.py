"""`jobgate retry`: hosts are run again, in the same submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options, ordering
from runner.errors import UsageError
from runner.model import Act

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Run a job again on hosts of its batch: those that failed, or all.")
@click.argument("name", metavar="JOB")
@click.option("--failed", is_flag=True, help="On the hosts that failed; so it is without, too.")
@click.option("--all", "everyone", is_flag=True, help="On all hosts of the batch.")
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
    r"""Run a job again on those hosts of its present batch that did not do well, or on all.

    The job's approval has to stand still. With --all this one retry needs consent of its own,
    signed with `jobgate approve JOB --retry`, which is spent by it. The order is sent once, and is
    in the journal. A job that rolls goes on with its next batch when all hosts of this one have
    done well.

    \b
    Example:
      jobgate retry restart-nginx --reason "the disk is mended, OPS-12" && jobgate apply
    """
    if everyone and failed:
        raise UsageError(
            f"cannot retry {name} on all hosts and on the failed ones alone",
            mend="say --failed or --all",
        )
    act = Act.RETRY_ALL if everyone else Act.RETRY
    return ordering.given(
        folder, name, ordering.order(folder, act, reason, again=again), runner_key
    )
