"""A record as JSON, and back: the one kept shape that people carry around as a file."""

from __future__ import annotations

from runner import endings, fields, narrow, wire
from runner.model import Commit, Digest, JobId, Json, Key, LedgerId, Record


def record(value: Record) -> Json:
    """Return a record, ready for its envelope."""
    return wire.present(
        {
            "approvals": [wire.signed(each) for each in value.approvals],
            "digest": value.digest,
            "effect": value.effect,
            "entries": [wire.entry(each) for each in value.entries],
            "head": value.head,
            "job": value.job,
            "key": value.key,
            "ledger": value.ledger,
            "path": value.path,
            "policy": wire.in_force(value.policy),
            "previous": value.previous,
            "result": None if value.result is None else endings.tree(value.result),
            "scheme": value.scheme,
            "sources": wire.sources(value.sources),
            "v": wire.VERSION,
        }
    )


def record_from(tree: Json) -> Record:
    """Return what `record` wrote."""
    wire.version(tree)
    outcome = narrow.at(tree, "result")
    return Record(
        ledger=LedgerId(fields.needed(tree, "ledger")),
        job=JobId(fields.needed(tree, "job")),
        key=Key(fields.needed(tree, "key")),
        previous=fields.key(tree, "previous"),
        scheme=fields.whole(tree, "scheme"),
        effect=Digest(fields.needed(tree, "effect")),
        digest=Digest(fields.needed(tree, "digest")),
        head=Commit(fields.needed(tree, "head")),
        path=fields.needed(tree, "path"),
        sources=wire.sources_from(narrow.items(tree, "sources")),
        policy=wire.in_force_from(narrow.mapping(tree, "policy")),
        approvals=tuple(wire.signed_from(each) for each in narrow.items(tree, "approvals")),
        entries=tuple(wire.entry_from(each) for each in narrow.items(tree, "entries")),
        result=None if outcome is None else endings.result_from(outcome),
    )
