"""What `resume`, `retry`, `skip` and `stop` share: who gives an order, why, and how it is told."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from runner.cli import compose, options
from runner.errors import UsageError
from runner.git import repository
from runner.model import Act
from runner.pipeline import steering
from runner.report import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
R = TypeVar("R")

_MOST = 1000
_TOLD = {
    Act.RESUME: "the next batch may begin",
    Act.RETRY: "the hosts that failed are run again",
    Act.RETRY_ALL: "all hosts of the batch are run again",
    Act.SKIP: "what did not do well is left as it is",
    Act.STOP: "no more of it begins, and what runs is ended",
}


def again(command: Callable[P, R]) -> Callable[P, R]:
    """Add `--again`, by which a person insists on an order."""
    return click.option(
        "--again", is_flag=True, help="Although one may be on its way whose answer was lost."
    )(command)


def reason(*, required: bool) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Add `--reason`, the why that is kept in the journal."""
    words = "Why; it is kept in the journal."
    if required:
        return click.option("--reason", required=True, help=words)
    return click.option("--reason", default="", help=words)


def given(folder: Path, name: str, order: steering.Order, runner_key: Path | None) -> int:
    """Give an order in the repository at `folder`, and tell where the job stands then."""
    with compose.world(folder, writer=options.writer(runner_key)) as world:
        had, stands = steering.steer(world, name, order)
    stood = f" ({plain.line(stands)})" if stands else ""
    click.echo(f"{plain.line(had.job)}: {_TOLD[order.act]}{stood}; follow it with `jobgate apply`")
    return 0


def order(folder: Path, act: Act, why: str, *, again: bool) -> steering.Order:
    """Return an order of whoever works here; raise UsageError for a reason that is none."""
    return steering.Order(act=act, by=who(folder), reason=said(why), again=again)


def said(why: str) -> str:
    """Return a reason as it is kept; raise UsageError for one that is none."""
    kept = why.encode("utf-8", "backslashreplace").decode().strip()
    if len(kept) > _MOST or (why and not kept):
        raise UsageError(
            f"cannot keep a reason of {len(kept)} characters: it has 1 to {_MOST}",
            mend="say it in a sentence, and name the ticket that has the rest",
        )
    return kept


def who(folder: Path) -> str:
    """Return the address that git would put into a commit, or the user's name on this machine."""
    with repository.Git.open(folder) as git:
        found = os.environ.get("GIT_COMMITTER_EMAIL", "").strip() or git.address()
    name = found or pwd.getpwuid(os.getuid()).pw_name
    return name.encode("utf-8", "backslashreplace").decode()
