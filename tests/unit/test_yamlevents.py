"""Examples of the two parsers, and of what holds for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import StreamEndEvent

from runner.model import Span
from runner.yaml import yamlevents

if TYPE_CHECKING:
    from runner.yaml.yamlevents import Parse

_BOTH = (yamlevents.parse, yamlevents.pure)


def _drain(text: str, parse: Parse) -> list[str]:
    following = parse(text)
    kinds: list[str] = []
    while not isinstance(event := following(), StreamEndEvent):
        kinds.append(type(event).__name__.removesuffix("Event"))
    return kinds


def test_the_c_parser_is_there() -> None:
    """The C library is a dependency, so its parser is found."""
    assert yamlevents.compiled() is not None


def test_no_parser_without_its_module() -> None:
    """Where the C library is not installed there is no parser, and no error."""
    assert yamlevents.compiled("no_such_module_of_any_kind") is None


@pytest.mark.parametrize("parse", _BOTH)
def test_events_come_in_order(parse: Parse) -> None:
    """Both parsers tell a text as the same events."""
    expected = "StreamStart DocumentStart MappingStart Scalar SequenceStart Alias SequenceEnd"

    assert _drain("a: [*b]\n", parse) == [*expected.split(), "MappingEnd", "DocumentEnd"]


@pytest.mark.parametrize("parse", _BOTH)
@pytest.mark.parametrize(
    "text",
    [
        '"\\ud800"',
        '"\\udfff x"',
        '"\\ud83d\\ude00"',
        '"\\U00110000"',
        '"\\UFFFFFFFF"',
        "[",
        "a: b: c",
    ],
)
def test_what_is_no_text_is_refused(text: str, parse: Parse) -> None:
    """Both parsers refuse surrogates, characters that do not exist, and wrong syntax."""
    with pytest.raises(MarkedYAMLError):
        _drain(text, parse)


def test_a_mark_counts_from_zero_and_a_point_from_one() -> None:
    """A mark becomes an empty span; no mark is the beginning of the text."""
    following = yamlevents.parse("\n  x")
    following()
    following()
    scalar = following()

    assert yamlevents.point(scalar.start_mark) == Span(2, 3, 2, 3)
    assert yamlevents.span(scalar) == Span(2, 3, 2, 4)
    assert yamlevents.point(None) == Span(1, 1, 1, 1)


def test_nothing_follows_the_end_of_the_stream() -> None:
    """The pure parser's events end where the stream does."""
    kinds = [type(event).__name__ for event in yamlevents._pure("a")]

    assert kinds[-1] == "StreamEndEvent"
