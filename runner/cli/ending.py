"""How a command ends: every error printed with its mend, and the exit code that goes with it."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING, Self

import click

from runner.cli import outputs
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
        told = error is not None and not isinstance(error, SystemExit)
        if error is not None and told:
            self.code = _told(error)
        outputs.OUTPUTS.end()
        return told


def code_of(answer: object) -> int:
    """Return the exit code that a command answered with."""
    return answer if isinstance(answer, int) else 0


def tell(error: RunnerError) -> None:
    """Print an error on stderr: its place, what cannot be done, and the mend."""
    place = error.at
    where = f"{place.file}:{place.span.line}:{place.span.column}: " if place else ""
    said, mend = map(outputs.OUTPUTS.hidden, (where + error.message, error.mend))
    click.echo(f"{plain.line(said)}\nmend: {plain.line(mend)}", err=True)


def _told(error: BaseException) -> int:
    if isinstance(error, click.ClickException):
        shown = io.StringIO()
        error.show(shown)  # it names arguments, and those may come from elsewhere
        click.echo(plain.block(outputs.OUTPUTS.hidden(shown.getvalue())), err=True, nl=False)
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
        tell(error)
        return error.exit_code
    # Loaded only now: what it needs would slow every start down.
    report = importlib.import_module("runner.cli.bug").report(error)
    click.echo(plain.block(outputs.OUTPUTS.hidden(report)), err=True)
    return _BUG
