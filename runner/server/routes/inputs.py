"""What an operation takes: fields with their bounds, read from a query string or a body: pure.

One declaration is both what is checked and what the OpenAPI document says. As on the platform, null
and an empty number are the same as absent, a number may stand in quotes, and what is not known is
not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.server.answers import Code, Number, RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from runner.model import Json

_DIGITS = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter or member: its schema, and keywords that the operation itself sees to."""

    name: str
    schema: dict[str, Json]
    required: bool = False
    noted: Mapping[str, Json] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, Json]:
        """Return the whole schema, as the document has it."""
        return {**self.schema, **self.noted}


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a value; `kind` tells that its type is."""

    path: str
    what: str
    mend: str
    kind: bool = False


def query(fields: Iterable[Field], given: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """Return the values of a query string, those that are absent left out. Raises RefusalError."""
    texts: dict[str, str] = {}
    known = tuple(fields)
    names = {each.name for each in known}
    for name, word in given:
        if name in texts and name in names:
            raise _refusal(_Fault(name, "is given twice", "give it once"), Number.WRONG_TYPE)
        texts[name] = word
    values: dict[str, Json] = {}
    for each in known:
        text = texts.get(each.name)
        value = None if text is None else _of_text(text, each.schema)
        _take(values, each, value, missing=Number.MISSING, kind=Number.WRONG_TYPE)
    return values


def members(fields: Iterable[Field], tree: dict[str, Json]) -> dict[str, Json]:
    """Return the values of a body, those that are absent left out. Raises RefusalError."""
    values: dict[str, Json] = {}
    for each in fields:
        value = _lenient(tree.get(each.name), each.schema)
        _take(values, each, value, missing=Number.FIELD, kind=Number.BODY)
    return values


def _take(
    values: dict[str, Json], each: Field, value: Json, *, missing: Number, kind: Number
) -> None:
    if value is None or (value == "" and each.required):
        if each.required:
            raise _refusal(_Fault(each.name, "is missing", "give it"), missing)
        return
    fault = _fault(value, each.schema, each.name)
    if fault is not None:
        raise _refusal(fault, kind if fault.kind else Number.FIELD)
    values[each.name] = value


def _refusal(fault: _Fault, number: Number) -> RefusalError:
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=number,
        message=f"cannot accept the request: {fault.path} {fault.what}",
        mend=fault.mend,
    )


# ---------------------------------------------------------------- values, by their type


def _of_text(text: str, schema: dict[str, Json]) -> Json:
    """Return what the text of a query parameter stands for, or the text where it does not."""
    kind = schema["type"]
    if kind == "string":
        return text
    if not text.strip():
        return None
    return _READERS[str(kind)](text) if str(kind) in _READERS else text


def _lenient(value: Json, schema: dict[str, Json]) -> Json:
    kind = schema["type"]
    if isinstance(value, str) and str(kind) in _READERS:
        return _READERS[str(kind)](value) if value.strip() else None
    if kind == "string" and type(value) is int:
        return str(value)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        return [_lenient(each, items) for each in value]
    known = schema.get("properties")
    if isinstance(value, dict) and isinstance(known, dict):
        read = {name: _lenient(value.get(name), _mapping(each)) for name, each in known.items()}
        return {name: each for name, each in read.items() if each is not None}
    return value


def _integer(text: str) -> Json:
    return int(text) if _DIGITS.fullmatch(text.strip()) else text


def _truth(text: str) -> Json:
    return {"true": True, "false": False}.get(text.strip().lower(), text)


_READERS: Mapping[str, Callable[[str], Json]] = MappingProxyType(
    {"integer": _integer, "boolean": _truth}
)


# ---------------------------------------------------------------- bounds


def _fault(value: Json, schema: dict[str, Json], path: str) -> _Fault | None:
    """Return what of `schema` a value breaks; it knows the keywords that are used here."""
    kind = str(schema["type"])
    if type(value) is not _TYPES[kind]:
        return _Fault(path, f"is not {_SHOWN[kind]}", f"write {_SHOWN[kind]}", kind=True)
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        shown = ", ".join(str(each) for each in allowed)
        return _Fault(path, f"is {value!r:.100}", f"write one of {shown}")
    if isinstance(value, dict):
        return _of_mapping(value, schema, path)
    if isinstance(value, int):
        return _beyond(value, schema, path, ("minimum", "maximum"), "is")
    return None if value is None else _of_many(value, schema, path)


def _of_many(value: str | list[Json], schema: dict[str, Json], path: str) -> _Fault | None:
    names = ("minLength", "maxLength") if isinstance(value, str) else ("minItems", "maxItems")
    size = _beyond(len(value), schema, path, names, "has a length of")
    if size is not None or isinstance(value, str):
        return size
    return _first(
        _fault(each, _mapping(schema.get("items")), f"{path}[{index}]")
        for index, each in enumerate(value)
    )


def _of_mapping(value: dict[str, Json], schema: dict[str, Json], path: str) -> _Fault | None:
    needed = schema.get("required")
    for name in needed if isinstance(needed, list) else ():
        if str(name) not in value:
            return _Fault(f"{path}.{name}", "is missing", "give it")
    known = _mapping(schema.get("properties"))
    return _first(
        _fault(each, _mapping(known[name]), f"{path}.{name}") for name, each in value.items()
    )


def _beyond(
    size: int, schema: dict[str, Json], path: str, names: tuple[str, str], what: str
) -> _Fault | None:
    least, most = schema.get(names[0]), schema.get(names[1])
    if isinstance(least, int) and size < least:
        return _Fault(path, f"{what} {size}", f"write at least {least}")
    if isinstance(most, int) and size > most:
        return _Fault(path, f"{what} {size}", f"write at most {most}")
    return None


def _first(faults: Iterable[_Fault | None]) -> _Fault | None:
    return next((each for each in faults if each is not None), None)


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


_TYPES: Mapping[str, type] = MappingProxyType(
    {"integer": int, "string": str, "boolean": bool, "array": list, "object": dict}
)
_SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "integer": "an integer",
        "string": "a text",
        "boolean": "true or false",
        "array": "a list",
        "object": "an object",
    }
)
