"""The reference of the policy: its examples are right, and it leaves no key out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner import conditions, published, windows
from tests import policies

PAGE = (Path(__file__).parents[2] / "docs/reference/policy.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CEL = re.findall(r"^```cel\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WHOLE = BLOCKS[0]
# Whatever is documented on pages of its own.
ELSEWHERE = {"platform", "secret", "source", "credentials"}


def merged(parts: str) -> str:
    """Return the first example with some of its top-level parts replaced, or added."""
    names = set(re.findall(r"^(\w+):", parts, re.MULTILINE))
    kept = [
        part
        for part in re.split(r"^(?=\w)", WHOLE, flags=re.MULTILINE)
        if part.split(":")[0] not in names
    ]
    return "".join(kept) + parts


@pytest.mark.parametrize("parts", BLOCKS[1:])
def test_every_example_is_right(parts: str) -> None:
    """Put in the place of those parts of the first example, nothing is wrong with it."""
    policies.whole(merged(parts))


def test_the_first_example_is_right() -> None:
    """It is a whole policy, without so much as a warning."""
    assert policies.whole(WHOLE).clauses[0].count == 2


def test_every_expression_is_right() -> None:
    """Each line of the examples is one that is taken."""
    (lines,) = CEL
    shown = lines.splitlines()

    assert len(shown) > 5
    assert {line: conditions.fault(line) for line in shown} == dict.fromkeys(shown)


def test_every_range_is_right() -> None:
    """The weekly ranges of the table are read."""
    table = PAGE.split("| Range | It is |")[1].split("\n\n")[0]
    shown = re.findall(r"`([A-Z][^`]*)`", table)

    assert len(shown) > 3
    assert all(windows.weekly(text) for text in shown)


def test_every_key_is_documented() -> None:
    """Each property of the schema that has no page of its own stands in code on this one."""
    schema = published.schema("policy.v1")
    said = " ".join(re.findall(r"`[^`]+`|^```.*?^```$", PAGE, re.MULTILINE | re.DOTALL))
    missing = {name for name in keys(schema, "") if not re.search(rf"\b{name}\b", said)}

    assert missing == set()


def keys(tree: object, where: str) -> set[str]:
    """Return the names of all properties of a schema, but of what is documented elsewhere."""
    found: set[str] = set()
    if isinstance(tree, list):
        for each in tree:
            found |= keys(each, where)
    if isinstance(tree, dict):
        for name, value in tree.items():
            if where == "$defs" and name in ELSEWHERE:
                continue
            if where == "properties":
                found.add(name)
            found |= keys(value, name if where != "properties" else "")
    return found
