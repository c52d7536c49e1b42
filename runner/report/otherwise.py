"""What was approved and is made otherwise now, as a comment on the pull request that it came by."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from runner.model import Job
from runner.report import inert, plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.model import Commit
    from runner.otherwise import Cause, Otherwise

MARKER = "<!-- jobgate:merged -->"
SETTLED = (
    f"{MARKER}\n### ✓ Settled\n\n"
    "Nothing that was approved here waits any more for being made otherwise.\n"
)
_MOST, _FILES = 20, 10  # changes, and files of each, that are shown
_TEXT = 300  # bytes of a name
_CAUSES: dict[Cause, str] = {
    "pushed": "The pull request went on after that review.",
    "merged": "The branch had moved on when the pull request was merged.",
    "since": "It changed on the branch after the pull request was merged.",
}


def texts(found: Iterable[Otherwise]) -> str:
    """Return a line a change for people at a terminal, and how many there are as the last one."""
    listed = list(found)
    lines = [
        f"pull request {each.pull}: {plain.line(each.change.job)} was approved at "
        f"{each.commit[:12]}, and is made otherwise now\n"
        for each in listed
    ]
    return f"{''.join(lines)}Approved otherwise: {plain.count(len(listed), 'change')}.\n"


def comments(found: Iterable[Otherwise], head: Commit, branch: str) -> dict[int, str]:
    """Return what is to be said on each pull request; `head` is the tip of `branch`."""
    listed = sorted(found, key=lambda each: (each.pull, each.change.job))
    return {
        pull: f"{MARKER}\n{page(list(some), head, branch)}"
        for pull, some in groupby(listed, key=lambda each: each.pull)
    }


def page(found: Sequence[Otherwise], head: Commit, branch: str) -> str:
    """Return changes as Markdown: why each waits, and what to do."""
    if not found:
        return "Nothing that was approved waits for being made otherwise.\n"
    number = plain.count(len(found), "change")
    waits = "waits" if len(found) == 1 else "wait"
    where = f"{inert.code(head[:12])}, the tip of {inert.code(branch, _TEXT)}"
    parts = [
        f"### ○ Approved, and made otherwise now: {number} {waits}",
        f"At {where}, this is not what was approved, so that no approval of it counts.",
        *(_change(each) for each in found[:_MOST]),
    ]
    if len(found) > _MOST:
        parts.append(f"And {plain.count(len(found) - _MOST, 'more change')}.")
    plan = inert.code(f"jobgate plan --head {head}")
    parts.append(
        f"Look at what would run, {plan}, and sign it: "
        f"{', '.join(_sign(each) for each in found[:_MOST])}.\n"
        "Or open a pull request that changes it, and have that reviewed: "
        "a review is consent to what its own pull request brings."
    )
    return "\n\n".join(parts) + "\n"


def _change(each: Otherwise) -> str:
    people = ", ".join(inert.code(name, _TEXT) for name in each.people)
    job, commit = inert.code(each.change.job, _TEXT), inert.code(each.commit[:12])
    lines = [
        f"{job} was approved by {people} at {commit}. {_CAUSES[each.cause]}",
        "",
    ]
    if each.differs:
        named = [_file(each, path) for path in each.differs[:_FILES]]
        more = len(each.differs) - len(named)
        named += [f"{more} more"] * (more > 0)
        lines.append(f"* differs: {', '.join(named)}{_by(each)}")
    lines.append(f"* approved: {inert.code(each.digest)}")
    lines.append(f"* would run: {inert.code(each.change.digest)}")
    return "\n".join(lines)


def _file(each: Otherwise, path: str) -> str:
    wanted = each.change.wanted
    own = not isinstance(wanted, Job) or wanted.path == path
    return inert.code(path, _TEXT) + ("" if own else " (via)")


def _by(each: Otherwise) -> str:
    if not each.by:
        return ""
    return f", changed by {', '.join(inert.code(commit[:12]) for commit in each.by)}"


def _sign(each: Otherwise) -> str:
    return inert.code(f"jobgate approve {seen.label(each.change.job)}", _TEXT)
