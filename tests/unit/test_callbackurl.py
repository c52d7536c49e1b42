"""Callback URLs that the platform takes or refuses, whoever is on its allow-list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest

from runner.rules import callbackurl


class _Row(TypedDict):
    base_urls: list[str]
    domain: str
    url: str
    taken: bool


_FORMS: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "callbackurl" / "forms.json").read_text("utf-8")
)
_ALLOWED: list[_Row] = json.loads(
    (Path(__file__).parents[1] / "cases" / "callbackurl" / "allowed.json").read_text("utf-8")
)


@pytest.mark.parametrize("url", _FORMS["taken"])
def test_taken(url: str) -> None:
    """An http or https address with a host is taken; a blank one means no callback."""
    assert callbackurl.refusal(url) is None


@pytest.mark.parametrize("url", _FORMS["refused"])
def test_refused(url: str) -> None:
    """Every other text is refused, with a reason."""
    assert callbackurl.refusal(url)


@pytest.mark.parametrize("row", _ALLOWED, ids=range(len(_ALLOWED)))
def test_allowed(row: _Row) -> None:
    """An allow-list takes what is at or below one of its addresses, or in its own domain."""
    assert callbackurl.matches(row["url"], row["base_urls"], row["domain"]) == row["taken"]


def test_refused_by_every_list() -> None:
    """No allow-list takes an address that the platform refuses from everyone."""
    for url in _FORMS["refused"]:
        assert not callbackurl.matches(url, [url, "http://a.b/"], "b")
