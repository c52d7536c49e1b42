"""What the operators of a template make of two values. Nothing is turned into something else.

The results are bounded before they are made, so that no operator can take long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.template.bounds import BITS, ITEMS, TEXT, bounded, short
from runner.template.faults import kind, too_much, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Json


def whole(value: Json) -> int:
    """Return a whole number; a boolean is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise wrong(f"count with a {kind(value)}", mend="use whole numbers; |int makes one of text")


def binary(sign: str, left: Json, right: Json) -> Json:
    """Return what an arithmetic sign makes of two values, none of which is turned into another."""
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        return short(left + right)
    if sign == "+" and isinstance(left, list) and isinstance(right, list):
        return left + right
    if sign == "*" and isinstance(left, str | list):
        return _repeated(left, whole(right))
    if isinstance(left, str | list | dict) or isinstance(right, str | list | dict):
        mend = "join texts with ~, or make a number of text with |int"
        raise wrong(f"put {sign} between a {kind(left)} and a {kind(right)}", mend=mend)
    return bounded(_ARITHMETIC[sign](whole(left), whole(right)))


def unary(sign: str, value: Json) -> Json:
    """Return a whole number with its sign."""
    return -whole(value) if sign == "-" else whole(value)


def _repeated(value: str | list[Json], times: int) -> Json:
    if len(value) * times > (TEXT if isinstance(value, str) else ITEMS):
        raise too_much("a repeated value is too long")
    return value * times


def _product(left: int, right: int) -> int:
    return bounded(left) * bounded(right)


def _power(base: int, exponent: int) -> int:
    if exponent < 0:
        raise wrong("raise a number to a negative power", mend="use whole numbers only")
    if base.bit_length() * exponent > BITS:
        raise too_much(f"a number has more than {BITS} bits")
    return int(base**exponent)


def _quotient(left: int, right: int) -> int:
    return left // _nonzero(right)


def _remainder(left: int, right: int) -> int:
    return left % _nonzero(right)


def _nonzero(value: int) -> int:
    if value == 0:
        raise wrong("divide by zero", mend="divide by another number")
    return value


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": _product,
    "//": _quotient,
    "%": _remainder,
    "**": _power,
}


def compared(left: Json, sign: str, right: Json) -> bool:
    """Return how two values compare, by Jinja's name for the comparison."""
    if sign in {"eq", "ne"}:
        return (left == right) is (sign == "eq")
    if sign in {"in", "notin"}:
        return contains(right, left) is (sign == "in")
    if isinstance(left, str) and isinstance(right, str):
        return _ordered(sign, (left > right) - (left < right))
    one, other = whole(left), whole(right)
    return _ordered(sign, (one > other) - (one < other))


def _ordered(sign: str, order: int) -> bool:
    return order in {"lt": (-1,), "lteq": (-1, 0), "gt": (1,), "gteq": (1, 0)}[sign]


def contains(container: Json, value: Json) -> bool:
    """Tell whether a list holds a value, a mapping a key, or a text another text."""
    if isinstance(container, str) and isinstance(value, str):
        return value in container
    if isinstance(container, dict) and isinstance(value, str):
        return value in container
    if isinstance(container, list):
        return value in container
    raise wrong(
        f"look for a {kind(value)} in a {kind(container)}", mend="look in a list, mapping or text"
    )
