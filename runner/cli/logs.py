"""`jobgate logs`: what the hosts of a job printed, or print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from runner.cli import compose, options, watch
from runner.errors import UsageError
from runner.pipeline import standing, watching
from runner.report import documents, text

if TYPE_CHECKING:
    from pathlib import Path

    from runner.pipeline.world import World


_AS_NOW = "secrets are hidden as they are now; one that was changed since the job ran is not"


@click.command(short_help="Show what the hosts of a job printed.")
@click.argument("name", metavar="JOB")
@click.option("--host", help="Only this host, as `status JOB` names it.")
@click.option("--follow", is_flag=True, help="Go on with what is new, until the job is at rest.")
@click.option("--redact", is_flag=True, help="Fetch the job's secrets, and hide them.")
@options.formats("text", "json")
@options.repository
def command(
    *, folder: Path, form: str, name: str, host: str | None, follow: bool, redact: bool
) -> int:
    r"""Show what the hosts of a job's last submission printed.

    A script may print a secret that it was given. So nothing is shown of a job whose request names
    any, unless they are fetched again with --redact and taken out.

    \b
    Example:
      jobgate logs restart-nginx --host 0:127.0.0.1
      jobgate logs restart-nginx --follow
      jobgate logs rotate-password --redact
    """
    if follow and form == "json":
        raise UsageError(
            "cannot follow in JSON: one document has all of a log",
            mend="leave one of `--follow` and `--format json` out",
        )
    if redact:
        click.echo(_AS_NOW, err=True)
    with compose.world(folder) as world:
        if follow:
            return _follow(world, name, host, redact=redact)
        found = standing.logs(world, name, host, redact=redact)
    click.echo(documents.logs(found) if form == "json" else text.logs(found), nl=False)
    return 0


def _follow(world: World, name: str, host: str | None, *, redact: bool) -> int:
    watched = watching.watch(world, name)
    try:
        for label, said in watched.printed(host, redact=redact):
            click.echo(text.tail("" if host else label, said), nl=False)
            sys.stdout.flush()
    except KeyboardInterrupt:
        click.echo(watch.interrupted(watched), err=True)
        return watch.INTERRUPTED
    return 0
