"""A plan in every form that a command may write it in: as its result, and beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.cli import besides
from runner.report import documents, github, seen, text
from runner.report.comment import comment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.views import Viewed

VIEWS: Mapping[str, Callable[[Viewed], str]] = {
    "text": lambda viewed: text.plan(viewed.planned, viewed.others),
    "json": lambda viewed: documents.plan(viewed.planned, viewed.others),
    "markdown": comment.whole,
    "github": lambda viewed: github.plan(viewed, besides.draw),
}


def forms(viewed: Viewed) -> besides.Forms:
    """Return a plan in every form that a file may have."""
    count = seen.counts(viewed.planned)
    plan = viewed.planned.plan
    return besides.Forms(
        forms={
            ".md": lambda: VIEWS["markdown"](viewed),
            ".json": lambda: VIEWS["json"](viewed),
        },
        more="The rest had no room here: `jobgate plan` shows all of it.",
        outputs={
            "plan-digest": plan.digest,
            "changes": str(len(plan.changes)),
            "waiting": str(count.waiting),
            "denied": str(count.denied),
        },
    )
