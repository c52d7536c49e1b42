"""Unit tests of the redactor: what it takes out, what it leaves, and what it keeps back."""

from __future__ import annotations

import base64
import time
import urllib.parse
from typing import TYPE_CHECKING

import pytest

from runner import redactor

if TYPE_CHECKING:
    from collections.abc import Callable

VALUE = "tr0ub4dor&3 'x'"
PLAIN = "correcthorsebattery"


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        "'tr0ub4dor&3 '\"'\"'x'\"'\"''",
        "'tr0ub4dor&3 '\\''x'\\'''",
        "tr0ub4dor\\&3\\ \\'x\\'",
        "tr0ub4dor%263%20%27x%27",
        "tr0ub4dor%263+%27x%27",
        "tr0ub4dor&amp;3 &#x27;x&#x27;",
        "tr0ub4dor&amp;3 &#39;x&#39;",
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        "".join(f"%{byte:02x}" for byte in VALUE.encode()),
    ],
)
def test_a_form_is_taken_out_whole(form: str) -> None:
    """Of what tells the value nothing is left, and around it everything."""
    shown = redactor.Redactor([VALUE]).text(f"before {form} behind")
    assert shown.startswith("before ")
    assert shown.endswith(" behind")
    assert "******" in shown
    assert "tr0u" not in shown
    assert form[:8] not in shown


@pytest.mark.parametrize("before", ["", "x", "xy"])
@pytest.mark.parametrize("behind", ["", "x", "xy"])
def test_base64_is_known_wherever_the_value_begins(before: str, behind: str) -> None:
    """What is left tells of the value no more than the bits of its first and its last byte."""
    encoded = base64.b64encode(f"{before}{PLAIN}{behind}".encode()).decode()
    shown = redactor.Redactor([PLAIN]).text(encoded)
    first, last = -(-len(before) * 8 // 6), (len(before) + len(PLAIN)) * 8 // 6
    assert shown == f"{encoded[:first]}******{encoded[last:]}"


def test_digits_that_others_write_otherwise() -> None:
    """Base64 with its two marks as they are, as URLs have them, escaped, and escaped in JSON."""
    value = "????>>>>~é"
    known = redactor.Redactor([value])
    plain = base64.b64encode(value.encode()).decode()
    assert {"+", "/"} <= set(plain)
    assert len(value.encode()) == 11  # two bytes in the last group: the last digit is not whole
    safe = base64.urlsafe_b64encode(value.encode()).decode()
    escaped = urllib.parse.quote(plain.rstrip("="), safe="")
    for form in (
        plain.rstrip("="),
        safe.rstrip("="),
        plain.rstrip("=").replace("/", "\\/"),
        urllib.parse.quote(plain.rstrip("=")),
        escaped,
        escaped.replace("%2F", "%2f").replace("%2B", "%2b"),
    ):
        assert known.text(f"<{form}>") == f"<******{form[-1]}>", form


@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize("value", ["it's ünïcode", 'say "ünïcode"', "both ' and \" ü"])
def test_what_python_shows_of_it(value: str, kind: Callable[[str], object]) -> None:
    """A traceback shows texts and bytes as they would be written in a program."""
    known = redactor.Redactor([value])
    for shown in (repr(kind(value)), ascii(kind(value))):
        assert "n" not in known.text(shown)


def test_html_with_and_without_its_quotes_escaped() -> None:
    """Between tags nobody has to escape them."""
    known = redactor.Redactor(["<a href='x'>"])
    for form in (
        "&lt;a href=&#x27;x&#x27;&gt;",
        "&lt;a href=&#39;x&#39;&gt;",
        "&lt;a href='x'&gt;",
    ):
        assert known.text(f"<b>{form}</b>") == "<b>******</b>"


def test_json_is_known_in_either_case_and_twice_over() -> None:
    """Not everyone writes the escapes that Python does."""
    known = redactor.Redactor(["päss/wörd"])
    for form in (
        r"p\u00e4ss/w\u00f6rd",
        r"p\u00E4ss/w\u00F6rd",
        r"p\u00e4ss\/w\u00f6rd",
        r"p\\u00e4ss/w\\u00f6rd",
        r"päss\/wörd",
    ):
        assert known.text(f'"{form}"') == '"******"'


def test_urls_are_known_in_either_case() -> None:
    """Both digits of an escape may be letters, and a space may be a plus."""
    known = redactor.Redactor(["pä*ß w+rd"])
    for form in ("p%C3%A4%2A%C3%9F+w%2Brd", "p%c3%a4*%c3%9f%20w%2brd"):
        assert known.text(f"?a={form}&b") == "?a=******&b", form
    every = "".join(f"%{byte:02x}" for byte in "pä*ß w+rd".encode())
    assert known.text(every) == known.text(every.upper()) == "******"


def test_values_that_overlap_leave_nothing() -> None:
    """Neither what they share nor the end of the second is left."""
    known = redactor.Redactor(["abcdefghij", "ghijklmnop"])
    assert known.text("<abcdefghijklmnop>") == "<******>"
    assert known.stretches(b"<abcdefghijklmnop>") == [(1, 17)]
    assert known.stretches(b"<abcdefghijghijklmnop>") == [(1, 21)]
    assert known.stretches(b"abcdefghij ghijklmnop") == [(0, 10), (11, 21)]


def test_a_value_that_overlaps_itself_leaves_nothing() -> None:
    """Not only where it repeats itself, but also where it shares its shortest end."""
    value = "aa1234a5678aa"
    known = redactor.Redactor([value])
    assert known.text(f"{value}{value[2:]}") == "******"
    assert known.text(f"{value}{value[1:]}") == "******"
    assert known.text(f"{value}{value[1:]}{value[2:]}!") == "******!"


def test_what_follows_at_once_is_one_mark() -> None:
    """Nobody can count how often a value stands there."""
    assert redactor.Redactor([PLAIN]).text(PLAIN * 3) == "******"


def test_a_value_of_one_letter_leaves_no_end() -> None:
    """A stretch that is longer than the value goes as a whole, and takes no longer for it."""
    known = redactor.Redactor(["a" * 4000, "ab" * 20])
    begun = time.monotonic()
    assert known.text("a" * 400_000 + "b") == "******b"
    assert known.text("ab" * 200_000) == "******"
    assert time.monotonic() - begun < 20  # a comparison at each letter would take a minute


@pytest.mark.parametrize("value", ["**abcdefgh", "abcdefgh**", "a******b", "12345678*"])
def test_the_mark_makes_no_form_with_what_stands_beside_it(value: str) -> None:
    """Where a value has asterisks at its edge, another mark is taken."""
    known = redactor.Redactor([value])
    for text in (value + value[2:], value[:-2] + value, f"{value}b", f"a{value}", f"a{value}b"):
        assert not known.finds(known.text(text).encode())
    assert known.mark == b"++++++"
    assert redactor.Redactor(["**abcdefgh", "+ijklmnopq"]).mark == b"======"


def test_the_mark_begins_no_command() -> None:
    """A pipeline's log takes `##[…]` for a command, also where a value stood before the bracket."""
    for value in ("**abcdefgh", "+*abcdefgh", "abcdefgh"):
        assert "##[" not in redactor.Redactor([value]).text(f"{value}[error]x")


def test_short_values_are_looked_for_as_text_alone() -> None:
    """Their digits could stand in anything."""
    known = redactor.Redactor(["a&bcd"])
    assert known.text("a&bcd a%26bcd a&amp;bcd") == "****** ****** ******"
    encoded = base64.b64encode(b"a&bcd").decode() + b"a&bcd".hex()
    assert known.text(encoded) == encoded


def test_the_shortest_value_that_a_source_gives_is_known_in_digits() -> None:
    """Eight bytes, encoded, are told from everything else."""
    known = redactor.Redactor(["8 bytes!"])
    assert known.text(b"8 bytes!".hex()) == "******"
    assert known.text(base64.b64encode(b"8 bytes!").decode()) == "******E="


def test_without_values_nothing_is_touched() -> None:
    """It may stand everywhere before there is anything to hide."""
    known = redactor.Redactor()
    assert known.content(b"\xff anything") == b"\xff anything"
    assert not known.finds(b"anything")
    assert known.text("half \ud83d") == "half \ud83d"


def test_a_stream_keeps_back_what_may_become_a_form_and_no_more() -> None:
    """A line that is over is shown at once."""
    stream = redactor.Stream(redactor.Redactor([PLAIN]))
    assert stream.feed(b"it is corr") == b"it is "
    assert stream.feed(b"ect\n") == b"correct\n"
    assert stream.feed(PLAIN.encode()) == b"******"
    assert stream.feed(b"\ncorre") == b"\n"
    assert stream.feed(b"cthorsebattery, it is") == b"******, it is"
    assert stream.feed(b" c") == b" "
    assert stream.flush() == b"c"
    assert stream.flush() == b""


def test_a_stream_takes_on_values_under_way() -> None:
    """What was kept back is looked at again with them."""
    stream = redactor.Stream(redactor.Redactor([PLAIN]))
    assert stream.feed(b"correct") == b""
    stream.redactor = redactor.Redactor([PLAIN, "correctly so"])
    assert stream.feed(b"ly so, correct") == b"******, "
    assert stream.flush() == b"correct"


def test_what_a_mark_stands_for_stays_so_when_more_is_known() -> None:
    """A value that is a part of what is kept lets nothing behind it out."""
    stream = redactor.Stream(redactor.Redactor(["abcdefghijklmnop", "efghijklmnopqrst"]))
    assert stream.feed(b"abcdefghijklmnop") == b"******"
    stream.redactor = redactor.Redactor(["abcdefghijklmnop", "efghijklmnopqrst", "fghijklm"])
    assert stream.feed(b" end") == b" end"


def test_nothing_shows_what_is_known() -> None:
    """Neither the redactor nor a stream prints a value."""
    known = redactor.Redactor([PLAIN])
    stream = redactor.Stream(known)
    stream.feed(b"correcth")
    assert "correct" not in repr(known) + repr(stream)
