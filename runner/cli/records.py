"""`jobgate records`: the accounts of what was submitted."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli import compose, options
from runner.pipeline import auditing
from runner.report import documents, text


@click.command(short_help="List the records of what was submitted, or print one.")
@click.argument("name", required=False, metavar="[JOB|KEY]")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the record here."
)
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, name: str | None, out: Path | None) -> int:
    r"""List the records of what was submitted; with a name or key, print that one in full.

    The record of one submission is canonical JSON: `verify` takes it byte for byte.

    \b
    Example:
      jobgate records
      jobgate records restart-nginx --out record.json
    """
    with compose.world(folder) as world:
        found = auditing.all_records(world)
    if name is None:
        click.echo(documents.records(found) if form == "json" else text.records(found), nl=False)
        return 0
    content = auditing.document(auditing.chosen(found, name))
    if out is None:
        click.echo(content, nl=False)
    else:
        out.write_bytes(content)
        click.echo(f"wrote {out}", err=True)
    return 0
