"""`jobgate schema`: the published JSON Schemas."""

from __future__ import annotations

import click

from runner import published


@click.command(short_help="Print a published JSON Schema.")
@click.argument("name", required=False, metavar="[NAME]")
def command(name: str | None) -> int:
    r"""Print a published JSON Schema, or list their names.

    \b
    Example:
      jobgate schema
      jobgate schema job-spec.v1
    """
    if name is None:
        click.echo("\n".join(published.names()))
        return 0
    if name not in published.names():
        raise click.UsageError(
            f"no schema is called {name}; there are {', '.join(published.names())}"
        )
    click.echo(published.text(name), nl=False)
    return 0
