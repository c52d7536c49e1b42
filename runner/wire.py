"""JSON in and out of the values that are kept: journal entries, the ledger's snapshot.

Every shape is written by one function and read by its `…_from`, which raises ValueError, TypeError
or KeyError on anything else. Absent and None are one thing here: None is never written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner import acts, canon, endings, fields, narrow, strictjson
from runner.model import (
    Commit,
    Digest,
    Entry,
    Had,
    InForce,
    JobId,
    Json,
    Kind,
    Ledger,
    LedgerId,
    Oid,
    Role,
    Sha256,
    Signed,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION = 1
_DEEPEST = 100


def loads(text: str | bytes) -> Json:
    """Return the tree of a JSON text.

    A float, a repeated key, half a character or more than 100 levels are a ValueError.
    """
    return strictjson.loads(text, deepest=_DEEPEST)


# ---------------------------------------------------------------- entries


def entry(value: Entry) -> Json:
    """Return an entry as it stands in the journal."""
    return present(
        {
            "at": value.at,
            "before": value.before,
            "data": dict(value.data),
            "digest": value.digest,
            "effect": value.effect,
            "head": value.head,
            "job": value.job,
            "key": value.key,
            "kind": value.kind.value,
            "ledger": value.ledger,
            "platform": value.platform,
            "runner": value.runner,
            "seq": value.seq,
            "v": value.v,
        }
    )


def entry_from(tree: Json) -> Entry:
    """Return the entry that `entry` wrote."""
    return Entry(
        v=version(tree),
        seq=fields.whole(tree, "seq"),
        kind=Kind(fields.needed(tree, "kind")),
        ledger=LedgerId(fields.needed(tree, "ledger")),
        platform=fields.maybe(tree, "platform"),
        key=fields.key(tree, "key"),
        job=fields.job(tree),
        effect=fields.digest(tree, "effect"),
        digest=fields.digest(tree, "digest"),
        head=Commit(fields.needed(tree, "head")),
        runner=fields.needed(tree, "runner"),
        at=fields.needed(tree, "at"),
        before=fields.sha256(tree, "before"),
        data=narrow.mapping(tree, "data"),
    )


def entry_hash(value: Entry) -> Sha256:
    """Return the SHA-256 that the next entry names as `before`."""
    return canon.sha256(canon.encode(entry(value)))


# ---------------------------------------------------------------- the ledger's snapshot


def ledger_meta(value: Ledger) -> Json:
    """Return everything of a ledger but its jobs."""
    tree: dict[str, Json] = {
        "accepted": value.accepted or None,
        "approvals": value.approvals,
        "began": value.began,
        "branch": value.branch,
        "head": value.head,
        "last": value.last,
        "ledger": value.id,
        "mode": value.mode,
        "policy": in_force(value.policy),
        "seq": value.seq,
        "v": VERSION,
    }
    return present(tree)


def ledger_from(meta: Json, hads: Iterable[Had]) -> Ledger:
    """Return the ledger that `ledger_meta` wrote, with what it holds of each job."""
    version(meta)
    mode = fields.needed(meta, "mode")
    return Ledger(
        id=LedgerId(fields.needed(meta, "ledger")),
        branch=fields.needed(meta, "branch"),
        mode="local" if mode == "local" else _remote(mode),
        seq=fields.whole(meta, "seq"),
        last=Sha256(fields.needed(meta, "last")),
        head=Commit(fields.needed(meta, "head")),
        policy=in_force_from(narrow.mapping(meta, "policy")),
        began=Commit(fields.needed(meta, "began")),
        accepted=narrow.text(meta, "accepted"),
        approvals=None if (tip := fields.maybe(meta, "approvals")) is None else Commit(tip),
        jobs={had.job: had for had in sorted(hads, key=lambda had: had.job)},
    )


def had(value: Had) -> Json:
    """Return what the ledger holds of one job."""
    return present(
        {
            "at": value.at or None,
            "body": value.body,
            "digest": value.digest,
            "effect": value.effect,
            "expect_hosts": None if value.expect_hosts is None else [*value.expect_hosts],
            "head": value.head,
            "instance": value.instance,
            "job": value.job,
            "key": value.key,
            "labels": None if value.labels is None else dict[str, Json](value.labels),
            "path": value.path,
            "platform_job": value.platform_job,
            "platform_step": value.platform_step,
            "previous": value.previous,
            "removed": value.removed,
            "result": None if value.result is None else endings.tree(value.result),
            "run": value.run,
            "scheme": value.scheme,
            "script": value.script,
            "since": value.since or None,
            "sources": sources(value.sources),
            "spec": value.spec,
            "steering": None if value.steering is None else acts.tree(value.steering),
            "stood": None if value.stood is None else had(value.stood),
            "state": value.state.value,
        }
    )


def had_from(tree: Json) -> Had:
    """Return what `had` wrote."""
    outcome = narrow.at(tree, "result")
    steering, stood = narrow.at(tree, "steering"), narrow.at(tree, "stood")
    return Had(
        job=JobId(fields.needed(tree, "job")),
        state=Kind(fields.needed(tree, "state")),
        key=fields.key(tree, "key"),
        previous=fields.key(tree, "previous"),
        scheme=fields.whole(tree, "scheme"),
        effect=Digest(fields.needed(tree, "effect")),
        digest=Digest(fields.needed(tree, "digest")),
        spec=Digest(fields.needed(tree, "spec")),
        head=Commit(fields.needed(tree, "head")),
        path=fields.needed(tree, "path"),
        body=narrow.mapping(tree, "body"),
        script=fields.sha256(tree, "script"),
        sources=sources_from(narrow.items(tree, "sources")),
        labels=_labels_from(tree),
        expect_hosts=_expected_from(tree),
        run=fields.whole(tree, "run"),
        removed=narrow.boolean(tree, "removed", default=False),
        at=narrow.text(tree, "at"),
        since=narrow.text(tree, "since"),
        instance=fields.maybe(tree, "instance"),
        platform_job=fields.maybe_whole(tree, "platform_job"),
        platform_step=fields.maybe_whole(tree, "platform_step"),
        result=None if outcome is None else endings.result_from(outcome),
        steering=None if steering is None else acts.steering_from(steering),
        stood=None if stood is None else had_from(stood),
    )


def _labels_from(tree: Json) -> tuple[tuple[str, str], ...] | None:
    if narrow.at(tree, "labels") is None:
        return None
    names = sorted(narrow.mapping(tree, "labels"))
    return tuple((name, narrow.text(tree, "labels", name)) for name in names)


def _expected_from(tree: Json) -> tuple[str, ...] | None:
    said = narrow.at(tree, "expect_hosts") is not None
    return narrow.texts(tree, "expect_hosts") if said else None


def in_force(value: InForce) -> Json:
    """Return which policy is in force."""
    return present(
        {
            "digest": value.digest,
            "files": sources(value.files),
            "head": value.head,
            "key": value.key,
            "runners": [*value.runners] or None,
        }
    )


def in_force_from(tree: Json) -> InForce:
    """Return what `in_force` wrote."""
    return InForce(
        digest=Digest(fields.needed(tree, "digest")),
        head=Commit(fields.needed(tree, "head")),
        key=fields.key(tree, "key"),
        files=sources_from(narrow.items(tree, "files")),
        runners=narrow.texts(tree, "runners"),
    )


# ---------------------------------------------------------------- small shapes


def sources(values: Iterable[Source]) -> Json:
    """Return the files that something was made from."""
    return [
        {"oid": each.oid, "path": each.path, "role": each.role.value, "sha256": each.sha256}
        for each in values
    ]


def sources_from(trees: Iterable[Json]) -> tuple[Source, ...]:
    """Return what `sources` wrote."""
    return tuple(
        Source(
            path=fields.needed(tree, "path"),
            oid=Oid(fields.needed(tree, "oid")),
            sha256=Sha256(fields.needed(tree, "sha256")),
            role=Role(fields.needed(tree, "role")),
        )
        for tree in trees
    )


def signed(value: Signed) -> Json:
    """Return a signed statement."""
    return {"signature": value.signature, "statement": value.statement.decode()}


def signed_from(tree: Json) -> Signed:
    """Return what `signed` wrote."""
    return Signed(
        statement=fields.needed(tree, "statement").encode(),
        signature=fields.needed(tree, "signature"),
    )


def present(tree: Mapping[str, Json]) -> Json:
    """Return `tree` without what is None."""
    return {name: value for name, value in tree.items() if value is not None}


def version(tree: Json) -> int:
    """Return the version that a shape says it has; any other than ours is a ValueError."""
    found = fields.whole(tree, "v")
    if found != VERSION:
        message = f"version {found} is not {VERSION}"
        raise ValueError(message)
    return found


def _remote(text: str) -> Literal["remote"]:
    if text == "remote":
        return "remote"
    message = f"mode {text!r} is neither local nor remote"
    raise ValueError(message)
