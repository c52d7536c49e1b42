"""`jobgate lock`: what specs name of a platform's scripts, held to its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner import pins
from runner.cli import compose, options, progress
from runner.errors import CheckError, gravest
from runner.git import placing, repository
from runner.pipeline import locking
from runner.report import locks

if TYPE_CHECKING:
    from pathlib import Path

    from runner.pins import Locked
    from runner.pipeline.ports import Platforms, Tree


@click.command(short_help="Hold the scripts that platforms keep to what they say now.")
@click.argument("scripts", nargs=-1, metavar="[SCRIPT]...")
@click.option("--update", is_flag=True, help="Let pins move: those of SCRIPT, or all of them.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the file would be another.")
@click.option(
    "--unapproved", is_flag=True, help="Ask platforms, too, that the policy in force lacks."
)
@options.formats("text", "json")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    scripts: tuple[str, ...],
    update: bool,
    check: bool,
    unapproved: bool,
) -> int:
    r"""Write jobgate.lock: which version each script id means, and the SHA-256 of what it says.

    Every script.id and script.version_id that a spec of the working tree names is looked up on the
    platforms that the spec goes to. Pins that are there stay, new ones are added, those that no
    spec names are taken out. With --update those of SCRIPT (an id, or the number of a version), or
    all of them, move to what the platform has now; the script's diff is shown.

    Exits 1 and writes nothing for a draft, a disabled version, or a pin that no longer holds; also
    with --check when the file would be another. Exits 9 when a platform refuses or is out of reach.

    \b
    Example:
      jobgate lock
      jobgate lock --update clean-tmp
      jobgate lock --check --format json
    """
    if scripts and not update:
        raise click.UsageError("SCRIPT belongs to --update")
    with compose.world(folder, offline=True) as world, repository.Git.open(folder) as opened:
        platforms = world.platforms if unapproved else locking.approved(world)
        done = _locked(opened.worktree(), platforms, locking.Wish(update=update, names=scripts))
        written = done.sound and done.stale and not check
        if written:
            placing.place(opened.top, {pins.PATH: done.content}, replace=True)
    shown = locks.document if form == "json" else locks.text
    click.echo(shown(done, written=written), nl=False)
    stale = check and done.sound and done.stale
    return gravest([*(each.code for each in done.pins), CheckError.exit_code * stale])


def _locked(tree: Tree, platforms: Platforms, wish: locking.Wish) -> Locked:
    shown = progress.Progress("lock")
    try:
        return locking.locked(tree, platforms, wish, shown)
    finally:
        shown.end()
