"""`jobgate apply`: run what is approved at the tip of the ledger's branch, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from runner.cli import compose, options, seenplan
from runner.errors import gravest
from runner.pipeline import applying, rehearsing
from runner.report import documents, rehearsals, text

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Commit
    from runner.outcomes import Item
    from runner.pipeline.world import World


def _planted(
    ctx: click.Context, param: click.Parameter, names: tuple[str, ...]
) -> frozenset[tuple[str, int]]:
    """Return jobs of platforms as they were named."""
    del ctx, param
    found = [name.rpartition("/") for name in names]
    if not all(platform and job.isascii() and job.isdigit() for platform, _, job in found):
        raise click.BadParameter("write it as PLATFORM/ID, such as prod/12", param_hint="--planted")
    return frozenset((platform, int(job)) for platform, _, job in found)


@click.command(short_help="Run what is approved at the branch's tip, once.")
@click.option("--head", default="HEAD", show_default=True, help="The commit; it must be the tip.")
@click.option("--plan", "named", help="Refuse unless this is the plan: a digest, or plan.json.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 1000),
    default=16,
    show_default=True,
    help="Jobs at a time.",
)
@click.option("--only", multiple=True, metavar="JOB", help="Only this job; may be repeated.")
@click.option("--platform", help="Only the jobs of this platform.")
@click.option(
    "--wait/--no-wait", default=True, show_default=True, help="Follow what was started to its end."
)
@click.option("--again", is_flag=True, help="Submit anew what the platform refused.")
@click.option("--dry-run", "dry", is_flag=True, help="Only show the calls that would be made.")
@click.option(
    "--planted",
    multiple=True,
    metavar="PLATFORM/ID",
    callback=_planted,
    help="Pass over this job there: somebody gave it a false name; may be repeated.",
)
@options.runner_key
@options.formats("text", "json")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    head: str,
    named: str | None,
    parallel: int,
    only: tuple[str, ...],
    platform: str | None,
    wait: bool,
    again: bool,
    dry: bool,
    planted: frozenset[tuple[str, int]],
    runner_key: Path | None,
) -> int:
    r"""Run what is approved at the tip of the ledger's branch, each job once, and follow it.

    Safe to run again at any time, by anyone, also after a crash: what was begun is carried on,
    what ran is left alone.

    \b
    Exits 0 when nothing waits, 4 not approved yet, 5 denied, 6 superseded or another plan,
    7 a job failed, 8 outcome unknown, 9 platform refused or unreachable. With --no-wait a job
    that was started counts as done; with --dry-run one that would run.

    \b
    Example:
      jobgate apply
      jobgate apply --plan plan.json
      jobgate apply --only restart-nginx --dry-run
    """
    chosen = applying.Options(
        parallel=parallel, only=only, platform=platform, wait=wait, again=again, planted=planted
    )
    chosen = replace(chosen, plan=None if named is None else seenplan.digest(named))
    with compose.world(folder, writer=None if dry else options.writer(runner_key)) as world:
        items = (_rehearsed if dry else _applied)(
            world, world.repository.commit(head), chosen, form
        )
    return gravest(item.code for item in items)


def _applied(world: World, head: Commit, chosen: applying.Options, form: str) -> tuple[Item, ...]:
    done = applying.apply(world, head, chosen)
    click.echo(documents.outcome(done) if form == "json" else text.outcome(done), nl=False)
    return done.items


def _rehearsed(world: World, head: Commit, chosen: applying.Options, form: str) -> tuple[Item, ...]:
    done = rehearsing.rehearsal(world, head, chosen)
    click.echo(rehearsals.document(done) if form == "json" else rehearsals.text(done), nl=False)
    return done.items
