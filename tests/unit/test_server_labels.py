"""Which labels meet a selector: the operators of Kubernetes, one by one."""

from __future__ import annotations

import pytest

from runner.server import labels
from tests import inventories

LABELS = {"app": "web", "zone": "sh", "cores": "8", "empty": "", "example.com/team": "edge"}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("", True),
        ("app", True),
        ("gone", False),
        ("!gone", True),
        ("!app", False),
        ("app=web", True),
        ("app==db", False),
        ("empty=", True),
        ("gone=", False),
        ("app!=db", True),
        ("app!=web", False),
        ("gone!=web", True),
        ("zone in (gz, sh)", True),
        ("zone in (gz)", False),
        ("gone in (gz)", False),
        ("zone notin (gz)", True),
        ("zone notin (gz, sh)", False),
        ("gone notin (gz)", True),
        ("cores>7", True),
        ("cores>8", False),
        ("cores<9", True),
        ("cores<8", False),
        ("gone<9", False),
        ("app>1", False),
        ("empty<9", False),
        ("example.com/team=edge", True),
        ("app/=web", True),
        ("app=web,zone=gz", False),
        ("app=web,cores>1,!gone", True),
    ],
)
def test_a_selector_is_met(text: str, *, met: bool) -> None:
    """All of its requirements hold; what a label is compared with must be there to compare."""
    assert labels.met(inventories.selector(text), LABELS) == met


def test_digits_of_other_scripts_are_no_number() -> None:
    """A label that only looks like a number is compared with none."""
    assert not labels.met(inventories.selector("cores>1"), {"cores": "٣"})
