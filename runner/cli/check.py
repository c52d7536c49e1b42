"""`jobgate check`: every mistake in the specs, at its line, before anyone reviews them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runner.cli import besides, crew, options
from runner.errors import CheckError, RepositoryError
from runner.git import repository
from runner.model import Severity
from runner.pipeline import planning, raw
from runner.pipeline.rechecking import Since
from runner.report import documents, findingstable, github, junit, marked, sarif, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from runner.git.gittrees import CommitTree
    from runner.git.worktree import WorkingTree
    from runner.model import Commit, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """What was found, how many jobs there are, and the files to show it in."""

    findings: tuple[Finding, ...]
    jobs: int
    sources: Mapping[str, bytes]


@click.command(short_help="Find every mistake in the specs of the working tree.")
@click.option("--rev", help="Check this commit instead of the working tree.")
@click.option("--base", help="Check only the specs that may have changed since this commit.")
@click.option(
    "--request", type=click.File("rb"), help="Check this request body instead, in JSON; - is stdin."
)
@options.summary(".md", ".json", ".sarif", ".xml")
@options.formats("text", "json", "github", "sarif", "junit", "markdown")
@options.repository
def command(
    folder: Path,
    form: str,
    *,
    request: BinaryIO | None,
    rev: str | None,
    base: str | None,
    summaries: tuple[Path, ...],
) -> int:
    r"""Find every mistake in the specs of the working tree, of a commit, or in one request.

    Exits 0 when there is no error (warnings do not count), 1 otherwise. A request is refused where
    the platform would refuse it, fail it after it took it, or lose a part of it.

    With --base it looks at the specs that what changed since the tree branched off from there can
    have touched, and at names and needs between those and all others.

    \b
    Example:
      jobgate check
      jobgate check --rev HEAD --format json
      jobgate check --base origin/main
      jobgate check --request body.json
    """
    if request is not None and rev is not None:
        raise click.UsageError("--request and --rev exclude one another")
    if request is not None and base is not None:
        raise click.UsageError("--request and --base exclude one another")
    aside = besides.Besides(form=form, summaries=summaries)
    with aside.told():
        done = _tree(folder, rev, base) if request is None else _request(request)
    click.echo(_shown(done, form), nl=False)
    wrong = any(each.severity is Severity.ERROR for each in done.findings)
    code = CheckError.exit_code if wrong else 0
    return aside.written(besides.of_findings(done.findings, done.jobs), code)


def _tree(folder: Path, rev: str | None, base: str | None) -> _Check:
    with repository.Git.open(folder) as opened:
        commit = None if rev is None else opened.commit(rev)
        tree = opened.worktree() if commit is None else opened.tree(commit)
        where = crew.Where(str(opened.top), commit)
        if base is None:
            found = crew.checked(tree, where)
        else:
            done = crew.rechecked(tree, where, _since(opened, tree, commit, opened.commit(base)))
            click.echo(text.looked(done.looked, done.specs), err=True)
            found = done.found
        sources = planning.sources(tree, found.findings)
    return _Check(findings=found.findings, jobs=found.value or 0, sources=sources)


def _since(
    opened: repository.Git, tree: CommitTree | WorkingTree, commit: Commit | None, base: Commit
) -> Since:
    """Return the tree where what is checked branched off from `base`, and what differs since."""
    head = opened.commit("HEAD") if commit is None else commit
    before = opened.merge_base(base, head)
    if before is None:
        raise RepositoryError(
            f"cannot check what changed since {base[:12]}: {head[:12]} has no history with it",
            mend="name the branch that the change is for, or a commit of it",
        )
    earlier = opened.tree(before)
    return Since(tree=earlier, changed=tree.differing(earlier))


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
        case "junit":
            return junit.findings(done.findings)
        case "markdown":
            return findingstable.findings(done.findings, done.jobs)
        case "github":
            shown = github.findings(done.findings)
        case _:
            shown = marked.findings(done.findings, done.sources)
    return shown + text.checked(done.jobs, done.findings)
