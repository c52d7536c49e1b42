"""From YAML text to parser events, one at a time: ruamel's C parser, or its pure one without it.

Both raise ruamel's MarkedYAMLError where the text is no YAML. Marks count lines and columns from
0, columns in code points. What the events mean is left to `yaml12` and `spans`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.events import ScalarEvent
from ruamel.yaml.scanner import ScannerError

from runner.model import Span


class Mark(Protocol):
    """A point of the text, counted from 0."""

    line: int
    column: int


class Event(Protocol):
    """One event of either parser. Its class (ruamel's) decides which attributes it really has."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    ctag: object  # None where the text has no tag
    value: str
    style: str | None  # of a scalar; empty where it is plain
    flow_style: bool | None


Next: TypeAlias = Callable[[], Event]
Parse: TypeAlias = Callable[[str], Next]


class _CParser(Protocol):
    def get_event(self) -> Event: ...


def compiled(module: str = "_ruamel_yaml") -> Parse | None:
    """Return the parser of the C library, or None where it is not installed."""
    try:
        parser: Callable[[str], _CParser] = importlib.import_module(module).CParser
    except ModuleNotFoundError:
        return None
    return lambda text: parser(text).get_event


def pure(text: str) -> Next:
    """Return the events of `text` from the pure parser, held to the C parser's escapes."""
    return _pure(text).__next__


def parse(text: str) -> Next:
    """Return the events of `text` from the fastest parser that is installed."""
    return _FASTEST(text)


def span(event: Event) -> Span:
    """Return where `event` stands."""
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def point(mark: Mark | None) -> Span:
    """Return the place of `mark`, which is the beginning of the text where there is none."""
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Span(line, column, line, column)


def _pure(text: str) -> Iterator[Event]:
    wrong = "found invalid Unicode character escape code"
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, ScalarEvent) and any(
                "\ud800" <= c <= "\udfff" for c in event.value
            ):
                raise ScannerError(problem=wrong, problem_mark=event.start_mark)
            yield event
    except (ValueError, OverflowError) as error:  # "\U00110000" goes to chr() as it is
        raise ScannerError(problem=wrong) from error


_FASTEST = compiled() or pure
