"""What jsonschema finds into mistakes in words of our own, each at the value that is really wrong.

Of several alternatives the one that was meant is explained: the one whose type the value has.
It knows the keywords that the published schemas use, and a general form of words for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from jsonschema import Draft202012Validator

from runner.mistakes import Mistake, name, nearest, ordered, shorten, shown
from runner.shape import expectation

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from runner.model import Json, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """One keyword that failed: `value` is what it says, `path` where; `named` that a key failed."""

    keyword: str
    value: Json
    instance: Json
    schema: dict[str, Json]
    path: Path
    named: bool
    context: tuple[tuple[int, _Failure], ...]
    defs: Mapping[str, Json]


def mistakes(schema: dict[str, Json], tree: Json) -> tuple[Mistake, ...]:
    """Return everything that is wrong with `tree`, in a stable order."""
    defs = schema.get("$defs")
    known = defs if isinstance(defs, dict) else {}
    return ordered(
        mistake
        for error in Draft202012Validator(schema).iter_errors(tree)
        for mistake in _of(_failure(error, known))
    )


def _failure(error: ValidationError, defs: Mapping[str, Json]) -> _Failure:
    return _Failure(
        keyword=str(error.validator),
        value=_tree(error.validator_value),
        instance=_tree(error.instance),
        schema=_mapping(_tree(error.schema)),
        path=tuple(error.absolute_path),
        named="propertyNames" in error.schema_path,
        context=tuple(
            (int(inner.relative_schema_path[0]), _failure(inner, defs)) for inner in error.context
        ),
        defs=defs,
    )


def _of(failure: _Failure) -> Iterator[Mistake]:
    yield from _KEYWORDS.get(failure.keyword, _value)(failure)


# ---------------------------------------------------------------- keys


def _missing(failure: _Failure) -> Iterator[Mistake]:
    present = _keys(failure.instance)
    wanted = [key for key in _texts(failure.value) if key not in present]
    yield from (_absent(failure.path, key, "it is needed") for key in wanted)


def _dependent(failure: _Failure) -> Iterator[Mistake]:
    present = _keys(failure.instance)
    for cause, wanted in sorted(_mapping(failure.value).items()):
        for key in _texts(wanted):
            if cause in present and key not in present:
                yield _absent(failure.path, key, f"{cause} needs it")


def _absent(path: Path, key: str, reason: str) -> Mistake:
    return Mistake(
        path=path,
        rule="missing-key",
        message=f"cannot leave out {key}: {reason}",
        mend=f"add {key}",
    )


def _unknown(failure: _Failure) -> Iterator[Mistake]:
    known = sorted(_mapping(failure.schema.get("properties")))
    for key in _keys(failure.instance):
        if key in known:
            continue
        near = nearest(key, known)
        yield Mistake(
            path=(*failure.path, key),
            rule="unknown-key",
            message=f"cannot use the key {shorten(key)}: it is not known here"
            + (f"; did you mean {near}?" if near else ""),
            mend=f"write {near}" if near else f"remove it; known here are {', '.join(known)}",
            key=True,
        )


def _together(failure: _Failure) -> Iterator[Mistake]:
    if not isinstance(failure.instance, dict):
        return  # it is no mapping at all, which is told by itself
    keys = _texts(_mapping(failure.value).get("required"))
    yield Mistake(
        path=failure.path,
        rule="one-of",
        message=f"cannot have {' and '.join(keys)} together: one excludes the other",
        mend=f"keep one of {', '.join(keys)}",
    )


# ---------------------------------------------------------------- alternatives


def _alternatives(failure: _Failure) -> Iterator[Mistake]:
    options = failure.value if isinstance(failure.value, list) else []
    if all("required" in _mapping(option) for option in options):
        yield from _presence(failure, [_mapping(option) for option in options])
        return
    meant = _meant(failure, options)
    if meant is None:
        yield _wrong(failure, "wrong-type", expectation.phrase(failure.schema, failure.defs))
    else:
        yield from (m for index, inner in failure.context if index == meant for m in _of(inner))


def _meant(failure: _Failure, options: list[Json]) -> int | None:
    """Return which alternative the value was meant for: the first one that is of its type."""
    foreign = {
        index
        for index, inner in failure.context
        if inner.keyword == "type" and inner.path == failure.path
    }
    return next(
        (
            index
            for index, option in enumerate(options)
            if index not in foreign and option != expectation.TEMPLATE
        ),
        None,
    )


def _presence(failure: _Failure, options: list[dict[str, Json]]) -> Iterator[Mistake]:
    """Explain alternatives that are about which keys there are."""
    if not isinstance(failure.instance, dict):
        return  # it is no mapping at all, which is told by itself
    present = _keys(failure.instance)
    complete = [option for option in options if present.issuperset(_texts(option["required"]))]
    if failure.keyword == "oneOf" and complete:
        found = _listed(complete, "and")
        message = f"cannot have {found} together: exactly one is taken"
        mend = f"keep one of {found}"
    else:
        choices = _listed(options, "or")
        message, mend = f"cannot leave this open: {choices} is needed", f"add {choices}"
    yield Mistake(path=failure.path, rule="one-of", message=message, mend=mend)


def _listed(options: list[dict[str, Json]], word: str) -> str:
    """Return the keys that each option asks for: `a, b or c`, `a, or b and c`."""
    *others, last = (" and ".join(_texts(option["required"])) for option in options)
    comma = "," if any(len(_texts(option["required"])) > 1 for option in options) else ""
    keys = f"{', '.join(others)}{comma} {word} {last}"
    bare = all(asked is True for o in options for asked in _mapping(o.get("properties")).values())
    return keys if bare else f"a filled {keys}"


# ---------------------------------------------------------------- values

_RULES = MappingProxyType(
    {
        "type": "wrong-type",
        "enum": "unknown-value",
        "const": "unknown-value",
        "minimum": "out-of-range",
        "maximum": "out-of-range",
        "minLength": "wrong-length",
        "maxLength": "wrong-length",
        "pattern": "wrong-form",
        "minItems": "wrong-count",
        "maxItems": "wrong-count",
        "minProperties": "wrong-count",
        "uniqueItems": "repeated-item",
    }
)


def _value(failure: _Failure) -> Iterator[Mistake]:
    rule = _RULES.get(failure.keyword, "schema")
    yield _wrong(failure, rule, expectation.phrase(failure.schema, failure.defs))


def _wrong(failure: _Failure, rule: str, expected: str) -> Mistake:
    if failure.named:
        key = failure.instance if isinstance(failure.instance, str) else ""
        return Mistake(
            path=(*failure.path, key),
            rule="wrong-key",
            message=f"cannot use the key {shown(key)}: it must be {expected}",
            mend=f"write {expected}",
            key=True,
        )
    near = _near(failure)
    return Mistake(
        path=failure.path,
        rule=rule,
        message=f"cannot take {shown(failure.instance)} as {name(failure.path)}: "
        f"it must be {expected}" + (f"; did you mean {near}?" if near else ""),
        mend=f"write {near}" if near else _mend(failure, expected),
    )


def _near(failure: _Failure) -> str | None:
    known = failure.value if failure.keyword == "enum" else None
    if not isinstance(known, list) or not isinstance(failure.instance, str):
        return None
    return nearest(failure.instance, _texts(known))


def _mend(failure: _Failure, expected: str) -> str:
    value = failure.instance
    if isinstance(value, str) and value.isdigit() and expected.startswith("a whole number"):
        return f"take the quotes off: {shorten(value)}"
    if isinstance(value, int) and failure.value == "string":
        return f'put quotes around it: "{shown(value)}"'
    examples = failure.schema.get("examples")
    if failure.keyword == "pattern" and isinstance(examples, list):
        return f"write {expected}, such as {shown(examples[0])}"
    return f"write {expected}"


# ---------------------------------------------------------------- narrowing


def _tree(value: object) -> Json:
    """Return a value that went into jsonschema as a tree and came out as anything."""
    if isinstance(value, float):
        return str(value)  # no tree of ours holds one, but a request from elsewhere may
    return value if isinstance(value, str | int | list | dict) else None


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _keys(value: Json) -> frozenset[str]:
    return frozenset(_mapping(value))


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


_KEYWORDS: Mapping[str, _Explain] = MappingProxyType(
    {
        "required": _missing,
        "dependentRequired": _dependent,
        "unevaluatedProperties": _unknown,
        "not": _together,
        "anyOf": _alternatives,
        "oneOf": _alternatives,
    }
)
_Explain: TypeAlias = Callable[[_Failure], Iterator[Mistake]]
