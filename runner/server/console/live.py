"""Server-sent events: parts of a page that have changed, and the text of a log."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from runner.server.console.visits import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runner.model import Json

KIND = "text/event-stream"
QUICK, SLOW = 1.0, 3.0  # seconds between two looks: while something goes on, and while nothing does
_SHARE = 30  # times as long as a look took passes until the next one
QUIET = 15.0  # seconds after which something is sent, so that both ends know of one another


def event(name: str, data: Mapping[str, Json], *, at: int | None = None) -> bytes:
    """Return one event; `at` is what a browser shows when it comes again."""
    mark = "" if at is None else f"id: {at}\n"
    return f"{mark}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


class Changes:
    """Tells which parts of a page are other than they were told before."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: dict[str, str] = {}

    def events(self, parts: Mapping[str, str]) -> Iterator[bytes]:
        """Yield an event for each part that is another."""
        for name, html in parts.items():
            if self._told.get(name) != html:
                self._told[name] = html
                yield event("part", {"id": name, "html": html})


class PartsWatch:
    """Watches parts of a page. `parts` returns them, and whether anything goes on by itself."""

    def __init__(self, parts: Callable[[], tuple[Mapping[str, str], bool]]) -> None:
        """Watch what `parts` returns."""
        self._parts = parts
        self._changes = Changes()

    def look(self) -> Look:
        """Return the parts that have changed."""
        begun = time.monotonic()
        parts, busy = self._parts()
        content = b"".join(self._changes.events(parts))
        took = time.monotonic() - begun
        return Look(content=content, wait=max(QUICK if busy else SLOW, took * _SHARE))
