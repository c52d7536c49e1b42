"""What a server tells of itself while it runs: one line an event, for people or for machines."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json

TEXT, JSON = "text", "json"
_BARE = re.compile(r"[\w./:@+\[\]-]+", re.ASCII)


class Log:
    """Writes events to a stream; several threads may use one."""

    def __init__(self, stream: TextIO, form: str) -> None:
        """Write to `stream`, in the form TEXT or JSON."""
        self._stream = stream
        self._form = form
        self._turn = threading.Lock()

    def note(self, event: str, values: Mapping[str, Json]) -> None:
        """Write one event with its values. Nothing in them can begin a line or move a cursor."""
        now = time.time()
        at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03}Z"
        if self._form == JSON:
            line = json.dumps({"at": at, "event": event, **values})
        else:
            shown = (f"{name}={_shown(value)}" for name, value in values.items())
            line = " ".join((at, event, *shown))
        with self._turn:
            self._stream.write(f"{line}\n")
            self._stream.flush()


class Handler(logging.Handler):
    """Passes what a library logs on to a log of ours, without the values of its traceback."""

    def __init__(self, log: Log) -> None:
        """Pass on to `log`."""
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        kind = record.exc_info[0] if record.exc_info else None
        named: dict[str, Json] = {} if kind is None else {"kind": kind.__name__}
        self._log.note("library", {"name": record.name, "message": record.getMessage(), **named})


def _shown(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if _BARE.fullmatch(text) else json.dumps(text)
