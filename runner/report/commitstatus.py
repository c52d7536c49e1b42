"""A plan in a commit status: a word and a line, with the people first whom it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import posted
from runner.model import POLICY, Severity
from runner.posted import CommitStatus
from runner.report import plain, seen
from runner.verdicts import NEVER, Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.model import Change, Finding, Planned
    from runner.posted import Light
    from runner.verdicts import Demand, Verdict


def of_plan(planned: Planned, link: str = "") -> CommitStatus:
    """Return what the changes of a plan that are to run come to."""
    runs = [each for each in planned.plan.changes if each.runs]
    said = {each.job: planned.verdicts[each.job] for each in runs}
    denied = [each for each in runs if _is_denied(said[each.job])]
    waits = [each for each in runs if not isinstance(said[each.job], Approved)]
    if denied:
        return _status("failure", _denied(planned, denied), link)
    if waits:
        return _status("pending", _waiting(planned, waits), link)
    if runs:
        return _status("success", f"approved: {plain.count(len(runs), 'change')}", link)
    return _status("success", "nothing to run", link)


def of_findings(found: Iterable[Finding], link: str = "") -> CommitStatus:
    """Return that there is no plan, and for how many mistakes."""
    errors = [each for each in seen.ordered(found) if each.severity is Severity.ERROR]
    first = "".join(
        f", first at {each.place.file}:{each.place.span.line}: {each.message}"
        for each in errors[:1]
    )
    return _status("failure", f"{plain.count(len(errors), 'error')}{first}", link)


def of_none(link: str = "") -> CommitStatus:
    """Return that nothing is judged yet, since there is no ledger."""
    return _status("pending", "waits for a ledger: run `jobgate adopt` on the branch", link)


def _status(state: Light, text: str, link: str) -> CommitStatus:
    return CommitStatus(state=state, description=posted.described(plain.line(text)), link=link)


def _is_denied(said: Verdict) -> bool:
    return isinstance(said, Denied) and not said.lifts


def _denied(planned: Planned, changes: Sequence[Change]) -> str:
    said = planned.verdicts[changes[0].job]
    why = f"{said.by}: {said.reason}" if isinstance(said, Denied) else ""
    return f"denied: {_counted(changes)} by {why}"


def _waiting(planned: Planned, changes: Sequence[Change]) -> str:
    verdicts = [planned.verdicts[each.job] for each in changes]
    missing = [_needs(each) for said in verdicts for each in said.demands if each.missing]
    if missing:
        return f"waits for {'; '.join(dict.fromkeys(missing))} ({_counted(changes)})"
    later = dict.fromkeys(_later(said) for said in verdicts if isinstance(said, Denied))
    return f"approved, and waits: {'; '.join(later)} ({_counted(changes)})"


def _counted(changes: Sequence[Change]) -> str:
    return changes[0].job if len(changes) == 1 else plain.count(len(changes), "change")


def _later(said: Denied) -> str:
    return f"may start at {said.opens}" if said.opens not in {"", NEVER} else said.reason


def _needs(demand: Demand) -> str:
    """Return who could give what a demand still asks for."""
    able = demand.could
    if demand.clause == POLICY and not able:
        return f"{POLICY} to be accepted"
    if demand.missing > len(able):
        return f"{demand.missing} more than {', '.join(able) or 'nobody'}"
    if demand.missing == len(able):
        return " and ".join(able)
    if demand.missing == 1:
        return " or ".join(able)
    return f"{demand.missing} of {', '.join(able)}"
