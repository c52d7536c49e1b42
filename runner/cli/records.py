"""`jobgate records`: the accounts of what was submitted."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli import compose, options
from runner.errors import UsageError
from runner.pipeline import auditing, followups
from runner.report import documents, text
from runner.report import followups as reports


@click.command(short_help="List the records of what was submitted, or print one.")
@click.argument("name", required=False, metavar="[JOB|KEY]")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the record here."
)
@click.option(
    "--open",
    "unfollowed",
    is_flag=True,
    help="List what was done by breaking the glass, and nobody else has looked at.",
)
@options.formats("text", "json")
@options.repository
def command(
    folder: Path, form: str, name: str | None, out: Path | None, *, unfollowed: bool
) -> int:
    r"""List the records of what was submitted; with a name or key, print that one in full.

    The record of one submission is canonical JSON: `verify` takes it byte for byte.

    With --open it ends with 1 where a follow-up is overdue.

    \b
    Example:
      jobgate records
      jobgate records restart-nginx --out record.json
      jobgate records --open
    """
    if unfollowed and (name or out):
        raise UsageError(
            "cannot list what is open of one record", mend="leave out the name and --out"
        )
    if unfollowed:
        return _outstanding(folder, form)
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


def _outstanding(folder: Path, form: str) -> int:
    with compose.world(folder) as world:
        left = followups.outstanding(world)
    click.echo(reports.document(left) if form == "json" else reports.text(left), nl=False)
    return int(any(each.overdue for each in left))
