"""A tree against a published schema: jsonschema-rs decides, jsonschema explains what failed."""

from __future__ import annotations

import importlib
import json
from functools import cache
from typing import TYPE_CHECKING

import jsonschema_rs

from runner import published
from runner.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json, Path

_DEPTH = 200  # levels; a vars.yaml may be 64 deep, and a template may put its values deeper still
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False)
_BITS = 1024  # of a number; far beyond every bound of every schema


def mistakes(name: str, tree: Json) -> tuple[Mistake, ...]:
    """Return everything that the schema `name` refuses in `tree`: nothing when it accepts it."""
    return against(published.schema(name), _validator(name), tree)


def against(
    schema: dict[str, Json], validator: jsonschema_rs.Draft202012Validator, tree: Json
) -> tuple[Mistake, ...]:
    """Return everything that `schema` refuses in `tree`; `validator` is made from that schema."""
    flaws = _flaws(tree)
    if flaws or validator.is_valid(tree):
        return flaws
    # jsonschema takes longer to import than all the rest, and is needed only from here on.
    explain = importlib.import_module("runner.shape.explain")
    found: tuple[Mistake, ...] = explain.mistakes(schema, _tamed(tree))
    return found or _unexplained(validator, tree)


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(published.schema(name))


def _flaws(tree: Json) -> tuple[Mistake, ...]:
    """Return why the validators cannot be given `tree`: they recurse, and one of them crashes."""
    if _harmless(tree):
        return ()
    level, whole = [tree], True
    for _ in range(_DEPTH):
        texts, level = _split(level)
        whole = whole and all(map(_whole, texts))
        if not level:
            return () if whole else tuple(_half(path) for path in _torn((), tree))
    return (_TOO_DEEP,)


def _harmless(tree: Json) -> bool:
    """Tell whether a quick look is enough: nothing but ASCII, and few brackets in the whole."""
    try:
        text = _ENCODER.encode(tree)
    except (RecursionError, ValueError):  # far too deep, or a number that Python does not write
        return False
    return text.isascii() and text.count("{") + text.count("[") <= _DEPTH


def _split(level: list[Json]) -> tuple[list[str], list[Json]]:
    """Return the texts and keys among some values, and the values one level below them."""
    texts: list[str] = []
    below: list[Json] = []
    for value in level:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict):
            texts += value
            below += value.values()
        elif isinstance(value, list):
            below += value
    return texts, below


def _torn(path: Path, value: Json) -> Iterator[Path]:
    """Yield the path of every text, and of every mapping with a key, that no encoding can write."""
    if isinstance(value, str) and not _whole(value):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _torn((*path, index), item)
    elif isinstance(value, dict):
        if not all(map(_whole, value)):
            yield path
        for key, item in value.items():
            yield from _torn((*path, key), item)


def _whole(text: str) -> bool:
    return text.isascii() or text.encode("utf-8", "replace").decode() == text


def _tamed(value: Json) -> Json:
    """Return `value` with huge numbers made less huge: Python does not write them out."""
    if isinstance(value, dict):
        return {key: _tamed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_tamed(item) for item in value]
    if isinstance(value, int) and value.bit_length() > _BITS:
        return 1 << _BITS if value > 0 else -1 << _BITS
    return value


def _half(path: Path) -> Mistake:
    return Mistake(
        path=path,
        rule="lone-surrogate",
        message="cannot encode the text: it holds half of a surrogate pair",
        mend="write the whole character",
    )


_TOO_DEEP = Mistake(
    path=(),
    rule="too-deep",
    message=f"cannot check the document: its values are nested more than {_DEPTH} levels deep",
    mend="nest them less deep",
)


def _unexplained(validator: jsonschema_rs.Draft202012Validator, tree: Json) -> tuple[Mistake, ...]:
    """Return the decider's own words: where the two differ, the stricter one counts."""
    return tuple(
        Mistake(
            path=tuple(error.instance_path),
            rule="schema",
            message=f"cannot take the value: the schema's {error.kind.name!r} refuses it",
            mend="write what the schema asks for at this place",
        )
        for error in validator.iter_errors(tree)
    )
