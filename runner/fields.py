"""Single fields of the shapes that are kept, typed: those that must be there, and others."""

from __future__ import annotations

from runner import narrow
from runner.model import Digest, JobId, Json, Key, Sha256


def needed(tree: Json, name: str) -> str:
    """Return the text of a field; raise KeyError when it is absent."""
    value = maybe(tree, name)
    if value is None:
        raise KeyError(name)
    return value


def maybe(tree: Json, name: str) -> str | None:
    """Return the text of a field, or None when it is absent."""
    return None if narrow.at(tree, name) is None else narrow.text(tree, name)


def whole(tree: Json, name: str) -> int:
    """Return the number of a field; raise KeyError when it is absent."""
    value = maybe_whole(tree, name)
    if value is None:
        raise KeyError(name)
    return value


def maybe_whole(tree: Json, name: str) -> int | None:
    """Return the number of a field, or None when it is absent."""
    return None if narrow.at(tree, name) is None else narrow.integer(tree, name, default=0)


def key(tree: Json, name: str) -> Key | None:
    """Return a submission's key, or None when it is absent."""
    value = maybe(tree, name)
    return None if value is None else Key(value)


def sha256(tree: Json, name: str) -> Sha256 | None:
    """Return a SHA-256, or None when it is absent."""
    value = maybe(tree, name)
    return None if value is None else Sha256(value)


def digest(tree: Json, name: str) -> Digest | None:
    """Return a digest, or None when it is absent."""
    value = maybe(tree, name)
    return None if value is None else Digest(value)


def job(tree: Json) -> JobId | None:
    """Return the field `job`, or None when it is absent."""
    value = maybe(tree, "job")
    return None if value is None else JobId(value)
