"""Danger rules over a script: where they hit, and whether the script is stopped by them: pure.

Expressions are run by RE2, which takes time in proportion to the text whatever the expression: no
author of a script can make it take for ever, and no clock decides what is dangerous. The price is
that look-around and back-references are refused when the inventory is read.
A match never goes over the end of a line, and each rule hits a line once.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from runner.server.scripts import Action, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.model import Json
    from runner.server.scripts import Danger

MOST = 1000  # hits that are told of one rule
SHOWN = 4096  # bytes of a line, and of a match, that are told
_MEMORY = 4 * 1024 * 1024  # that one expression may take
_PROGRAM = 2000  # instructions of one expression
_KEPT = 512  # expressions
_LINES = "(?m)"  # lets ^ and $ stand for the ends of a line


class _Found(Protocol):
    def span(self) -> tuple[int, int]: ...


class _Pattern(Protocol):
    programsize: int

    def search(self, text: bytes, pos: int) -> _Found | None: ...


def fault(expression: str) -> str | None:
    """Return why an expression cannot be used, or None."""
    engine = importlib.import_module("re2")
    try:
        size = _compiled(expression).programsize
    except engine.error as error:
        return str(error.args[0], "utf-8", "replace").replace(_LINES, "", 1)
    return None if size <= _PROGRAM else f"it is too large: {size} steps, of at most {_PROGRAM}"


def hits(rules: Iterable[Danger], language: int, text: str) -> list[dict[str, Json]]:
    """Return every hit in a script, in the order of its lines, as the platform's check tells it."""
    script = text.encode("utf-8", "replace")
    found = [
        (line, order, span, rule)
        for order, rule in enumerate(rules)
        if language in rule.languages
        for line, span in _numbered(_compiled(rule.expression), script)
    ]
    return [
        {
            "line": line,
            "line_content": _shown(_around(script, span[0])),
            "match_content": _shown(script[slice(*span)]),
            "level": int(rule.level),
            "description": rule.description,
        }
        for line, _, span, rule in sorted(found, key=lambda hit: hit[:2])
    ]


def stopping(rules: Iterable[Danger], language: int, script: bytes) -> tuple[int, Danger] | None:
    """Return the line and the rule to name when a script must not run, or None when it may.

    It must not when one hit in it is fatal, and one, perhaps another, is there to intercept.
    """
    found = [
        (line, rule)
        for rule in rules
        if language in rule.languages
        for line, _ in islice(_numbered(_compiled(rule.expression), script), 1)
    ]
    fatal = next((hit for hit in found if hit[1].level is Level.FATAL), None)
    intercepted = any(rule.action is Action.INTERCEPT for _, rule in found)
    return fatal if intercepted else None


def _numbered(pattern: _Pattern, script: bytes) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the number of each line with a match, and where the first match in it stands."""
    at, line = 0, 1
    for _ in range(MOST):
        match = pattern.search(script, at) if at < len(script) else None
        if match is None:
            return
        start, end = match.span()
        line += script.count(b"\n", at, start)
        yield line, (start, end)
        over = script.find(b"\n", end)
        at, line = (len(script), line) if over < 0 else (over + 1, line + 1)


def _around(script: bytes, place: int) -> bytes:
    over = script.find(b"\n", place)
    return script[script.rfind(b"\n", 0, place) + 1 : len(script) if over < 0 else over]


def _shown(content: bytes) -> str:
    return content[:SHOWN].decode("utf-8", "ignore").rstrip("\r")


@lru_cache(maxsize=_KEPT)
def _compiled(expression: str) -> _Pattern:
    engine = importlib.import_module("re2")
    options = engine.Options()
    options.never_nl = True
    options.log_errors = False
    options.max_mem = _MEMORY
    compiled: _Pattern = engine.compile(_LINES + expression, options)
    return compiled
