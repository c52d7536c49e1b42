"""JSON in and out of the values that are kept: journal entries, the ledger's snapshot, records.

Every shape is written by one function and read by its `…_from`, which raises ValueError, TypeError
or KeyError on anything else. Absent and None are one thing here: None is never written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from runner import canon, narrow
from runner.model import (
    Commit,
    Digest,
    Entry,
    Had,
    InForce,
    JobId,
    Json,
    Key,
    Kind,
    Ledger,
    LedgerId,
    Oid,
    Record,
    Result,
    Role,
    Sha256,
    Signed,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION = 1

_OUTCOMES: tuple[
    Literal["succeeded"],
    Literal["failed"],
    Literal["stopped"],
    Literal["withdrawn"],
    Literal["refused"],
    Literal["unknown"],
] = ("succeeded", "failed", "stopped", "withdrawn", "refused", "unknown")


def loads(text: str | bytes) -> Json:
    """Return the tree of a JSON text; a float or a repeated key is a ValueError."""
    tree: Json = json.loads(
        text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once
    )
    return tree


# ---------------------------------------------------------------- entries


def entry(value: Entry) -> Json:
    """Return an entry as it stands in the journal."""
    return _present(
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
        v=_version(tree),
        seq=_whole(tree, "seq"),
        kind=Kind(_need(tree, "kind")),
        ledger=LedgerId(_need(tree, "ledger")),
        platform=_maybe(tree, "platform"),
        key=_key(tree, "key"),
        job=_job(tree),
        effect=_digest(tree, "effect"),
        digest=_digest(tree, "digest"),
        head=Commit(_need(tree, "head")),
        runner=_need(tree, "runner"),
        at=_need(tree, "at"),
        before=_sha(tree, "before"),
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


def ledger_from(meta: Json, jobs: Iterable[Json]) -> Ledger:
    """Return the ledger that `ledger_meta` and `had` wrote."""
    _version(meta)
    mode = _need(meta, "mode")
    hads = [had_from(job) for job in jobs]
    return Ledger(
        id=LedgerId(_need(meta, "ledger")),
        branch=_need(meta, "branch"),
        mode="local" if mode == "local" else _remote(mode),
        seq=_whole(meta, "seq"),
        last=Sha256(_need(meta, "last")),
        head=Commit(_need(meta, "head")),
        policy=in_force_from(narrow.mapping(meta, "policy")),
        began=Commit(_need(meta, "began")),
        jobs={had.job: had for had in sorted(hads, key=lambda had: had.job)},
    )


def had(value: Had) -> Json:
    """Return what the ledger holds of one job."""
    return _present(
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
            "previous_path": value.previous_path,
            "ran": value.ran,
            "removed": value.removed,
            "result": None if value.result is None else result(value.result),
            "run": value.run,
            "scheme": value.scheme,
            "script": value.script,
            "since": value.since,
            "sources": sources(value.sources),
            "spec": value.spec,
            "state": value.state.value,
        }
    )


def had_from(tree: Json) -> Had:
    """Return what `had` wrote."""
    outcome = narrow.at(tree, "result")
    since = _maybe(tree, "since")
    return Had(
        job=JobId(_need(tree, "job")),
        state=Kind(_need(tree, "state")),
        key=_key(tree, "key"),
        previous=_key(tree, "previous"),
        scheme=_whole(tree, "scheme"),
        effect=Digest(_need(tree, "effect")),
        digest=Digest(_need(tree, "digest")),
        spec=Digest(_need(tree, "spec")),
        head=Commit(_need(tree, "head")),
        path=_need(tree, "path"),
        body=narrow.mapping(tree, "body"),
        script=_sha(tree, "script"),
        sources=sources_from(narrow.items(tree, "sources")),
        run=_whole(tree, "run"),
        ran=_digest(tree, "ran"),
        since=None if since is None else Commit(since),
        previous_path=_maybe(tree, "previous_path"),
        removed=narrow.boolean(tree, "removed", default=False),
        instance=_maybe(tree, "instance"),
        platform_job=_maybe_whole(tree, "platform_job"),
        platform_step=_maybe_whole(tree, "platform_step"),
        result=None if outcome is None else result_from(outcome),
    )


def in_force(value: InForce) -> Json:
    """Return which policy is in force."""
    return _present(
        {
            "digest": value.digest,
            "files": sources(value.files),
            "head": value.head,
            "key": value.key,
        }
    )


def in_force_from(tree: Json) -> InForce:
    """Return what `in_force` wrote."""
    return InForce(
        digest=Digest(_need(tree, "digest")),
        head=Commit(_need(tree, "head")),
        key=_key(tree, "key"),
        files=sources_from(narrow.items(tree, "files")),
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
            path=_need(tree, "path"),
            oid=Oid(_need(tree, "oid")),
            sha256=Sha256(_need(tree, "sha256")),
            role=Role(_need(tree, "role")),
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
    text = _need(tree, "outcome")
    for outcome in _OUTCOMES:
        if outcome == text:
            return Result(
                outcome=outcome,
                detail=narrow.text(tree, "detail"),
                hosts=_whole(tree, "hosts"),
                failed=_whole(tree, "failed"),
            )
    message = f"outcome {text!r} is not one of {', '.join(_OUTCOMES)}"
    raise ValueError(message)


def signed(value: Signed) -> Json:
    """Return a signed statement."""
    return {"signature": value.signature, "statement": value.statement.decode()}


def signed_from(tree: Json) -> Signed:
    """Return what `signed` wrote."""
    return Signed(statement=_need(tree, "statement").encode(), signature=_need(tree, "signature"))


# ---------------------------------------------------------------- records


def record(value: Record) -> Json:
    """Return a record, ready for its envelope."""
    return _present(
        {
            "approvals": [signed(each) for each in value.approvals],
            "digest": value.digest,
            "effect": value.effect,
            "entries": [entry(each) for each in value.entries],
            "head": value.head,
            "job": value.job,
            "key": value.key,
            "ledger": value.ledger,
            "path": value.path,
            "policy": in_force(value.policy),
            "previous": value.previous,
            "result": None if value.result is None else result(value.result),
            "scheme": value.scheme,
            "sources": sources(value.sources),
            "v": VERSION,
        }
    )


def record_from(tree: Json) -> Record:
    """Return what `record` wrote."""
    _version(tree)
    outcome = narrow.at(tree, "result")
    return Record(
        ledger=LedgerId(_need(tree, "ledger")),
        job=JobId(_need(tree, "job")),
        key=Key(_need(tree, "key")),
        previous=_key(tree, "previous"),
        scheme=_whole(tree, "scheme"),
        effect=Digest(_need(tree, "effect")),
        digest=Digest(_need(tree, "digest")),
        head=Commit(_need(tree, "head")),
        path=_need(tree, "path"),
        sources=sources_from(narrow.items(tree, "sources")),
        policy=in_force_from(narrow.mapping(tree, "policy")),
        approvals=tuple(signed_from(each) for each in narrow.items(tree, "approvals")),
        entries=tuple(entry_from(each) for each in narrow.items(tree, "entries")),
        result=None if outcome is None else result_from(outcome),
    )


def _present(tree: Mapping[str, Json]) -> Json:
    return {name: value for name, value in tree.items() if value is not None}


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return tree


def _no_float(text: str) -> Json:
    message = f"{text} is not an integer"
    raise ValueError(message)


def _version(tree: Json) -> int:
    version = _whole(tree, "v")
    if version != VERSION:
        message = f"version {version} is not {VERSION}"
        raise ValueError(message)
    return version


def _need(tree: Json, name: str) -> str:
    value = _maybe(tree, name)
    if value is None:
        raise KeyError(name)
    return value


def _maybe(tree: Json, name: str) -> str | None:
    return None if narrow.at(tree, name) is None else narrow.text(tree, name)


def _whole(tree: Json, name: str) -> int:
    value = _maybe_whole(tree, name)
    if value is None:
        raise KeyError(name)
    return value


def _maybe_whole(tree: Json, name: str) -> int | None:
    return None if narrow.at(tree, name) is None else narrow.integer(tree, name, default=0)


def _key(tree: Json, name: str) -> Key | None:
    value = _maybe(tree, name)
    return None if value is None else Key(value)


def _sha(tree: Json, name: str) -> Sha256 | None:
    value = _maybe(tree, name)
    return None if value is None else Sha256(value)


def _digest(tree: Json, name: str) -> Digest | None:
    value = _maybe(tree, name)
    return None if value is None else Digest(value)


def _job(tree: Json) -> JobId | None:
    value = _maybe(tree, "job")
    return None if value is None else JobId(value)


def _remote(text: str) -> Literal["remote"]:
    if text == "remote":
        return "remote"
    message = f"mode {text!r} is neither local nor remote"
    raise ValueError(message)
