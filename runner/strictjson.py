"""JSON to the letter: no float, no key twice, no half of a character, no deeper than is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.model import Json


def loads(text: str | bytes, *, deepest: int) -> Json:
    """Return the tree of a JSON text; raise ValueError where it is not one to the letter."""
    tree: Json = json.loads(
        text, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once
    )
    _check(tree, deepest, deepest)
    return tree


def _check(tree: Json, levels: int, deepest: int) -> None:
    if isinstance(tree, str):
        tree.encode()  # a UnicodeEncodeError is a ValueError
    elif isinstance(tree, dict | list):
        if not levels:
            message = f"it is more than {deepest} levels deep"
            raise ValueError(message)
        for each in (*tree.keys(), *tree.values()) if isinstance(tree, dict) else tree:
            _check(each, levels - 1, deepest)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return tree


def _no_float(text: str) -> Json:
    message = f"{text} is not an integer"
    raise ValueError(message)
