"""How long one is asked to wait: a number, a date, or nothing that could be read."""

from __future__ import annotations

import pytest

from runner import calls

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", 0.0),
        ("17", 17.0),
        ("1" * 40, 111_111_111.0),
        ("Fri, 15 Jan 2027 08:00:20 GMT", 20.0),
        ("Fri, 15 Jan 2027 07:59:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("²", 0.0),
        ("", 0.0),
    ],
)
def test_a_wait(text: str, wait: float) -> None:
    """What has passed, or cannot be read, is not waited for."""
    assert calls.asked_to_wait(text, NOW) == wait
