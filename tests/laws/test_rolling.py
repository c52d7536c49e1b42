"""Laws of rolling batches."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import rolling

pytestmark = pytest.mark.laws

NUMBERS = st.integers(1, 60)
PARTS = st.one_of(
    NUMBERS.map(str),
    NUMBERS.map("+{}".format),
    NUMBERS.map("*{}".format),
    st.integers(1, 100).map("{}%".format),
)
EXPRESSIONS = st.lists(PARTS, min_size=1, max_size=6).map(" ".join)
TOTALS = st.integers(0, 50_000)


def placeless(made: tuple[int, ...] | rolling.Fault) -> tuple[int, ...] | rolling.Fault:
    """Return an answer without where its fault stands, for texts that differ in layout alone."""
    return replace(made, start=0) if isinstance(made, rolling.Fault) else made


@given(EXPRESSIONS, TOTALS)
@settings(max_examples=75)
def test_batches_cover_every_target_once(expression: str, total: int) -> None:
    """Batches are never empty and add up to the targets, or the only fault is their number."""
    made = rolling.sizes(expression, total)

    if isinstance(made, rolling.Fault):
        assert made.code == rolling.TOO_MANY
    else:
        assert sum(made) == total
        assert all(size > 0 for size in made)
        assert len(made) <= rolling.MOST
        assert sum(rolling.members(made, range(total)), ()) == tuple(range(total))


@given(EXPRESSIONS, TOTALS)
@settings(max_examples=100)
def test_part_i_rules_batch_i_and_the_last_repeats(expression: str, total: int) -> None:
    """Writing the last part once more changes nothing."""
    longer = f"{expression} {expression.rsplit(' ', 1)[-1]}"

    once, twice = rolling.sizes(expression, total), rolling.sizes(longer, total)

    assert placeless(once) == placeless(twice)


@given(st.integers(1, 100), st.integers(1, 50_000))
@settings(max_examples=100)
def test_percent_is_of_the_total_rounded_up(percent: int, total: int) -> None:
    """Each batch but the last is the least whole number that is no less than the percentage."""
    made = rolling.sizes(f"{percent}%", total)

    assert not isinstance(made, rolling.Fault)
    assert set(made[:-1]) <= {math.ceil(total * percent / 100)}
    assert 0 < made[-1] <= math.ceil(total * percent / 100)


@given(EXPRESSIONS, TOTALS, st.lists(st.sampled_from(["\t", "\n", "\r", "\0", "\x1f"]), max_size=3))
@settings(max_examples=60)
def test_control_characters_around_parts_are_blanks(
    expression: str, total: int, blanks: list[str]
) -> None:
    """What is at most U+0020 and glued to a part does not count."""
    glued = " ".join("".join([*blanks, part, *blanks]) for part in expression.split(" "))

    assert placeless(rolling.sizes(glued, total)) == placeless(rolling.sizes(expression, total))


@given(st.lists(PARTS, max_size=3), st.text(max_size=4), st.lists(PARTS, max_size=3))
@settings(max_examples=75)
def test_one_bad_part_spoils_the_whole(before: list[str], text: str, after: list[str]) -> None:
    """A part that is none of the four forms is a fault wherever it stands, and is never reached."""
    form = re.compile(r"[+*]?0*[1-9][0-9]*|0*([1-9][0-9]?|100)%")
    expression = " ".join([*before, text, *after])
    parts = [part.strip("".join(map(chr, range(33)))) for part in expression.rstrip(" ").split(" ")]

    made = rolling.sizes(expression, 1)

    assert isinstance(made, rolling.Fault) == (not all(map(form.fullmatch, parts)))
