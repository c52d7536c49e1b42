"""How a comment begins: the verdict, the counts, and what is approved: digest and commit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runner.report import inert, plain, seen, text
from runner.report.comment import amounts, judged
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from runner.model import Change, Commit, Planned
    from runner.views import Viewed

_AMOUNT = amounts.Amount(lines=0, listed=3, names=6, text=40)  # it must have room anywhere


def top(viewed: Viewed) -> str:
    """Return verdict, counts, digest; with several changes also who could give what is missing."""
    planned = viewed.planned
    parts = [f"### {_headline(planned)}", counts(planned)]
    if len(_running(planned)) > 1:
        parts += filter(None, [_people(planned)])
    parts += [text.beside(viewed.others)] * (viewed.others > 0)
    return "\n\n".join([*parts, of(planned.plan.head, planned.plan.digest)])


def of(head: Commit, digest: str = "") -> str:
    """Return what a comment is about: the digest of a plan, where there is one, and a commit."""
    plan = f"Plan {inert.code(digest)} of commit" if digest else "Commit"
    return f"<sub>{plan} {inert.code(head)}</sub>"


def counts(planned: Planned) -> str:
    """Return how many changes there are of what becomes of them, and how large that is."""
    count = seen.counts(planned)
    parts = [
        f"{number} {word}"
        for number, word in (
            (count.denied, "denied"),
            (count.waiting, "waiting"),
            (count.to_run, "approved"),
            (count.drifted, "drifted"),
            (count.removed, "removed"),
        )
        if number
    ]
    parts = [f"**{part}**" for part in parts] + [f"{count.unchanged} unchanged"]
    size = f"{plain.count(count.hosts, 'host')} in {plain.count(count.batches, 'batch')}"
    return " · ".join([*parts, *[size] * (count.hosts > 0)])


def _running(planned: Planned) -> list[Change]:
    return [each for each in judged.ordered(planned) if each.runs]


def _headline(planned: Planned) -> str:
    runs = _running(planned)
    if not runs:
        return "Nothing to run"
    states = Counter(judged.state(planned, each) for each in runs)
    worst = judged.state(planned, runs[0])
    sign, word = worst.split(" ")
    if len(runs) == 1:
        return f"{sign} {word.capitalize()}{_reason(planned, runs[0])}"
    name = "Waiting for approval" if worst == judged.WAITING else word.capitalize()
    of = "" if states[worst] == len(runs) else f"{states[worst]} of "
    return f"{sign} {name}: {of}{len(runs)} changes"


def _reason(planned: Planned, change: Change) -> str:
    """Return why the only change does not run, or who lets it."""
    said = planned.verdicts[change.job]
    if isinstance(said, Denied):
        return f" {judged.no(said, _AMOUNT)}"
    if isinstance(said, Approved):
        return judged.consent(said, _AMOUNT)
    return f" for {judged.needs(said, _AMOUNT)}"


def _people(planned: Planned) -> str:
    """Return who could give something of what is missing, those who could give most first."""
    able = Counter(
        name for each in _running(planned) for name in judged.could(planned.verdicts[each.job])
    )
    if not able:
        return ""
    most = sorted(able.items(), key=lambda item: (-item[1], item[0]))
    shown, more = amounts.first(most, _AMOUNT.names)
    said = [
        f"{inert.code(name, _AMOUNT.text)} ({plain.count(number, 'change')})"
        for name, number in shown
    ]
    return f"Could approve: {', '.join(said)}{' ' * bool(more)}{more}"
