"""What a plain scalar of YAML 1.2 means under the core schema, floats left out.

Quoted and block scalars are strings and never come here. `no`, `1:30` and dates are strings.
"""

from __future__ import annotations

import re
from enum import Enum
from string import ascii_letters
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.model import Scalar

# An integer longer than this is refused: Python's own limit is 4,300 digits, and no field of
# any request comes near.
DIGITS = 100


class Unfit(Enum):
    """Why a plain scalar has no value in our trees."""

    FLOAT = "float"
    LONG = "long"


_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# What only a text can begin with: no other value has its letter.
_LETTERS = frozenset(ascii_letters) - {word[:1] for word in _WORDS}
_NUMERIC = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_BASES = {"0o": 8, "0x": 16}


def word(text: str) -> bool:
    """Tell at a glance of most plain scalars that are texts that they are."""
    return text[:1] in _LETTERS


def plain(text: str) -> Scalar | Unfit:
    """Return the value of the plain scalar `text`, or why there is none."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, _BASES.get(text[:2], 10)) if len(text) <= DIGITS else Unfit.LONG
    return Unfit.FLOAT if _FLOAT.fullmatch(text) else text


def leading_zero(text: str) -> bool:
    """Tell whether `text` is a decimal integer that older readers would take as octal."""
    digits = text.lstrip("+-")
    return digits[0] == "0" and digits.isdigit() and len(digits) > 1
