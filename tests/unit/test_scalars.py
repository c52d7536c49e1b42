"""Examples of what a plain scalar means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.yaml import scalars
from runner.yaml.scalars import Unfit

if TYPE_CHECKING:
    from runner.model import Scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("TRUE", True),
        ("false", False),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("012", 12),
        ("0o17", 15),
        ("0xFf", 255),
        ("9" * 100, 10**100 - 1),
        *((text, text) for text in ("no", "Y", "nUll", "1:30", "2024-05-01", "0b1", "1_0", "1,0")),
        *(
            (text, text)
            for text in ("0o8", "0xg", "-0x1", "+", "-", ".", "..", "1.2.3", "\u0661", ".e1")
        ),
    ],
)
def test_a_plain_scalar_has_the_value_of_the_core_schema(text: str, value: Scalar) -> None:
    """Null, booleans and integers are those of YAML 1.2 core, all else is text."""
    read = scalars.plain(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "text",
    ["1.5", ".5", "1.", "-1e3", "1E+3", "+.5e-1", ".inf", "-.Inf", "+.INF", ".nan", ".NaN", "0.0"],
)
def test_a_float_is_unfit(text: str) -> None:
    """Everything that the core schema takes for a float has no value."""
    assert scalars.plain(text) is Unfit.FLOAT


@pytest.mark.parametrize("text", ["1" * 101, "-" + "1" * 100, "0x" + "f" * 5000])
def test_a_long_integer_is_unfit(text: str) -> None:
    """An integer beyond the bound has no value, and costs nothing."""
    assert scalars.plain(text) is Unfit.LONG


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, True) for text in ("012", "-00", "+07")),
        *((text, False) for text in ("0", "-0", "10", "0o7", "0x0")),
    ],
)
def test_leading_zeros(*, text: str, expected: bool) -> None:
    """Only decimal integers of several digits that begin with 0 have a leading zero."""
    assert scalars.leading_zero(text) is expected
