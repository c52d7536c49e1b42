"""Values into the types that the API page gives them: the platform reads `"600"` as 600, too.

What is of no such form stays as it is, and the schema refuses it by name. Null is the same as
absence.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import published
from runner.importing.sheet import Fate, dotted
from runner.shape import expectation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.importing.sheet import Sheet
    from runner.model import Json, Path

REQUEST = "fast_execute_script.v4"
_DIGITS = re.compile(r"0|[1-9][0-9]{0,18}")
_TRUTHS: Mapping[str, bool] = MappingProxyType(
    {"true": True, "false": False, "1": True, "0": False}
)


def whole(value: Json) -> Json:
    """Return the number that a text of digits stands for; anything else as it is."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value.strip()) else value


def present(sheet: Sheet) -> None:
    """Take out every field that is null."""
    for name in [name for name, value in sheet.body.items() if value is None]:
        del sheet.body[name]
        sheet.note(name, Fate.DROPPED, "left out: null is the same as absence")


def typed(sheet: Sheet) -> None:
    """Give each known value its type, and tell of each that had another."""
    sheet.body = _Typing(sheet).mapping(sheet.body, published.schema(REQUEST), ())


class _Typing:
    """Walks a body along its schema."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._schema = published.schema(REQUEST)

    def mapping(
        self, value: dict[str, Json], known: dict[str, Json], path: Path
    ) -> dict[str, Json]:
        fields = known.get("properties")
        inner = fields if isinstance(fields, dict) else {}
        made: dict[str, Json] = {}
        for name, item in value.items():
            if item is None and name in inner:
                self._note((*path, name), Fate.DROPPED, "left out: null is the same as absence")
            else:
                made[name] = self._value(item, inner.get(name), (*path, name))
        return made

    def _value(self, value: Json, schema: Json, path: Path) -> Json:
        if schema is None:
            return value
        defs = self._schema.get("$defs")
        known = expectation.resolved(schema, defs if isinstance(defs, dict) else {})
        options = expectation.branches(known)
        if options:
            return self._value(value, options[0], path)
        if isinstance(value, dict):
            return self.mapping(value, known, path)
        if isinstance(value, list):
            items = known.get("items")
            return [self._value(item, items, (*path, at)) for at, item in enumerate(value)]
        change = _SCALARS.get(str(known.get("type")))
        made = change(value) if change else value
        if type(made) is not type(value):
            self._note(path, Fate.TRANSLATED, f"it is {_NOUNS[type(made)]} now")
        return made

    def _note(self, path: Path, fate: Fate, message: str) -> None:
        self._sheet.note(dotted(self._sheet.source(path)), fate, message)


def _text(value: Json) -> Json:
    return str(value) if type(value) is int else value


def _truth(value: Json) -> Json:
    if isinstance(value, str):
        return _TRUTHS.get(value.strip().lower(), value)
    return value == 1 if type(value) is int else value


_SCALARS: Mapping[str, Callable[[Json], Json]] = MappingProxyType(
    {"integer": whole, "string": _text, "boolean": _truth}
)
_NOUNS: Mapping[type, str] = MappingProxyType({int: "a number", str: "text", bool: "true or false"})
