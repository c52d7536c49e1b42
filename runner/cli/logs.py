"""`jobgate logs`: what the hosts of a job printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import compose, options
from runner.pipeline import standing
from runner.report import documents, text

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Show what the hosts of a job printed.")
@click.argument("name", metavar="JOB")
@click.option("--host", help="Only this host, as `status JOB` names it.")
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, name: str, host: str | None) -> int:
    r"""Show what the hosts of a job's last submission printed.

    \b
    Example:
      jobgate logs restart-nginx --host 0:127.0.0.1
    """
    with compose.world(folder) as world:
        found = standing.logs(world, name, host)
    click.echo(documents.logs(found) if form == "json" else text.logs(found), nl=False)
    return 0
