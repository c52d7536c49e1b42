"""What follows from a mistake that was told, and what is news."""

from __future__ import annotations

import pytest

from runner.model import Finding, Place, Severity
from runner.pipeline import remains


def at(pointer: str, rule: str, *, file: str = "a.yaml", warns: bool = False) -> Finding:
    """Return a finding."""
    return Finding(
        place=Place(file=file, pointer=pointer),
        rule=rule,
        message="cannot",
        mend="mend it",
        severity=Severity.WARNING if warns else Severity.ERROR,
    )


@pytest.mark.parametrize(
    ("told", "found", "news"),
    [
        (at("/a/b", "float"), at("/a/b", "wrong-type"), False),
        (at("/a/b", "wrong-type"), at("/a/b/c", "wrong-form"), False),
        (at("/a", "unknown-key"), at("/a/b", "wrong-form"), True),
        (at("/a", "missing-key"), at("/a/b", "wrong-form"), True),
        (at("/a/b", "wrong-type"), at("/a", "missing-key"), False),
        (at("/a/b", "wrong-type"), at("/a", "repeated-target"), True),
        (at("/a/b", "wrong-type"), at("/a/bc", "wrong-type"), True),
        (at("/a/b", "float", warns=True), at("/a/b", "wrong-type"), True),
        (at("/a/b", "float", file="b.yaml"), at("/a/b", "wrong-type"), True),
        (at("/vars/a/<<", "merge-key"), at("/script/args/0", "undefined-name"), False),
        (at("/vars/a", "float"), at("/script/args/0", "undefined-name"), True),
    ],
)
def test_news(told: Finding, found: Finding, *, news: bool) -> None:
    """The same place, what is below a wrong value and what a wrong one leaves missing is told."""
    assert remains.further([found], (told,)) == ((found,) if news else ())
