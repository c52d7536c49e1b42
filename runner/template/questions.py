"""The tests of a template (`x is odd`): questions about a value, and perhaps one argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runner.template import operators
from runner.template.faults import kind
from runner.template.operators import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json

Test: TypeAlias = "Callable[[Json, Json], bool]"


def _compares(sign: str) -> Test:
    def test(left: Json, right: Json) -> bool:
        return operators.compared(left, sign, right)

    return test


def _is(*wanted: str) -> Test:
    def test(value: Json, _other: Json) -> bool:
        return kind(value) in wanted

    return test


def _true(value: Json, _other: Json) -> bool:
    return value is True


def _false(value: Json, _other: Json) -> bool:
    return value is False


def _truthy(value: Json, _other: Json) -> bool:
    return bool(value)


def _divisible(value: Json, by: Json) -> bool:
    return operators.binary("%", whole(value), whole(by)) == 0


def _even(value: Json, _other: Json) -> bool:
    return not whole(value) & 1


def _odd(value: Json, _other: Json) -> bool:
    return bool(whole(value) & 1)


# Those that ask about the value alone, and those that hold it against another.
ALONE: Mapping[str, Test] = {
    "boolean": _is("boolean"),
    "even": _even,
    "false": _false,
    "integer": _is("whole number"),
    "iterable": _is("text", "list", "mapping"),
    "mapping": _is("mapping"),
    "none": _is("null"),
    "number": _is("whole number"),
    "odd": _odd,
    "sequence": _is("text", "list", "mapping"),
    "string": _is("text"),
    "true": _true,
    "truthy": _truthy,
}
AGAINST: Mapping[str, Test] = {
    "divisibleby": _divisible,
    "eq": _compares("eq"),
    "equalto": _compares("eq"),
    "ge": _compares("gteq"),
    "greaterthan": _compares("gt"),
    "gt": _compares("gt"),
    "in": _compares("in"),
    "le": _compares("lteq"),
    "lessthan": _compares("lt"),
    "lt": _compares("lt"),
    "ne": _compares("ne"),
}
