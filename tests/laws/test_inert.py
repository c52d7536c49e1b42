"""Laws of text from elsewhere in Markdown: GitHub's own renderer makes code of it, and no more."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.report import inert, plain
from tests import attacks, plans, rendered

pytestmark = pytest.mark.laws


def codes(markdown: str) -> list[str]:
    """Return the code of Markdown, which all ways of rendering it agree on."""
    (found, same) = (rendered.parsed(markdown, way).codes for way in rendered.WAYS)
    assert found == same
    return found


@settings(max_examples=40)
@given(attacks.TEXTS)
@example("`" * 80)
@example(" a ")
@example("  ")
@example("\ud800")
@example("")
def test_code_is_the_text_of_one_line(said: str) -> None:
    """Inline code shows the text as a line, to the character, and nothing else comes of it."""
    shown = inert.line(said) or " "
    found = rendered.parsed(f"x {inert.code(said)} y")

    assert found.codes == [shown]
    assert found.elements == [("p", ()), ("code", ())]
    assert "".join(found.outside) == "x  y\n"


@settings(max_examples=40)
@given(attacks.TEXTS, attacks.TEXTS)
@example("a\\", "|")
def test_a_cell_is_one_cell(one: str, other: str) -> None:
    """Two texts in a row of a table are two cells, each as it is in code."""
    table = f"| a | b |\n|---|---|\n| {inert.cell(one)} | {inert.cell(other)} |\n"

    found = rendered.parsed(table)
    assert found.codes == [inert.line(one) or " ", inert.line(other) or " "]
    assert [tag for tag, _ in found.elements].count("td") == 2


@settings(max_examples=40)
@given(attacks.TEXTS)
def test_an_element_is_the_text(said: str) -> None:
    """In HTML it is the same: in a summary of a fold, where Markdown is not read."""
    fold = f"<details><summary>{inert.element(said)}</summary>\n\nx\n\n</details>\n"

    found = rendered.parsed(fold)
    assert found.codes == [inert.line(said)]
    assert [tag for tag, _ in found.elements] == ["details", "summary", "code", "p"]


@settings(max_examples=40)
@given(st.lists(attacks.TEXTS, min_size=1, max_size=4))
@example(["`" * 256, "<b>x</b>"])
@example(["```", "    ```", "~~~"])
def test_a_fence_holds_its_lines(said: list[str]) -> None:
    """A block of code has a line for each text, with its tabs, and ends where it should."""
    found = rendered.parsed(f"x\n{inert.fence('diff', said)}\ny")

    (code,) = found.codes
    lines = code.removesuffix("\n").split("\n")
    assert [each.replace("\t", "\\t") for each in lines] == [inert.line(each) for each in said]
    assert [tag for tag, _ in found.elements] == ["p", "pre", "code", "p"]


@settings(max_examples=40)
@given(attacks.TEXTS, st.integers(3, 40))
def test_what_is_cut_is_a_beginning(said: str, most: int) -> None:
    """A text is cut between characters to the bytes that it may have, and says so."""
    whole = inert.line(said)
    cut = inert.clipped(whole, most)

    assert inert.size(cut) == len(cut.encode()) <= max(most, 3)
    assert cut == whole or (cut[-1] == "…" and whole.startswith(cut[:-1]))
    assert (cut == whole) == (inert.size(whole) <= most)
    assert inert.clipped(whole, None) == whole
    assert most - inert.size(cut) < 4 or cut == whole


@settings(max_examples=40)
@given(st.text("abc xyz.,-/é中`"))
def test_common_text_is_left_alone(said: str) -> None:
    """What has nothing in it to be afraid of is shown as it is."""
    assert inert.line(said) == said or "`" * 9 in said


def test_the_attack() -> None:
    """Everything at once is one line of code."""
    assert codes(inert.code(plans.ATTACK)) == [plain.line(plans.ATTACK)]
