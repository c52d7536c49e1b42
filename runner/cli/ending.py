"""How a command ends: every error printed with its mend, and the exit code that goes with it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Self

import click

from runner.errors import FindingsError, RunnerError
from runner.report import plain

if TYPE_CHECKING:
    from types import TracebackType

_BUG = 70
_INTERRUPTED = 130


class Guard:
    """Turns whatever leaves a command into words on stderr and an exit code."""

    def __init__(self) -> None:
        """Begin with the code of a command that said nothing."""
        self.code = 0

    def __enter__(self) -> Self:
        """Watch over the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Print what happened and keep its code; only a SystemExit goes on."""
        del kind, trace
        if error is None or isinstance(error, SystemExit):
            return False
        self.code = _told(error)
        return True


def code_of(answer: object) -> int:
    """Return the exit code that a command answered with."""
    return answer if isinstance(answer, int) else 0


def _told(error: BaseException) -> int:
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo(
            "interrupted: what was begun is in the journal, and goes on when asked", err=True
        )
        return _INTERRUPTED
    if isinstance(error, FindingsError):
        said = importlib.import_module("runner.report.marked").findings(
            error.findings, error.sources
        )
        click.echo(said, err=True, nl=False)
        return error.exit_code
    if isinstance(error, RunnerError):
        place = error.at
        where = f"{place.file}:{place.span.line}:{place.span.column}: " if place else ""
        click.echo(f"{plain.line(where + error.message)}\nmend: {plain.line(error.mend)}", err=True)
        return error.exit_code
    # Loaded only now: what it needs would slow every start down.
    click.echo(plain.block(importlib.import_module("runner.cli.bug").report(error)), err=True)
    return _BUG
