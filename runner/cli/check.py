"""`jobgate check`: every mistake in the specs, at its line, before anyone reviews them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import options
from runner.errors import CheckError
from runner.git import repository
from runner.model import Severity
from runner.pipeline import wanted
from runner.report import documents, text

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Find every mistake in the specs of the working tree.")
@click.option("--rev", help="Check this commit instead of the working tree.")
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, rev: str | None) -> int:
    r"""Find every mistake in the specs of the working tree, or of a commit.

    Exits 0 when there is no error (warnings do not count), 1 otherwise.

    \b
    Example:
      jobgate check
      jobgate check --rev HEAD --format json
    """
    with repository.Git.open(folder) as opened:
        tree = opened.worktree() if rev is None else opened.tree(opened.commit(rev))
        found = wanted.wanted(tree)
    jobs = len(found.value.jobs) if found.value else 0
    if form == "json":
        click.echo(documents.findings(found.findings, jobs), nl=False)
    else:
        click.echo(text.findings(found.findings), nl=False)
        click.echo(text.checked(jobs, found.findings), nl=False)
    wrong = any(each.severity is Severity.ERROR for each in found.findings)
    return CheckError.exit_code if wrong else 0
