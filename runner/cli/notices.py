"""What `publish` says of a commit: on its pull request, on stdout, and in the files beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import click

from runner import canon
from runner.cli import besides, filing, outputs, planforms
from runner.comments import Comment
from runner.model import Sha256
from runner.pipeline.publishing import Mistaken, Notice, Shown, Unbegun
from runner.report import commitstatus, unbegun
from runner.report.comment import comment

if TYPE_CHECKING:
    from pathlib import Path

    from runner.pipeline.publishing import Found
    from runner.posted import CommitStatus

_NOTHING = {"plan-digest": "", "changes": "0", "waiting": "0", "denied": "0"}


def notice(found: Found, pull: int, link: str, artefact: Path | None) -> Notice:
    """Return what is to be said of a commit on its pull request; the rest goes to `artefact`."""
    said, status = _said(found, link)
    body, rest = outputs.OUTPUTS.hidden(said.body), outputs.OUTPUTS.hidden(said.rest)
    if rest != said.rest:
        body = body.replace(said.sha256, canon.sha256(rest.encode()))
    if artefact is not None and rest:
        filing.write(artefact, rest.encode())
    head = found.viewed.planned.plan.head if isinstance(found, Shown) else found.head
    return Notice(pull=pull, head=head, marker=comment.MARKER, body=body, status=status)


def shown(found: Shown | Unbegun, form: str, aside: besides.Besides) -> int:
    """Write it out as `plan` does, and return the exit code."""
    if isinstance(found, Shown):
        click.echo(planforms.VIEWS[form](found.viewed), nl=False)
        return aside.written(planforms.forms(found.viewed), 0)
    text = unbegun.text(found.jobs, found.head)
    markdown = unbegun.markdown(found.jobs, found.head)
    # There is no plan, so that there is none in JSON.
    click.echo(markdown if form == "markdown" else text, nl=False, err=form == "json")
    said = besides.Forms(forms={".md": lambda: markdown}, more="", outputs=_NOTHING)
    return aside.written(said, 0)


def _said(found: Found, link: str) -> tuple[Comment, CommitStatus]:
    match found:
        case Shown(viewed=viewed, explained=explained):
            made = comment.made(viewed, explained=explained, link=link)
            return made, commitstatus.of_plan(viewed.planned, link)
        case Mistaken(head=head, error=error):
            made = comment.mistaken(error.findings, head=head, link=link)
            return made, commitstatus.of_findings(error.findings, link)
        case Unbegun(head=head, jobs=jobs):
            body = f"{comment.MARKER}\n{unbegun.markdown(jobs, head)}"
            return Comment(body=body, rest="", sha256=Sha256("")), commitstatus.of_none(link)
    assert_never(found)
