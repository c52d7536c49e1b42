"""Laws of label selectors."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import labelselector
from runner.labelselector import Fault, Operator, Requirement

pytestmark = pytest.mark.laws

# What the grammar is made of, beside any character at all.
PIECES = ("=", "==", "!=", "!", "<", ">", "(", ")", ",", " ", "in", "notin", "a", "x/y", "5", "\0")
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,6}[a-zA-Z0-9])?", fullmatch=True)
SIGNS = {
    Operator.EQUALS: "=",
    Operator.DOUBLE_EQUALS: "==",
    Operator.NOT_EQUALS: "!=",
    Operator.GREATER_THAN: ">",
    Operator.LESS_THAN: "<",
    Operator.IN: " in ",
    Operator.NOT_IN: " notin ",
}


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    """Draw one requirement that can be written down."""
    operator = draw(st.sampled_from(Operator))
    if operator in {Operator.EXISTS, Operator.DOES_NOT_EXIST}:
        values: tuple[str, ...] = ()
    elif operator in {Operator.IN, Operator.NOT_IN}:
        values = tuple(draw(st.lists(NAMES, min_size=1, max_size=4)))
    elif operator in {Operator.GREATER_THAN, Operator.LESS_THAN}:
        values = (str(draw(st.integers(0, 2**63 - 1))),)
    else:
        values = (draw(NAMES | st.just("")),)
    return Requirement(key=draw(NAMES), operator=operator, values=values)


def written(each: Requirement) -> str:
    """Return a requirement as text."""
    if each.operator is Operator.EXISTS:
        return each.key
    if each.operator is Operator.DOES_NOT_EXIST:
        return f"!{each.key}"
    values = ", ".join(each.values)
    listed = each.operator in {Operator.IN, Operator.NOT_IN}
    return f"{each.key}{SIGNS[each.operator]}{f'({values})' if listed else values}"


@given(TEXTS)
@settings(max_examples=300)
def test_any_text_is_a_selector_or_a_fault(text: str) -> None:
    """Reading never fails; what is read has keys, and values where the operator takes them."""
    made = labelselector.requirements(text)

    if isinstance(made, Fault):
        assert made.message.startswith("cannot select by labels: ")
        return
    for each in made:
        assert each.key
        none = each.operator in {Operator.EXISTS, Operator.DOES_NOT_EXIST}
        assert bool(each.values) is not none


@given(st.lists(requirements(), max_size=4))
@settings(max_examples=75)
def test_what_is_written_is_read(wanted: list[Requirement]) -> None:
    """Requirements that are written down are read back, whatever blanks stand between them."""
    text = ",".join(map(written, wanted))
    spaced = text.replace(",", " ,\t")

    assert labelselector.requirements(text) == tuple(wanted)
    assert labelselector.requirements(f" {spaced}\n") == tuple(wanted)
