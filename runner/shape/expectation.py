"""A schema into the words for what it expects: `a whole number from 1 to 259200`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.mistakes import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json

TEMPLATE: dict[str, Json] = {"$ref": "#/$defs/template"}
_LONG = 2**63 - 1  # a bound that only says how the platform stores the number
_PREFIX = "#/$defs/"


def phrase(schema: Json, defs: Mapping[str, Json]) -> str:
    """Return what a value must be for `schema`. Templates go without saying."""
    known = resolved(schema, defs)
    options = branches(known)
    if options:
        *others, last = dict.fromkeys(phrase(option, defs) for option in options)
        return f"{', '.join(others)} or {last}" if others else last
    listed = known.get("enum")
    if isinstance(listed, list):
        return f"one of {', '.join(map(_plain, listed))}"
    if "const" in known:
        return _plain(known["const"])
    return _typed(known)


def resolved(schema: Json, defs: Mapping[str, Json]) -> dict[str, Json]:
    """Return what `schema` says itself, or what the definition that it names says."""
    known = schema if isinstance(schema, dict) else {}
    named = known.get("$ref")
    if not isinstance(named, str):
        return known
    return resolved(defs[named.removeprefix(_PREFIX)], defs)


def branches(schema: Mapping[str, Json]) -> list[Json]:
    """Return the alternatives that `schema` gives for a value, the template left out."""
    options = None if "type" in schema else schema.get("anyOf")
    return [option for option in options if option != TEMPLATE] if isinstance(options, list) else []


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else shown(value)


def _typed(schema: Mapping[str, Json]) -> str:
    words = _TYPES.get(str(schema.get("type")))
    return words(schema) if words else "what the schema says"


def _range(schema: Mapping[str, Json]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None:
        return ""
    return f" of at least {low}" if high == _LONG else f" from {low} to {high}"


def _text(schema: Mapping[str, Json]) -> str:
    description = schema.get("description")
    if "pattern" in schema and isinstance(description, str):
        first = description.split(". ", maxsplit=1)[0].rstrip(".")
        return first[:1].lower() + first[1:]
    if "maxLength" in schema:
        return f"text of at most {schema['maxLength']} characters"
    return "text that is not empty" if "minLength" in schema else "text"


def _list(schema: Mapping[str, Json]) -> str:
    repeats = " without repeats" if schema.get("uniqueItems") is True else ""
    if "maxItems" in schema:
        return f"a list of at most {schema['maxItems']} items{repeats}"
    if "minItems" in schema:
        return f"a list of at least {schema['minItems']} item{repeats}"
    return f"a list{repeats}"


def _mapping(schema: Mapping[str, Json]) -> str:
    least = schema.get("minProperties")
    return "a mapping" if least is None else f"a mapping of at least {least} key"


_TYPES: Mapping[str, Callable[[Mapping[str, Json]], str]] = MappingProxyType(
    {
        "integer": lambda schema: f"a whole number{_range(schema)}",
        "string": _text,
        "array": _list,
        "object": _mapping,
        "boolean": lambda _: "true or false",
        "null": lambda _: "null",
    }
)
