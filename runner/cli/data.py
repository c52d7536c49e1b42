"""`jobgate data`: what an embedded platform has stored, kept small and kept safe."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from runner.server import backup as backups
from runner.server import keeping

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_AGE = re.compile(r"(?P<count>[0-9]{1,9})(?P<unit>[smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def _age(context: click.Context, option: click.Parameter, text: str) -> int:
    """Return the milliseconds of a time span such as `90d`."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise click.BadParameter(
            "write a number and a unit: s, m, h, d or w, such as 90d", context, option
        )
    return int(found["count"]) * _SECONDS[found["unit"]] * 1000


def _folder(command: Callable[P, R]) -> Callable[P, R]:
    return click.option(
        "--data",
        "folder",
        required=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="The platform's data folder.",
    )(command)


@click.group(short_help="Prune or back up what an embedded platform has stored.")
def command() -> None:
    r"""Prune or back up the data folder of an embedded platform, also while it is being served.

    \b
    Example:
      jobgate data prune --data /var/lib/jobgate --older-than 90d
      jobgate data backup --data /var/lib/jobgate /backup/jobgate.tar
    """


@command.command(short_help="Take away the jobs that ended long ago.")
@_folder
@click.option(
    "--older-than",
    "age",
    required=True,
    metavar="AGE",
    callback=_age,
    help="How long ago they ended: a number with s, m, h, d or w.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def prune(folder: Path, age: int, *, dry_run: bool) -> int:
    r"""Take away the jobs that ended long ago, with their hosts, logs and run folders.

    A job that has not ended stays, whether it runs, waits for a person or was never started; so
    does one with a host that still runs. Ids are not given again. Safe to interrupt and to repeat.

    \b
    Example:
      jobgate data prune --data /var/lib/jobgate --older-than 90d --dry-run
    """
    before = time.time_ns() // 1_000_000 - age
    done = (keeping.outlook if dry_run else keeping.prune)(folder, before)
    if done.left:
        click.echo(f"left until no process works in them: {_of(done.left, 'folder')}", err=True)
    click.echo(
        f"{'would take' if dry_run else 'took'} away {_of(done.jobs, 'job')} with "
        f"{_of(done.hosts, 'host')}, and {_of(done.folders, 'folder')} of {_of(done.bytes, 'byte')}"
    )
    return 0


@command.command(short_help="Write a backup of the data folder.")
@_folder
@click.argument("file", type=click.Path(path_type=Path))
def backup(folder: Path, file: Path) -> int:
    r"""Write the data folder as it stands to a new tar file, whole or not at all.

    It is put back by unpacking it to where no data folder is. What had not ended when it was made
    is abnormal or stopped in it, and the platform that it makes is another instance: jobgate then
    says of open submissions that their outcome is unknown, and runs nothing twice.

    \b
    Example:
      jobgate data backup --data /var/lib/jobgate /backup/jobgate.tar
    """
    saved = backups.backup(folder, file)
    click.echo(
        f"wrote {_of(saved.jobs, 'job')} with {_of(saved.files, 'file')} to {file}: "
        f"{_of(saved.bytes, 'byte')}"
    )
    return 0


def _of(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
