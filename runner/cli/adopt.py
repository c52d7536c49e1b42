"""`jobgate adopt`: the beginning of a ledger."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click

from runner.cli import compose, options
from runner.model import LedgerId
from runner.pipeline import adopting
from runner.report import documents, text

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Begin the ledger: take the jobs that exist as had, run nothing.")
@click.option("--branch", default="main", show_default=True, help="The branch that is applied.")
@click.option("--remote", help="Keep the journal on this remote.  [default: in this repository]")
@options.runner_key
@options.formats("text", "json")
@options.repository
def command(
    folder: Path, form: str, branch: str, remote: str | None, runner_key: Path | None
) -> int:
    r"""Begin the ledger for a branch: the jobs that exist are taken as had, nothing is run.

    The policy of that branch's tip is in force from then on, as it stands: look at it first.

    With --remote the journal lives there, and every clone of it shares the one ledger; without,
    it lives in this repository and no clone can act on it.

    \b
    Example:
      jobgate adopt --remote origin
    """
    with compose.world(folder, remote, writer=options.writer(runner_key)) as world:
        ledger, _ = adopting.adopt(
            world,
            ledger=LedgerId(secrets.token_hex(16)),
            branch=branch,
            mode="remote" if remote else "local",
        )
    json = form == "json"
    click.echo(documents.status(ledger, {}, {}) if json else text.ledger(ledger), nl=False)
    return 0
