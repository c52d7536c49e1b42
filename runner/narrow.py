"""From an untyped tree to typed values, after a schema has vouched for its shape.

Each function returns the value at a path, or a default where the schema makes it optional. A shape
that the schema should have refused is a bug, and raises TypeError with the path.
"""

from __future__ import annotations

from typing import TypeVar

from runner.model import Json, pointer

T = TypeVar("T")


def at(tree: Json, *path: str) -> Json:
    """Return the value at `path` of nested mappings, or None when any part of it is absent."""
    value = tree
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def mapping(tree: Json, *path: str) -> dict[str, Json]:
    """Return the mapping at `path`; an absent one is empty."""
    value = at(tree, *path)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(path, "a mapping", value)
    return value


def items(tree: Json, *path: str) -> list[Json]:
    """Return the list at `path`; an absent one is empty."""
    value = at(tree, *path)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(path, "a list", value)
    return value


def text(tree: Json, *path: str) -> str:
    """Return the string at `path`; an absent one is empty."""
    value = at(tree, *path)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(path, "a string", value)
    return value


def texts(tree: Json, *path: str) -> tuple[str, ...]:
    """Return the list of strings at `path`; an absent one is empty."""
    found: list[str] = []
    for index, value in enumerate(items(tree, *path)):
        if not isinstance(value, str):
            raise _wrong((*path, str(index)), "a string", value)
        found.append(value)
    return tuple(found)


def integer(tree: Json, *path: str, default: int) -> int:
    """Return the integer at `path`, or `default` when it is absent."""
    value = at(tree, *path)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(path, "an integer", value)
    return value


def boolean(tree: Json, *path: str, default: bool) -> bool:
    """Return the boolean at `path`, or `default` when it is absent."""
    value = at(tree, *path)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise _wrong(path, "a boolean", value)
    return value


def _wrong(path: tuple[str, ...], wanted: str, value: Json) -> TypeError:
    return TypeError(f"{pointer(path) or 'the root'} is not {wanted} but {type(value).__name__}")
