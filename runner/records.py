"""Records: the account of each submission, made from the journal alone.

The caller folds the journal (`history.steps`) and hands each entry in with the ledger after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, narrow, statements, wire
from runner.model import POLICY, Entry, Had, InForce, Key, Kind, Ledger, Record, Signed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.evidence import Broken


def records(steps: Iterable[tuple[Entry, Ledger]]) -> tuple[Record, ...]:
    """Return a record of every submission in a whole journal, in the order of their intentions."""
    begun: dict[Key, Record] = {}
    policy: InForce | None = None
    for entry, ledger in steps:
        key = entry.key
        if key is not None and entry.job is not None and policy is not None:
            if entry.job == POLICY:
                begun[key] = _of_policy(key, entry, policy, ledger.policy)
            else:
                had = ledger.jobs[entry.job]
                begun[key] = _extended(begun.get(key), key, entry, had, policy)
        policy = ledger.policy
    return tuple(begun.values())


def approvals(entry: Entry) -> tuple[Signed, ...]:
    """Return the signed statements that an entry says it was permitted by."""
    trees = narrow.items(dict(entry.data), "approvals")
    return tuple(wire.signed_from(tree) for tree in trees)


def broken(entry: Entry) -> Broken | None:
    """Return who broke the glass for what an entry permits, if somebody did."""
    tree = narrow.mapping(dict(entry.data), "broken")
    return statements.broken_from(tree) if tree else None


def _extended(record: Record | None, key: Key, entry: Entry, had: Had, policy: InForce) -> Record:
    if record is None or entry.kind is Kind.STARTING:
        given = approvals(entry)
    else:
        policy, given = record.policy, record.approvals
    return Record(
        ledger=entry.ledger,
        job=had.job,
        key=key,
        previous=had.previous,
        scheme=had.scheme,
        effect=had.effect,
        digest=had.digest,
        head=had.head,
        path=had.path,
        sources=had.sources,
        policy=policy,
        approvals=given,
        entries=(*(() if record is None else record.entries), entry),
        result=had.result,
    )


def _of_policy(key: Key, entry: Entry, old: InForce, new: InForce) -> Record:
    return Record(
        ledger=entry.ledger,
        job=POLICY,
        key=key,
        previous=old.key,
        scheme=canon.SCHEME,
        effect=new.digest,
        digest=new.digest,
        head=new.head,
        path="jobgate.yaml",
        sources=new.files,
        policy=old,
        approvals=approvals(entry),
        entries=(entry,),
        result=None,
    )
