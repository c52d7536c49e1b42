"""The matrix: which cells there are, in which order, and which values name none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import matrix
from runner.model import Document

if TYPE_CHECKING:
    from runner.model import Json

DOCUMENT = Document(file="specs/a.yaml", tree={}, values={}, keys={})


def rules(axes: dict[str, Json]) -> list[tuple[str, str]]:
    """Return the pointer and rule of each finding."""
    found = matrix.cells(DOCUMENT, axes)
    assert (found.value is None) is bool(found.findings)
    return [(finding.place.pointer, finding.rule) for finding in found.findings]


def test_no_axes() -> None:
    """Without axes there is one cell, which is empty."""
    assert matrix.cells(DOCUMENT, {}).value == ((),)


def test_cells() -> None:
    """Axes go by name whatever their order, and values as written; the last axis is fastest."""
    assert matrix.cells(DOCUMENT, {"zone": ["sh", "gz"], "level": [2, True]}).value == (
        (("level", 2), ("zone", "sh")),
        (("level", 2), ("zone", "gz")),
        (("level", True), ("zone", "sh")),
        (("level", True), ("zone", "gz")),
    )


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        "",
        "a b",
        "a,b",
        "a=b",
        "[a",
        "a]",
        "{{x}}",
        "a\nb",
        "a\u200bb",
        "a\x00",
        "x" * 101,
    ],
)
def test_cell_value(value: Json) -> None:
    """A value that would make a job's name ambiguous, or look like another, names no job."""
    assert rules({"zone": ["sh", value]}) == [("/matrix/zone/1", "cell-value")]


@pytest.mark.parametrize(
    "value", ["sh", "华东", "10.0.0.1", "a/b", "a-b_c:d", 7, -1, False, "x" * 100]
)
def test_fit_cell_value(value: Json) -> None:
    """A word, number or boolean names a job."""
    assert rules({"zone": [value]}) == []


@pytest.mark.parametrize("twins", [["a", "a"], [1, "1"], [True, "true"]])
def test_duplicate_cell(twins: list[Json]) -> None:
    """Two values that read alike are a finding at the second."""
    assert rules({"zone": twins}) == [("/matrix/zone/1", "duplicate-cell")]


def test_all_at_once() -> None:
    """Every fault of every axis is found in one go."""
    axes: dict[str, Json] = {"zone": [], "1x": ["a", "a", "b c"], "y": "text", "ß": [None]}
    assert rules(axes) == [
        ("/matrix/zone", "empty-axis"),
        ("/matrix/1x", "axis-name"),
        ("/matrix/1x/1", "duplicate-cell"),
        ("/matrix/1x/2", "cell-value"),
        ("/matrix/y", "axis-values"),
        ("/matrix/ß", "axis-name"),
        ("/matrix/ß/0", "cell-value"),
    ]


def test_too_many_cells() -> None:
    """A thousand cells are made, one more is refused, and a trillion is refused as fast."""
    thousand: list[Json] = list(range(1000))
    assert len(matrix.cells(DOCUMENT, {"a": thousand}).value or ()) == 1000
    assert rules({"a": thousand, "b": ["x", "y"]}) == [("/matrix", "too-many-cells")]
    axes: dict[str, Json] = dict.fromkeys("abcd", thousand)
    assert rules(axes) == [("/matrix", "too-many-cells")]
