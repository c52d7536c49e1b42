"""`jobgate verify`: a record made again from Git, offline."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli import compose, options
from runner.errors import CheckError
from runner.pipeline import auditing
from runner.report import documents, text


@click.command(short_help="Make a record again from Git, and say whether it holds.")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, file: Path | None) -> int:
    r"""Make a record again from the commit and the journal, and say whether every part holds.

    Without FILE every record of the journal is verified. Needs no platform, no forge and no
    network: the journal is looked at as this clone last fetched it. Exits 1 when something does
    not hold, 10 when the journal itself is not sound.

    \b
    Example:
      jobgate verify record.json
    """
    with compose.world(folder, offline=True) as world:
        if file is not None:
            contents = [file.read_bytes()]
        else:
            contents = [auditing.document(each) for each in auditing.all_records(world)]
        found = tuple(proof for each in contents for proof in auditing.verify(world, each))
    click.echo(documents.proofs(found) if form == "json" else text.proofs(found), nl=False)
    return 0 if all(proof.holds for proof in found) else CheckError.exit_code
