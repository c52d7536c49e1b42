"""Laws of the console: nothing acts unseen, logs are the same in pieces, no field is a bug."""

from __future__ import annotations

import sys
import unicodedata
from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.server import fleet
from runner.server.answers import RefusalError
from runner.server.console import escapes, forms, pieces

pytestmark = pytest.mark.laws

# Signs that stand before or around others and are drawn; all else of their kind is not.
DRAWN = {
    *range(0x600, 0x606),
    *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
    *range(0x13430, 0x13440),
}
ESCAPES = st.lists(
    st.sampled_from(("\x1b", "\x1b[", "\x1b[31", "31;1", "m", "\r", "\n", "x", "ü", "高", "🙂")),
    max_size=120,
).map("".join)
VALUES = st.text(max_size=20) | st.sampled_from(("2026-01-31T12:00", "biz/2", "3", "104", "1e3"))
NAMES = st.sampled_from(("scope", "state", "name", "from", "to", "page", "batch", "count", "q"))


def test_no_character_acts_unseen() -> None:
    """Of all that there are: what is a control, turns writing, or is half a one, is shown."""
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    every = (chr(code) for code in range(sys.maxunicode + 1))
    unseen = [each for each in every if unicodedata.category(each) in kinds]

    kept = {ord(each) for each in unseen if each in escapes.harmless(each)}

    # Python's own table may be older than the signs.
    assert {ord("\t"), ord("\n")} <= kept <= DRAWN | {ord("\t"), ord("\n")}


@given(st.text())
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    """Once is enough, and what is left can be sent."""
    once = escapes.harmless(text)
    assert escapes.harmless(once) == once
    assert once.encode().decode() == once


@given(ESCAPES, st.integers(70, 200))
@settings(max_examples=200)
def test_a_log_is_the_same_in_pieces(text: str, size: int) -> None:
    """However it is cut, the parts are together what the whole is, and the offsets meet."""
    content = text.encode()
    shown, offset = "", 0

    while offset < len(content):
        piece = content[offset : offset + size]
        follows = offset + size < len(content)
        part = pieces.part(fleet._whole(piece) if follows else piece, offset, follows=follows)
        assert part.begin == offset < part.end
        shown, offset = shown + part.text, part.end

    assert shown == escapes.plain(text)


@given(ESCAPES, st.integers(1, 100), st.integers(1, 50))
def test_the_end_of_a_log_is_its_end(text: str, most: int, size: int) -> None:
    """What is shown is what stands there, from the offset that is told."""
    content = text.encode()

    tail = pieces.tail(lambda offset: content[offset : offset + size], follows=False, most=most)

    assert tail.end == len(content)
    assert tail.end - tail.begin <= most
    assert escapes.plain(content[tail.begin :].decode("utf-8", "replace")) == tail.text


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_a_field_is_read_or_refused(fields: dict[str, str]) -> None:
    """Whatever stands in an address or a form, it is no bug."""
    text = urlencode({name: value.encode("utf-8", "replace") for name, value in fields.items()})

    with suppress(RefusalError):
        forms.jobs(forms.read(text))
    with suppress(RefusalError):
        forms.hosts(forms.read(text))
    with suppress(RefusalError):
        forms.point(forms.exact(text.encode()))
    with suppress(RefusalError):
        forms.page(forms.read(text))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_form(content: bytes) -> None:
    """They are read as text somehow, and an address can say it again."""
    fields = forms.exact(content)
    again = forms.exact(forms.written(fields).removeprefix("?").encode())
    assert {name: quote(value) for name, value in again.items()} == {
        name: quote(value) for name, value in fields.items()
    }
