"""No form of a value comes through the redactor, whatever stands around it, wherever it is cut.

The forms are made here by what makes them for others, not by the redactor.
"""

from __future__ import annotations

import base64
import html
import json
import shlex
import urllib.parse
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytestmark = pytest.mark.laws

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.text(
    st.one_of(st.sampled_from("ab*'\"\\$/ %+<é"), st.characters(exclude_categories=["Cs"])),
    min_size=8,
    max_size=30,
)


def _base64(before: int, *, safe: bool) -> Callable[[str], str]:
    """Return what writes a value that stands behind so many bytes, as far as it is the value's."""

    def written(value: str) -> str:
        content = value.encode()
        encoded = (base64.urlsafe_b64encode if safe else base64.b64encode)(b"x" * before + content)
        first, last = -(-before * 8 // 6), (before + len(content)) * 8 // 6
        return encoded.decode()[first:last]

    return written


def _shell_word(value: str) -> str:
    """Return a value quoted, without the marks around it."""
    quoted = shlex.quote(value)
    return quoted if quoted == value else quoted[1:-1]


def _json(value: str) -> str:
    return json.dumps(value)[1:-1]


_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    _shell_word,
    lambda value: "".join(f"\\{each}" if each in '"\\$`' else each for each in value),
    *(_base64(before, safe=safe) for before in range(3) for safe in (False, True)),
    urllib.parse.quote,
    urllib.parse.quote_plus,
    lambda value: urllib.parse.quote(value, safe=""),
    lambda value: value.encode().hex(),
    lambda value: value.encode().hex().upper(),
    _json,
    lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    lambda value: _json(_json(value)),
    lambda value: _json(_shell_word(value)),
    lambda value: _base64(1, safe=False)(_shell_word(value)),
    html.escape,
    lambda value: repr(value)[1:-1],
)


def _pieces(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Return the content, cut at these places as far as it has them."""
    places = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    return [content[start:end] for start, end in pairwise(places)]


@given(
    values=st.lists(_VALUES, min_size=1, max_size=3),
    words=st.lists(st.one_of(_TEXT, st.tuples(st.integers(0, 2), st.sampled_from(_FORMS)))),
    cuts=st.lists(st.integers(0, 300), max_size=8),
)
def test_no_form_comes_through(
    values: list[str],
    words: list[str | tuple[int, Callable[[str], str]]],
    cuts: list[int],
) -> None:
    """Around the forms may stand anything, other forms as well, and cuts may go through them."""
    parts = [
        word if isinstance(word, str) else word[1](values[word[0] % len(values)]) for word in words
    ]
    content = "".join(parts).encode()
    known = redactor.Redactor(values)
    stream = redactor.Stream(known)
    shown = b"".join(map(stream.feed, _pieces(content, cuts))) + stream.flush()
    assert shown == known.content(content)
    for value in values:
        for form in _FORMS:
            assert form(value).encode() not in shown
    assert not known.finds(shown)
    assert known.text(content.decode()).encode() == shown


@given(
    value=_VALUES,
    contents=st.lists(st.binary(max_size=60)),
    edge=st.booleans(),
    cut=st.integers(1, 7),
)
def test_what_holds_no_form_comes_through_as_it_is(
    value: str, contents: list[bytes], cut: int, *, edge: bool
) -> None:
    """Not a byte is altered, be it of no text at all, or the beginning of a value."""
    known = redactor.Redactor([value])
    pieces = [*contents, *([value[:cut].encode()] if edge else [])]
    if known.finds(b"".join(pieces)):
        return
    stream = redactor.Stream(known)
    assert b"".join(map(stream.feed, pieces)) + stream.flush() == b"".join(pieces)


@given(value=_VALUES, text=_TEXT)
def test_what_is_over_with_a_line_is_not_kept_back(value: str, text: str) -> None:
    """Nothing that ends where no form goes on is late."""
    if "\n" in value:
        return
    stream = redactor.Stream(redactor.Redactor([value]))
    assert stream.feed(f"{text}\n".encode()).endswith(b"\n")
    assert not stream.flush()
