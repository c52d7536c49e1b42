"""`jobgate status`: where every job of the ledger stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import compose, options
from runner.errors import PlatformError
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

    Without a name, what a platform out of reach has is shown as the journal has it. Exits 9 then.

    \b
    Example:
      jobgate status
      jobgate status restart-nginx --format json
    """
    with compose.world(folder) as world:
        found = standing.status(world, name)
    view = documents.status if form == "json" else text.status
    click.echo(view(found.ledger, found.hosts, found.unasked), nl=False)
    return PlatformError.exit_code if found.unasked else 0
