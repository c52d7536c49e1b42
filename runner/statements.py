"""Statements that people sign: each kind in its one canonical form, read back only to the letter.

Two spellings of one statement would be two; so what is not in that form to the byte is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner import canon, fields, instants, narrow, wire
from runner.evidence import Approval, Broken, Glass, Revocation
from runner.model import Digest, JobId, Json, Key, LedgerId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One person's word that they have looked at what was done by breaking the glass."""

    ledger: LedgerId
    job: JobId
    key: Key
    by: str
    at: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """One person's consent to one retry of all hosts of a batch, where it stands; spent by it."""

    ledger: LedgerId
    job: JobId
    key: Key
    batch: int
    tries: int
    by: str
    at: str
    until: str


Statement: TypeAlias = Approval | Revocation | Glass | FollowUp | Retry


def written(statement: Statement) -> bytes:
    """Return the bytes that are signed: canonical JSON of all that the statement says."""
    said: dict[str, Json] = {
        "at": at(statement),
        "by": by(statement),
        "job": job(statement),
        "ledger": _of(statement).ledger,
    }
    return canon.encode({**said, **_particulars(statement)})


def by(statement: Statement) -> str:
    """Return whose word a statement is."""
    return _of(statement).by


def at(statement: Statement) -> str:
    """Return when a statement was signed, as it says itself."""
    return _of(statement).at


def job(statement: Statement) -> JobId:
    """Return the job that a statement is about."""
    return _of(statement).job


def read(content: bytes) -> Statement | None:
    """Return what a statement says, or None when it is not one to the letter."""
    try:
        tree = wire.loads(content)
        make = _KINDS.get((fields.needed(tree, "kind"), fields.whole(tree, "v")))
        made = None if make is None else make(tree)
        return made if made is not None and _sound(made) and written(made) == content else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def broken(value: Broken) -> Json:
    """Return, as an entry has it, who broke the glass."""
    return {"by": value.by, "due": value.due, "reason": value.reason}


def broken_from(tree: Json) -> Broken:
    """Return what `broken` wrote; raise KeyError or TypeError on anything else."""
    return Broken(
        by=fields.needed(tree, "by"),
        reason=fields.needed(tree, "reason"),
        due=fields.needed(tree, "due"),
    )


def _of(statement: Statement) -> Approval | Revocation | FollowUp | Retry:
    return statement.approval if isinstance(statement, Glass) else statement


def _particulars(statement: Statement) -> dict[str, Json]:
    """Return what only this kind of statement says."""
    if isinstance(statement, Approval):
        return {"kind": "approval", **_given(statement), "v": 2 if statement.until else 1}
    if isinstance(statement, Glass):
        given = _given(statement.approval)
        return {"kind": "break-glass", **given, "reason": statement.reason, "v": 1}
    if isinstance(statement, Revocation):
        return {"digest": statement.digest, "kind": "revocation", "v": 1}
    if isinstance(statement, FollowUp):
        return {"key": statement.key, "kind": "follow-up", "note": statement.note, "v": 1}
    stands: dict[str, Json] = {"batch": statement.batch, "tries": statement.tries}
    ends = {"key": statement.key, "until": statement.until}
    return {"kind": "retry", **stands, **ends, "v": 1}


def _given(approval: Approval) -> dict[str, Json]:
    named: dict[str, Json] = {"after": approval.after, "digest": approval.digest}
    return named | ({"until": approval.until} if approval.until else {})


def _approval(tree: Json) -> Approval:
    return Approval(
        ledger=LedgerId(fields.needed(tree, "ledger")),
        job=JobId(fields.needed(tree, "job")),
        digest=Digest(fields.needed(tree, "digest")),
        after=fields.key(tree, "after"),
        by=fields.needed(tree, "by"),
        at=fields.needed(tree, "at"),
        until=narrow.text(tree, "until"),
    )


def _glass(tree: Json) -> Glass:
    return Glass(approval=_approval(tree), reason=fields.needed(tree, "reason"))


def _revocation(tree: Json) -> Revocation:
    return Revocation(
        ledger=LedgerId(fields.needed(tree, "ledger")),
        job=JobId(fields.needed(tree, "job")),
        digest=Digest(fields.needed(tree, "digest")),
        by=fields.needed(tree, "by"),
        at=fields.needed(tree, "at"),
    )


def _follow_up(tree: Json) -> FollowUp:
    return FollowUp(
        ledger=LedgerId(fields.needed(tree, "ledger")),
        job=JobId(fields.needed(tree, "job")),
        key=Key(fields.needed(tree, "key")),
        by=fields.needed(tree, "by"),
        at=fields.needed(tree, "at"),
        note=fields.needed(tree, "note"),
    )


def _retry(tree: Json) -> Retry:
    return Retry(
        ledger=LedgerId(fields.needed(tree, "ledger")),
        job=JobId(fields.needed(tree, "job")),
        key=Key(fields.needed(tree, "key")),
        batch=fields.whole(tree, "batch"),
        tries=fields.whole(tree, "tries"),
        by=fields.needed(tree, "by"),
        at=fields.needed(tree, "at"),
        until=fields.needed(tree, "until"),
    )


def _sound(statement: Statement) -> bool:
    """Tell whether its instants are some, whole seconds, and a reason or note says something."""
    said = _of(statement)
    ends = said.until if isinstance(said, Approval | Retry) else ""
    words = statement.reason if isinstance(statement, Glass) else "."
    words = statement.note if isinstance(statement, FollowUp) else words
    never = isinstance(statement, Glass | Retry) and not ends
    return bool(words.strip()) and not never and _dated(said.at) and (not ends or _dated(ends))


def _dated(text: str) -> bool:
    found = instants.read(text)
    return found is not None and instants.written(found) == text


_KINDS: Mapping[tuple[str, int], Callable[[Json], Statement]] = {
    ("approval", 1): _approval,
    ("approval", 2): _approval,
    ("break-glass", 1): _glass,
    ("revocation", 1): _revocation,
    ("follow-up", 1): _follow_up,
    ("retry", 1): _retry,
}
