"""What a command leaves beside its result: summaries in other forms, and outputs for a workflow."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from runner.cli import ending, filing, outputs
from runner.errors import FindingsError, RunnerError, UsageError
from runner.report import documents, findingstable, fitting, github, junit, sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from runner.model import Finding

SUFFIXES = (".md", ".json", ".sarif", ".xml")  # any other name is of Markdown that is added to


_AGAIN = "run it again: what was begun is in the journal, and goes on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """A result in the forms that it has, by the suffix of the file; each is made when asked for.

    `more` says in Markdown where the rest is, if not all of it has room. `outputs` are what a
    workflow's next steps may want to know.
    """

    forms: Mapping[str, Callable[[], str]]
    more: str
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Besides:
    """The files that were asked for beside the result, which is in the form `form`."""

    form: str
    summaries: tuple[Path, ...] = ()
    outputs: Path | None = None

    @property
    def suffixes(self) -> frozenset[str]:
        """Return the suffixes of the files that were asked for, in lower case."""
        return frozenset(path.suffix.lower() for path in self.summaries)

    def written(self, result: Forms, code: int) -> int:
        """Write every file that can be, and return the exit code to end with.

        Where one cannot, that is told; it is what the command ends with if all else went well.
        """
        failed: list[UsageError] = []
        for path in self.summaries:
            with _kept(failed):
                _summary(path, result)
        if self.outputs is not None:
            with _kept(failed):
                said = github.blocks(result.outputs, draw)
                before = filing.held(self.outputs)
                apart = "\n" if before and not before.endswith(b"\n") else ""
                filing.append(self.outputs, f"{apart}{said}".encode())
        for error in failed:
            ending.tell(error)
        return code or (UsageError.exit_code if failed else 0)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Write what stops the command, too, before it does."""
        try:
            yield
        except FindingsError as error:
            found = error.findings
            if self.form == "github":
                click.echo(github.findings(found), nl=False)
            self.written(of_findings(found, 0), error.exit_code)
            raise
        except RunnerError as error:
            if self.form == "github":
                click.echo(github.error(error.message, error.mend, error.at), nl=False)
            self._stopped(error.message, error.mend)
            raise
        except KeyboardInterrupt:
            self._stopped("interrupted", _AGAIN)
            raise

    def _stopped(self, message: str, mend: str) -> None:
        """Write why there is no result, where Markdown is asked for."""
        said = findingstable.stopped(message, mend)
        self.written(Forms(forms={".md": lambda: said}, more=""), code=1)


def of_findings(found: tuple[Finding, ...], jobs: int) -> Forms:
    """Return what a check found in every form."""
    return Forms(
        forms={
            ".md": lambda: findingstable.findings(found, jobs),
            ".json": lambda: documents.findings(found, jobs),
            ".sarif": lambda: sarif.findings(found),
            ".xml": lambda: junit.findings(found),
        },
        more="The rest had no room here: `jobgate check` shows all of it.",
    )


def draw() -> str:
    """Return a word that nobody can guess."""
    return secrets.token_hex(16)


def _summary(path: Path, result: Forms) -> None:
    suffix = path.suffix.lower()
    form = result.forms.get(suffix if suffix in SUFFIXES else ".md")
    if form is None:
        return
    shown = outputs.OUTPUTS.hidden(form())
    if suffix in SUFFIXES[1:]:
        filing.write(path, shown.encode())
        return
    before = filing.held(path) if suffix != ".md" else b""
    apart = "\n\n" if before.strip() else ""
    room = fitting.MOST - len(before) - len(apart)
    fits = fitting.fitted(shown, room, result.more)
    if not fits:
        raise UsageError(
            f"cannot add to {path}: it has {len(before)} bytes, and may have {fitting.MOST}",
            mend="let less be written to it before, or name another file",
        )
    if suffix == ".md":
        filing.write(path, fits.encode())
    else:
        filing.append(path, f"{apart}{fits}".encode())


@contextlib.contextmanager
def _kept(failed: list[UsageError]) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        failed.append(error)
