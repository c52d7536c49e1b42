"""`jobgate approve`: one person's signature over one change."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from runner import keys
from runner.cli import compose, options
from runner.errors import UsageError
from runner.pipeline import approving, consent, planning
from runner.report import documents, plain, text


@click.command(short_help="Sign your consent to one change of the plan.")
@click.argument("name", metavar="JOB")
@click.option("--head", default="HEAD", show_default=True, help="The commit that was reviewed.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your SSH key.  [default: $JOBGATE_KEY, else ~/.ssh/id_ed25519]",
)
@click.option("--again", is_flag=True, help="Of what the platform refused, as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.formats("text", "json")
@options.repository
def command(
    folder: Path,
    form: str,
    name: str,
    head: str,
    key_file: Path | None,
    *,
    again: bool,
    yes: bool,
) -> int:
    r"""Sign your consent to one change (JOB: its id, its name for all its cells, or its digest).

    What is signed is shown first: this ledger, this job, this digest, after this submission.

    \b
    Example:
      jobgate approve restart-nginx --head my-branch --key ~/.ssh/id_ed25519
    """
    key = key_file or Path(os.environ.get("JOBGATE_KEY") or Path.home() / ".ssh" / "id_ed25519")
    with compose.world(folder) as world:
        planned = planning.planned(world, world.repository.commit(head), again=again)
        by = approving.who(planned.in_force, keys.public_key(str(key)))
        changes = approving.chosen(planned, name)
        drafts = [approving.draft(world, planned, change, by) for change in changes]
        click.echo(text.changes(planned, changes), nl=False, err=True)
        for draft in drafts:
            click.echo(f"to be signed: {plain.line(consent.statement(draft).decode())}", err=True)
        if not yes:
            _ask(by)
        for draft in drafts:
            approving.sign(world, draft, str(key))
    click.echo(
        documents.approvals(changes, by) if form == "json" else text.approved(changes, by),
        nl=False,
    )
    return 0


def _ask(by: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "cannot ask: standard input is not a terminal", mend="say --yes to sign unasked"
        )
    click.confirm(f"Sign this as {by}?", abort=True, err=True)
