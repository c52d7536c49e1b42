"""Consent: what an approval's statement says, and the evidence that there is for one change.

Only a statement in its one canonical form, with a signature by a key of the person whom it names
(as the policy in force lists it), becomes an Approval. Anything else is no consent.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from runner import canon, narrow, wire
from runner.evidence import Approval, Evidence
from runner.model import Change, Commit, Digest, Job, JobId, Json, Key, LedgerId, Policy, Signed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Ledger
    from runner.pipeline.world import World

_VERSION = 1


def statement(approval: Approval) -> bytes:
    """Return the bytes that are signed: canonical JSON of all that the approval names."""
    tree: dict[str, Json] = {
        "after": approval.after,
        "at": approval.at,
        "by": approval.by,
        "digest": approval.digest,
        "job": approval.job,
        "kind": "approval",
        "ledger": approval.ledger,
        "v": _VERSION,
    }
    return canon.encode(tree)


def read(content: bytes) -> Approval | None:
    """Return the approval that a statement makes, or None when it is not one to the letter."""
    try:
        tree = wire.loads(content)
        after = narrow.at(tree, "after")
        approval = Approval(
            ledger=LedgerId(narrow.text(tree, "ledger")),
            job=JobId(narrow.text(tree, "job")),
            digest=Digest(narrow.text(tree, "digest")),
            after=None if after is None else Key(narrow.text(tree, "after")),
            by=narrow.text(tree, "by"),
            at=narrow.text(tree, "at"),
        )
        same = statement(approval) == content
    except (ValueError, TypeError, RecursionError):
        return None
    return approval if same else None


def verified(world: World, policy: Policy, kept: Iterable[Signed]) -> list[tuple[Approval, Signed]]:
    """Return the approvals among `kept` whose signature is by the person that they name."""
    keys = {person.name: person.keys for person in policy.people}
    read_as = [(approval, each) for each in kept if (approval := read(each.statement)) is not None]
    hold = world.signer.verified([(each, keys.get(one.by, ())) for one, each in read_as])
    return [pair for pair, holds in zip(read_as, hold, strict=True) if holds]


def evidence(
    world: World, changes: Iterable[Change], ledger: Ledger, policy: Policy, head: Commit
) -> dict[JobId, tuple[Evidence, tuple[Signed, ...]]]:
    """Return the evidence for each change, and the signed statements that name this very change."""
    asked = tuple(changes)
    named = {
        change.job: [
            signed
            for signed in world.approvals.of(change.job)
            if _names(read(signed.statement), change, ledger)
        ]
        for change in asked
    }
    given: dict[JobId, list[tuple[Approval, Signed]]] = {job: [] for job in named}
    for approval, signed in verified(world, policy, chain.from_iterable(named.values())):
        given[approval.job].append((approval, signed))
    return {
        change.job: (
            Evidence(
                approvals=tuple(approval for approval, _ in given[change.job]),
                touched_by=touched_by(world, change, ledger, head),
            ),
            tuple(signed for _, signed in given[change.job]),
        )
        for change in asked
    }


def touched_by(world: World, change: Change, ledger: Ledger, head: Commit) -> frozenset[str]:
    """Return who made the commits, since its last submission, that changed what `change` is of."""
    if change.wanted is None:
        return frozenset()
    since = change.had.head if change.had is not None else ledger.began
    if not isinstance(change.wanted, Job):
        since = ledger.policy.head
    old = change.had.sources if change.had is not None else ledger.policy.files
    paths = {source.path for source in change.wanted.sources} | {source.path for source in old}
    return world.repository.touched_by(since, head, tuple(sorted(paths)))


def _names(approval: Approval | None, change: Change, ledger: Ledger) -> bool:
    return approval is not None and (
        approval.ledger,
        approval.job,
        approval.digest,
        approval.after,
    ) == (ledger.id, change.job, change.digest, change.after)
