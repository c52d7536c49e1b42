"""`jobgate plan`: what would run at a commit, and who must approve it."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli import compose, options
from runner.pipeline import planning
from runner.report import documents, markdown, text

_PENDING = 3
_VIEWS = {"text": text.plan, "json": documents.plan, "markdown": markdown.plan}


@click.command(short_help="Show what would run at a commit, and who must approve it.")
@click.option("--head", default="HEAD", show_default=True, help="The commit to plan.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the plan here, as JSON."
)
@click.option("--exit-code", "exits", is_flag=True, help="Exit 3 when there are changes.")
@click.option("--again", is_flag=True, help="Take in what the platform refused, as it is.")
@options.formats("text", "json", "markdown")
@options.repository
def command(
    folder: Path, form: str, head: str, out: Path | None, *, exits: bool, again: bool
) -> int:
    r"""Show the changes between what ran and what a commit wants, with the verdict on each.

    \b
    Symbols: + new, ~ altered, ≈ drifted (only something shared changed: not run), - removed.

    \b
    Example:
      jobgate plan --head my-branch
      jobgate plan --format json --out plan.json
    """
    with compose.world(folder) as world:
        planned = planning.planned(world, world.repository.commit(head), again=again)
    if out is not None:
        out.write_text(documents.plan(planned), encoding="utf-8")
    click.echo(_VIEWS[form](planned), nl=False)
    return _PENDING if exits and planned.plan.changes else 0
