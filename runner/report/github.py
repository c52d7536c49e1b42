"""What a GitHub workflow reads of a command: annotations, fences around text, blocks of outputs.

What comes from specs, scripts and hosts is escaped as the runner has it, so that no text of theirs
is a command; and what is not ours to word stands between two fences, where none counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from runner.model import POLICY, Job, Place, Severity
from runner.report import plain, seen, text
from runner.verdicts import Denied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from runner.model import Finding, JobId, Planned
    from runner.outcomes import Item, Outcome
    from runner.views import Viewed

MOST = 10  # annotations of a level that GitHub shows for a step
_MESSAGE, _MEND, _TITLE = 2800, 1000, 200  # characters; the runner drops what is beyond 4096
_POLICY_FILE = "jobgate.yaml"
_GRAVE = frozenset({5, 7, 8, 9})  # codes of jobs that were denied, failed, are unknown, or refused

Draw: TypeAlias = "Callable[[], str]"  # makes a word that nobody can guess


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One annotation; `place` is None where it is about no file."""

    level: Literal["error", "warning"]
    title: str
    message: str
    mend: str = ""
    place: Place | None = None


def findings(found: Iterable[Finding]) -> str:
    """Return an annotation a finding, at most `MOST` of a level, and how many more there are."""
    return _annotations(map(_of_finding, seen.ordered(found)), "finding", "check")


def plan(viewed: Viewed, draw: Draw) -> str:
    """Return a plan between fences, and an annotation for each change that is denied."""
    shown = fenced(text.plan(viewed.planned, viewed.others), draw)
    return shown + _annotations(_denials(viewed.planned), "denied change", "plan")


def outcome(done: Outcome, draw: Draw) -> str:
    """Return what an apply did between fences, and an annotation for each job that went wrong."""
    notes = [_of_item(each, done.paths) for each in done.items if each.code in _GRAVE]
    return fenced(text.outcome(done), draw) + _annotations(notes, "job", "apply")


def error(message: str, mend: str, place: Place | None) -> str:
    """Return the annotation of an error, which comes alone."""
    note = Note(level="error", title="jobgate", message=message, mend=mend, place=place)
    return f"{_annotation(note)}\n"


def fenced(shown: str, draw: Draw) -> str:
    """Return a text between fences: the runner takes no line of it for a command."""
    token = _fresh(shown, draw)
    ended = shown if shown.endswith("\n") else f"{shown}\n"
    return f"::stop-commands::{token}\n{ended}::{token}::\n"


def blocks(values: Mapping[str, str], draw: Draw) -> str:
    """Return values by their names as `$GITHUB_OUTPUT` takes them, each between delimiters."""
    made = []
    for name, value in values.items():
        delimiter = _fresh(value, draw)
        made.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    return "".join(made)


def _fresh(among: str, draw: Draw) -> str:
    """Return a word that does not stand in a text."""
    word = draw()
    while word in among:
        word = draw()
    return word


def _denials(planned: Planned) -> Iterable[Note]:
    for change in planned.plan.changes:
        said = planned.verdicts[change.job]
        if change.runs and isinstance(said, Denied):
            path = change.wanted.path if isinstance(change.wanted, Job) else _POLICY_FILE
            yield Note(
                level="error",
                title=f"denied: {change.job}",
                message=f"denied by {said.by}: {said.reason}",
                mend=said.mend,
                place=Place(file=path),
            )


def _of_item(item: Item, paths: Mapping[JobId, str]) -> Note:
    path = _POLICY_FILE if item.job == POLICY else paths.get(item.job)
    return Note(
        level="error",
        title=f"{item.state}: {item.job}",
        message=item.detail or item.state,
        place=None if path is None else Place(file=path),
    )


def _of_finding(each: Finding) -> Note:
    error = each.severity is Severity.ERROR
    return Note(
        level="error" if error else "warning",
        title=each.rule,
        message=each.message,
        mend=each.mend,
        place=each.place,
    )


def _annotations(notes: Iterable[Note], noun: str, command: str) -> str:
    """Return the first of each level, and how many more there are."""
    listed = list(notes)
    lines: list[str] = []
    rest = 0
    for severity in Severity:
        level = [each for each in listed if each.level == severity.value]
        lines += [_annotation(each) for each in level[:MOST]]
        rest += len(level[MOST:])
    if rest:
        said = f"{plain.count(rest, f'more {noun}')}: run `jobgate {command}` to see all of them"
        lines.append(f"::notice title=jobgate::{said}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(each: Note) -> str:
    fields: dict[str, str] = {}
    if each.place is not None:
        span = each.place.span
        fields = {"file": each.place.file, "line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:  # columns of a place that goes over lines are not shown
            fields |= {"col": str(span.column), "endColumn": str(span.end_column)}
    fields["title"] = _cut(each.title, _TITLE)
    listed = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
    mend = f"%0A{_data(_cut(f'mend: {each.mend}', _MEND))}" if each.mend else ""
    return f"::{each.level} {listed}::{_data(_cut(each.message, _MESSAGE))}{mend}"


def _cut(said: str, most: int) -> str:
    """Return the first characters of what is shown of a text, and a mark where some are missing."""
    shown = plain.block(said)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _data(said: str) -> str:
    shown = plain.block(said)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")
