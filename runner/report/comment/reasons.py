"""Who is asked, clause by clause: what each asks, who has given it, and what says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import POLICY
from runner.report import inert
from runner.report.comment import amounts, judged
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.explanations import Explanation, Given
    from runner.report.comment.amounts import Amount
    from runner.report.comment.gists import Told
    from runner.verdicts import Demand

_FILE = "jobgate.yaml"


def asked(told: Told, amount: Amount) -> str:
    """Return what every clause that matched said, and what was given and does not count."""
    lines = [*_words(told.explanation, amount)]
    lines += [_idle(each, amount) for each in told.explanation.given if not each.counts]
    shown, more = amounts.first(lines, amount.listed)
    if not shown:
        return ""
    by = f"**Who is asked** by the policy of {inert.code(told.planned.ledger.policy.head[:12])}"
    return "\n".join([by, "", *shown, *[f"* {more}"] * bool(more)])


def _words(explanation: Explanation, amount: Amount) -> Iterator[str]:
    said = explanation.verdict
    if isinstance(said, Approved) and said.broken is not None:
        by, why = (inert.code(each, amount.text) for each in said.broken)
        yield f"* {judged.APPROVED} by broken glass: {by} says {why}"
    for clause in explanation.said:
        for no in clause.denials:
            yield _denied(no, amount)
        for demand in clause.demands:
            yield _demand(demand, amount)
    for word in explanation.before:
        yield _denied(word, amount) if isinstance(word, Denied) else _demand(word, amount)
    if not (explanation.said or explanation.before):
        if isinstance(said, Denied):
            yield _denied(said, amount)
        yield from (_demand(each, amount) for each in said.demands)


def _denied(no: Denied, amount: Amount) -> str:
    mend = inert.code(no.mend, amount.text)
    return f"* {judged.DENIED} {judged.no(no, amount)}{_line(no.line)}; mend: {mend}"


def _demand(demand: Demand, amount: Amount) -> str:
    if demand.clause == POLICY:
        return f"* {judged.WAITING} for {judged.need(demand, amount)}"
    of = inert.code(demand.clause, amount.text) + _line(demand.line)
    given = f"{judged.names(demand.given, amount)} approved" if demand.given else ""
    if not demand.missing:
        return f"* ✓ {of}: {given or 'asks nobody'}"
    lacks = f"waits for {judged.need(demand, amount)}"
    return f"* ○ {of}: {'; '.join(filter(None, [given, lacks]))}"


def _line(number: int) -> str:
    return f" ({_FILE}:{number})" if number else ""


def _idle(each: Given, amount: Amount) -> str:
    where = f" of {inert.code(each.where, amount.text)}" if each.where else ""
    by, against = inert.code(each.by, amount.text), inert.code(each.against, amount.text)
    return f"* ✗ {each.how}{where} by {by} does not count: {against}"
