"""`jobgate status`: where every job of the ledger stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import compose, options
from runner.pipeline import standing
from runner.report import documents, text

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Show where every job of the ledger stands.")
@click.argument("name", required=False, metavar="[JOB]")
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, name: str | None) -> int:
    r"""Show where every job of the ledger stands, or one of them host by host.

    \b
    Example:
      jobgate status
      jobgate status restart-nginx --format json
    """
    with compose.world(folder) as world:
        ledger, hosts = standing.status(world, name)
    if form == "json":
        click.echo(documents.status(ledger, hosts), nl=False)
    else:
        click.echo(text.status(ledger, hosts), nl=False)
    return 0
