"""JSON in and out of the values that are kept: journal entries, the ledger's snapshot.

Every shape is written by one function and read by its `…_from`, which raises ValueError, TypeError
or KeyError on anything else. Absent and None are one thing here: None is never written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from runner import acts, canon, fields, narrow
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
    Result,
    Role,
    Sha256,
    Signed,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION = 1
_DEEPEST = 100

_OUTCOMES: tuple[
    Literal["succeeded", "failed", "stopped", "withdrawn", "refused", "unknown"], ...
] = ("succeeded", "failed", "stopped", "withdrawn", "refused", "unknown")


def loads(text: str | bytes) -> Json:
    """Return the tree of a JSON text.

    A float, a repeated key, half a character or more than 100 levels are a ValueError.
    """
    tree: Json = json.loads(
        text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once
    )
    _plain(tree, _DEEPEST)
    return tree


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
    return {
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
        jobs={had.job: had for had in sorted(hads, key=lambda had: had.job)},
    )


def had(value: Had) -> Json:
    """Return what the ledger holds of one job."""
    return present(
        {
            "body": value.body,
            "digest": value.digest,
            "effect": value.effect,
            "head": value.head,
            "instance": value.instance,
            "job": value.job,
            "key": value.key,
            "path": value.path,
            "platform_job": value.platform_job,
            "platform_step": value.platform_step,
            "previous": value.previous,
            "removed": value.removed,
            "result": None if value.result is None else result(value.result),
            "run": value.run,
            "scheme": value.scheme,
            "script": value.script,
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
        run=fields.whole(tree, "run"),
        removed=narrow.boolean(tree, "removed", default=False),
        instance=fields.maybe(tree, "instance"),
        platform_job=fields.maybe_whole(tree, "platform_job"),
        platform_step=fields.maybe_whole(tree, "platform_step"),
        result=None if outcome is None else result_from(outcome),
        steering=None if steering is None else acts.steering_from(steering),
        stood=None if stood is None else had_from(stood),
    )


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


def result(value: Result) -> Json:
    """Return how a submission ended."""
    return {
        "detail": value.detail,
        "failed": value.failed,
        "hosts": value.hosts,
        "outcome": value.outcome,
    }


def result_from(tree: Json) -> Result:
    """Return what `result` wrote."""
    text = fields.needed(tree, "outcome")
    for outcome in _OUTCOMES:
        if outcome == text:
            return Result(
                outcome=outcome,
                detail=narrow.text(tree, "detail"),
                hosts=fields.whole(tree, "hosts"),
                failed=fields.whole(tree, "failed"),
            )
    message = f"outcome {text!r} is not one of {', '.join(_OUTCOMES)}"
    raise ValueError(message)


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


def _plain(tree: Json, levels: int) -> None:
    if isinstance(tree, str):
        tree.encode()  # a UnicodeEncodeError is a ValueError
    elif isinstance(tree, dict | list):
        if not levels:
            message = f"it is more than {_DEEPEST} levels deep"
            raise ValueError(message)
        for each in (*tree.keys(), *tree.values()) if isinstance(tree, dict) else tree:
            _plain(each, levels - 1)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return tree


def _no_float(text: str) -> Json:
    message = f"{text} is not an integer"
    raise ValueError(message)


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
