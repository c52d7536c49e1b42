"""`jobgate explain`: why a change may run, or may not, clause by clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli import compose, options
from runner.pipeline import explaining
from runner.report import explanations

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Show why a change may run, or what it still lacks.")
@click.argument("name", metavar="JOB")
@click.option("--head", default="HEAD", show_default=True, help="The commit to plan.")
@click.option("--again", is_flag=True, help="Take in what the platform refused, as it is.")
@options.formats("text", "json")
@options.repository
def command(folder: Path, form: str, name: str, head: str, *, again: bool) -> int:
    r"""Show what a change is judged by (JOB: its id, its name for all its cells, or its digest).

    Every clause of the policy in force that matches, what it asks, what was given and whether it
    counts, what is missing and who could give it, and the verdict.

    \b
    Example:
      jobgate explain restart-nginx --head my-branch
    """
    with compose.world(folder) as world:
        found = explaining.explained(world, world.repository.commit(head), name, again=again)
    shown = explanations.document(found) if form == "json" else explanations.text(found)
    click.echo(shown, nl=False)
    return 0
