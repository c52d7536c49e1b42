"""What each change was judged by: the clauses, what they ask, what was given, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import POLICY
from runner.report import documents, plain, seen
from runner.report import text as texts
from runner.verdicts import Denied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.explanations import Explained, Explanation, Given, Said
    from runner.model import Change, Json
    from runner.parts import Word
    from runner.terms import Clause
    from runner.verdicts import Demand

_FILE = "jobgate.yaml"


def text(found: Explained) -> str:
    """Return the explanations for a person; the last line of each is the verdict."""
    return "\n".join(
        "".join(f"{line}\n" for line in _change(found, change, said))
        for change, said in found.changes
    )


def document(found: Explained) -> str:
    """Return the same for machines."""
    changes: list[Json] = [_tree(change, said) for change, said in found.changes]
    policy: Json = {"digest": found.policy.digest, "head": found.policy.head}
    return documents.text(
        "explanation",
        {
            "at": found.at,
            "changes": changes,
            "head": found.head,
            "ledger": found.ledger,
            "policy": policy,
        },
    )


# ---------------------------------------------------------------- for a person


def _change(found: Explained, change: Change, said: Explanation) -> Iterator[str]:
    yield f"{change.symbol.value} {plain.line(change.job)} at {found.head[:12]}"
    yield f"    digest {change.digest}"
    yield f"    judged at {found.at}, by the policy of {found.policy.head[:12]}"
    for word in said.before:
        yield f"whatever the policy is, {_word(word)}"
    for each in said.said:
        yield from _said(found, each)
    if said.given:
        yield "given:"
    yield from (f"    {_given(each)}" for each in said.given)
    yield seen.held(change) or texts.verdict(said.verdict)


def _said(found: Explained, said: Said) -> Iterator[str]:
    clause = said.clause
    sides = " and ".join(said.sides)
    if clause.line:
        at = f"{_FILE}:{clause.line} of {found.policy.head[:12]}"
        yield f"{plain.line(clause.name)} ({at}) matches the job {sides}"
    else:
        yield f"{plain.line(clause.name)}: no clause matches the job {sides}"
    yield from (f"    {_word(each)}" for each in said.demands)
    yield from (f"    {_word(each)}" for each in said.denials)
    if not said.denials:
        yield from (f"    {plain.line(each)}" for each in _content_with(clause))


def _content_with(clause: Clause) -> Iterator[str]:
    """Yield what a clause says no for, where it does not now."""
    if clause.max_hosts is not None:
        yield f"is content: at most {clause.max_hosts} hosts"
    if clause.fields:
        yield f"is content: `change` has {', '.join(clause.fields)}"
    if clause.succeeded:
        yield f"is content: it succeeded on {', '.join(clause.succeeded)}"
    if clause.windows is not None:
        yield f"is content: its windows are open, by the clock of {clause.windows.zone}"


def _word(word: Word) -> str:
    if isinstance(word, Denied):
        return f"says no: {plain.line(word.reason)}; {plain.line(word.mend)}"
    if word.clause == POLICY:
        return f"{POLICY} must be accepted first"
    of = "people"
    if word.path:
        of = f"owners of {plain.line(word.path)} ({', '.join(map(plain.line, word.owners))})"
    given = ", ".join(map(plain.line, word.given)) or "nobody"
    return f"asks for {word.count} of the {of}: {given} consented{_missing(word)}"


def _missing(word: Demand) -> str:
    if not word.missing:
        return ""
    could = ", ".join(map(plain.line, word.could))
    who = f"{could} could" if could else "nobody whom the policy lists can"
    return f", {word.missing} missing, {who}"


def _given(each: Given) -> str:
    where = f" of {plain.line(each.where)}" if each.where else ""
    why = f", because {plain.line(each.reason)}" if each.reason else ""
    stands = "counts" if each.counts else f"does not count: {plain.line(each.against)}"
    return f"{each.how}{where} by {plain.line(each.by)} at {plain.line(each.at)}{why}: {stands}"


# ---------------------------------------------------------------- for machines


def _tree(change: Change, said: Explanation) -> Json:
    return {
        "after": change.after,
        "before": _words(said.before),
        "clauses": [
            {
                **_words((*said.demands, *said.denials)),
                "asks": _asks(said.clause),
                "line": said.clause.line or None,
                "matches": list(said.sides),
                "name": said.clause.name,
            }
            for said in said.said
        ],
        "digest": change.digest,
        "given": [
            {
                "against": each.against or None,
                "at": each.at,
                "by": each.by,
                "counts": each.counts,
                "how": each.how,
                "reason": each.reason or None,
                "where": each.where or None,
            }
            for each in said.given
        ],
        "held": seen.held(change),
        "job": change.job,
        "symbol": change.symbol.value,
        "verdict": documents.verdict(said.verdict),
    }


def _words(words: tuple[Word, ...]) -> dict[str, Json]:
    return {
        "demands": [documents.demand(each) for each in words if not isinstance(each, Denied)],
        "denials": [documents.denial(each) for each in words if isinstance(each, Denied)],
    }


def _asks(clause: Clause) -> Json:
    return {
        "change": list(clause.fields),
        "count": clause.count,
        "deny": clause.deny or None,
        "from": list(clause.people),
        "max_hosts": clause.max_hosts,
        "owners": clause.owners,
        "succeeded": list(clause.succeeded),
        "windows": None if clause.windows is None else clause.windows.zone,
    }
