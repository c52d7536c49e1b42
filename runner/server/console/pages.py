"""Templates into HTML. Every text in them is made harmless, then escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from runner.server.console import assets, escapes, words
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "text/html; charset=utf-8"


def _shown(value: object) -> object:
    # Markup is a text as well, and what it holds has come through here before.
    return escapes.harmless(value) if type(value) is str else value


def _address(name: str) -> str:
    return assets.ASSETS[name].address


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        each.__name__: each
        for each in (
            words.state,
            words.kind,
            words.act,
            words.language,
            words.launched,
            words.rolling,
            words.instant,
            words.machine,
            words.lasting,
            words.amount,
            words.size,
            words.tally,
        )
    }
    made.globals |= {"asset": _address, "version": VERSION, "none_sign": words.NONE}
    return made


_ENVIRONMENT = _environment()


def made(template: str, values: Mapping[str, object]) -> str:
    """Return a template filled in."""
    return _ENVIRONMENT.get_template(template).render(values)


def encoded(template: str, values: Mapping[str, object]) -> bytes:
    """Return a page as it is sent."""
    return made(template, values).encode()
