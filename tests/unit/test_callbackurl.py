"""Callback URLs that the platform takes or refuses, whoever is on its allow-list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.rules import callbackurl

_FORMS: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "callbackurl" / "forms.json").read_text("utf-8")
)


@pytest.mark.parametrize("url", _FORMS["taken"])
def test_taken(url: str) -> None:
    """An http or https address with a host is taken; a blank one means no callback."""
    assert callbackurl.refusal(url) is None


@pytest.mark.parametrize("url", _FORMS["refused"])
def test_refused(url: str) -> None:
    """Every other text is refused, with a reason."""
    assert callbackurl.refusal(url)
