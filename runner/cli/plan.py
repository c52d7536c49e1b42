"""`jobgate plan`: what would run at a commit, and who must approve it."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli import besides, compose, filing, options, planforms
from runner.pipeline import planning, viewing
from runner.report import documents

_PENDING = 3


@click.command(short_help="Show what would run at a commit, and who must approve it.")
@click.option("--head", default="HEAD", show_default=True, help="The commit to plan.")
@options.base
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the plan here, as JSON."
)
@click.option("--exit-code", "exits", is_flag=True, help="Exit 3 when there are changes.")
@click.option("--again", is_flag=True, help="Take in what the platform refused, as it is.")
@options.summary(".md", ".json")
@options.outputs
@options.formats("text", "json", "markdown", "github")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    head: str,
    base: str | None,
    out: Path | None,
    summaries: tuple[Path, ...],
    outputs: Path | None,
    exits: bool,
    again: bool,
) -> int:
    r"""Show the changes between what ran and what a commit wants, with the verdict on each.

    \b
    Symbols: + new, ~ altered, ≈ drifted (only something shared changed: not run), - removed.

    With --base only those changes are shown that a pull request from there brings, and the others
    are counted. The digest, and what --out keeps, are those of the whole plan.

    \b
    Example:
      jobgate plan --head my-branch
      jobgate plan --head my-branch --base origin/main
      jobgate plan --format json --out plan.json
    """
    aside = besides.Besides(form=form, summaries=summaries, outputs=outputs)
    with aside.told(), compose.world(folder) as world:
        since = None if base is None else world.repository.commit(base)
        chosen, have = world.repository.commit(head), planning.ledger(world)
        shown = since if out is None else None  # what is kept is the whole plan, judged
        whole = viewing.found(world, have, chosen, shown, again=again)
        viewed = whole if out is None else viewing.viewed(world, whole.planned, since)
    if out is not None:
        filing.write(out, documents.plan(whole.planned).encode())
    click.echo(planforms.VIEWS[form](viewed), nl=False)
    code = _PENDING if exits and (viewed.planned.plan.changes or viewed.others) else 0
    return aside.written(planforms.forms(viewed), code)
