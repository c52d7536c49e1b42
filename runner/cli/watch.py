"""`jobgate watch`: how jobs come along, until they are at rest."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from runner.cli import compose, options, outputs
from runner.errors import gravest
from runner.pipeline import watching
from runner.report import watched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.pipeline.watching import Sight, Watch

INTERRUPTED = 130


@click.command(short_help="Show how jobs come along, until they are at rest.")
@click.argument("name", required=False, metavar="[JOB]")
@options.formats("text", "jsonl")
@options.repository
def command(folder: Path, form: str, name: str | None) -> int:
    r"""Show how all jobs that are under way come along, or one of them, until they are at rest.

    It writes nothing and orders nothing; `jobgate apply` notes how they ended. Ctrl-C ends the
    watching, not the job.

    \b
    Exits 0 when all went well, 4 where one waits for a person or was not started, 7 where one
    failed or was stopped, 8 where nobody knows, 130 after Ctrl-C.

    \b
    Example:
      jobgate watch
      jobgate watch restart-nginx --format jsonl
    """
    with compose.world(folder) as world:
        watch = watching.watch(world, name)
        if not watch.jobs:
            click.echo("nothing is under way", err=True)
        sights: tuple[Sight, ...] = ()
        show = _shown(form)
        try:
            for sights in watch.sights():
                show(sights)
        except KeyboardInterrupt:
            click.echo(interrupted(watch), err=True)
            return INTERRUPTED
    return gravest(each.rest.code for each in sights if each.rest is not None)


def interrupted(watch: Watch) -> str:
    """Return what becomes of the jobs when nobody watches them any more."""
    said = "no longer watched; the jobs were not stopped: `jobgate watch` goes on"
    if not watch.here:
        return said
    return (
        f"{said}. In process, what runs on hosts goes on to its end, and nothing more begins until "
        "somebody runs `jobgate watch`, `status` or `apply`"
    )


def _shown(form: str) -> Callable[[tuple[Sight, ...]], None]:
    if form == "text" and sys.stdout.isatty():
        return _Board()
    return _Stream(machine=form == "jsonl")


@dataclass(slots=True)
class _Stream:
    """A line for each job whenever it stands otherwise than before."""

    machine: bool
    told: dict[str, str] = field(default_factory=dict)

    def __call__(self, sights: tuple[Sight, ...]) -> None:
        """Tell of those jobs that have changed."""
        for each in sights:
            if self.machine:
                said = watched.document(each.had, each.progress, each.rest)
            else:
                said = watched.line(each.had, watching.line(each)) + "\n"
            if self.told.get(each.had.job) != said:
                self.told[each.had.job] = said
                click.echo(said, nl=False)
                sys.stdout.flush()


@dataclass(slots=True)
class _Board:
    """All jobs at once, drawn over what was drawn before, as far as the terminal has room."""

    drawn: int = 0

    def __call__(self, sights: tuple[Sight, ...]) -> None:
        """Draw them anew."""
        if not sights:
            return
        width, height = shutil.get_terminal_size()
        lines = [
            outputs.OUTPUTS.hidden(line)[: width - 1]
            for each in sights
            for line in watched.picture(each.had, watching.line(each), each.progress)
        ]
        over = all(each.rest is not None for each in sights)
        # What scrolled away cannot be drawn over; at the end everything is told.
        kept = lines if over else lines[: height - 1]
        up = f"\x1b[{self.drawn}A" if self.drawn else ""
        sys.stdout.write(up + "\r\x1b[J" + "".join(f"{line}\n" for line in kept))
        sys.stdout.flush()
        self.drawn = len(kept)
