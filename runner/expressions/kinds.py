"""Of which kind each value of an expression is, and what is wrong with one that is of another."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

# `any` is what only the job itself can tell; `strings`, `ints` and `list` are lists.
Kind: TypeAlias = Literal["bool", "int", "string", "strings", "ints", "list", "labels", "any"]

FIELDS: Mapping[str, Kind] = MappingProxyType(
    {
        "hosts": "strings",
        "labels": "labels",
        "name": "string",
        "path": "string",
        "platform": "string",
        "request": "any",
        "run": "int",
        "scope": "string",
    }
)
LARGE = frozenset({"hosts", "request"})
ITEMS: Mapping[str, Kind] = MappingProxyType(
    {"strings": "string", "ints": "int", "list": "any", "labels": "string", "any": "any"}
)
LISTS: Mapping[str, Kind] = MappingProxyType({"string": "strings", "int": "ints", "bool": "list"})
CALLED: Mapping[str, str] = MappingProxyType(
    {
        "any": "what only the job itself can tell",
        "bool": "true or false",
        "int": "a number",
        "ints": "a list of numbers",
        "labels": "the labels",
        "list": "a list",
        "string": "a text",
        "strings": "a list of texts",
    }
)
WRITE = "write what the reference of the policy says that an expression may hold"
_MENDS: Mapping[str, str] = MappingProxyType(
    {
        "bool": 'compare it with something, as in `job.platform == "prod"`',
        "int": "compare it with a number, as in `size(job.hosts) > 20`",
        "string": 'compare it with a text, as in `job.platform == "prod"`',
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an expression is none, and what to do about it."""

    message: str
    mend: str


class FaultError(Exception):
    """A fault that was found while an expression is read."""

    def __init__(self, message: str, mend: str = WRITE) -> None:
        """Keep the fault."""
        super().__init__(message)
        self.fault = Fault(message, mend)


def need(found: Kind, wanted: Literal["bool", "int", "string"], what: str) -> None:
    """Raise FaultError unless a value is, or may be, of the kind that is wanted."""
    if found not in {wanted, "any"}:
        raise FaultError(f"{what} is {CALLED[found]}, not {CALLED[wanted]}", _MENDS[wanted])


def check_whole(found: Kind) -> None:
    """Raise FaultError unless a value is true or false, whatever the job is."""
    if found != "bool":
        raise FaultError(f"the whole is {CALLED[found]}, not {CALLED['bool']}", _MENDS["bool"])


def check_size(of: Kind) -> None:
    """Raise FaultError unless a value may have a size."""
    if of in {"bool", "int"}:
        raise FaultError(f"{CALLED[of]} has no size")


def check_compared(mark: str, one: Kind, other: Kind) -> None:
    """Raise FaultError unless two values can stand on both sides of a comparison."""
    fits = {"==": _equal, "!=": _equal, "in": _within}.get(mark, _ordered)
    if not fits(one, other):
        raise FaultError(
            f"`{mark}` stands between {CALLED[one]} and {CALLED[other]}",
            "compare a text with a text, a number with a number",
        )


def _equal(one: Kind, other: Kind) -> bool:
    both = {one, other}
    return one == other or "any" in both or ("list" in both and both <= {"list", "strings", "ints"})


def _ordered(one: Kind, other: Kind) -> bool:
    return {one, other} - {"any"} in ({"int"}, {"string"}, set())


def _within(one: Kind, other: Kind) -> bool:
    return other in ITEMS and bool({ITEMS[other], one} & {"any"} or ITEMS[other] == one)
