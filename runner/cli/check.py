"""`jobgate check`: every mistake in the specs, at its line, before anyone reviews them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runner.cli import crew, options
from runner.errors import CheckError
from runner.git import repository
from runner.model import Severity
from runner.pipeline import planning, raw
from runner.report import documents, github, marked, sarif, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from runner.model import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """What was found, how many jobs there are, and the files to show it in."""

    findings: tuple[Finding, ...]
    jobs: int
    sources: Mapping[str, bytes]


@click.command(short_help="Find every mistake in the specs of the working tree.")
@click.option("--rev", help="Check this commit instead of the working tree.")
@click.option(
    "--request", type=click.File("rb"), help="Check this request body instead, in JSON; - is stdin."
)
@options.formats("text", "json", "github", "sarif")
@options.repository
def command(folder: Path, form: str, request: BinaryIO | None, rev: str | None) -> int:
    r"""Find every mistake in the specs of the working tree, of a commit, or in one request.

    Exits 0 when there is no error (warnings do not count), 1 otherwise. A request is refused where
    the platform would refuse it, fail it after it took it, or lose a part of it.

    \b
    Example:
      jobgate check
      jobgate check --rev HEAD --format json
      jobgate check --request body.json
    """
    if request is not None and rev is not None:
        raise click.UsageError("--request and --rev exclude one another")
    done = _tree(folder, rev) if request is None else _request(request)
    click.echo(_shown(done, form), nl=False)
    wrong = any(each.severity is Severity.ERROR for each in done.findings)
    return CheckError.exit_code if wrong else 0


def _tree(folder: Path, rev: str | None) -> _Check:
    with repository.Git.open(folder) as opened:
        commit = None if rev is None else opened.commit(rev)
        tree = opened.worktree() if commit is None else opened.tree(commit)
        found = crew.checked(tree, crew.Where(str(opened.top), commit))
        sources = planning.sources(tree, found.findings)
    return _Check(findings=found.findings, jobs=found.value or 0, sources=sources)


def _request(file: BinaryIO) -> _Check:
    name, content = str(file.name), file.read()
    name = "-" if name == "<stdin>" else name
    found = raw.findings(name, content)
    wrong = any(each.severity is Severity.ERROR for each in found)
    return _Check(findings=found, jobs=int(not wrong), sources={name: content})


def _shown(done: _Check, form: str) -> str:
    match form:
        case "json":
            return documents.findings(done.findings, done.jobs)
        case "sarif":
            return sarif.findings(done.findings)
        case "github":
            shown = github.findings(done.findings)
        case _:
            shown = marked.findings(done.findings, done.sources)
    return shown + text.checked(done.jobs, done.findings)
